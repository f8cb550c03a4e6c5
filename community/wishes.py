"""Wishes for data that is not open yet: looked at, voted for, answered in public.

A wish is answered in one of four ways: opened now, will be opened on a day, open already, refused
by an article of law that a person has read; within the working days of the time limit `wish`. The
demand list of departments is another thing (`catalog.demands`); where a department needs the same,
the answer points to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Organization, User
from accounts.roles import OrganizationKind, require
from audit import chain
from catalog import alarms, deadlines
from catalog.alarms import Alarm
from catalog.models import Dataset, Demand, LegalBasis
from catalog.terms import ClockStep
from community import speaking, texts
from community.models import Vote, Wish
from community.models.wishes import SEEN, WISH_LENGTH
from community.refusals import AnswerRefused
from community.states import Outcome, WishState, WishStep, move_wish
from exchange.sharing import two_sides
from exchange.workflow import StepRefused
from policy.terms import OPEN_TIERS, Certainty

REASON_LENGTH = 500
PURPOSE_LENGTH = 400
KINDS = {Alarm.REMIND: "wish.due", Alarm.LATE: "wish.late", Alarm.CLIMB: "wish.climbed"}
NOBODYS = "wish.nobodys"
EXTENDED, TAKES_LONGER = "wish.extended", "wish.takes_longer"
WAITING = ("wish.waiting", "wish.given", NOBODYS, EXTENDED, TAKES_LONGER, *KINDS.values())


@dataclass(frozen=True, slots=True)
class Wished:
    """What a member wishes to see open, and what for; `dataset` is one that is listed."""

    title: str
    text: str
    purpose: str
    dataset: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A public answer: `dataset` for opened and exists, `planned_on` for planned, `basis` for
    refused; `demand` where departments need the same."""

    outcome: Outcome
    text: str
    dataset: Dataset | None = None
    planned_on: date | None = None
    basis: LegalBasis | None = None
    demand: Demand | None = None


@transaction.atomic
def wish(told: Wished, *, by: User, at: datetime) -> Wish:
    """Wish for data; the one who wishes has voted for it. It appears after a look at it.

    Raises NotAllowed, TooMuchSaid, TextRefused; Dataset.DoesNotExist for one that is not listed.
    """
    speaker = speaking.take_turn(by, at=at)
    dataset = None if told.dataset is None else Dataset.objects.published().get(pk=told.dataset)
    made = Wish.objects.create(
        speaker=speaker,
        title=texts.line(told.title, 100),
        text=texts.body(told.text, WISH_LENGTH),
        purpose=texts.line(told.purpose, PURPOSE_LENGTH),
        dataset=dataset,
        provider=None if dataset is None else dataset.owner,
        votes=1,
        said_at=at,
        moved_at=at,
        due_from=at,
        due_on=_due_on(at),
    )
    Vote.objects.create(wish=made, user=by, voted_at=at)
    _tell("wish.waiting", made, None, at=at)
    chain.record("wish.wish", made.address, by=by, at=at, title=made.title)
    return made


@transaction.atomic
def vote(wish_id: int, *, by: User, at: datetime) -> Wish:
    """Wish for the same; a second vote of one member changes nothing. Raises NotAllowed,
    StepRefused where nobody can see the wish.
    """
    speaking.require_member(by)
    made = _locked(wish_id)
    move_wish(made.state, WishStep.VOTE, of=made.pk)
    _vote, fresh = Vote.objects.get_or_create(wish=made, user=by, defaults={"voted_at": at})
    if fresh:
        _count(made, 1)
        chain.record("wish.vote", made.address, by=by, at=at)
    return made


@transaction.atomic
def unvote(wish_id: int, *, by: User, at: datetime) -> Wish:
    """Take one's vote back; without one nothing changes. Raises NotAllowed, StepRefused."""
    speaking.require_member(by)
    made = _locked(wish_id)
    move_wish(made.state, WishStep.VOTE, of=made.pk)
    gone, _models = Vote.objects.filter(wish=made, user=by).delete()
    if gone:
        _count(made, -1)
        chain.record("wish.unvote", made.address, by=by, at=at)
    return made


