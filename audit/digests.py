"""A digest of each hour's deliveries, as an entry of the chain: what was read cannot be changed.

An hour is told by `recorded_at`, which the database sets, so a note that is drained late belongs
to a later hour and no digest has to be made again. In it, each month by `at` is digested by
itself, since months are sealed one by one.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min

from audit import chain, hashing, months
from audit.models import Delivery, Entry

VERB = "delivery.digest"
SETTLED = timedelta(minutes=5)  # the longest an insert may take to commit
HOUR = timedelta(hours=1)
LOCK = 0x44494745  # "DIGE"
FIELDS = (
    *("id", "at", "channel", "mode", "reader", "app", "key_id", "organization", "dataset"),
    *("grant_id", "fields_digest", "rows", "bytes", "zone_seq", "request_id", "status"),
    *("sender", "number", "recorded_at"),
)

# Numbers between a sender's highest before the hour and its highest in it that did not come.
MISSING = """
SELECT coalesce(sum(greatest(told.top, before.top) - coalesce(before.top, 0) - told.came), 0)
FROM (
    SELECT sender, max(number) AS top, count(*) AS came FROM audit_delivery
    WHERE recorded_at >= %(start)s AND recorded_at < %(end)s AND sender IS NOT NULL
    GROUP BY sender
) AS told
LEFT JOIN LATERAL (
    SELECT max(number) AS top FROM audit_delivery
    WHERE sender = told.sender AND recorded_at < %(start)s
) AS before ON true
"""


@transaction.atomic
def digest_due(*, at: datetime) -> int:
    """Write the digest of every whole hour that has none; returns how many. Safe to repeat."""
    if not chain.alone(LOCK):
        return 0
    hour = _next_hour()
    made = 0
    while hour is not None and hour + HOUR + SETTLED <= at:
        chain.record(VERB, f"hour:{hashing.instant(hour)[:16]}Z", by=None, at=at, **_told(hour))
        hour += HOUR
        made += 1
    return made


def _next_hour() -> datetime | None:
    last = Entry.objects.filter(verb=VERB).order_by("-pk").first()
    if last:
        return datetime.fromisoformat(last.details["hour"]) + HOUR
    first = Delivery.objects.aggregate(first=Min("recorded_at"))["first"]
    return first and first.replace(minute=0, second=0, microsecond=0)


def _told(hour: datetime) -> dict[str, Any]:
    algorithm = settings.AUDIT_ALGORITHM
    with connection.cursor() as cursor:
        cursor.execute(MISSING, {"start": hour, "end": hour + HOUR})
        missing = int(cursor.fetchone()[0])
    return {
        "hour": hashing.instant(hour),
        "algorithm": algorithm,
        "months": _months(hour, algorithm),
        "missing": missing,
    }


def _months(hour: datetime, algorithm: str) -> dict[str, dict[str, Any]]:
    rows = (
        Delivery.objects.filter(recorded_at__gte=hour, recorded_at__lt=hour + HOUR)
        .order_by("at", "pk")
        .values_list(*FIELDS)
        .iterator(chunk_size=chain.BATCH)
    )
    found = {}
    for month, group in groupby(rows, key=lambda row: months.name(row[1])):
        lines = _Counted(_line(row) for row in group)
        found[month] = {"digest": hashing.digest(algorithm, lines), "rows": lines.count}
    return found


class _Counted:
    """Passes lines on and counts them, so that an hour of any size is read once."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.lines = lines
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self.lines:
            self.count += 1
            yield line


def _line(row: tuple[Any, ...]) -> bytes:
    return hashing.line(
        *(hashing.instant(value) if isinstance(value, datetime) else value for value in row)
    )


def verify(*, since: datetime) -> str | None:
    """Compare deliveries with the digests of hours since then; months that are sealed are not.

    Returns the first hour that differs, or None.
    """
    sealed = months.sealed(months.Table.DELIVERY)
    for entry in Entry.objects.filter(verb=VERB).order_by("pk").iterator():
        hour = datetime.fromisoformat(entry.details["hour"])
        if hour < since:
            continue
        found = _months(hour, entry.details["algorithm"])
        noted = entry.details["months"]
        differing = {month for month in found | noted if found.get(month) != noted.get(month)}
        if differing - sealed:
            return entry.details["hour"]
    return None


def missing() -> int:
    """Return how many notes of open reads were lost, by all digests so far."""
    return sum(
        Entry.objects.filter(verb=VERB).values_list("details__missing", flat=True).iterator()
    )
