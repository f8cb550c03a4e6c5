"""How a provider stops a service: it asks, the consumer answers, the data authority decides.

Order 809 art 27: cause, agreement, and a notice on record. Until both sides agree, or the data
authority decides what they do not agree on (art 28), the service goes on; then it ends on the day
that was named and not before. The Order sets no day for the consumer's answer, so the limit is a
row of the platform's own; silence is no consent.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Organization, User
from accounts.roles import NotAllowed, require
from audit import chain
from catalog import deadlines
from catalog.terms import ClockStep
from exchange.models import Ending, Grant, Stop
from exchange.sharing import lifecycle, two_sides
from exchange.sharing.grants import GrantUnfit
from exchange.sharing.requests import said
from exchange.stop_flow import SETTLED, UNDECIDED, StopState, StopStep, move_stop
from exchange.workflow import GrantState, GrantStep, StepRefused, move_grant
from policy.terms import Channel

SIGN, DECIDE = "exchange.sign_request", "exchange.decide_dispute"
"""Who signs the request agrees to the end; who settles disputes decides between the two."""

OVER = (GrantState.ENDED, GrantState.DISPOSED)
WAITING = ("grant.stop_asked", "grant.stop_objected", "grant.stop_silent")
"""What is told of an asked stop until it is agreed, decided or off."""


@transaction.atomic
def ask(grant_id: int, *, cause: str, from_day: date, notice: str, by: User, at: datetime) -> Stop:
    """Ask as the provider's head to stop a service from a day on; the consumer's head is told.

    `notice` is the number under which the data authority has it on record. The grant stays as it
    is. Raises NotAllowed, StepRefused (it has ended, or a stop is asked for already), GrantUnfit
    for a day outside the grant, RequestUnfit where words are missing.
    """
    grant = lifecycle.locked(grant_id)
    lifecycle.for_provider(grant, "exchange.stop_grant", by)
    if grant.channel != Channel.SHARE:
        raise GrantUnfit(
            _("Grant %(grant)s is a company's: it is suspended for misuse, or revoked.")
            % {"grant": grant.pk}
        )
    today = timezone.localdate(at)
    move_grant(grant.state(today), GrantStep.END, of=grant.pk)
    if grant.stops.open().exists():
        raise StepRefused(
            _("A stop of grant %(grant)s is asked for already. Go on with that one.")
            % {"grant": grant.pk}
        )
    first = max(today, grant.valid_from) + timedelta(days=1)
    if not first <= from_day <= grant.valid_until:
        raise GrantUnfit(
            _(
                "Name a day from %(first)s to %(last)s: the service goes on until the consumer has"
                " been asked, and the grant ends by itself after its last day."
            )
            % {"first": first, "last": grant.valid_until}
        )
    stop = Stop.objects.create(
        grant=grant,
        cause=said(cause),
        from_day=from_day,
        notice=said(notice),
        asked_by=by,
        asked_at=at,
        due_on=deadlines.due_for(ClockStep.STOP_ANSWER, at).due_on,
    )
    told = {"reason": stop.cause, "notice": stop.notice, "answer_by": stop.due_on}
    _tell("grant.stop_asked", stop, to=grant.organization, at=at, due_on=stop.due_on, **told)
    _tell("grant.stopped", stop, to=None, at=at, reason=stop.cause, notice=stop.notice)
    chain.record(
        "grant.stop_ask",
        grant.address,
        by=by,
        at=at,
        stop=stop.pk,
        reason=stop.cause,
        from_day=str(from_day),
        notice=stop.notice,
    )
    return stop


@transaction.atomic
def agree(stop_id: int, *, text: str = "", by: User, at: datetime) -> Stop:
    """Agree as the consumer's head: the grant ends on the day named, both sides are told.

    Raises NotAllowed, StepRefused.
    """
    stop = _for_consumer(stop_id, by)
    _answered(stop, StopStep.AGREE, text.strip(), by=by, at=at)
    chain.record("grant.stop_agree", stop.grant.address, by=by, at=at, stop=stop.pk, text=text)
    _set(stop, stop.cause, by=by, at=at)
    return stop


@transaction.atomic
def refuse(stop_id: int, *, reason: str, by: User, at: datetime) -> Stop:
    """Object as the consumer's head, with a reason; the data authority decides.

    Raises NotAllowed, StepRefused, RequestUnfit without a reason.
    """
    stop = _for_consumer(stop_id, by)
    words = said(reason)
    _answered(stop, StopStep.OBJECT, words, by=by, at=at)
    for to in (None, stop.grant.dataset.owner):
        _tell("grant.stop_objected", stop, to=to, at=at, reason=words)
    chain.record("grant.stop_object", stop.grant.address, by=by, at=at, stop=stop.pk, reason=words)
    return stop


@transaction.atomic
def decide(
    stop_id: int, *, ends: bool, reason: str, document: str = "", by: User, at: datetime
) -> Stop:
    """Decide as the data authority what was objected to, or not answered in time.

    `ends` is whether the service stops. Where the authority's own office is a party, its superior
    decides on paper, and `document` is that paper's number. Raises NotAllowed (also for who serves
    either side), StepRefused (also while the consumer still has time), RequestUnfit without words.
    """
    stop = _locked(stop_id)
    require(by, DECIDE)
    grant = stop.grant
    held = by.live_roles()
    for side in (grant.organization, grant.dataset.owner):
        two_sides.none_of(side, by, held=held)
    if not document.strip():
        _no_party(grant, held)
    state = move_stop(stop.state, StopStep.ORDER if ends else StopStep.KEEP, of=stop.pk)
    _still_open(grant, at)
    if stop.state == StopState.ASKED and timezone.localdate(at) <= stop.due_on:
        raise StepRefused(
            _("The consumer has time to answer until %(day)s. Decide after that day.")
            % {"day": f"{stop.due_on:%Y-%m-%d}"}
        )
    stop.state, stop.decision, stop.document = state, said(reason), document.strip()
    stop.decided_by, stop.decided_at = by, at
    stop.save(update_fields=["state", "decision", "document", "decided_by", "decided_at"])
    chain.record(
        "grant.stop_decide",
        grant.address,
        by=by,
        at=at,
        stop=stop.pk,
        ends=ends,
        reason=stop.decision,
        document=stop.document,
    )
    if ends:
        _set(stop, stop.decision, by=by, at=at)
    else:
        _off(stop, stop.decision, at=at)
    return stop


@transaction.atomic
def take_back(stop_id: int, *, reason: str, by: User, at: datetime) -> Stop:
    """Let it be, as the provider's head, while nothing is agreed or decided.

    Raises NotAllowed, StepRefused, RequestUnfit without a reason.
    """
    stop = _locked(stop_id)
    lifecycle.for_provider(stop.grant, "exchange.stop_grant", by)
    stop.state = move_stop(stop.state, StopStep.TAKE_BACK, of=stop.pk)
    words = said(reason)
    stop.save(update_fields=["state"])
    _off(stop, words, at=at)
    chain.record("grant.stop_drop", stop.grant.address, by=by, at=at, stop=stop.pk, reason=words)
    return stop


@transaction.atomic
def follow(*, at: datetime) -> int:
    """Do what the clock asks for; returns how many stops. Safe to repeat.

    Carry out what was agreed or decided, once its day has come; tell the data authority of
    silence, once; let lapse what was asked about a grant that is over. Until when the consumer
    answers is worked out anew.
    """
    today = timezone.localdate(at)
    told, limits = notices.open_targets("grant.stop_silent"), deadlines.clocks()
    done = 0
    for number in Stop.objects.open().order_by("grant", "pk").values_list("pk", flat=True):
        stop = _locked(number)
        _count_anew(stop, limits)
        if stop.state in SETTLED and stop.from_day <= today:
            _carry_out(stop, at=at)
        elif stop.grant.state(today) in OVER:
            _lapse(stop, at=at)
        elif stop.state == StopState.ASKED and stop.due_on < today and stop.address not in told:
            _tell("grant.stop_silent", stop, to=None, at=at, answer_by=stop.due_on)
        else:
            continue
        done += 1
    return done


def of_grants(grants: Collection[Grant]) -> dict[int, Stop]:
    """Return the newest stop of each grant that was asked and is not off. One query."""
    shown = (*UNDECIDED, *SETTLED, StopState.DONE)
    found = Stop.objects.filter(grant__in=grants, state__in=shown).order_by("pk")
    found = found.select_related("grant__dataset__owner")
    return {stop.grant_id: stop for stop in found}


def sentence(stop: Stop) -> str:
    """Return where an asked stop stands, for pages and calls that tell of its grant."""
    if stop.state in UNDECIDED:
        text = _(
            "%(owner)s asks to stop the service from %(day)s (%(state)s). It goes on until that is"
            " agreed or decided. Reason: %(reason)s"
        )
    else:
        text = _("The service is stopped: nothing is served from %(day)s on. %(reason)s")
    return text % {
        "owner": stop.grant.dataset.owner,
        "day": f"{stop.from_day:%Y-%m-%d}",
        "reason": because(stop).replace("\n", " "),
        "state": stop.get_state_display(),
    }


def _locked(stop_id: int) -> Stop:
    """Return a stop with its grant, whose row nobody else moves until the verb is done."""
    grant = lifecycle.locked(Stop.objects.values_list("grant_id", flat=True).get(pk=stop_id))
    stop = Stop.objects.select_for_update().get(pk=stop_id)
    stop.grant = grant
    return stop


def _for_consumer(stop_id: int, by: User) -> Stop:
    stop = _locked(stop_id)
    grant = stop.grant
    require(by, SIGN, organization=grant.organization)
    two_sides.none_of(grant.dataset.owner, by, deciding_for=grant.organization)
    return stop


def _no_party(grant: Grant, held: two_sides.Held) -> None:
    """Return unless the decider's own office is one of the two sides. Raises NotAllowed."""
    if two_sides.own_office(held) & {grant.organization_id, grant.dataset.owner_id}:
        raise NotAllowed(
            _(
                "Your office is one of the two sides, so it does not decide between them. The"
                " common superior authority does: give the number of its document."
            )
        )


