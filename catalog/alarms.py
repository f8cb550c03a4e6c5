"""What follows as a limit nears, passes and stays unmet: a reminder, a late notice, one step up.

The table of time limits says on which working day each comes. Each is told once for a term, with
an entry of the audit trail, from which it is read what was told already: also after days on which
nobody looked. A limit that begins anew, is extended, has its last day named, or becomes another
department's to keep is another term.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import chain
from audit.models import Entry
from catalog import deadlines
from catalog.deadlines import Deadline
from catalog.models import Clock
from catalog.terms import ClockStep


class Alarm(models.TextChoices):
    """What is told of a running limit, in this order."""

    REMIND = "remind", gettext_lazy("reminder")
    LATE = "late", gettext_lazy("late")
    CLIMB = "climb", gettext_lazy("one step up")


VERBS = {Alarm.REMIND: "clock.remind", Alarm.LATE: "clock.late", Alarm.CLIMB: "clock.climb"}


@dataclass(frozen=True, slots=True)
class Running:
    """A running limit of a thing ("request:12"); `term` tells it from its earlier ones."""

    target: str
    term: str
    deadline: Deadline
    limit: Clock


class Timed(Protocol):
    """What has a limit of its own: since when it runs, and until when."""

    due_from: Any
    due_on: Any

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""

    def save(self, *, update_fields: list[str]) -> None:
        """Keep what was worked out."""


Told = Mapping[tuple[str, str], Mapping[Alarm, datetime]]
"""When each alarm was told, by target and term."""


def reached(limit: Clock, days_left: int) -> list[Alarm]:
    """Return the alarms whose day has come, with so many working days left (negative: late)."""
    late = -days_left
    found = []
    if limit.remind_days is not None and days_left <= limit.remind_days:
        found.append(Alarm.REMIND)
    if limit.late_days is not None and late >= limit.late_days:
        found.append(Alarm.LATE)
    if limit.climb_days is not None and late >= limit.climb_days:
        found.append(Alarm.CLIMB)
    return found


def told(running: Iterable[Running]) -> Told:
    """Return what was told of these terms, from the audit trail. One query."""
    found: dict[tuple[str, str], dict[Alarm, datetime]] = {
        (one.target, one.term): {} for one in running
    }
    by_verb = {verb: alarm for alarm, verb in VERBS.items()}
    rows = Entry.objects.filter(verb__in=by_verb, target__in={target for target, _term in found})
    for verb, target, details, at in rows.values_list("verb", "target", "details", "at"):
        of = found.get((target, details["term"]))
        if of is not None:
            of[by_verb[verb]] = at
    return found


def ring(
    running: Iterable[Running], tell: Callable[[Running, Alarm], None], *, at: datetime
) -> int:
    """Tell each alarm that has come and was not told of its term yet; returns how many.

    For a task that holds one transaction: `tell` gives the notice, here it is recorded.
    """
    come = [(one, reached(one.limit, one.deadline.days_left)) for one in running]
    before = told(one for one, alarms in come if alarms)
    rung = 0
    for one, alarms in come:
        for alarm in alarms:
            if alarm not in before[one.target, one.term]:
                tell(one, alarm)
                chain.record(VERBS[alarm], one.target, by=None, at=at, **_details(one))
                rung += 1
    return rung


def follow(
    things: Iterable[Timed],
    step: ClockStep,
    tell: Callable[[Any, Alarm], None],
    *,
    at: datetime,
    whose: Callable[[Any], str] = lambda _thing: "",
    extended: Callable[[Any], bool] = lambda _thing: False,
) -> int:
    """Work out anew until when each thing is due, since a day can become one of rest; then ring.

    `things` run since their `due_from`, all under the limit of one step. `whose` names who is told
    where that can change while the limit runs: what one was told, another was not. `extended` says
    which have been given the time more that the limit allows. Returns how many alarms.
    """
    clocks, today = deadlines.clocks(), timezone.localdate(at)
    timed = {one.address: one for one in things}
    running = [
        Running(
            target=one.address,
            term=_term(one, whose(one), extended=extended(one)),
            deadline=clocks.due_for(step, one.due_from, today=today, extended=extended(one)),
            limit=clocks.limit(step),
        )
        for one in timed.values()
    ]
    for one in running:
        thing, due_on = timed[one.target], one.deadline.due_on
        if due_on != thing.due_on:
            thing.due_on = due_on
            thing.save(update_fields=["due_on"])
    return ring(running, lambda one, alarm: tell(timed[one.target], alarm), at=at)


def _term(one: Timed, whose: str, *, extended: bool) -> str:
    parts = (one.due_from.isoformat(), whose, "extended" if extended else "")
    return " ".join(filter(None, parts))


def _details(one: Running) -> dict[str, object]:
    return {
        "term": one.term,
        "step": str(one.deadline.step),
        "rules": one.limit.profile,
        "due": str(one.deadline.due_on),
        "days_left": one.deadline.days_left,
    }


def when(limit: Clock, alarm: Alarm) -> str:
    """Return in words when an alarm of a limit comes, "" where it never does."""
    match alarm:
        case Alarm.REMIND:
            days, sentence = limit.remind_days, _("working days before the last day: %(days)s")
        case Alarm.LATE:
            days, sentence = limit.late_days, _("working days after the last day: %(days)s")
        case Alarm.CLIMB:
            days, sentence = limit.climb_days, _("working days after the last day: %(days)s")
    return "" if days is None else sentence % {"days": days}
