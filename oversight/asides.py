"""Counts that wait in Valkey, a hash a day: set aside under a name of their own, and added once.

Whoever counts says HINCRBY to `<counted><yyyymmdd>` and waits for nothing. A batch that was set
aside is added once, however often the draining is killed: its name is kept with what it added to.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

import redis
from django.db import transaction
from django.utils import timezone

from accounts import days
from audit import stream
from oversight.models import Drained

KEPT_DAYS = 8
"""How long a day's count waits for a worker."""

log = logging.getLogger(__name__)

Counts = Mapping[bytes, bytes]
Add = Callable[[date, Counts], int]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is counted under which name, under which name its batches are known, how they count."""

    counted: str
    batches: str
    add: Add


def count(kind: Kind, field: str, *, at: datetime) -> None:
    """Count one more of a moment's day. Where Valkey does not answer, the log says so."""
    try:
        stream.tell("HINCRBY", f"{kind.counted}{days.of(at).name}", field, 1)
    except redis.RedisError:
        log.warning("One of %s was not counted: Valkey does not answer.", kind.batches)


def drain(kind: Kind, *, at: datetime) -> int:
    """Add what waits; returns how much, as `add` says. Safe to repeat and to kill."""
    valkey = stream.client()
    today = timezone.localdate(at)
    for back in range(KEPT_DAYS):
        _set_aside(valkey, kind, today - timedelta(days=back))
    added = 0
    for name in cast("set[bytes]", valkey.smembers(kind.batches)):
        counts = cast("dict[bytes, bytes]", valkey.hgetall(name))
        added += _add_once(kind, name.decode(), counts, at)
        valkey.delete(name)
        valkey.srem(kind.batches, name)
    return added


def _set_aside(valkey: redis.Redis, kind: Kind, day: date) -> None:
    """Give a day's count a batch's name, so that what is counted from now on is counted apart."""
    counted = f"{kind.counted}{day:%Y%m%d}"
    if not valkey.exists(counted):
        return
    batch = f"{kind.batches}:{day:%Y%m%d}:{secrets.token_hex(8)}"
    valkey.sadd(kind.batches, batch)  # first: a batch is never without somebody who knows of it
    try:
        valkey.rename(counted, batch)
    except redis.ResponseError:  # another worker was first
        valkey.srem(kind.batches, batch)


@transaction.atomic
def _add_once(kind: Kind, batch: str, counts: Counts, at: datetime) -> int:
    """Add a batch, unless it was added already; returns how much."""
    if not counts or not Drained.objects.get_or_create(batch=batch, defaults={"at": at})[1]:
        return 0
    day = datetime.strptime(batch.split(":")[1], "%Y%m%d").date()  # noqa: DTZ007 - a day
    added = kind.add(day, counts)
    Drained.objects.filter(at__lt=at - timedelta(days=30)).delete()
    return added
