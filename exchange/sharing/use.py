"""How a grant is used: read off the deliveries, which are written before the first byte."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Sum

from audit.models import Delivery
from exchange.models import Grant

DAYS = 30
"""Of so many days calls are counted: deliveries are kept by month, and that reads two of them."""


@dataclass(frozen=True, slots=True)
class Used:
    """Calls and rows of the last DAYS, and when the last call was (None: no call)."""

    calls: int
    rows: int
    last_at: datetime | None


def of(grant: Grant, *, now: datetime) -> Used:
    """Return how a grant was used of late. One query."""
    lately = Delivery.objects.filter(grant_id=grant.pk, at__gt=now - timedelta(days=DAYS))
    found = lately.aggregate(calls=Count("pk"), rows=Sum("rows"), last=Max("at"))
    return Used(found["calls"], found["rows"] or 0, found["last"])
