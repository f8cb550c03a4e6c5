"""Moving notes of open reads from the stream into the table, each once."""

import json
import logging
from collections import Counter
from dataclasses import dataclass
from itertools import chain as joined

from django.db import DataError, IntegrityError, connection, transaction

from audit import chain, deliveries, stream
from audit.deliveries import COLUMNS, Note

BATCH = 5000
LOCK = 0x4452414E  # "DRAN"

KINDS = {
    "at": "timestamptz",
    "key_id": "bigint",
    "grant_id": "bigint",
    "rows": "bigint",
    "bytes": "bigint",
    "zone_seq": "bigint",
    "status": "smallint",
    "number": "bigint",
}
INSERTED = ("sender", "number", *COLUMNS)
INSERT = (
    f"INSERT INTO audit_delivery ({', '.join(INSERTED)})"  # noqa: S608 - constants of this module
    " SELECT * FROM jsonb_to_recordset(%s::jsonb) AS note ("
    + ", ".join(f"{column} {KINDS.get(column, 'text')}" for column in INSERTED)
    + ") ON CONFLICT (sender, number, at) DO NOTHING RETURNING sender"
)
HIGHEST = "SELECT sender, max(number) FROM audit_delivery WHERE sender = ANY(%s) GROUP BY sender"
# What did not come of the numbers that have settled with this batch and had not before.
LOST = """
SELECT coalesce(sum(told.upto - told.since - (
    SELECT count(*) FROM audit_delivery came
    WHERE came.sender = told.sender AND came.number > told.since AND came.number <= told.upto
)), 0)::bigint
FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS told(sender, since, upto)
"""
SETTLED = 100
"""How many numbers a note may be behind and still be on its way: its thread took the number and
has not sent it, while others of the process went on. More than a process has threads."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drained:
    """How many notes were moved, and how many numbers were missing among them.

    Two threads of a process may note out of order: what is missing now and comes with the next
    drain is taken off again there, so only the sum over drains counts. The log tells of what is
    missing once it cannot be on its way any more.
    """

    rows: int
    gaps: int


def drain() -> Drained:
    """Move waiting notes into the table, oldest first; returns what was moved and missing.

    Safe to repeat and to be killed at any point: a note leaves the stream after its row is
    committed, and a row that is there already is kept once.
    """
    rows = gaps = 0
    while notes := list(deliveries.waiting(BATCH)):
        moved = _move(notes)
        if moved is None:
            break
        rows, gaps = rows + moved.rows, gaps + moved.gaps
        # the keys are in order: whatever is before the one after the last was read
        stream.client().xtrim(deliveries.STREAM, minid=_after(notes[-1].key), approximate=False)
    return Drained(rows, gaps)


def _after(key: bytes) -> str:
    time, place = key.decode().split("-")
    return f"{time}-{int(place) + 1}"


@transaction.atomic
def _move(notes: list[Note]) -> Drained | None:
    """Write a batch; None where another drain is at work."""
    if not chain.alone(LOCK):
        return None
    before = _highest({note.sender for note in notes})
    kept = _keep(notes)
    highest = before.copy()
    for note in notes:
        highest[note.sender] = max(highest[note.sender], note.number)
    gaps = highest.total() - before.total() - kept.total()
    if lost := _lost(before, highest):
        log.warning("%s notes of open reads are missing.", lost)
    return Drained(kept.total(), gaps)


def _highest(senders: set[str]) -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute(HIGHEST, [list(senders)])
        return Counter(dict(cursor.fetchall()))


def _lost(before: Counter[str], highest: Counter[str]) -> int:
    senders = [*highest]
    settled = [[max(each[one] - SETTLED, 0) for one in senders] for each in (before, highest)]
    with connection.cursor() as cursor:
        cursor.execute(LOST, [senders, *settled])
        lost: int = cursor.fetchone()[0]
    return lost


def _keep(notes: list[Note]) -> Counter[str]:
    """Insert notes; returns how many rows came of each sender.

    One that the database refuses would stop all behind it: it is logged and given up, and so
    counts as missing.
    """
    try:
        with transaction.atomic():
            return _insert(notes)
    except (DataError, IntegrityError):
        if len(notes) > 1:
            return Counter(joined.from_iterable(_keep([note]).elements() for note in notes))
        log.exception("A note of an open read cannot be kept: %s", notes[0].key.decode())
        return Counter()


def _insert(notes: list[Note]) -> Counter[str]:
    rows = [note.told | {"sender": note.sender, "number": note.number} for note in notes]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [json.dumps(rows)])
        return Counter(sender for (sender,) in cursor.fetchall())
