"""Rows that somebody doubts: found, marked on their way out, and told of when they are corrected.

A mark names row and fields and nothing else. It costs a page one look where no row is doubted.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import DataError, transaction
from psycopg import sql

from accounts import notices
from audit.models import Delivery
from catalog.models import Dataset
from exchange.correction_flow import CorrectionState
from exchange.models import Correction, Grant, RecordTable, Zone
from exchange.records import store
from exchange.records.statements import rows
from policy.terms import Channel

ROW_ID = re.compile(rb'"_id":(\d+)')
Found = tuple[int, int, int]


def find(dataset: Dataset, subject: Mapping[int, str], row: int | None) -> Found | None:
    """Return (resource, `_id`, `_hash`) of the one shared row that is meant, None where none is.

    `row` is its `_id`; else `subject` gives values by permanent field id, which one row alone
    may have all. A value that its field cannot hold finds nothing.
    """
    table = RecordTable.objects.filter(
        resource__dataset=dataset, zone=Zone.SHARED, live=True
    ).first()
    if table is None:
        return None
    columns = {one["field"]: one["column"] for one in table.columns}
    named = {columns[pk]: text for pk, text in subject.items() if pk in columns}
    if row is not None:
        wanted = [sql.SQL("_id = {}").format(sql.Literal(row))]
    elif named and len(named) == len(subject):
        wanted = [
            sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(text))
            for column, text in named.items()
        ]
    else:
        return None
    found = _at_most_two(table, wanted)
    return (table.resource_id, *found[0]) if len(found) == 1 else None


def _at_most_two(table: RecordTable, wanted: list[sql.Composed]) -> list[Any]:
    statement = sql.SQL("SELECT _id, _hash FROM {} WHERE {} LIMIT 2").format(
        store.of(table), sql.SQL(" AND ").join(wanted)
    )
    try:
        with transaction.atomic():  # a value that does not fit its column ends only this
            return rows(statement)
    except DataError:
        return []


def marks(resource_id: int | None, page: bytes, shown: Iterable[str]) -> list[dict[str, Any]]:
    """Return what is doubted among the rows of a page, as JSON: `_id`, fields, since when.

    `page` is the JSON array of rows; `shown` are the names of the fields that the reader may know
    of: another name is left out. Empty, after one look, where nothing is doubted.
    """
    flagging = Correction.objects.flagging().filter(resource=resource_id)
    if resource_id is None or not flagging.exists():
        return []
    named, numbers = set(shown), [int(one) for one in ROW_ID.findall(page)]
    return [
        {
            "_id": one.row,
            "fields": [name for name in one.fields if name in named],
            "since": one.reported_at.isoformat(),
            "state": one.state,
        }
        for one in flagging.filter(row__in=numbers).order_by("row", "pk")
    ]


@transaction.atomic
def spread_due(*, at: datetime) -> int:
    """Lift the flag of each corrected row that a sync has changed, and tell; returns how many."""
    due = Correction.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        state=CorrectionState.CORRECTED, spread_at=None
    )
    return spread(list(due.select_related("dataset__owner").order_by("pk")), at=at)


def spread(answered: Sequence[Correction], *, at: datetime) -> int:
    """Tell who received the dataset under a grant of what is corrected; returns of how many.

    A record that was found is told of once its row has changed or is gone; the caller holds the
    rows locked. Safe to repeat.
    """
    waiting = [
        one for one in answered if one.state == CorrectionState.CORRECTED and one.spread_at is None
    ]
    unchanged = _unchanged([one for one in waiting if one.row is not None])
    done = [one for one in waiting if one.pk not in unchanged]
    for one in done:
        one.lifted_at, one.spread_at = at, at
        one.save(update_fields=["lifted_at", "spread_at"])
        _tell_readers(one, at=at)
    return len(done)


def _unchanged(flagged: Sequence[Correction]) -> set[int]:
    """Return which reports are about rows that hold what they held then."""
    by_resource: dict[int, list[Correction]] = defaultdict(list)
    for one in flagged:
        by_resource[one.resource_id or 0].append(one)
    left: set[int] = set()
    for resource_id, reports in by_resource.items():
        table = store.live(resource_id, Zone.SHARED)
        now = {} if table is None else _hashes(table, [one.row for one in reports])
        left |= {one.pk for one in reports if table is None or now.get(one.row) == one.row_hash}
    return left


def _hashes(table: RecordTable, numbers: Sequence[int | None]) -> dict[int | None, int]:
    statement = sql.SQL("SELECT _id, _hash FROM {} WHERE _id = ANY({})").format(
        store.of(table), sql.Literal(list(numbers))
    )
    return dict(rows(statement))


def _tell_readers(correction: Correction, *, at: datetime) -> None:
    """Tell each organisation that received the dataset under a grant, once."""
    grants = Grant.objects.filter(dataset=correction.dataset, channel=Channel.SHARE)
    by_number = {one.pk: one for one in grants.select_related("organization")}
    read = Delivery.objects.filter(grant_id__in=by_number, status__lt=400)
    received = set(read.order_by().values_list("grant_id", flat=True).distinct())
    readers = {
        grant.organization_id: grant.organization
        for number, grant in by_number.items()
        if number in received
    }
    for organization in readers.values():
        notices.tell(
            "correction.spread",
            organization=organization,
            target=correction.address,
            at=at,
            dataset=correction.dataset,
            row=correction.row or "–",
            fields=", ".join(correction.fields) or "–",
            answer=correction.answer,
        )
