"""The clocks of the law: when a step has to be done, and how near that is.

Source: 《政务数据共享条例》 (Order 809); docs/policy.md, "Time limits", has each with its article.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    """The limits of one body of rules with the calendar, read once: for lists, which ask of many.

    `limits` are by step, what the rules leave open filled up from the national ones; `kept` are
    the rows of all bodies of rules, so that what was asked under another one is counted by it.
    """

    profile: str
    limits: Mapping[str, Clock]
    calendar: workdays.WorkCalendar
    kept: Mapping[str, Mapping[str, Clock]]

    def under(self, profile: str) -> "Clocks":
        """Return the limits of another body of rules; "" leaves them as they are. No query."""
        if profile in ("", self.profile):
            return self
        return replace(self, profile=profile, limits=_filled(self.kept, profile))

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
        """Return a step's limit. Raises ClockMissing."""
        found = self.limits.get(step)
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
    kept: dict[str, dict[str, Clock]] = {}
    for clock in Clock.objects.all():
        kept.setdefault(clock.profile, {})[clock.step] = clock
    profile = settings.CLOCK_PROFILE
    return Clocks(profile, _filled(kept, profile), workdays.calendar(), kept)


def _filled(kept: Mapping[str, Mapping[str, Clock]], profile: str) -> dict[str, Clock]:
    return {**kept.get(NATIONAL, {}), **kept.get(profile, {})}


def due_for(
    step: ClockStep | str,
    started_at: datetime,
    *,
    today: date | None = None,
    extended: bool = False,
) -> Deadline:
    """Return when one step is due, as `Clocks.due_for`."""
    return clocks().due_for(step, started_at, today=today, extended=extended)
