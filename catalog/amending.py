"""Amendments of a published entry: what it says of itself, of its fields, and new fields.

Proposed by the department, signed by its head, reviewed by the data authority within the limit of
Order 809 art 17(3), and applied as a whole. Nothing of it holds before; what a field shows of its
values is regraded (`exchange.opening.regrade`), and a field that goes, goes at once.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog import deadlines, history, indexing
from catalog.drafting import NewField, create_field, locked, write_grade
from catalog.facts import as_params
from catalog.models import CodeList, Dataset, Field, Resource, Revision
from catalog.refusals import EntryRefused, StepRefused
from catalog.states import Step, move
from catalog.terms import Check, ClockStep, RevisionKind, RevisionState
from policy.facts import Mask
from policy.terms import DataType, Grade, OpenType, ShareType

AMENDED = (
    "title_zh",
    "title_en",
    "abstract_zh",
    "abstract_en",
    "keywords_zh",
    "keywords_en",
    "update_cycle",
    "license",
    "contact",
    "format_type",
    "share_condition_zh",
    "share_condition_en",
)
"""What of an entry can be amended. What stands in its resource code is settled with the code."""

RELABELLED = (
    "label_zh",
    "label_en",
    "description_zh",
    "description_en",
    "share_condition_zh",
    "share_condition_en",
)
"""What of a field can be amended. Its name and its rules decide which rows pass, so they stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedField:
    """A new field of a published table with the grade it is to have from its first day."""

    new: NewField
    grade: Grade
    share_type: ShareType = ShareType.UNCONDITIONAL
    open_type: OpenType = OpenType.UNCONDITIONAL
    mask: Mask | None = None
    reason: str = ""


@transaction.atomic
def propose(
    dataset_id: int,
    *,
    by: User,
    at: datetime,
    reason: str,
    metadata: Mapping[str, Any] | None = None,
    fields: Mapping[int, Mapping[str, Any]] | None = None,
    added: Iterable[AddedField] = (),
) -> Revision:
    """Keep an amendment for the head to sign, old and new side by side. It changes nothing yet.

    `metadata` takes AMENDED's names, `fields` RELABELLED's by permanent id. Raises NotAllowed,
    StepRefused unless published, EntryRefused (nothing changed, no reason, not amendable),
    ValidationError, SecretRefused.
    """
    dataset = locked(dataset_id)
    require(by, "catalog.update_dataset", organization=dataset.owner)
    move(dataset.state, Step.REVISE, of=dataset)
    changes = _changes(dataset, metadata or {}, fields or {}, list(added))
    if not reason.strip():
        raise EntryRefused(_("Say why the entry is amended: head and reviewer decide by it."))
    _tried(dataset, changes, by=by, at=at)
    revision = Revision.objects.create(
        dataset=dataset,
        kind=RevisionKind.AMEND,
        changes=changes,
        loosens=bool(changes["added"]),
        reason=reason.strip(),
        proposed_by=by,
        proposed_at=at,
    )
    _tell("revision.signable", revision, at=at)
    chain.record(
        "dataset.revise",
        dataset.address,
        by=by,
        at=at,
        revision=revision.pk,
        reason=revision.reason,
        changes=changes,
    )
    return revision


def _changes(
    dataset: Dataset,
    metadata: Mapping[str, Any],
    fields: Mapping[int, Mapping[str, Any]],
    added: list[AddedField],
) -> dict[str, Any]:
    """Return what really differs: {"dataset": …, "fields": {id: …}, "added": […]}."""
    known = {field.pk: field for field in _live(dataset).filter(pk__in=list(fields))}
    names = {name for wanted in fields.values() for name in wanted}
    strange = sorted(
        {*(set(metadata) - set(AMENDED)), *(names - set(RELABELLED))}
        | {str(pk) for pk in fields if pk not in known}
    )
    if strange:
        raise EntryRefused(
            _("An amendment cannot change %(names)s. It can change: %(known)s.")
            % {"names": ", ".join(strange), "known": ", ".join((*AMENDED, *RELABELLED))}
        )
    changed = {str(pk): _differing(known[pk], wanted) for pk, wanted in fields.items()}
    changes = {
        "dataset": _differing(dataset, metadata),
        "fields": {pk: told for pk, told in changed.items() if told},
        "added": [_as_data(one) for one in added],
    }
    if not any(changes.values()):
        raise EntryRefused(_("Nothing differs from the entry as it stands."))
    return changes


