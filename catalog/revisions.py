"""Changes of a published dataset. The exchange decides which are stricter and projects them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import NotAllowed, require
from audit import chain
from catalog import amending, history, indexing, line_reviews, proposals
from catalog.drafting import locked, write_grade
from catalog.models import Dataset, Field, Revision
from catalog.refusals import EntryRefused, GradeRefused, StepRefused
from catalog.states import Step, move
from catalog.terms import RevisionKind, RevisionState

REGRADED = frozenset(
    {
        "grade",
        "share_type",
        "open_type",
        "mask_kind",
        "mask_params",
        "concealed",
        "secrecy",
    }
)
"""What a revision may change of a field."""

Changes = Mapping[int, Mapping[str, Any]]


@transaction.atomic
def apply_grades(
    dataset: Dataset, changes: Changes, *, by: User, at: datetime, reason: str
) -> None:
    """Write grades, types and masks of a published dataset's fields, by permanent id.

    Only for `exchange.opening`, which lets through what shows no more than before, and takes it
    out of the zones in the same transaction. Raises GradeRefused, StepRefused.
    """
    _write(locked(dataset.pk), changes, by=by, at=at, reason=reason)


def _write(dataset: Dataset, changes: Changes, *, by: User, at: datetime, reason: str) -> None:
    move(dataset.state, Step.REVISE, of=dataset)
    fields = _fields(dataset, changes)
    for pk, wanted in changes.items():
        write_grade(fields[pk], wanted, by=by, at=at, reason=reason)
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    history.note(dataset, at=at)
    line_reviews.settle(dataset, at=at)
    indexing.index(dataset.pk, at=at)
    chain.record(
        "dataset.regrade",
        dataset.address,
        by=by,
        at=at,
        reason=reason,
        changes={str(pk): _plain(wanted) for pk, wanted in changes.items()},
    )


def _fields(dataset: Dataset, changes: Changes) -> dict[int, Field]:
    fields = {
        field.pk: field
        for field in Field.objects.select_for_update().filter(
            pk__in=list(changes), resource__dataset=dataset, ended_at=None
        )
    }
    strange = [str(pk) for pk in changes if pk not in fields]
    names = sorted({name for wanted in changes.values() for name in wanted} - REGRADED)
    if strange or names:
        raise GradeRefused(
            _(
                "This is not a change of grades of “%(dataset)s”: %(what)s. Name live fields of"
                " the dataset, and of them only: %(known)s."
            )
            % {
                "dataset": dataset,
                "what": ", ".join(strange + names),
                "known": ", ".join(sorted(REGRADED)),
            }
        )
    return fields


def _plain(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, dict) else str(value) for name, value in wanted.items()
    }


@transaction.atomic
def propose_revision(
    dataset: Dataset, changes: Changes, *, by: User, at: datetime, reason: str
) -> Revision:
    """Keep a change that would show more, old and new side by side, for a second person.

    Raises NotAllowed, StepRefused, GradeRefused.
    """
    dataset = locked(dataset.pk)
    require(by, "exchange.regrade_field", organization=dataset.owner)
    move(dataset.state, Step.REVISE, of=dataset)
    fields = _fields(dataset, changes)
    wide = {
        str(pk): {name: [getattr(fields[pk], name), value] for name, value in wanted.items()}
        for pk, wanted in changes.items()
    }
    return proposals.lay(
        RevisionKind.REGRADE, dataset, wide, loosens=True, reason=reason, by=by, at=at
    )


@transaction.atomic
def decide_revision(
    revision_id: int, *, by: User, at: datetime, accept: bool, reason: str
) -> Revision:
    """Apply or refuse a proposed revision.

    Regraded fields are decided by head or authority. An amendment is signed first: until then its
    head may refuse it, afterwards the authority decides. Raises NotAllowed without the right or
    for who proposed it (four eyes), StepRefused where it is decided already or not signed yet, or
    something has changed since, so that what was proposed is not what would be.
    """
    dataset_id = Revision.objects.values_list("dataset_id", flat=True).get(pk=revision_id)
    dataset = locked(dataset_id)
    revision = Revision.objects.select_for_update().get(pk=revision_id)
    require(by, _decided_by(revision, accept=accept), organization=dataset.owner)
    _second_person(revision, by)
    if revision.state not in (RevisionState.PROPOSED, RevisionState.SIGNED):
        raise StepRefused(
            _("This change of “%(dataset)s” is decided already: %(state)s.")
            % {"dataset": dataset, "state": RevisionState(revision.state).label}
        )
    amends = revision.kind == RevisionKind.AMEND
    if accept and amends and revision.state == RevisionState.PROPOSED:
        raise StepRefused(
            _("This change of “%(dataset)s” waits for the head of the department to sign it.")
            % {"dataset": dataset}
        )
    if accept:
        (amending.apply if amends else _apply)(dataset, revision, by=by, at=at)
    revision.state = RevisionState.APPLIED if accept else RevisionState.REFUSED
    revision.decided_by, revision.decided_at, revision.decision_reason = by, at, reason
    revision.save()
    notices.settle(revision.address, *WAITING, at=at)
    outcome = format_lazy("{} {}", RevisionState(revision.state).label, reason)
    proposals.tell("revision.decided", revision, at=at, outcome=outcome)
    details = {"revision": revision.pk, "accepted": accept, "reason": reason}
    chain.record("dataset.revise", dataset.address, by=by, at=at, **details)
    return revision


WAITING = (
    "revision.proposed",
    "revision.signable",
    "revision.submitted",
    "revision.review_due",
    "revision.review_late",
    "revision.review_climbed",
)


def _decided_by(revision: Revision, *, accept: bool) -> str:
    """Return the permission that a decision takes."""
    if revision.kind == RevisionKind.REGRADE:
        return "exchange.decide_revision"
    if revision.state == RevisionState.PROPOSED and not accept:
        return "catalog.sign_dataset"
    return "catalog.review_dataset"


def _second_person(revision: Revision, by: User) -> None:
    if by.stands_for(revision.proposed_by_id):
        raise NotAllowed(
            _(
                "You proposed this change, so another person has to decide on it. Ask the head of"
                " the department or the data authority."
            )
        )


def _apply(dataset: Dataset, revision: Revision, *, by: User, at: datetime) -> None:
    changes = {int(pk): attributes for pk, attributes in revision.changes.items()}
    for pk, field in _fields(dataset, _wanted(changes)).items():
        moved = [name for name, (old, _new) in changes[pk].items() if getattr(field, name) != old]
        if moved:
            raise StepRefused(
                _(
                    "“%(field)s” has changed since this was proposed (%(what)s). Refuse this"
                    " change and propose it anew."
                )
                % {"field": field.name, "what": ", ".join(moved)}
            )
    _write(dataset, _wanted(changes), by=by, at=at, reason=revision.reason)


def _wanted(changes: Mapping[int, Mapping[str, list[Any]]]) -> dict[int, dict[str, Any]]:
    return {
        pk: {name: new for name, (_old, new) in attributes.items()}
        for pk, attributes in changes.items()
    }


@transaction.atomic
def withdraw_field(field_id: int, *, by: User, at: datetime, reason: str) -> Field:
    """End a published field; its id stays. Only for `exchange.opening`, which empties the zones.

    Raises NotAllowed, StepRefused (not published, ended already), EntryRefused for a part of the
    key, by which rows are told apart, or without a reason.
    """
    dataset = locked(Field.objects.values_list("resource__dataset_id", flat=True).get(pk=field_id))
    require(by, "exchange.regrade_field", organization=dataset.owner)
    move(dataset.state, Step.REVISE, of=dataset)
    field = Field.objects.select_for_update().get(pk=field_id)
    if field.ended_at is not None:
        raise StepRefused(_("“%(field)s” has ended already.") % {"field": field.name})
    if field.is_key:
        raise EntryRefused(
            _(
                "“%(field)s” is part of the key, by which rows are told apart, so it stays."
                " Regrade it, or withdraw the dataset and list another."
            )
            % {"field": field.name}
        )
    if not reason.strip():
        raise EntryRefused(_("Say why the field ends: who asks for it is told."))
    field.ended_at = at
    field.save(update_fields=["ended_at"])
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    history.note(dataset, at=at)
    indexing.index(dataset.pk, at=at)
    details = {"name": field.name, "reason": reason.strip()}
    chain.record("field.end", f"field:{field.pk}", by=by, at=at, **details)
    return field
