"""The city's days, by which counts are kept: which one a moment is of, and its two ends."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Day:
    """A local day: its date, its name (yyyymmdd), and its ends in seconds since 1970."""

    date: date
    name: str
    start: float
    end: float


_last: list[Day] = []


def of(at: datetime) -> Day:
    """Return the local day of a moment; the last one asked for is kept."""
    now = at.timestamp()
    for day in _last:
        if day.start <= now < day.end:
            return day
    local = timezone.localtime(at)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    noon_after = start + timedelta(hours=36)  # whatever the clocks do at night
    end = noon_after.replace(hour=0)
    found = Day(local.date(), f"{local:%Y%m%d}", start.timestamp(), end.timestamp())
    _last[:] = [found]
    return found
