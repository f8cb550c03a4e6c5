"""The clocks of the law: when a step has to be done, and how near that is.

Source: 《政务数据共享条例》 (Order 809); docs/policy.md, "Time limits", has each with its article.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from django.conf import settings
from django.utils import timezone

from catalog import workdays
from catalog.models import Clock
from catalog.terms import ClockStep

NATIONAL = "order809"
"""The profile that says what another one leaves open."""

Light = Literal["good", "warn", "bad"]


class ClockMissing(LookupError):
    """No row of `Clock` says how long this step may take, here or nationally."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a step is due. `days_left` are working days: 0 on the last day, negative when late."""

    step: ClockStep
    due_on: date
    light: Light
    days_left: int
    citation: str
    certainty: str
    estimated: bool


@dataclass(frozen=True, slots=True)
class Clocks:
    """All limits of a profile with the calendar, read once: for lists, which ask it of many.

    `others` are of steps that only other bodies of rules have: a limit that began under rules
    which no longer hold here runs to its end by them.
    """

    limits: Mapping[str, Clock]
    calendar: workdays.WorkCalendar
    others: Mapping[str, Clock] = field(default_factory=dict)

    def due_for(
        self,
        step: ClockStep | str,
        started_at: datetime,
        *,
        today: date | None = None,
        extended: bool = False,
    ) -> Deadline:
        """Return when a step that began at `started_at` is due; `today` is the city's day.

        Green while more than half of the working days are left, red when late, else yellow.
        `extended` counts the extension too. Raises ClockMissing.
        """
        clock = self.limit(step)
        days = clock.working_days + (clock.extension_days if extended else 0)
        due = self.calendar.add(timezone.localdate(started_at), days)
        left = self.calendar.between(today or timezone.localdate(), due.day)
        return Deadline(
            step=ClockStep(step),
            due_on=due.day,
            light=light(left, days),
            days_left=left,
            citation=clock.citation,
            certainty=clock.certainty,
            estimated=due.estimated,
        )

    def limit(self, step: ClockStep | str) -> Clock:
        """Return a step's limit, that of the rules in force first. Raises ClockMissing."""
        found = self.limits.get(step) or self.others.get(step)
        if found is None:
            raise ClockMissing(
                f"No time limit is kept for “{step}”. Add it to the list of time limits."
            )
        return found


def light(left: int, days: int) -> Light:
    """Return the traffic light for `left` of `days` working days."""
    if left < 0:
        return "bad"
    return "good" if 2 * left > days else "warn"


def clocks() -> Clocks:
    """Return the limits of the profile in force, those of Order 809 where it has none. 2 queries.

    CLOCK_PROFILE names the profile.
    """
    found: dict[bool, dict[str, Clock]] = {True: {}, False: {}}
    for clock in sorted(Clock.objects.all(), key=_rank):
        found[_rank(clock) > 0][clock.step] = clock
    return Clocks(found[True], workdays.calendar(), found[False])


def _rank(clock: Clock) -> int:
    """Return 2 for a limit of the rules in force, 1 for a national one, 0 for another."""
    if clock.profile == settings.CLOCK_PROFILE:
        return 2
    return 1 if clock.profile == NATIONAL else 0


def due_for(
    step: ClockStep | str,
    started_at: datetime,
    *,
    today: date | None = None,
    extended: bool = False,
) -> Deadline:
    """Return when one step is due, as `Clocks.due_for`."""
    return clocks().due_for(step, started_at, today=today, extended=extended)
