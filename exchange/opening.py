"""Publishing, regrading, withdrawing: the catalogue and the zones change together.

Stricter acts at once: when a verb returns, neither a zone nor the folder of public files holds
what it took away, nobody streams rows of it, and the next call decides by the new grades. Looser
waits for a second person.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import require
from catalog import facts, indexing, negative_list, publishing, revisions
from catalog.models import Dataset, Field, FieldSketch, NegativeLine, Resource, Revision
from catalog.terms import RevisionKind
from exchange import public_files
from exchange.hooks import events
from exchange.models import RecordTable, Zone
from exchange.records import store, zones
from exchange.records.reading import LEASE_SECONDS
from exchange.sync import engine
from policy import comparison
from policy.storable import storable
from policy.terms import Treatment

P = ParamSpec("P")
R = TypeVar("R")


def _at_once(verb: Callable[P, R]) -> Callable[P, R]:
    """Make a verb one transaction that returns only when no stream still runs on what it ended.

    A stream looks at most LEASE_SECONDS apart whether it may go on; the verb waits as long after
    its commit. Inside a larger transaction there is no commit yet to wait after.
    """

    @wraps(verb)
    def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            result = verb(*args, **kwargs)
        if not connection.in_atomic_block:
            time.sleep(LEASE_SECONDS)
        return result

    return whole


@dataclass(frozen=True, slots=True)
class Projection:
    """What a verb left standing: the zone's table of each resource, None where there is none."""

    dataset_id: int
    tables: dict[int, dict[str, RecordTable | None]]

    @property
    def rows(self) -> int:
        """Rows in the open zone."""
        return sum(
            (tables.get("open") or RecordTable(rows=0)).rows for tables in self.tables.values()
        )


@transaction.atomic
def publish(dataset_id: int, *, by: User, at: datetime, seen: str = "") -> Projection:
    """Publish a reviewed dataset: its line goes live and its zones are filled.

    `seen` is the digest of what the reviewer was shown (`catalog.as_seen`). Raises
    catalog.publishing.StepRefused in a wrong state, with defects (all are named) or for an entry
    that was changed meanwhile, accounts.roles.NotAllowed without the right.
    """
    publishing.accept(dataset_id, by=by, at=at, seen=seen)
    events.published(dataset_id, at=at)
    return _projected(dataset_id, at=at)


@_at_once
def withdraw(dataset_id: int, *, by: User, at: datetime, reason: str) -> Projection:
    """Withdraw a published dataset: its zones are gone when this returns, its line says why."""
    publishing.retire(dataset_id, by=by, at=at, reason=reason)
    events.withdrawn(dataset_id, at=at, reason=reason)
    return _projected(dataset_id, at=at)


@_at_once
def regrade(
    dataset_id: int,
    changes: Mapping[int, Mapping[str, Any]],
    *,
    by: User,
    at: datetime,
    reason: str,
) -> Revision | None:
    """Change grades, types or masks of a published dataset's fields, by permanent id.

    Fields that come out stricter everywhere, or the same, change at once. The others wait in a
    Revision for another person (`decide_revision`), which is returned.
    """
    dataset = Dataset.objects.select_for_update().get(pk=dataset_id)
    require(by, "exchange.regrade_field", organization=dataset.owner)
    fields = {
        field.pk: field
        for field in Field.objects.select_for_update().filter(
            pk__in=list(changes), resource__dataset=dataset
        )
    }
    stricter, looser = _sorted_out(dataset, fields, changes, at)
    if stricter:
        revisions.apply_grades(dataset, stricter, by=by, at=at, reason=reason)
        _forget_secrets(dataset, at)
        events.policy_changed(dataset_id, at=at)
        _projected(dataset_id, at=at)
    if not looser:
        return None
    return revisions.propose_revision(dataset, looser, by=by, at=at, reason=reason)


@_at_once
def decide_revision(
    revision_id: int, *, by: User, at: datetime, accept: bool, reason: str
) -> Projection | None:
    """Accept or refuse a loosening that another person proposed.

    Raises NotAllowed, StepRefused.
    """
    revision = revisions.decide_revision(revision_id, by=by, at=at, accept=accept, reason=reason)
    if not accept:
        return None
    if revision.kind == RevisionKind.AMEND:
        events.changed(revision.dataset_id, at=at)
    events.policy_changed(revision.dataset_id, at=at)
    return _projected(revision.dataset_id, at=at)


@_at_once
def withdraw_field(field_id: int, *, by: User, at: datetime, reason: str) -> Projection:
    """End a field of a published dataset: no zone holds it when this returns.

    Who holds a grant that names it may still read what is stored. Raises NotAllowed, StepRefused,
    EntryRefused.
    """
    field = revisions.withdraw_field(field_id, by=by, at=at, reason=reason)
    events.changed(field.resource.dataset_id, at=at)
    events.policy_changed(field.resource.dataset_id, at=at)
    return _projected(field.resource.dataset_id, at=at)


@_at_once
def publish_line(line_id: int, *, by: User, at: datetime) -> Projection:
    """Publish a line of the negative list; what it bars is gone from the zones at once."""
    line = negative_list.publish(line_id, by=by, at=at)
    events.policy_changed(line.dataset_id, at=at)
    return _projected(line.dataset_id, at=at)