def _count(made: Wish, more: int) -> None:
    """Count a vote that was cast or taken back; the caller holds the row."""
    Wish.objects.filter(pk=made.pk).update(votes=F("votes") + more)
    made.votes += more


@transaction.atomic
def withdraw(wish_id: int, *, by: User, at: datetime) -> Wish:
    """Take one's wish back before it is answered: gone from every page, its text for good.

    Raises NotAllowed, StepRefused; also where others have voted for it: it is theirs too.
    """
    made = _locked(wish_id)
    speaking.require_author(made.speaker, by)
    made.state = move_wish(made.state, WishStep.WITHDRAW, of=made.pk)
    if made.cast.exclude(user=by).exists():
        raise StepRefused(_("Others have voted for this wish, so it is theirs too and stays."))
    made.moved_by, made.moved_at = None, at
    made.text, made.purpose = "", ""
    _stop(made)
    made.save()
    notices.settle(made.address, *WAITING, at=at)
    chain.record("wish.withdraw", made.address, by=by, at=at)
    return made


@transaction.atomic
def show(wish_id: int, *, by: User, at: datetime) -> Wish:
    """Put a wish on the list that everybody sees. Raises NotAllowed, StepRefused."""
    require(by, "community.moderate_wish")
    made = _moved(wish_id, WishStep.SHOW, by=by, at=at)
    made.reason = ""
    if made.answered_at is not None:  # it was hidden after its answer
        made.state = WishState.ANSWERED
    elif made.due_from is None:  # it was hidden, so nobody could answer meanwhile
        made.due_from, made.due_on = at, _due_on(at)
        made.extended_at, made.extended_because = None, ""
    made.save()
    notices.settle(made.address, "wish.waiting", at=at)
    if _is_theirs(made):
        notices.settle(made.address, NOBODYS, at=at)
        _tell("wish.given", made, made.provider, at=at)
    chain.record("wish.show", made.address, by=by, at=at)
    return made


@transaction.atomic
def hide(wish_id: int, *, reason: str, by: User, at: datetime) -> Wish:
    """Keep a wish from being shown; who wished is told the reason.

    Raises NotAllowed, StepRefused, TextRefused without a reason.
    """
    require(by, "community.moderate_wish")
    made = _moved(wish_id, WishStep.HIDE, by=by, at=at)
    made.reason = texts.body(reason, REASON_LENGTH)
    _stop(made)
    made.save()
    notices.settle(made.address, *WAITING, at=at)
    chain.record("wish.hide", made.address, by=by, at=at, reason=made.reason)
    return made


@transaction.atomic
def give(wish_id: int, *, provider: Organization, by: User, at: datetime) -> Wish:
    """Name the department whose duty the data is. Raises NotAllowed, StepRefused, AnswerRefused
    for a company or a closed department.
    """
    require(by, "community.moderate_wish")
    made = _moved(wish_id, WishStep.GIVE, by=by, at=at)
    if provider.kind == OrganizationKind.COMPANY or provider.closed_at is not None:
        raise AnswerRefused(
            _("“%(place)s” cannot be given the wish. Name a department that goes on.")
            % {"place": provider}
        )
    made.provider = provider
    made.save()
    notices.settle(made.address, "wish.given", NOBODYS, *KINDS.values(), at=at)
    if made.state in SEEN:
        _tell("wish.given", made, provider, at=at)
    chain.record("wish.give", made.address, by=by, at=at, provider=provider.name_zh)
    return made


@transaction.atomic
def merge(wish_id: int, *, into: Wish, by: User, at: datetime) -> Wish:
    """Join a wish with another one for the same; who voted for it has voted for the other.

    Where the other is answered already, that is the answer to who wished, and they are told.
    Raises NotAllowed, StepRefused, AnswerRefused where the other is not on the list.
    """
    require(by, "community.moderate_wish")
    locked = {one.pk: one for one in _held(sorted({wish_id, into.pk}))}
    made, other = locked[wish_id], locked[into.pk]
    if made.pk == other.pk or other.state not in SEEN:
        raise AnswerRefused(_("Name another wish that stands on the list."))
    made.state = move_wish(made.state, WishStep.MERGE, of=made.pk)
    made.moved_by, made.moved_at, made.merged_into = by, at, other
    _stop(made)
    made.save()
    joined = made.cast.exclude(user__in=other.cast.values("user"))
    Vote.objects.bulk_create(
        Vote(wish=other, user_id=one.user_id, voted_at=one.voted_at) for one in joined
    )
    Wish.objects.filter(pk=other.pk).update(votes=other.cast.count())
    wished = (made, *_joined(made))
    made.joined.update(merged_into=other)
    notices.settle(made.address, *WAITING, at=at)
    if other.state == WishState.ANSWERED:
        _tell_answered(wished, other.outcome, at=at)
    chain.record("wish.merge", made.address, by=by, at=at, into=other.address)
    return made


