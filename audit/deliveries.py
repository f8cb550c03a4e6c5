"""Who read what: written before the first byte under a grant, noted and drained otherwise.

An open read is one message on a Valkey stream with append-only file; `drain` moves messages into
the table every second. What a crash can lose is at most a second, and a loss shows as a gap in
the numbering.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import redis
from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from audit import chain, stream
from audit.models import Delivery
from audit.trace import request_id

STREAM, COUNTER = "deliveries", "deliveries:number"
DRAINED, GAPS = "deliveries:drained", "deliveries:gaps"
LONGEST = 1_000_000  # messages that may wait; a drain that stands still for hours loses the oldest
BATCH = 5000
LOCK = 0x4452414E  # "DRAN"

SCRIPT = Path(__file__).with_name("note.lua").read_text(encoding="utf-8")
SCRIPT_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Drained:
    """How many messages were moved, and how many numbers were missing among them."""

    rows: int
    gaps: int


def deliver(**told: Any) -> Delivery:
    """Write a read of granted or personal data down before its first byte is sent."""
    return Delivery.objects.create(request_id=request_id.get(), **told)


def note(**told: Any) -> None:
    """Note an open read; one call to Valkey. Raises redis.RedisError where that is down."""
    message = json.dumps(told | {"request_id": request_id.get()}, default=_plain)
    client = stream.client()
    arguments = (2, STREAM, COUNTER, message, LONGEST)
    try:
        client.evalsha(SCRIPT_SHA, *arguments)
    except redis.exceptions.NoScriptError:
        client.eval(SCRIPT, *arguments)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def drain() -> Drained:
    """Move waiting messages into the table, oldest first; returns what was moved and missing.

    Safe to repeat and to be killed at any point: a message leaves the stream after its row is
    committed, and a row that is there already is kept once.
    """
    client = stream.client()
    moved = gaps = 0
    while waiting := client.xrange(STREAM, count=BATCH):
        with transaction.atomic():
            if not _alone():
                break
            Delivery.objects.bulk_create(
                [_delivery(key, fields) for key, fields in waiting], ignore_conflicts=True
            )
        numbers = [int(fields[b"n"]) for _key, fields in waiting]
        gaps += _missing(client, numbers)
        client.xdel(STREAM, *(key for key, _fields in waiting))
        moved += len(waiting)
    return Drained(moved, gaps)


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _delivery(key: bytes, fields: dict[bytes, bytes]) -> Delivery:
    told = json.loads(fields[b"d"])
    told["at"] = parse_datetime(told["at"])
    return Delivery(stream_id=key.decode(), **told)


def _missing(client: redis.Redis, numbers: list[int]) -> int:
    """Count numbers that were given out and did not come; keep the sum where it can be shown."""
    last = int(client.get(DRAINED) or 0)  # type: ignore[arg-type]  # the client is not async
    fresh = sorted(number for number in numbers if number > last)
    if not fresh:
        return 0
    missing = fresh[-1] - last - len(fresh)
    client.set(DRAINED, fresh[-1])
    if missing:
        client.incrby(GAPS, missing)
    return missing


def gaps() -> int:
    """Return how many notes were ever lost."""
    return int(stream.client().get(GAPS) or 0)  # type: ignore[arg-type]  # the client is not async


def counted_today(key_id: int, day: date) -> int:
    """Return how many calls of a key were delivered on a local day, drained or still waiting."""
    start = timezone.make_aware(datetime.combine(day, time.min))
    with connection.cursor() as cursor:
        # by a function, since the open door may not read deliveries
        cursor.execute(
            "SELECT audit_calls_delivered(%s, %s, %s)", [key_id, start, start + timedelta(days=1)]
        )
        kept = cursor.fetchone()[0]
    waiting = 0
    for _key, fields in stream.client().xrange(STREAM):
        told = json.loads(fields[b"d"])
        moment = parse_datetime(told["at"])
        waiting += told["key_id"] == key_id and moment is not None and moment >= start
    return kept + waiting


@transaction.atomic
def digest(hour: datetime) -> None:
    """Write a digest of one hour's deliveries into the chain: count, and an order-free sum."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(hashtextextended(d::text, 0)), 0)::text"
            " FROM audit_delivery d WHERE at >= %s AND at < %s",
            [hour, hour + timedelta(hours=1)],
        )
        count, total = cursor.fetchone()
    chain.record(
        "delivery.digest",
        f"hour:{hour.isoformat()}",
        by=None,
        at=timezone.now(),
        deliveries=count,
        digest=total,
        gaps=gaps(),
    )
