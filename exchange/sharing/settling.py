"""What a dispute that was settled for the asking department changes, by what it was about.

A refusal or an answer in part goes back to the provider, who answers anew within a limit of its
own; what was granted holds until then, and no answer takes any of it back. For a late answer the
last day is named with the settlement. A grant that was suspended holds again. What has ended for
good is asked for anew: nothing of Order 809 revives it.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from catalog import deadlines
from exchange.models import About, Grant, ShareRequest
from exchange.sharing import clocks, lifecycle
from exchange.sharing.matrix import Offer
from exchange.sharing.requests import RequestUnfit, event, settle, tell
from exchange.workflow import WITH_PROVIDER, Aside, GrantState, State, Step, StepRefused, move


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement for the asking department: about what, in which words, by whom and when.

    `answer_by` is the last day for a late answer.
    """

    about: About
    because: str
    by: User
    at: datetime
    answer_by: date | None = None


def apply(request: ShareRequest, settled: Settled) -> None:
    """Let a settlement take effect; part of the verb that settles, which holds the request.

    Raises RequestUnfit where a day to answer by is missing, or is over.
    """
    match settled.about:
        case About.REFUSAL:
            _reopen(request, settled)
        case About.PART if request.state == State.GRANTED:
            _reopen(request, settled)
        case About.LATE if request.state in WITH_PROVIDER:
            _order(request, settled)
        case About.USE:
            _resume(request, settled)


def needs_day(request: ShareRequest, about: str) -> bool:
    """Whether settling for the asking department names the last day for the answer."""
    return about == About.LATE and request.state in WITH_PROVIDER


def not_less(request: ShareRequest, offer: Offer | None, *, today: date) -> None:
    """Return unless an answer takes back what was granted before a dispute opened it again.

    `offer` is None for a refusal. Raises StepRefused.
    """
    held = granted(request, today=today)
    if held is None:
        return
    as_much = offer is not None and (
        set(held.fields) <= set(offer.fields)
        and held.clear_up_to <= offer.clear_up_to
        and held.valid_until <= offer.valid_until
        and all(one in held.rows for one in offer.rows)
        and str(offer.mode) in (*held.modes, request.mode)
    )
    if not as_much:
        raise StepRefused(
            _(
                "A dispute opened the answer again for the asking department, so the new answer"
                " gives at least what grant no. %(grant)s gives: its fields, rows, days and grade."
            )
            % {"grant": held.pk}
        )


def granted(request: ShareRequest, *, today: date) -> Grant | None:
    """Return the grant that a request has led to, None where it has ended or there is none."""
    held = Grant.objects.filter(request=request, revoked_at=None, valid_until__gte=today)
    return held.first()


def _reopen(request: ShareRequest, settled: Settled) -> None:
    """Put the answer back to the provider, whose limit begins anew."""
    at = settled.at
    request.state = move(request.state, Step.REOPEN, of=request.pk)
    request.answer, request.ground, request.answer_reason = "", "", ""
    request.offered, request.proposed_by = {}, None
    request.answered_by, request.answered_at, request.extended_at = None, None, None
    request.extended_because = ""
    limits = deadlines.clocks()
    clocks.run(request, clocks.answer_step(request, limits), since=at, clocks=limits)
    request.save()
    event(request, Step.REOPEN, settled.because, by=settled.by, at=at)
    _tell_provider(request, at)


def _order(request: ShareRequest, settled: Settled) -> None:
    """Name the last day for an answer that is late."""
    day, at = settled.answer_by, settled.at
    if day is None or day <= timezone.localdate(at):
        raise RequestUnfit(
            _("The answer is late: name the last day for it, which is after today.")
        )
    request.ordered_on = request.due_on = day
    request.save(update_fields=["ordered_on", "due_on"])
    event(request, Aside.ORDER, f"{day:%Y-%m-%d}: {settled.because}", by=settled.by, at=at)
    settle(request, at=at)
    _tell_provider(request, at)


def _resume(request: ShareRequest, settled: Settled) -> None:
    """Let a grant hold again that was suspended; another state stays."""
    held = granted(request, today=timezone.localdate(settled.at))
    if held is None or lifecycle.state_now(held, at=settled.at) != GrantState.SUSPENDED:
        return
    lifecycle.hold_again(held.pk, reason=settled.because, by=settled.by, at=settled.at)


def _tell_provider(request: ShareRequest, at: datetime) -> None:
    kind = "request.answerable" if request.state == State.TO_ANSWER else "request.received"
    tell(kind, request, to=request.dataset.owner, at=at, due_on=request.due_on)
