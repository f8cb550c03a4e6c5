"""Rows that somebody doubts: found, marked on their way out, and told of when they are corrected.

A mark names row and fields and nothing else. It costs a page one look where no row is doubted.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import DataError, transaction
from django.db.models import Q
from psycopg import sql

from accounts import notices
from accounts.models import Organization
from audit.models import Delivery
from catalog.models import Dataset, Field
from exchange import vault
from exchange.correction_flow import CorrectionState
from exchange.models import Correction, Grant, RecordTable, Zone
from exchange.records import store
from exchange.records.compile import VisibleField, compiled
from exchange.records.query import RecordQuery
from exchange.records.reading import relation
from exchange.records.statements import rows
from exchange.sharing.serving import Served
from policy.terms import Channel, Treatment

SUBJECT = "correction"
"""What the sealed subject of a report is sealed for."""

MOST = 1000
"""So many doubted rows are told of at once."""

ROW_ID = re.compile(rb'"_id":(\d+)')
Found = tuple[int, int, int]


def find(
    dataset: Dataset, subject: Mapping[int, str], row: int | None, fields: Collection[int] = ()
) -> Found | None:
    """Return (resource, `_id`, digest) of the one shared row that is meant, None where none is.

    `row` is its `_id`; else `subject` gives values by permanent field id, which one row alone
    may have all. A value that its field cannot hold finds nothing. The digest is of what stands in
    `fields`, of the whole row where none are named.
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
    found = _at_most_two(table, wanted, _digest(table, fields))
    return (table.resource_id, *found[0]) if len(found) == 1 else None


def _digest(table: RecordTable, fields: Collection[int]) -> sql.Composable:
    """Return the digest of what stands in some fields; of the whole row where it has none."""
    columns = sorted(one["column"] for one in table.columns if one["field"] in fields)
    if not columns:
        return sql.SQL("_hash")
    return store.hash_of(columns)


def _at_most_two(
    table: RecordTable, wanted: list[sql.Composed], digest: sql.Composable
) -> list[Any]:
    statement = sql.SQL("SELECT _id, {} FROM {} WHERE {} LIMIT 2").format(
        digest, store.of(table), sql.SQL(" AND ").join(wanted)
    )
    try:
        with transaction.atomic():  # a value that does not fit its column ends only this
            return rows(statement)
    except DataError:
        return []


def on_page(served: Served, rows: bytes) -> list[dict[str, Any]]:
    """Return what is doubted among the rows of a page, as its reader may know it (`marks`)."""
    return marks(served.head.resource_id, served.fields, among=map(int, ROW_ID.findall(rows)))


def in_all(served: Served) -> list[dict[str, Any]]:
    """Return what is doubted in a whole dataset, as its reader may know it: at most MOST rows."""
    return marks(served.head.resource_id, served.fields)


def standing(served: Served) -> list[int]:
    """Return the reports that stand on rows of a whole copy just now, by their number."""
    flagging = Correction.objects.flagging().filter(resource=served.head.resource_id)
    found = dict(flagging.order_by("pk").values_list("pk", "row"))
    covered = _covered(served, found.values())
    return [number for number, row in found.items() if row in covered]


def in_file(
    served: Served,
    *,
    held: Collection[int],
    since: datetime,
    last_row: int | None,
    seq: int,
) -> list[dict[str, Any]]:
    """Return what is doubted in a whole copy, as its reader may know it (`marks`): all of it.

    Told are reports that stood at any time `since` the copy was begun: one that was answered or
    corrected meanwhile too, for the copy holds what the row held. `held` are those that stood on
    its rows then; of others it is asked whether the grant covers their rows now. Rows above
    `last_row` came after the copy and are not in it. Nor may be, under a grant for some rows, what
    moved after `seq`: whether the grant covered it when the copy was made cannot be told any more.
    """
    pointing = Correction.objects.filter(resource=served.head.resource_id, row__isnull=False)
    if last_row is not None:
        pointing = pointing.filter(Q(row__lte=last_row) | Q(pk__in=held))
    meant = pointing.filter(Q(lifted_at=None) | Q(lifted_at__gte=since))
    found = list(meant.order_by("row", "pk")) if served.head.resource_id is not None else []
    others = [one.row for one in found if one.pk not in held]
    covered = _covered(served, others, unmoved_since=seq if served.scopes else None)
    return _told([one for one in found if one.pk in held or one.row in covered], served.fields)


def _covered(
    served: Served, numbers: Iterable[int | None], *, unmoved_since: int | None = None
) -> set[int]:
    """Return which rows, by `_id`, are there and meet the grant's conditions; of them only those
    that stand as they stood at a place in the feed, where one is given."""
    asked = [number for number in numbers if number is not None]
    if not asked or served.head.table_id is None:
        return set()
    settled = compiled(RecordQuery(), served.fields, served.scopes)
    wanted = [sql.SQL("_id = ANY({})").format(sql.Literal(asked))]
    if unmoved_since is not None:
        wanted.append(sql.SQL("_seq <= {}").format(sql.Literal(unmoved_since)))
    statement = sql.SQL("SELECT _id FROM {}{}").format(
        relation(served.head), settled.where(*wanted)
    )
    return {number for (number,) in rows(statement)}


