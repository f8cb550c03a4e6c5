"""Chinese working days, with the days of rest and of work that the State Council moves each year.

A row of `WorkingDay` wins; then the calendar package for the years it knows; for a year that
neither knows, Monday to Friday is a working day, and what was counted so is marked estimated. A
year of ours is known once its fixed days of rest stand in the list (`catalog.calendar_years`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import chinese_calendar

from catalog.models import WorkingDay

KNOWN_YEARS = range(
    min(chinese_calendar.holidays).year,
    max(chinese_calendar.holidays).year + 1,
)
"""The years whose holidays the calendar package has."""

DAY = timedelta(days=1)
FRIDAY = 4


@cache  # of the known years alone; the package looks through all its holidays at each call
def _by_package(day: date) -> bool:
    return chinese_calendar.is_workday(day)


def fixed_rests(year: int) -> tuple[date, date, date]:
    """Return the days of rest that each year has: New Year, Labour Day and National Day."""
    return date(year, 1, 1), date(year, 5, 1), date(year, 10, 1)


@dataclass(frozen=True, slots=True)
class Due:
    """The last day in time; `estimated` where a day counted whose holidays nobody knows yet."""

    day: date
    estimated: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A day on the way to a due day: its number among the working days, 0 where offices rest.

    `moved` says that it is a working day at a weekend or a day of rest in the week.
    """

    day: date
    number: int
    moved: bool
    estimated: bool


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The working days as they are known now; `kept` are the rows of ours: {day: working}."""

    kept: Mapping[date, bool] = field(default_factory=dict)

    def works(self, day: date) -> bool:
        """Return whether offices work on a day."""
        if day in self.kept:
            return self.kept[day]
        if day.year in KNOWN_YEARS:
            return _by_package(day)
        return day.weekday() <= FRIDAY

    def knows(self, day: date) -> bool:
        """Return whether that is more than an estimate."""
        return day in self.kept or self.entered(day.year)

    def entered(self, year: int) -> bool:
        """Return whether the holidays of a year are known, by the package or by rows of ours."""
        return year in KNOWN_YEARS or all(self.kept.get(day) is False for day in fixed_rests(year))

    def add(self, received: date, days: int) -> Due:
        """Return the day on which the last of `days` working days ends.

        The day of receipt does not count, the due day does. Raises ValueError unless `days` > 0.
        How working days are counted is not settled by Order 809; this is the usual way.
        """
        if days <= 0:
            raise ValueError(f"a limit is one working day or more, not {days}")
        day, estimated = received, False
        while days:
            day += DAY
            estimated |= not self.knows(day)
            days -= self.works(day)
        return Due(day, estimated)

    def walk(self, received: date, due: date) -> list[Step]:
        """Return every day after receipt up to the due day as it was counted, to be recounted."""
        walked, counted = [], 0
        for number in range(1, (due - received).days + 1):
            day = received + number * DAY
            works = self.works(day)
            counted += works
            moved = works != (day.weekday() <= FRIDAY)
            walked.append(Step(day, counted if works else 0, moved, not self.knows(day)))
        return walked

    def between(self, today: date, due: date) -> int:
        """Return the working days left after today, the due day included: 0 on the day itself.

        Late it is negative: the working days since, at least 1 also while offices rest.
        """
        if today <= due:
            return self._count(today, due)
        return -max(1, self._count(due, today))

    def _count(self, after: date, last: date) -> int:
        return sum(
            self.works(after + number * DAY) for number in range(1, (last - after).days + 1)
        )


def calendar() -> WorkCalendar:
    """Return the calendar with our rows, read once: for lists, which ask it of many days."""
    return WorkCalendar(dict(WorkingDay.objects.values_list("day", "working")))


def add(received: date, days: int) -> Due:
    """Return the last day in time, as `WorkCalendar.add`; one query."""
    return calendar().add(received, days)


def between(today: date, due: date) -> int:
    """Return the working days left, negative when late, as `WorkCalendar.between`; one query."""
    return calendar().between(today, due)