def _still_open(grant: Grant, at: datetime) -> None:
    """Return unless the grant is over, so that there is nothing to stop. Raises StepRefused."""
    move_grant(grant.state(timezone.localdate(at)), GrantStep.END, of=grant.pk)


def _answered(stop: Stop, step: StopStep, text: str, *, by: User, at: datetime) -> None:
    stop.state = move_stop(stop.state, step, of=stop.pk)
    _still_open(stop.grant, at)
    stop.answer, stop.answered_by, stop.answered_at = text, by, at
    stop.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    notices.settle(stop.address, *WAITING, at=at)


def _set(stop: Stop, reason: str, *, by: User, at: datetime) -> None:
    """Let the grant end on the day named: the day before is its last, read at each call.

    Where that day came while the two sides were at it, it ends now, and not backwards.
    """
    notices.settle(stop.address, *WAITING, at=at)
    grant, today = stop.grant, timezone.localdate(at)
    if stop.from_day <= today:
        stop.state = move_stop(stop.state, StopStep.CARRY_OUT, of=stop.pk)
        stop.save(update_fields=["state"])
        lifecycle.end(grant, Ending.STOPPED, because(stop), by=by, at=at)
        return
    grant.valid_until = stop.from_day - timedelta(days=1)
    grant.save(update_fields=["valid_until"])
    for to in (grant.organization, grant.dataset.owner):
        _tell("grant.stop_set", stop, to=to, at=at, due_on=stop.from_day, reason=reason)


