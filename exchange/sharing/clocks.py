"""Until when a request has to be answered: worked out from the table of time limits alone.

Order 809 art 21 has no rule for material that comes in later: here the limit begins anew when the
completed request is received, which can happen once. docs/sharing.md has each limit.
"""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import NotAllowed, require
from audit import chain
from catalog import alarms, deadlines
from catalog.alarms import Alarm
from catalog.models import Clock
from catalog.terms import ClockStep
from exchange.models import RecordTable, ShareRequest, Zone
from exchange.sharing import two_sides
from exchange.sharing.requests import another_than_asked, event, locked, said, tell
from exchange.workflow import OPEN_STATES, WITH_PROVIDER, Aside, State, StepRefused


def asked_under(request: ShareRequest) -> deadlines.Clocks:
    """Return the limits of the rules in force, which a request keeps from its first signature on.

    Other rules that hold here later change nothing for it. The caller saves the request.
    """
    limits = deadlines.clocks()
    request.profile = request.profile or limits.profile
    return limits.under(request.profile)


ANSWER_KINDS = {
    Alarm.REMIND: "request.due",
    Alarm.LATE: "request.late",
    Alarm.CLIMB: "request.climbed",
}
CHECK_KINDS = {
    Alarm.REMIND: "request.check_due",
    Alarm.LATE: "request.check_late",
    Alarm.CLIMB: "request.check_climbed",
}
"""The notices by which the alarms of a request are told, to whom: `accounts.notices.KINDS`."""


def answer_step(request: ShareRequest, clocks: deadlines.Clocks) -> ClockStep:
    """Return which limit an answer falls under in the body of rules it was asked under.

    The national one has one limit for conditional data; an older municipal one asks whether the
    rows are on the platform already. An application of a company has a limit of its own.
    """
    if request.opening:
        return ClockStep.ANSWER_OPENING
    if ClockStep.ANSWER_BOUND not in clocks.under(request.profile).limits:
        return ClockStep.ANSWER_CONDITIONAL
    bound = RecordTable.objects.filter(
        resource__dataset=request.dataset_id, zone=Zone.SHARED, live=True
    ).exists()
    return ClockStep.ANSWER_BOUND if bound else ClockStep.ANSWER_UNBOUND


def run(
    request: ShareRequest, step: ClockStep, *, since: datetime, clocks: deadlines.Clocks
) -> None:
    """Set a request's limit running; the caller saves it."""
    request.due_step, request.due_from, request.ordered_on = step, since, None
    request.due_on = deadline(request, clocks).due_on


def stop(request: ShareRequest) -> None:
    """Let no limit run: the asking department has to act, or nobody has; the caller saves it."""
    request.due_step, request.due_from, request.due_on = "", None, None
    request.ordered_on = None


def deadline(
    request: ShareRequest, clocks: deadlines.Clocks | None = None, *, today: date | None = None
) -> deadlines.Deadline:
    """Return when a request is due: by the table, or on the day that was named in a dispute.

    Raises ClockMissing where no limit runs.
    """
    if request.due_from is None:
        raise deadlines.ClockMissing(f"No limit runs for request {request.pk}.")
    limits = (clocks or deadlines.clocks()).under(request.profile)
    due = limits.due_for(
        request.due_step,
        request.due_from,
        today=today,
        extended=request.extended_at is not None,
    )
    if request.ordered_on is None:
        return due
    day = request.ordered_on
    left = limits.calendar.between(today or timezone.localdate(), day)
    total = limits.calendar.between(timezone.localdate(request.due_from), day)
    return replace(due, due_on=day, days_left=left, light=deadlines.light(left, total))


def limit(request: ShareRequest) -> Clock:
    """Return the row of the limit that runs for a request. Raises ClockMissing."""
    return deadlines.clocks().under(request.profile).limit(request.due_step)


@transaction.atomic
def ask_extension(request_id: int, *, reason: str, by: User, at: datetime) -> ShareRequest:
    """Ask the data authority for more time, as the provider, saying why (Order 809 art 21).

    Raises NotAllowed, StepRefused (also where an extension was given before).
    """
    request = locked(request_id)
    require(by, "exchange.answer_request", organization=request.dataset.owner)
    another_than_asked(request, by)
    _runs_with_provider(request)
    request.extended_because = said(reason)
    request.save(update_fields=["extended_because"])
    event(request, Aside.ASK_EXTENSION, reason, by=by, at=at)
    tell("request.extension", request, to=None, at=at)
    chain.record("request.ask_extension", request.address, by=by, at=at, reason=reason)
    return request


