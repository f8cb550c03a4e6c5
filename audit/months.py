"""Months of the trail, in UTC: each is a table of its own, made ahead and one day sealed."""

from datetime import UTC, datetime
from enum import StrEnum

from django.db import connection

from audit.models import Entry

AHEAD = 3
SEAL = "audit.seal"


class Table(StrEnum):
    """What is kept by month: entries by `recorded_at`, deliveries by `at`."""

    ENTRY = "entry"
    DELIVERY = "delivery"


def make(ahead: int = AHEAD) -> int:
    """Make the tables of this month and of those ahead; returns how many. Safe to repeat.

    Raises django.db.OperationalError where a long reading of strays is in the way; try again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_partitions(%s)", [ahead])
        return cursor.fetchone()[0]


def name(moment: datetime) -> str:
    """Return the month of a moment, such as "2026-11"."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def sealed(table: Table) -> frozenset[str]:
    """Return the months that are sealed. The last seal's entry names all of them."""
    last = Entry.objects.filter(verb=SEAL).order_by("-pk").first()
    return frozenset(last.details["sealed"][table]) if last else frozenset()
