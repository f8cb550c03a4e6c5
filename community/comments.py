"""Comments on datasets: said by members, looked at, answered by the department in time.

The department or the data authority shows a comment; only the data authority keeps one from being
shown, so that nobody hides what is said about them. What is said to be wrong, and a complaint, is
answered within the working days that a report of a department has (Order 809 art 26). A citizen
is not told whether a record they named is there: the department looks, and makes it a report of
its own, which marks the record and reaches its readers (`exchange.sharing.corrections`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog import alarms, deadlines
from catalog.alarms import Alarm
from catalog.models import Dataset
from catalog.terms import ClockStep
from community import speaking, texts
from community.models import Comment, CommentKind
from community.models.comments import TEXT_LENGTH
from community.refusals import TextRefused
from community.states import CommentState, CommentStep, move_comment
from exchange.models import Wrong
from exchange.sharing import corrections
from exchange.workflow import StepRefused

REASON_LENGTH = 500
TIMED = (CommentKind.CORRECTION, CommentKind.COMPLAINT)
KINDS = {Alarm.REMIND: "comment.due", Alarm.LATE: "comment.late", Alarm.CLIMB: "comment.climbed"}
WAITING = ("comment.waiting", "comment.to_answer", *KINDS.values())


@dataclass(frozen=True, slots=True)
class Remark:
    """What a member says; `row` and `field` say where something is wrong, as they gave them."""

    kind: CommentKind
    text: str
    row: int | None = None
    field: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Which record of the shared zone a remark turned out to mean, as in `corrections.Report`."""

    subject: Mapping[str, str] = field(default_factory=dict)
    row: int | None = None
    fields: tuple[str, ...] = ()


@transaction.atomic
def say(dataset_id: int, remark: Remark, *, by: User, at: datetime) -> Comment:
    """Say something about a dataset; it appears once somebody has looked at it.

    Raises NotAllowed, TooMuchSaid, TextRefused, StepRefused (no published dataset).
    """
    speaker = speaking.take_turn(by, at=at)
    dataset = Dataset.objects.select_related("owner").get(pk=dataset_id)
    if dataset.state != Dataset.State.PUBLISHED:
        raise StepRefused(_("Only what stands in the published catalogue is spoken about."))
    comment = Comment(
        dataset=dataset,
        speaker=speaker,
        kind=CommentKind(remark.kind),
        text=texts.body(remark.text, TEXT_LENGTH),
        row=_row(remark.row),
        field=texts.readable(remark.field)[:63],
        said_at=at,
        moved_at=at,
    )
    if comment.kind in TIMED:
        comment.due_from = at
        comment.due_on = deadlines.due_for(ClockStep.CORRECTION, at).due_on
    comment.save()
    _tell("comment.waiting", comment, at=at)
    chain.record(
        "comment.say", comment.address, by=by, at=at, dataset=dataset.code, kind=str(comment.kind)
    )
    return comment


def _row(number: int | None) -> int | None:
    if number is not None and not 0 <= number < 2**63:
        raise TextRefused(_("A row's number is the “_id” that stands in the data."))
    return number


@transaction.atomic
def withdraw(comment_id: int, *, by: User, at: datetime) -> Comment:
    """Take back what one said: it is gone from every page, and its text from the database.

    Raises NotAllowed, StepRefused.
    """
    comment = _locked(comment_id)
    speaking.require_author(comment.speaker, by)
    _move(comment, CommentStep.WITHDRAW, at=at)
    comment.text, comment.field, comment.row = "", "", None
    comment.due_from, comment.due_on = None, None
    comment.save()
    notices.settle(comment.address, *WAITING, at=at)
    chain.record("comment.withdraw", comment.address, by=by, at=at)
    return comment


@transaction.atomic
def show(comment_id: int, *, by: User, at: datetime) -> Comment:
    """Show a comment to everybody. Raises NotAllowed, StepRefused."""
    comment = _locked(comment_id)
    require(by, "community.show_comment", organization=comment.dataset.owner)
    _move(comment, CommentStep.SHOW, by=by, at=at)
    comment.reason = ""
    comment.save()
    notices.settle(comment.address, "comment.waiting", at=at)
    if not comment.answer:
        _tell("comment.to_answer", comment, at=at)
    chain.record("comment.show", comment.address, by=by, at=at)
    return comment


