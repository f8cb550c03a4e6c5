"""Who read what: written before the first byte under a grant, noted and drained otherwise.

An open read is one message on a Valkey stream with append-only file; `drain` moves messages into
the table every second. What a crash can lose is at most a second. Each process numbers its own
notes, so that what Valkey lost or never got shows as a gap in the numbers that came.
"""

import itertools
import json
import os
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from django.db import connection
from django.utils import timezone

from audit import prepared, stream
from audit.trace import request_id

STREAM = "deliveries"
Answer = list[tuple[bytes, dict[bytes, bytes]]]
LONGEST = 1_000_000  # notes that may wait; a drain that stands still for hours loses the oldest

DEFAULTS = {
    "app": "",
    "key_id": None,
    "organization": "",
    "grant_id": None,
    "fields_digest": "",
    "rows": 0,
    "bytes": 0,
    "zone_seq": 0,
    "status": 200,
}
TOLD = frozenset({"at", "channel", "mode", "reader", "dataset"} | DEFAULTS.keys())
COLUMNS = (*sorted(TOLD), "request_id")
FOUND = ("rows", "bytes")
"""What a statement that reads finds itself, where it writes the delivery too."""
GIVEN = tuple(column for column in COLUMNS if column not in FOUND)

# No RETURNING: the open door's role may add deliveries and read none.
INSERT = (
    f"INSERT INTO audit_delivery ({', '.join(COLUMNS)})"  # noqa: S608 - constants of this module
    f" VALUES ({', '.join(f'${place}' for place in range(1, len(COLUMNS) + 1))})"
)


class _Numbers:
    """This process's name on its notes, and their numbers from 1."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.sender = secrets.token_hex(8)
        self.numbers = itertools.count(1)  # its `next` is atomic between threads


_ours = _Numbers()
os.register_at_fork(after_in_child=_ours.start)


@dataclass(frozen=True, slots=True)
class Note:
    """A note that waits on the stream: its place there, who sent it as which, what it tells."""

    key: bytes
    sender: str
    number: int
    told: dict[str, Any]

    @property
    def at(self) -> datetime:
        """When the read was."""
        return datetime.fromisoformat(self.told["at"])


def deliver(**told: Any) -> None:
    """Write a read of granted or personal data down before its first byte is sent.

    Takes what `TOLD` names. Not inside a transaction that may be rolled back.
    """
    row = _row(told)
    prepared.execute(INSERT, [_text(row[column]) for column in COLUMNS])


def inserted_from(source: str, *, rows: str, size: str, first: int) -> str:
    """Return an INSERT of a delivery for each row of `source`, as a part of the reading statement.

    `rows` and `size` (in bytes) are expressions over `source`. What else is told are the
    parameters from $`first` on, as `given` returns them.
    """
    places = ", ".join(f"${first + place}" for place in range(len(GIVEN)))
    return (
        f"INSERT INTO audit_delivery ({', '.join(GIVEN)}, rows, bytes)"  # noqa: S608 - see COLUMNS
        f" SELECT {places}, {rows}, {size} FROM {source}"
    )


def given(**told: Any) -> list[bytes | None]:
    """Return the values for `inserted_from`: what `TOLD` names, but for rows and bytes."""
    row = _row(told)
    return [_text(row[column]) for column in GIVEN]


def note(**told: Any) -> None:
    """Note an open read: told to Valkey before the first byte. Raises redis.RedisError if down.

    Takes what `TOLD` names; the time is kept in UTC. The answer is not waited for; a note that
    Valkey refused or never got shows as a gap in the numbers.
    """
    row = _row(told)
    row["at"] = row["at"].astimezone(UTC).isoformat()
    stream.tell(
        *("XADD", STREAM, "MAXLEN", "~", LONGEST, "*"),
        *("s", _ours.sender, "n", next(_ours.numbers), "d", json.dumps(row)),
    )


def _row(told: dict[str, Any]) -> dict[str, Any]:
    row = DEFAULTS | told
    if row.keys() != TOLD:
        odd = ", ".join(sorted(row.keys() ^ TOLD))
        raise TypeError(f"A delivery is told by other names: {odd} is missing or unknown.")
    return row | {"request_id": request_id.get()}


def _text(value: str | int | datetime | None) -> bytes | None:
    """Return a value as PostgreSQL reads it."""
    if value is None:
        return None
    return (value.isoformat() if isinstance(value, datetime) else str(value)).encode()


def waiting(count: int | None = None) -> Iterator[Note]:
    """Yield the oldest notes that are not drained yet."""
    answer = cast("Answer", stream.client().xrange(STREAM, count=count))
    for key, fields in answer:
        yield Note(key, fields[b"s"].decode(), int(fields[b"n"]), json.loads(fields[b"d"]))


def counted_today(key_id: int, day: date) -> int:
    """Return how many calls of a key were delivered on a local day, drained or still waiting.

    A note that is drained meanwhile may count twice: never too few.
    """
    start = timezone.make_aware(datetime.combine(day, time.min))
    end = start + timedelta(days=1)
    noted = sum(each.told["key_id"] == key_id and start <= each.at < end for each in waiting())
    with connection.cursor() as cursor:
        # by a function, since the open door may not read deliveries
        cursor.execute("SELECT audit_calls_delivered(%s, %s, %s)", [key_id, start, end])
        return noted + cursor.fetchone()[0]


def counted_under(grants: Collection[int], day: date) -> dict[int, int]:
    """Return how many calls were delivered under each of these grants on a local day.

    Of a verification each claim is a call.
    For a role that may read deliveries: grants are served where the office door stands open.
    """
    start = timezone.make_aware(datetime.combine(day, time.min))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT grant_id, sum(CASE mode WHEN 'verify' THEN rows ELSE 1 END)::bigint"
            " FROM audit_delivery WHERE grant_id = ANY(%s)"
            " AND at >= %s AND at < %s GROUP BY grant_id",
            [list(grants), start, start + timedelta(days=1)],
        )
        counted = dict(cursor.fetchall())
    return {grant: counted.get(grant, 0) for grant in grants}
