"""Amendments of a published entry: everything it says of itself, its fields and what it offers.

Proposed by the department, signed by its head, reviewed by the data authority within the limit of
Order 809 art 17(3), and applied as a whole. Nothing of it holds before. What a field shows of its
values is regraded (`exchange.opening.regrade`); a field or an offer that goes, goes at once.
"""

import copy
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog import amended, deadlines, history, indexing, proposals, updates
from catalog.additions import AddedField, add_field, add_offer
from catalog.amended import AMENDED, RELABELLED
from catalog.drafting import locked
from catalog.models import Dataset, Field, Resource, Revision
from catalog.refusals import EntryRefused, StepRefused
from catalog.states import Step, move
from catalog.terms import ClockStep, ResourceKind, RevisionKind, RevisionState

ByNumber = Mapping[int, Mapping[str, Any]]
Row = Dataset | Field | Resource


@transaction.atomic
def propose(
    dataset_id: int,
    *,
    by: User,
    at: datetime,
    reason: str,
    metadata: Mapping[str, Any] | None = None,
    fields: ByNumber | None = None,
    added: Iterable[AddedField] = (),
    resources: ByNumber | None = None,
    offered: Iterable[Mapping[str, Any]] = (),
) -> Revision:
    """Keep an amendment for the head to sign, old and new side by side. It changes nothing yet.

    `metadata`, `fields` and `resources` (by number) take what `amended.amendable` names; `offered`
    what `additions.offered_file` and `offered_address` return. Raises NotAllowed, StepRefused
    unless published, EntryRefused (nothing changed, no reason, not amendable), ValidationError,
    SecretRefused.
    """
    dataset = locked(dataset_id)
    require(by, "catalog.update_dataset", organization=dataset.owner)
    move(dataset.state, Step.REVISE, of=dataset)
    changes = {
        "dataset": _of_entry(dataset, metadata or {}),
        "fields": _by_number(_fields(dataset), fields or {}),
        "added": [one.as_data() for one in added],
        "resources": _by_number(_offers(dataset), resources or {}),
        "offered": [dict(one) for one in offered],
    }
    if not any(changes.values()):
        raise EntryRefused(_("Nothing differs from the entry as it stands."))
    if not reason.strip():
        raise EntryRefused(_("Say why the entry is amended: head and reviewer decide by it."))
    _tried(dataset, changes, by=by, at=at)
    return proposals.lay(
        RevisionKind.AMEND,
        dataset,
        changes,
        loosens=_loosens(changes),
        reason=reason.strip(),
        by=by,
        at=at,
    )


def _of_entry(dataset: Dataset, wanted: Mapping[str, Any]) -> dict[str, list[Any]]:
    _check_known(dataset, wanted)
    return amended.differing(dataset, wanted)


def _by_number(rows: Any, wanted: ByNumber) -> dict[str, dict[str, list[Any]]]:
    """Return {number: {attribute: [old, new]}} of the rows that would differ."""
    known: dict[int, Any] = {row.pk: row for row in rows.filter(pk__in=list(wanted))}
    strange = [str(pk) for pk in wanted if pk not in known]
    if strange:
        raise _not_amendable(strange, (str(pk) for pk in known))
    told = {}
    for pk, attributes in wanted.items():
        _check_known(known[pk], attributes)
        if differing := amended.differing(known[pk], attributes):
            told[str(pk)] = differing
    return told


def _check_known(row: Row, wanted: Mapping[str, Any]) -> None:
    strange = sorted(set(wanted) - set(amended.amendable(row)))
    if strange:
        raise _not_amendable(strange, amended.amendable(row))


def _not_amendable(strange: Iterable[str], known: Iterable[str]) -> EntryRefused:
    return EntryRefused(
        _("An amendment cannot change %(names)s. It can change: %(known)s.")
        % {"names": ", ".join(strange), "known": ", ".join(known) or "–"}
    )


def _fields(dataset: Dataset) -> Any:
    return Field.objects.filter(resource__dataset=dataset, ended_at=None)


def _offers(dataset: Dataset) -> Any:
    """Return what the entry offers beside its table, of which only fields can be amended."""
    return Resource.objects.filter(dataset=dataset, ended_at=None).exclude(kind=ResourceKind.TABLE)