@transaction.atomic
def hide(comment_id: int, *, reason: str, by: User, at: datetime) -> Comment:
    """Keep a comment from being shown, as the data authority; its author is told the reason.

    Raises NotAllowed, StepRefused, TextRefused without a reason.
    """
    comment = _locked(comment_id)
    require(by, "community.hide_comment")
    _move(comment, CommentStep.HIDE, by=by, at=at)
    comment.reason = texts.body(reason, REASON_LENGTH)
    comment.save()
    notices.settle(comment.address, "comment.waiting", at=at)
    chain.record("comment.hide", comment.address, by=by, at=at, reason=comment.reason)
    return comment


@transaction.atomic
def answer(comment_id: int, *, text: str, by: User, at: datetime) -> Comment:
    """Answer for the department, once; the answer stands with its day below the comment.

    Raises NotAllowed, StepRefused (answered already, not looked at yet), TextRefused.
    """
    comment = _locked(comment_id)
    owner = comment.dataset.owner
    require(by, "community.answer_comment", organization=owner)
    if comment.answered_at is not None:
        raise StepRefused(
            _("Comment %(comment)s was answered by %(person)s on %(day)s already.")
            % {
                "comment": comment.pk,
                "person": comment.answered_by,
                "day": timezone.localdate(comment.answered_at),
            }
        )
    _move(comment, CommentStep.ANSWER, by=by, at=at)
    comment.answer = texts.body(text, TEXT_LENGTH)
    comment.answered_for, comment.answered_by, comment.answered_at = owner, by, at
    comment.due_from, comment.due_on = None, None
    comment.save()
    notices.settle(comment.address, *WAITING, at=at)
    speaking.answered(
        "comment.answered",
        comment.speaker,
        target=comment.address,
        at=at,
        dataset=comment.dataset,
        owner=owner,
    )
    chain.record("comment.answer", comment.address, by=by, at=at, text=comment.answer)
    return comment


@transaction.atomic
def take_up(comment_id: int, found: Finding, *, by: User, at: datetime) -> Comment:
    """Make a remark a report of the department's own: the record is marked, its readers are told.

    Without a record the entry is what is wrong. Raises NotAllowed, StepRefused (taken up
    already), and what `corrections.report` raises.
    """
    comment = _locked(comment_id)
    owner = comment.dataset.owner
    require(by, "community.answer_comment", organization=owner)
    if comment.correction_id is not None:
        raise StepRefused(
            _("Comment %(comment)s is report %(report)s already.")
            % {"comment": comment.pk, "report": comment.correction_id}
        )
    _move(comment, CommentStep.TAKE_UP, by=by, at=at)
    named = bool(found.subject) or found.row is not None
    comment.correction = corrections.report(
        comment.dataset_id,
        corrections.Report(
            wrong=Wrong.RECORD if named else Wrong.ENTRY,
            text=comment.text,
            subject=found.subject,
            row=found.row,
            fields=found.fields,
            evidence=_("Said by the public: comment %(comment)s.") % {"comment": comment.pk},
        ),
        organization=owner,
        by=by,
        at=at,
    )
    comment.save()
    chain.record(
        "comment.take_up", comment.address, by=by, at=at, report=comment.correction.address
    )
    return comment


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Tell of comments whose answer is near, late or very late, each alarm once; how many were."""
    rows = Comment.objects.filter(due_from__isnull=False).select_related("dataset__owner")
    return alarms.follow(
        rows,
        ClockStep.CORRECTION,
        lambda one, alarm: _tell(KINDS[alarm], one, at=at),
        at=at,
    )


def _locked(comment_id: int) -> Comment:
    return (
        Comment.objects.select_for_update(of=("self",))
        .select_related("dataset__owner", "speaker", "answered_by")
        .get(pk=comment_id)
    )


def _move(comment: Comment, step: CommentStep, *, at: datetime, by: User | None = None) -> None:
    comment.state = move_comment(comment.state, step, of=comment.pk)
    comment.moved_by, comment.moved_at = by, at


def _tell(kind: str, comment: Comment, *, at: datetime, **words: Any) -> None:
    notices.tell(
        kind,
        organization=comment.dataset.owner,
        target=comment.address,
        at=at,
        due_on=comment.due_on,
        comment=comment.pk,
        dataset=comment.dataset,
        owner=comment.dataset.owner,
        day=comment.due_on or "–",
        **words,
    )


__all__ = [
    "CommentState",
    "Finding",
    "Remark",
    "answer",
    "hide",
    "remind",
    "say",
    "show",
    "take_up",
    "withdraw",
]