def marks(
    resource_id: int | None,
    fields: Mapping[str, VisibleField],
    *,
    among: Iterable[int] | None = None,
) -> list[dict[str, Any]]:
    """Return what is doubted among rows (by `_id`; None: all), as JSON: row, fields, since when.

    Told are fields that the reader may know of. A report that found its row by the value of a
    field that the reader does not see in clear is not told of at all: the mark would say that the
    value is right (design.md §4.6). Empty, after one look, where nothing is doubted.
    """
    flagging = Correction.objects.flagging().filter(resource=resource_id)
    if resource_id is None or not flagging.exists():
        return []
    if among is not None:
        flagging = flagging.filter(row__in=list(among))
    return _told(flagging.order_by("row", "pk")[:MOST], fields)


def _told(found: Iterable[Correction], fields: Mapping[str, VisibleField]) -> list[dict[str, Any]]:
    """Return reports as JSON, without those that the reader may not know of."""
    named = {name for name, one in fields.items() if not one.concealed}
    clear = {name for name, one in fields.items() if one.treatment == Treatment.CLEAR}
    return [
        {
            "_id": one.row,
            "fields": [name for name in one.fields if name in named],
            "since": one.reported_at.isoformat(),
            "state": one.state,
        }
        for one in found
        if found_by(one) <= clear
    ]


def found_by(correction: Correction) -> frozenset[str]:
    """Return the fields by whose values a report found its row, by name; none by its number."""
    if not correction.subject:
        return frozenset()
    told = json.loads(vault.unseal(bytes(correction.subject), purpose=SUBJECT))
    return frozenset() if told["row"] is not None else frozenset(told["subject"])


@transaction.atomic
def spread_due(*, at: datetime) -> int:
    """Lift the flag of each row of which a sync changed what was doubted; returns how many."""
    due = Correction.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        state=CorrectionState.CORRECTED, spread_at=None
    )
    return spread(list(due.select_related("dataset__owner").order_by("pk")), at=at)


def spread(answered: Sequence[Correction], *, at: datetime) -> int:
    """Tell who received the dataset under a grant of what is corrected; returns of how many.

    A record that was found is told of once what was doubted in its row has changed, or the row is
    gone; the caller holds the rows locked. Safe to repeat.
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
    """Return which reports are about values that stand as they stood when they were reported."""
    return {one.pk for one in flagged if _stands(one)}


def _stands(correction: Correction) -> bool:
    """Whether a row holds what it held in the doubted fields; in all where none are named.

    Two queries: rows are looked at for as long as a correction waits for its sync, which are few.
    """
    table = store.live(correction.resource_id or 0, Zone.SHARED)
    if table is None:
        return True
    named = Field.objects.filter(resource=correction.resource_id, name__in=correction.fields)
    statement = sql.SQL("SELECT {} FROM {} WHERE _id = {}").format(
        _digest(table, set(named.values_list("pk", flat=True))),
        store.of(table),
        sql.Literal(correction.row),
    )
    return rows(statement) == [(correction.row_hash,)]


def _tell_readers(correction: Correction, *, at: datetime) -> None:
    """Tell each organisation that received the dataset under a grant, once."""
    for organization in dict.fromkeys(who for who, _grant in _readers(correction, Channel.SHARE)):
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
    _tell_companies(correction, at=at)


def _tell_companies(correction: Correction, *, at: datetime) -> None:
    """Tell who received it under a conditional open grant that it was corrected, and no more.

    Neither row nor field nor the answer: those were written for departments. Where fields are
    named and the grant covers none of them, nothing that the company received has changed.
    """
    named = Field.objects.filter(resource__dataset=correction.dataset, name__in=correction.fields)
    touched = set(named.values_list("pk", flat=True))
    for organization, grant in _readers(correction, Channel.OPEN):
        if correction.fields and touched.isdisjoint(grant.fields):
            continue
        notices.tell(
            "correction.spread_open",
            organization=organization,
            target=correction.address,
            at=at,
            dataset=correction.dataset,
            grant=grant.pk,
        )


def _readers(correction: Correction, channel: Channel) -> list[tuple[Organization, Grant]]:
    """Return who received the dataset under grants on a channel, each with every such grant."""
    grants = Grant.objects.filter(dataset=correction.dataset, channel=channel)
    by_number = {one.pk: one for one in grants.select_related("organization").order_by("pk")}
    read = Delivery.objects.filter(grant_id__in=by_number, status__lt=400)
    received = set(read.order_by().values_list("grant_id", flat=True).distinct())
    return [(one.organization, one) for number, one in by_number.items() if number in received]
