"""How calls with a key went, for its owner: how long answers took, and why calls were refused.

Counted in Valkey by day, key and bucket or code, and added to a table each minute: a flood of
refused calls makes numbers larger and no rows. What was read is in the trail of deliveries; here
is only how many, how fast and why not.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from oversight import asides
from oversight.models import KeyCount

COUNTED = "keyed:"
BATCHES = "keycounts"
KEPT_DAYS = 90
TOOK, REFUSED = KeyCount.What.TOOK, KeyCount.What.REFUSED

EDGES = (
    *(factor * power for power in (1, 10, 100, 1000) for factor in (1, 2, 3, 5, 7)),
    10_000,
    30_000,
)
"""Upper edges, in milliseconds, of what is counted together; the last holds all above it too."""


def answered(key_id: int, seconds: float, *, at: datetime) -> None:
    """Count an answered call by how long it took until its answer began."""
    place = min(bisect_left(EDGES, seconds * 1000), len(EDGES) - 1)
    _count(key_id, TOOK, str(EDGES[place]), at)


def refused(key_id: int, code: str, *, at: datetime) -> None:
    """Count a refused call by the code of its refusal."""
    _count(key_id, REFUSED, code, at)


def _count(key_id: int, what: str, label: str, at: datetime) -> None:
    asides.count(KEYED, f"{key_id}:{what}:{label}", at=at)


ADD = """
INSERT INTO oversight_keycount (day, key_id, what, label, count)
SELECT %(day)s, * FROM unnest(%(keys)s::bigint[], %(whats)s::text[], %(labels)s::text[],
                              %(counts)s::bigint[])
ON CONFLICT (key_id, day, what, label)
DO UPDATE SET count = oversight_keycount.count + EXCLUDED.count
"""


def _add(day: date, counts: asides.Counts) -> int:
    """Add the counts of a day; returns how many calls."""
    told = [field.decode().split(":", 2) for field in counts]
    numbers = [int(count) for count in counts.values()]
    values: dict[str, Any] = {
        "day": day,
        "keys": [int(key) for key, _what, _label in told],
        "whats": [what for _key, what, _label in told],
        "labels": [label for _key, _what, label in told],
        "counts": numbers,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, values)
    return sum(numbers)


KEYED = asides.Kind(COUNTED, BATCHES, _add)


def drain(*, at: datetime) -> int:
    """Add what waits to the table, and forget what is old; returns how many calls were added.

    Safe to repeat and to kill.
    """
    oldest = timezone.localdate(at) - timedelta(days=KEPT_DAYS)
    KeyCount.objects.filter(day__lt=oldest).delete()
    return asides.drain(KEYED, at=at)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long half of the calls, and 95 of 100, took at most, in milliseconds."""

    median: int
    slow: int


@dataclass(frozen=True, slots=True)
class DayOf:
    """A day of some keys: how fast answers began (None: none was timed), refusals by code."""

    pace: Pace | None
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of some keys: of each day of which there is something, and of all."""

    days: Mapping[date, DayOf]
    whole: DayOf


def counted(key_ids: Collection[int], since: date) -> Counted:
    """Return what was counted of some keys since a day. One query."""
    took: dict[date, Counter[int]] = {}
    codes: dict[date, Counter[str]] = {}
    rows = KeyCount.objects.filter(key_id__in=key_ids, day__gte=since)
    for day, what, label, count in rows.values_list("day", "what", "label", "count"):
        if what == TOOK:
            took.setdefault(day, Counter())[int(label)] += count
        else:
            codes.setdefault(day, Counter())[label] += count
    days = {
        day: DayOf(pace(took.get(day, Counter())), codes.get(day, Counter()))
        for day in took.keys() | codes.keys()
    }
    every = sum(took.values(), Counter()), sum(codes.values(), Counter())
    return Counted(days, DayOf(pace(every[0]), every[1]))


def pace(took: Mapping[int, int]) -> Pace | None:
    """Return median and 95th percentile of calls that are counted by the edges of EDGES.

    Within what is counted together they are taken to be spread evenly.
    """
    if not sum(took.values()):
        return None
    return Pace(_percentile(took, 0.5), _percentile(took, 0.95))


def _percentile(took: Mapping[int, int], share: float) -> int:
    wanted, before = share * sum(took.values()), 0
    for edge in sorted(took):
        lower = (0, *EDGES)[bisect_left(EDGES, edge)]
        if before + took[edge] >= wanted:
            return round(lower + (edge - lower) * (wanted - before) / took[edge])
        before += took[edge]
    return max(took)