@transaction.atomic
def end_line(line_id: int, *, by: User, at: datetime, reason: str) -> Projection:
    """End a line of the negative list; its fields fall back to conditional."""
    line = negative_list.end(line_id, by=by, at=at, reason=reason)
    events.policy_changed(line.dataset_id, at=at)
    return _projected(line.dataset_id, at=at)


def reproject_due(*, at: datetime) -> int:
    """Project every dataset with a line that begins or has run out; for the daily beat.

    Returns how many datasets were looked at. A reading decides by the day itself, so a zone that
    is a little behind shows too little, never too much.
    """
    lines = NegativeLine.objects.filter(dataset__state=Dataset.State.PUBLISHED)
    datasets = set(lines.values_list("dataset_id", flat=True))
    for dataset_id in sorted(datasets):
        _follow_the_day(dataset_id, at=at)
    indexing.index_all(datasets, at=at)
    return len(datasets)


def mask_anew(*, at: datetime) -> int:
    """Fill anew, from the shared rows, each zone that another release masked; for the beat.

    Returns how many datasets. Until then a reading withholds what such a zone holds masked.
    """
    datasets = {table.resource.dataset_id for table in zones.masked_otherwise()}
    for dataset_id in sorted(datasets):
        _follow_the_day(dataset_id, at=at)
    return len(datasets)


@transaction.atomic
def _follow_the_day(dataset_id: int, *, at: datetime) -> None:
    """Project a dataset, and tell of it where that made other tables of it.

    Its files are for `public_files.tend`, whose worker has them.
    """
    live = RecordTable.objects.filter(
        resource__dataset=dataset_id, zone__in=zones.PROJECTED, live=True
    )
    before = set(live.values_list("pk", flat=True))
    _refreshed(dataset_id, at=at)
    if set(live.values_list("pk", flat=True)) != before:
        events.policy_changed(dataset_id, at=at)


def _projected(dataset_id: int, *, at: datetime) -> Projection:
    """Bring zones and public files to what the catalogue says now."""
    public_files.follow(dataset_id, at=at)
    return _refreshed(dataset_id, at=at)


def _refreshed(dataset_id: int, *, at: datetime) -> Projection:
    tables = Resource.objects.filter(dataset_id=dataset_id, kind=Resource.Kind.TABLE)
    resources = tables.values_list("pk", flat=True)
    return Projection(dataset_id, {pk: zones.refresh(pk, at=at) for pk in resources})


def _forget_secrets(dataset: Dataset, at: datetime) -> None:
    """Drop the columns of fields that, as it turned out, may not be on the platform at all.

    What runs keep aside goes with them; a run under way does not go live with such a column.
    """
    secret = [
        field
        for field in Field.objects.filter(resource__dataset=dataset, ended_at=None)
        if storable(facts.field_facts(field)) is not None
    ]
    FieldSketch.objects.filter(field__in=secret).delete()
    for field in secret:
        shared = store.live(field.resource_id, Zone.SHARED)
        if shared and field.pk not in {column["field"] for column in shared.columns}:
            continue  # it was never read from the source, or is forgotten already
        zones.forget(field.resource_id, field.pk)
        engine.forget(field.resource_id, at=at)


def _sorted_out(
    dataset: Dataset,
    fields: Mapping[int, Field],
    changes: Mapping[int, Mapping[str, Any]],
    at: datetime,
) -> tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
    """Part changes into stricter (or the same) and looser, by what anybody could see."""
    stricter: dict[int, dict[str, Any]] = {}
    looser: dict[int, dict[str, Any]] = {}
    for pk, wanted in changes.items():
        if pk not in fields or set(wanted) - revisions.REGRADED:
            stricter[pk] = dict(wanted)  # refused by `apply_grades`, which says what is wrong
            continue
        before = _treatments(dataset, fields[pk], at)
        after = _treatments(dataset, _changed(fields[pk], wanted), at)
        same_mask = all(
            wanted.get(name, getattr(fields[pk], name)) == getattr(fields[pk], name)
            for name in ("mask_kind", "mask_params")
        )
        shows_more = any(new < old for old, new in zip(before, after, strict=True))
        # a grant may end at any grade, so a lower one may show more to its holder
        shows_more = shows_more or _lower(fields[pk].grade, wanted.get("grade", fields[pk].grade))
        # another mask may show other parts, so where one is shown now it counts as looser
        other_mask = not same_mask and any(
            old == new == Treatment.MASKED for old, new in zip(before, after, strict=True)
        )
        (looser if shows_more or other_mask else stricter)[pk] = dict(wanted)
    return stricter, looser


def _lower(before: int | None, after: int | None) -> bool:
    return before is not None and (after is None or after < before)


def _changed(field: Field, wanted: Mapping[str, Any]) -> Field:
    other = Field.objects.get(pk=field.pk)
    for name, value in wanted.items():
        setattr(other, name, value)
    return other


def _treatments(dataset: Dataset, field: Field, at: datetime) -> list[int]:
    """Return what a field comes to for the public, under any grant, and between departments."""
    asked = comparison.cases(timezone.localdate(at), facts.prohibitions(dataset))
    return [int(one) for one in comparison.treatments(facts.field_facts(field), asked).values()]
