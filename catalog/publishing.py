"""The way of an entry to publication, and out of it: `catalog.states.MOVES`, verb by verb.

Each verb is one transaction, locks the entry's row first, and leaves an audit entry. Drafting and
revising stand in modules of their own and are offered here too, so a door needs only this one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.roles import NotAllowed, require
from audit import chain
from catalog import codes, deadlines, history, indexing, updates, versions
from catalog.as_seen import require_as_seen
from catalog.defects import publication_defects
from catalog.drafting import (
    NewField,
    add_field,
    add_table,
    create_dataset,
    end_field,
    grade_field,
    locked,
    suggest_grade,
    update_dataset,
    update_field,
)
from catalog.models import Dataset
from catalog.refusals import EntryRefused, Incomplete, StepRefused
from catalog.reviews import headless, settled, tell, unsignable
from catalog.revisions import apply_grades, decide_revision, propose_revision
from catalog.states import MOVES, Step, move
from catalog.terms import ClockStep, State

CHECKLIST = {
    "secrecy_risk": gettext_lazy("The risk to secrets was assessed; nothing here is a secret."),
    "personal_information": gettext_lazy(
        "The effect on personal information was assessed; each field's grade follows from it."
    ),
}
"""What the head vouches for by signing (Order 809 art 13)."""


@transaction.atomic
def ask_signature(dataset_id: int, *, by: User, at: datetime) -> Dataset:
    """Lay a complete draft before the head of its department, who is told.

    Raises NotAllowed, StepRefused (also where nobody there can sign), Incomplete.
    """
    dataset = locked(dataset_id)
    require(by, "catalog.submit_dataset", organization=dataset.owner)
    move(dataset.state, Step.ASK, of=dataset)
    _complete(dataset)
    if headless(dataset.owner):
        raise StepRefused(
            _(
                "Nobody at “%(owner)s” holds the role of head, so “%(dataset)s” cannot be signed."
                " Ask the security administrator to give the role to somebody, then try again."
            )
            % {"owner": dataset.owner, "dataset": dataset}
        )
    tell("dataset.signable", dataset, to=dataset.owner, at=at)
    chain.record("dataset.ask", dataset.address, by=by, at=at)
    return dataset


@transaction.atomic
def sign(
    dataset_id: int, *, by: User, at: datetime, checklist: Mapping[str, bool], seen: str = ""
) -> Dataset:
    """Sign a complete draft as the head of the department, vouching for each of CHECKLIST.

    `seen` is the digest of what the head was shown (`as_seen.digest`). Raises NotAllowed,
    StepRefused (also where the draft was changed meanwhile), Incomplete (all that is missing),
    EntryRefused for a checklist with an open item.
    """
    dataset = locked(dataset_id)
    require(by, "catalog.sign_dataset", organization=dataset.owner)
    _not_own_work(dataset, by)
    after = move(dataset.state, Step.SIGN, of=dataset)
    require_as_seen(dataset, seen)
    unvouched = [str(text) for name, text in CHECKLIST.items() if checklist.get(name) is not True]
    if unvouched:
        raise EntryRefused(
            _("Before signing, the head vouches for each point. Still open: %(points)s")
            % {"points": " ".join(unvouched)}
        )
    _complete(dataset)
    dataset.state, dataset.signed_at, dataset.signed_by = after, at, by
    dataset.checklist = dict.fromkeys(CHECKLIST, True)
    dataset.save(update_fields=["state", "signed_at", "signed_by", "checklist"])
    settled(dataset, at=at)
    tell("dataset.signed", dataset, to=dataset.owner, at=at)
    chain.record("dataset.sign", dataset.address, by=by, at=at, checklist=dataset.checklist)
    indexing.index(dataset.pk, at=at)
    return dataset


def _not_own_work(dataset: Dataset, by: User) -> None:
    """Return unless somebody signs for the head what they made. Raises NotAllowed."""
    if by.acts_for is not None and dataset.created_by_id == by.pk:
        raise NotAllowed(
            _(
                "You made this entry, so you do not sign it for %(person)s as well. It waits for a"
                " head of the department, or for another colleague who acts for one."
            )
            % {"person": by.acts_for.name}
        )


@transaction.atomic
def recall(dataset_id: int, *, by: User, at: datetime) -> Dataset:
    """Take a signed entry back for changes; the signature is void. Raises as `submit` does."""
    dataset = locked(dataset_id)
    require(by, "catalog.update_dataset", organization=dataset.owner)
    _back_to_draft(dataset, Step.RECALL)
    settled(dataset, at=at)
    chain.record("dataset.recall", dataset.address, by=by, at=at)
    indexing.index(dataset.pk, at=at)
    return dataset


@transaction.atomic
def submit(dataset_id: int, *, by: User, at: datetime, collected_again: str = "") -> Dataset:
    """Submit a signed entry for review; at the first time it is given its resource code.

    `collected_again` answers what `one_source.for_publisher` found: why the department collects
    what another has. The reviewer sees it, or that there is no answer.
    Raises NotAllowed, StepRefused, Incomplete.
    """
    dataset = locked(dataset_id)
    require(by, "catalog.submit_dataset", organization=dataset.owner)
    after = move(dataset.state, Step.SUBMIT, of=dataset)
    _complete(dataset)
    dataset.state, dataset.submitted_at, dataset.submitted_by = after, at, by
    dataset.defects = []
    dataset.code = dataset.code or codes.issue(dataset)
    dataset.collected_again = collected_again.strip()
    dataset.save(
        update_fields=[
            "state",
            "submitted_at",
            "submitted_by",
            "defects",
            "code",
            "collected_again",
        ]
    )
    settled(dataset, at=at)
    due = deadlines.due_for(ClockStep.CATALOGUE_REVIEW, at, today=timezone.localdate(at))
    tell("dataset.submitted", dataset, to=None, at=at, due_on=due.due_on)
    answered = {"collected_again": dataset.collected_again} if dataset.collected_again else {}
    chain.record("dataset.submit", dataset.address, by=by, at=at, code=dataset.code, **answered)
    indexing.index(dataset.pk, at=at)
    return dataset


@transaction.atomic
def send_back(dataset_id: int, *, by: User, at: datetime, defects: Sequence[str]) -> Dataset:
    """Send an entry in review back as a draft, naming everything that is missing at once.

    Raises NotAllowed (also for who submitted it), StepRefused, EntryRefused if nothing is named.
    Where a colleague has decided meanwhile, the refusal names them.
    """
    dataset = _reviewed(dataset_id, by)
    named = [text.strip() for text in defects if text.strip()]
    if not named:
        raise EntryRefused(
            _("Say what is missing, all of it at once: the department has to know what to do.")
        )
    dataset.reviewed_at, dataset.reviewed_by = at, by
    _back_to_draft(dataset, Step.SEND_BACK, defects=named)
    settled(dataset, at=at)
    tell("dataset.sent_back", dataset, to=dataset.owner, at=at, defects=" ".join(named))
    chain.record("dataset.send_back", dataset.address, by=by, at=at, defects=named)
    indexing.index(dataset.pk, at=at)
    return dataset


@transaction.atomic
def accept(dataset_id: int, *, by: User, at: datetime, seen: str = "") -> Dataset:
    """Publish a reviewed entry. Only for `exchange.opening.publish`, which fills the zones too.

    `seen` as for `sign`. Raises NotAllowed (also for who submitted it: four eyes), StepRefused,
    Incomplete.
    """
    dataset = _reviewed(dataset_id, by)
    after = move(dataset.state, Step.ACCEPT, of=dataset)
    require_as_seen(dataset, seen)
    _complete(dataset)
    dataset.state, dataset.published_at, dataset.published_by = after, at, by
    dataset.reviewed_at, dataset.reviewed_by = at, by
    dataset.policy_version += 1
    dataset.save(
        update_fields=[
            "state",
            "published_at",
            "published_by",
            "reviewed_at",
            "reviewed_by",
            "policy_version",
        ]
    )
    versions.release_all(dataset, by=by, at=at)
    history.note(dataset, at=at)
    settled(dataset, at=at)
    tell("dataset.published", dataset, to=None, at=at)  # Order 809 art 16: all departments
    chain.record("dataset.publish", dataset.address, by=by, at=at, code=dataset.code)
    indexing.index(dataset.pk, at=at)
    return dataset


@transaction.atomic
def retire(dataset_id: int, *, by: User, at: datetime, reason: str) -> Dataset:
    """Withdraw a published entry; its code stays. Only for `exchange.opening.withdraw`.

    Raises NotAllowed, StepRefused, EntryRefused without a reason.
    """
    dataset = locked(dataset_id)
    require(by, "exchange.withdraw_dataset", organization=dataset.owner)
    after = move(dataset.state, Step.WITHDRAW, of=dataset)
    if not reason.strip():
        raise EntryRefused(
            _("Say why “%(dataset)s” is withdrawn: who asks for it is told.")
            % {"dataset": dataset}
        )
    dataset.state, dataset.withdrawn_at, dataset.withdrawn_by = after, at, by
    dataset.withdrawn_reason = reason.strip()
    dataset.policy_version += 1
    dataset.save(
        update_fields=[
            "state",
            "withdrawn_at",
            "withdrawn_by",
            "withdrawn_reason",
            "policy_version",
        ]
    )
    settled(dataset, "dataset.published", "dataset.stale", *updates.KINDS.values(), at=at)
    versions.settled(*dataset.resources.all(), at=at)
    tell("dataset.withdrawn", dataset, to=None, at=at, reason=dataset.withdrawn_reason)
    chain.record("dataset.withdraw", dataset.address, by=by, at=at, reason=reason)
    indexing.index(dataset.pk, at=at)
    return dataset


def _reviewed(dataset_id: int, by: User) -> Dataset:
    """Return an entry that this person may decide on, unless a colleague has done so already.

    Where nobody has reviewed it yet, its state is the caller's to check.
    """
    dataset = locked(dataset_id)
    require(by, "catalog.review_dataset", organization=dataset.owner)
    if by.stands_for(dataset.submitted_by_id):
        raise NotAllowed(
            _("You submitted this entry, so another person has to review it. Ask a colleague.")
        )
    if dataset.state != State.IN_REVIEW and dataset.reviewed_at is not None:
        raise StepRefused(
            _(
                "“%(dataset)s” was reviewed by %(person)s on %(when)s and is %(state)s now, so"
                " there is nothing left to decide. Look at the entry as it stands."
            )
            % {
                "dataset": dataset,
                "person": dataset.reviewed_by,
                "when": timezone.localtime(dataset.reviewed_at).strftime("%Y-%m-%d %H:%M"),
                "state": State(dataset.state).label,
            }
        )
    return dataset


def _back_to_draft(dataset: Dataset, step: Step, *, defects: Sequence[str] = ()) -> None:
    dataset.state = move(dataset.state, step, of=dataset)
    dataset.signed_at = dataset.signed_by = None
    dataset.checklist, dataset.defects = {}, list(defects)
    dataset.save(
        update_fields=[
            "state",
            "signed_at",
            "signed_by",
            "checklist",
            "defects",
            "reviewed_at",
            "reviewed_by",
        ]
    )


def _complete(dataset: Dataset) -> None:
    defects = publication_defects(dataset)
    if defects:
        raise Incomplete(
            _("“%(dataset)s” is not complete. Missing: %(defects)s")
            % {"dataset": dataset, "defects": " ".join(defect.sentence for defect in defects)},
            defects,
        )


__all__ = [
    "CHECKLIST",
    "MOVES",
    "Incomplete",
    "NewField",
    "Step",
    "StepRefused",
    "accept",
    "add_field",
    "add_table",
    "apply_grades",
    "ask_signature",
    "create_dataset",
    "decide_revision",
    "end_field",
    "grade_field",
    "propose_revision",
    "publication_defects",
    "recall",
    "retire",
    "send_back",
    "sign",
    "submit",
    "suggest_grade",
    "unsignable",
    "update_dataset",
    "update_field",
]