@transaction.atomic
def extend(request_id: int, *, by: User, at: datetime) -> ShareRequest:
    """Consent to more time, as the data authority; the asking department is told.

    Once, and by no more than the table says. Raises NotAllowed, StepRefused.
    """
    request = locked(request_id)
    require(by, "exchange.oversee_request")
    another_than_asked(request, by)
    _runs_with_provider(request)
    if not request.extended_because:
        raise StepRefused(_("The provider has not asked for more time, so there is none to give."))
    asks = request.events.filter(what=str(Aside.ASK_EXTENSION)).order_by("-at", "-pk").first()
    if asks is not None and asks.by_id == by.pk:
        raise NotAllowed(
            _("You asked for more time yourself. Somebody else of the data authority consents.")
        )
    two_sides.none_of(request.dataset.owner, by)
    request.extended_at = at
    request.due_on = deadline(request).due_on
    request.save(update_fields=["extended_at", "due_on"])
    event(request, Aside.EXTEND, f"{request.due_on:%Y-%m-%d}", by=by, at=at)
    notices.settle(request.address, "request.extension", *ANSWER_KINDS.values(), at=at)
    tell(
        "request.extended",
        request,
        to=request.organization,
        at=at,
        day=request.due_on,
        reason=request.extended_because,
    )
    chain.record("request.extend", request.address, by=by, at=at, until=str(request.due_on))
    return request


def _runs_with_provider(request: ShareRequest) -> None:
    if request.state not in WITH_PROVIDER:
        raise StepRefused(
            _("Request %(request)s is %(state)s, so no answer of the provider is due.")
            % {"request": request.pk, "state": State(request.state).label}
        )
    if request.extended_at is not None:
        raise StepRefused(
            _("Request %(request)s was given more time before. That is possible once.")
            % {"request": request.pk}
        )


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Work every running limit out anew, and tell of near, late and very late ones.

    A day that became a day of rest moves what is due. Each alarm (`catalog.alarms`) is told once
    for a term: safe to repeat. Returns how many were told.
    """
    clocks, today = deadlines.clocks(), timezone.localdate(at)
    running = ShareRequest.objects.filter(state__in=OPEN_STATES, due_from__isnull=False)
    requests = {
        one.address: one for one in running.select_related("dataset__owner", "organization")
    }
    found = [term(one, clocks, today=today) for one in requests.values()]
    for one in found:
        due_on = one.deadline.due_on
        if due_on != requests[one.target].due_on:
            ShareRequest.objects.filter(pk=requests[one.target].pk).update(due_on=due_on)
    return alarms.ring(
        found, lambda one, alarm: _tell(requests[one.target], one, alarm, at), at=at
    )


def term(
    request: ShareRequest, clocks: deadlines.Clocks, *, today: date | None = None
) -> alarms.Running:
    """Return the limit that runs for a request, as the alarms know it. Raises ClockMissing."""
    due = deadline(request, clocks, today=today)
    assert request.due_from is not None  # noqa: S101 - `deadline` has looked
    more = "" if request.extended_at is None else request.extended_at.isoformat()
    return alarms.Running(
        target=request.address,
        term=f"{request.due_from.isoformat()} {more} {request.ordered_on or ''}".strip(),
        deadline=due,
        limit=clocks.under(request.profile).limit(request.due_step),
    )


def kind_of(request: ShareRequest, alarm: Alarm) -> str:
    """Return which notice tells an alarm: the formal check is the data authority's to do."""
    check = request.due_step == ClockStep.FORMAL_CHECK
    return (CHECK_KINDS if check else ANSWER_KINDS)[alarm]


def _tell(request: ShareRequest, running: alarms.Running, alarm: Alarm, at: datetime) -> None:
    kind, due_on = kind_of(request, alarm), running.deadline.due_on
    if alarm != Alarm.REMIND:
        notices.settle(request.address, kind_of(request, Alarm.REMIND), at=at)
    # who waits is told where the data authority is late itself
    to = request.organization if kind in CHECK_KINDS.values() else request.dataset.owner
    tell(kind, request, to=to, at=at, due_on=due_on, day=due_on)