@transaction.atomic
def extend(wish_id: int, *, reason: str, by: User, at: datetime) -> Wish:
    """Consent, as the data authority, to more time for an answer: once, by what the table says.

    The department asked and who wished are told the day and the reason, which everybody reads.
    Raises NotAllowed (also for who serves the department asked), StepRefused (no answer is owed,
    given more time before, or the table gives none), TextRefused without a reason.
    """
    require(by, "community.moderate_wish")
    made = _locked(wish_id)
    if made.provider is not None:
        two_sides.none_of(made.provider, by)
    move_wish(made.state, WishStep.EXTEND, of=made.pk)
    _extendable(made)
    made.extended_at, made.extended_because = at, texts.body(reason, REASON_LENGTH)
    assert made.due_from is not None  # noqa: S101 - an open wish waits for its answer
    made.due_on = _due_on(made.due_from, extended=True)
    made.save()
    notices.settle(made.address, *KINDS.values(), NOBODYS, at=at)
    _tell_extended(made, at=at)
    chain.record(
        "wish.extend",
        made.address,
        by=by,
        at=at,
        reason=made.extended_because,
        until=str(made.due_on),
    )
    return made


def _extendable(made: Wish) -> None:
    if made.extended_at is not None:
        raise StepRefused(
            _("Wish %(wish)s was given more time before. That is possible once.")
            % {"wish": made.pk}
        )
    if not deadlines.clocks().limit(ClockStep.WISH).extension_days:
        raise StepRefused(
            _("The table of time limits gives no more time for the answer to a wish. Answer it.")
        )


def _tell_extended(made: Wish, *, at: datetime) -> None:
    """Tell the department asked, and those who wished, until when it takes, and why."""
    words: dict[str, Any] = {
        "wish": made.title,
        "day": made.due_on,
        "reason": made.extended_because,
    }
    if made.provider is not None:
        notices.tell(
            EXTENDED,
            organization=made.provider,
            target=made.address,
            at=at,
            due_on=made.due_on,
            **words,
        )
    for one in (made, *_joined(made)):
        speaking.answered(TAKES_LONGER, one.speaker, target=one.address, at=at, **words)


