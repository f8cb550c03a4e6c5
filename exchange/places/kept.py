"""Tiles kept in Valkey: named by all that they rest on, so that no stale one is ever found.

The name holds the table and its place in the feed, the policy's version, what the reader sees and
what was asked. Where Valkey does not answer, a tile is made anew.
"""

import contextlib
from collections.abc import Callable

import redis

from audit import stream
from exchange.access import Head, Seen
from exchange.places.tiles import Square
from exchange.records.query import RecordQuery

SECONDS = 3600


def name(head: Head, fields: Seen, query: RecordQuery, at: Square) -> str:
    """Return under which name a tile is kept."""
    rests_on = (head.table_id, head.seq, head.policy_version, fields.digest, query.digest())
    return "tile:" + ":".join(map(str, (*rests_on, at.zoom, at.x, at.y)))


def kept(named: str, make: Callable[[], tuple[bytes, int]]) -> tuple[bytes, int]:
    """Return the tile of this name and how many points it has, made if it is not there."""
    with contextlib.suppress(redis.RedisError):
        found = stream.client().get(named)
        if isinstance(found, bytes):
            number, _break, rest = found.partition(b"\n")
            return rest, int(number)
    body, count = make()
    with contextlib.suppress(redis.RedisError):
        stream.client().set(named, b"%d\n%b" % (count, body), ex=SECONDS)
    return body, count