def _loosens(changes: Mapping[str, Any]) -> bool:
    """Whether more could be seen than before: new fields or offers, other places, laxer rules."""
    return bool(
        changes["added"]
        or changes["offered"]
        or changes["resources"]
        or any(amended.lets_more_pass(one) for one in changes["fields"].values())
    )


def _tried(dataset: Dataset, changes: Mapping[str, Any], *, by: User, at: datetime) -> None:
    """Apply the changes and take them back, so that what cannot be applied is never proposed."""
    mark = transaction.savepoint()
    try:
        _write(copy.copy(dataset), changes, by=by, at=at)
    finally:
        transaction.savepoint_rollback(mark)


@transaction.atomic
def sign(revision_id: int, *, by: User, at: datetime) -> Revision:
    """Sign an amendment as the head, vouching for secrets and persons as for the entry itself.

    Raises NotAllowed, StepRefused unless it is an amendment that waits for this.
    """
    dataset = locked(Revision.objects.values_list("dataset_id", flat=True).get(pk=revision_id))
    revision = Revision.objects.select_for_update().get(pk=revision_id)
    require(by, "catalog.sign_dataset", organization=dataset.owner)
    if (revision.kind, revision.state) != (RevisionKind.AMEND, RevisionState.PROPOSED):
        raise StepRefused(
            _("This change of “%(dataset)s” does not wait for a signature: %(state)s.")
            % {"dataset": dataset, "state": RevisionState(revision.state).label}
        )
    revision.state = RevisionState.SIGNED
    revision.signed_by, revision.signed_at = by, at
    revision.save(update_fields=["state", "signed_by", "signed_at"])
    notices.settle(revision.address, "revision.signable", at=at)
    due = deadlines.due_for(ClockStep.CATALOGUE_REVIEW, at, today=timezone.localdate(at))
    proposals.tell("revision.submitted", revision, at=at, due_on=due.due_on, owner=dataset.owner)
    details = {"revision": revision.pk, "signed": True}
    chain.record("dataset.revise", dataset.address, by=by, at=at, **details)
    return revision


def apply(dataset: Dataset, revision: Revision, *, by: User, at: datetime) -> None:
    """Write a signed amendment. Only for `catalog.revisions.decide_revision`, which holds locks.

    Raises StepRefused where something has changed since, so that old is not what it was.
    """
    moved = _moved(dataset, revision.changes)
    if moved:
        raise StepRefused(
            _(
                "“%(dataset)s” has changed since this was proposed (%(what)s). Refuse this change"
                " and propose it anew."
            )
            % {"dataset": dataset, "what": ", ".join(moved)}
        )
    _write(dataset, revision.changes, by=by, at=at)
    updates.done(dataset, at=at)
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    history.note(dataset, at=at)
    indexing.index(dataset.pk, at=at)


def _moved(dataset: Dataset, changes: Mapping[str, Any]) -> list[str]:
    moved = amended.moved(dataset, changes["dataset"])
    for rows, told in _rows(dataset, changes):
        known = {row.pk: row for row in rows.filter(pk__in=list(told))}
        for pk, attributes in told.items():
            row = known.get(int(pk))
            moved += [pk] if row is None else amended.moved(row, attributes)
    return moved


def _rows(dataset: Dataset, changes: Mapping[str, Any]) -> list[tuple[Any, Mapping[str, Any]]]:
    """Return fields and offers with what is told of them; older revisions tell of no offers."""
    return [
        (_fields(dataset), changes["fields"]),
        (_offers(dataset), changes.get("resources", {})),
    ]


def _write(dataset: Dataset, changes: Mapping[str, Any], *, by: User, at: datetime) -> None:
    amended.write(dataset, changes["dataset"])
    for rows, told in _rows(dataset, changes):
        for row in rows.select_for_update().filter(pk__in=list(told)):
            amended.write(row, told[str(row.pk)])
    for one in changes["added"]:
        add_field(dataset, AddedField.from_data(one), by=by, at=at)
    for offer in changes.get("offered", ()):
        add_offer(dataset, offer, by=by, at=at)


__all__ = ["AMENDED", "RELABELLED", "AddedField", "apply", "propose", "sign"]