@transaction.atomic
def answer(wish_id: int, reply: Reply, *, by: User, at: datetime) -> Wish:
    """Answer a wish in public, for the department asked, or as the data authority.

    Raises NotAllowed, StepRefused, TextRefused, AnswerRefused: what the outcome needs.
    """
    made = _locked(wish_id)
    require(by, "community.answer_wish", organization=made.provider)
    if made.provider is None:  # nobody's duty yet, so it is the authority that knows
        require(by, "community.moderate_wish")
    made.state = move_wish(made.state, WishStep.ANSWER, of=made.pk)
    _fits(reply, today=timezone.localdate(at))
    made.outcome, made.answer = Outcome(reply.outcome), texts.body(reply.text, WISH_LENGTH)
    opened = reply.outcome in (Outcome.OPENED, Outcome.EXISTS)
    made.answer_dataset = reply.dataset if opened else None
    made.planned_on = reply.planned_on if reply.outcome == Outcome.PLANNED else None
    made.basis = reply.basis if reply.outcome == Outcome.REFUSED else None
    made.demand = reply.demand
    made.answered_for = made.provider or _authority(by)
    made.answered_by, made.answered_at = by, at
    made.moved_by, made.moved_at = by, at
    _stop(made)
    made.save()
    notices.settle(made.address, *WAITING, at=at)
    _tell_answered((made, *_joined(made)), made.outcome, at=at)
    chain.record(
        "wish.answer", made.address, by=by, at=at, outcome=str(made.outcome), text=made.answer
    )
    return made


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Tell of wishes whose answer is near, late or very late; how many alarms were told.

    Each alarm once to whom it is due: a department that is named late is told anew what the data
    authority was told before.
    """
    rows = Wish.objects.filter(due_from__isnull=False).select_related("provider")
    return alarms.follow(
        rows,
        ClockStep.WISH,
        lambda one, alarm: _ring(one, alarm, at=at),
        at=at,
        whose=lambda one: str(one.provider_id) if _is_theirs(one) else "",
        extended=lambda one: one.extended_at is not None,
    )


def _ring(made: Wish, alarm: Alarm, *, at: datetime) -> None:
    """Tell the department asked; the data authority of what nobody can answer yet."""
    _tell(KINDS[alarm] if _is_theirs(made) else NOBODYS, made, made.provider, at=at)


def _is_theirs(made: Wish) -> bool:
    """Return if a department can answer, and is asked to."""
    return made.state == WishState.OPEN and made.provider is not None


def _joined(made: Wish) -> list[Wish]:
    """Return the wishes that were joined with one, with who wished."""
    return list(made.joined.select_related("speaker__user"))


def _tell_answered(wished: Iterable[Wish], outcome: str, *, at: datetime) -> None:
    """Tell those who wished how it was answered."""
    for one in wished:
        speaking.answered(
            "wish.answered",
            one.speaker,
            target=one.address,
            at=at,
            wish=one.title,
            outcome=Outcome(outcome).label,
        )


def _due_on(at: datetime, *, extended: bool = False) -> date:
    """Return by when a wish is answered whose limit runs from `at` on."""
    return deadlines.due_for(ClockStep.WISH, at, extended=extended).due_on


def _stop(made: Wish) -> None:
    """Let the limit of the answer run no more; the caller saves."""
    made.due_from, made.due_on = None, None


def _authority(by: User) -> Organization:
    """Return the data authority for which an operator answers."""
    return next(one for one in by.organizations() if one.kind == OrganizationKind.AUTHORITY)


def _fits(reply: Reply, *, today: date) -> None:
    """Return if an answer has what its outcome needs. Raises AnswerRefused."""
    match reply.outcome:
        case Outcome.OPENED | Outcome.EXISTS:
            if reply.dataset is None or reply.dataset.state != Dataset.State.PUBLISHED:
                raise AnswerRefused(_("Name the published dataset that has what is wished for."))
        case Outcome.PLANNED:
            if reply.planned_on is None or reply.planned_on < today:
                raise AnswerRefused(_("Name the day by which it will be open: today or later."))
        case Outcome.REFUSED:
            _carries(reply.basis, today)


def _carries(basis: LegalBasis | None, today: date) -> None:
    """Return if an article can refuse to open data today. Raises AnswerRefused."""
    if (
        basis is None
        or basis.certainty != Certainty.VERIFIED
        or basis.tier not in OPEN_TIERS
        or basis.in_force_from > today
        or (basis.in_force_until is not None and basis.in_force_until < today)
    ):
        raise AnswerRefused(
            _(
                "Only a law refuses: name an article that is in force, was read word for word, and"
                " can keep data from being opened."
            )
        )


def _moved(wish_id: int, step: WishStep, *, by: User, at: datetime) -> Wish:
    made = _locked(wish_id)
    made.state = move_wish(made.state, step, of=made.pk)
    made.moved_by, made.moved_at = by, at
    return made


def _locked(wish_id: int) -> Wish:
    return _held([wish_id]).get()


def _held(wish_ids: list[int]) -> Any:
    rows = Wish.objects.select_for_update(of=("self",)).select_related("provider", "speaker")
    return rows.filter(pk__in=wish_ids).order_by("pk")


def _tell(kind: str, made: Wish, to: Organization | None, *, at: datetime) -> None:
    notices.tell(
        kind,
        organization=to,
        target=made.address,
        at=at,
        due_on=made.due_on,
        wish=made.title,
        owner=to or "–",
        day=made.due_on or "–",
    )