def _differing(row: Dataset | Field, wanted: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {
        name: [getattr(row, name), value]
        for name, value in wanted.items()
        if getattr(row, name) != value
    }


def _live(dataset: Dataset) -> Any:
    return Field.objects.filter(resource__dataset=dataset, ended_at=None)


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
    _tell("revision.submitted", revision, at=at, due_on=due.due_on, owner=dataset.owner.name_zh)
    details = {"revision": revision.pk, "signed": True}
    chain.record("dataset.revise", dataset.address, by=by, at=at, **details)
    return revision


def _tell(kind: str, revision: Revision, *, at: datetime, **words: Any) -> None:
    notices.tell(
        kind,
        organization=revision.dataset.owner,
        target=revision.address,
        at=at,
        dataset=revision.dataset.title_zh,
        **words,
    )


def apply(dataset: Dataset, revision: Revision, *, by: User, at: datetime) -> None:
    """Write a signed amendment. Only for `catalog.revisions.decide_revision`, which holds locks.

    Raises StepRefused where something has changed since, so that old is not what it was.
    """
    changes = revision.changes
    fields = {field.pk: field for field in _live(dataset).filter(pk__in=changes["fields"])}
    moved = [
        name for name, (old, _new) in changes["dataset"].items() if getattr(dataset, name) != old
    ]
    for pk, attributes in changes["fields"].items():
        field = fields.get(int(pk))
        if field is None:
            moved.append(pk)
            continue
        moved += [name for name, (old, _new) in attributes.items() if getattr(field, name) != old]
    if moved:
        raise StepRefused(
            _(
                "“%(dataset)s” has changed since this was proposed (%(what)s). Refuse this change"
                " and propose it anew."
            )
            % {"dataset": dataset, "what": ", ".join(moved)}
        )
    _write(dataset, changes, by=by, at=at)
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    history.note(dataset, at=at)
    indexing.index(dataset.pk, at=at)


def _write(dataset: Dataset, changes: Mapping[str, Any], *, by: User, at: datetime) -> None:
    _set(dataset, changes["dataset"])
    for field in _live(dataset).select_for_update().filter(pk__in=changes["fields"]):
        _set(field, changes["fields"][str(field.pk)])
    for told in changes["added"]:
        _add(dataset, _from_data(told), by=by, at=at)


def _set(row: Dataset | Field, attributes: Mapping[str, list[Any]]) -> None:
    if not attributes:
        return
    for name, (_old, new) in attributes.items():
        setattr(row, name, new)
    row.full_clean()
    row.save(update_fields=list(attributes))


def _add(dataset: Dataset, one: AddedField, *, by: User, at: datetime) -> None:
    table = dataset.resources.filter(kind=Resource.Kind.TABLE).first()
    if table is None:
        raise EntryRefused(
            _("“%(dataset)s” has no table that a field could be added to.") % {"dataset": dataset}
        )
    if one.new.is_key:
        raise EntryRefused(
            _("“%(field)s” cannot become part of the key of a published table.")
            % {"field": one.new.name}
        )
    last = table.fields.order_by("-position").values_list("position", flat=True).first()
    field = create_field(table, one.new, position=1 + (last or 0), by=by, at=at)
    wanted = {
        "grade": one.grade,
        "share_type": one.share_type,
        "open_type": one.open_type,
        "mask_kind": one.mask.kind if one.mask else "",
        "mask_params": as_params(one.mask),
    }
    write_grade(field, wanted, by=by, at=at, reason=one.reason)


def _as_data(one: AddedField) -> dict[str, Any]:
    """Return a new field as the revision keeps it, in JSON."""
    new = {name: getattr(one.new, name) for name in one.new.__slots__}
    new |= {"code_list": one.new.code_list.pk if one.new.code_list else None}
    for name in ("minimum", "maximum"):
        new[name] = None if new[name] is None else str(new[name])
    return {
        "new": new,
        "grade": int(one.grade),
        "share_type": str(one.share_type),
        "open_type": str(one.open_type),
        "mask": None if one.mask is None else asdict(one.mask) | {"kind": str(one.mask.kind)},
        "reason": one.reason,
    }


def _from_data(told: Mapping[str, Any]) -> AddedField:
    new = dict(told["new"])
    code_list = new["code_list"]
    new["code_list"] = CodeList.objects.get(pk=code_list) if code_list else None
    new |= {"data_type": DataType(new["data_type"]), "value_check": Check(new["value_check"])}
    for name in ("minimum", "maximum"):
        new[name] = None if new[name] is None else Decimal(new[name])
    return AddedField(
        new=NewField(**new),
        grade=Grade(told["grade"]),
        share_type=ShareType(told["share_type"]),
        open_type=OpenType(told["open_type"]),
        mask=Mask(**told["mask"]) if told["mask"] else None,
        reason=told["reason"],
    )