def _off(stop: Stop, reason: str, *, at: datetime) -> None:
    notices.settle(stop.address, *WAITING, at=at)
    for to in (stop.grant.organization, stop.grant.dataset.owner):
        _tell("grant.stop_off", stop, to=to, at=at, reason=reason)


def _count_anew(stop: Stop, limits: deadlines.Clocks) -> None:
    """Work out until when the consumer answers: a day of rest announced later moves it."""
    due_on = limits.due_for(ClockStep.STOP_ANSWER, stop.asked_at).due_on
    if stop.state == StopState.ASKED and stop.due_on != due_on:
        stop.due_on = due_on
        stop.save(update_fields=["due_on"])


def _carry_out(stop: Stop, *, at: datetime) -> None:
    """Write down that a grant ended on the day named; it was refused from the first hour on."""
    grant = stop.grant
    if grant.revoked_at is not None:
        _lapse(stop, at=at)
        return
    stop.state = move_stop(stop.state, StopStep.CARRY_OUT, of=stop.pk)
    stop.save(update_fields=["state"])
    notices.settle(stop.address, "grant.stop_set", at=at)
    lifecycle.close(grant, Ending.STOPPED, because(stop), by=None, at=at)


def _lapse(stop: Stop, *, at: datetime) -> None:
    stop.state = move_stop(stop.state, StopStep.LAPSE, of=stop.pk)
    stop.save(update_fields=["state"])
    notices.settle(stop.address, *WAITING, "grant.stop_set", at=at)
    chain.record("grant.stop_lapse", stop.grant.address, by=None, at=at, stop=stop.pk)


def because(stop: Stop) -> str:
    """Return why a grant was stopped, as its page says it: cause, notice, decision."""
    return "\n".join(filter(None, (stop.cause, stop.notice, stop.decision, stop.document)))


def _tell(kind: str, stop: Stop, *, to: Organization | None, at: datetime, **words: Any) -> None:
    lifecycle.tell(kind, stop.grant, to=to, at=at, target=stop.address, day=stop.from_day, **words)
