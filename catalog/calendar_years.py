"""The days of rest and of work of a coming year: entered whole, and asked for in good time.

The General Office of the State Council announces them late in the year before; until somebody has
entered them, due dates that fall into it are estimates.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog import workdays
from catalog.models import WorkingDay
from catalog.refusals import EntryRefused

ASKED_FROM = 10
"""The month from whose first day on the operator is asked for the next year."""
STATUTORY = 13
"""Days of rest that the 《全国年节及纪念日放假办法》 gives since 2025: no year has fewer."""
PART = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*(?:\.\.|~|至|to)\s*(\d{4}-\d{2}-\d{2}))?")
LONGEST = 31


@dataclass(frozen=True, slots=True)
class Announced:
    """What was announced for a year: days of rest, working days at weekends, and by what."""

    year: int
    rests: frozenset[date]
    works: frozenset[date]
    source: str


def read_days(text: str) -> frozenset[date]:
    """Return the days of a text: days as 2027-01-01 or spans as 2027-02-05..2027-02-11.

    Parted by commas, spaces or lines. Raises EntryRefused, naming what is no day.
    """
    rest = PART.sub(" ", text)
    left = re.sub(r"[\s,;，；、]+", "", rest)
    if left:
        raise EntryRefused(
            _(
                "“%(text)s” is no day. Write days as 2027-01-01 and spans as"
                " 2027-02-05..2027-02-11, one a line."
            )
            % {"text": left[:60]}
        )
    found: set[date] = set()
    for first, last in PART.findall(text):
        found |= _span(first, last or first)
    return frozenset(found)


def _span(first: str, last: str) -> set[date]:
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as wrong:
        raise EntryRefused(
            _("There is no day %(first)s or no day %(last)s.") % {"first": first, "last": last}
        ) from wrong
    days = (end - start).days
    if not 0 <= days < LONGEST:
        raise EntryRefused(
            _("The span %(first)s to %(last)s ends before it begins, or is longer than a month.")
            % {"first": first, "last": last}
        )
    return {start + number * workdays.DAY for number in range(days + 1)}


@transaction.atomic
def enter(told: Announced, *, by: User, at: datetime) -> int:
    """Enter a year as it was announced, whole or not at all; what is listed of it is replaced.

    Returns how many days stand in the list. Raises NotAllowed, EntryRefused.
    """
    require(by, "catalog.add_workingday")
    _fits(told)
    WorkingDay.objects.filter(day__year=told.year).delete()
    rows = [
        WorkingDay(day=day, working=day in told.works, source=told.source.strip())
        for day in sorted(told.rests | told.works)
    ]
    WorkingDay.objects.bulk_create(rows)
    notices.settle(place(told.year), KIND, at=at)
    chain.record(
        "calendar.enter",
        place(told.year),
        by=by,
        at=at,
        rests=sorted(map(str, told.rests)),
        works=sorted(map(str, told.works)),
        source=told.source.strip(),
    )
    return len(rows)


def _fits(told: Announced) -> None:
    """Return unless something of a year is missing or contradicts itself. Raises EntryRefused."""
    wrong = [day for day in told.rests | told.works if day.year != told.year]
    if wrong:
        raise EntryRefused(
            _("%(days)s are not days of %(year)s. Nothing was entered.")
            % {"days": _list(wrong), "year": told.year}
        )
    both = told.rests & told.works
    if both:
        raise EntryRefused(
            _("%(days)s stand as days of rest and as working days. Nothing was entered.")
            % {"days": _list(both)}
        )
    missing = set(workdays.fixed_rests(told.year)) - told.rests
    if missing or len(told.rests) < STATUTORY:
        raise EntryRefused(
            _(
                "Of %(year)s only %(count)s days of rest are given; a year has %(least)s at the"
                " least, with 1 January, 1 May and 1 October. Enter the whole announcement:"
                " nothing was entered."
            )
            % {"year": told.year, "count": len(told.rests), "least": STATUTORY}
        )
    if not told.source.strip():
        raise EntryRefused(_("Give the announcement, with its number."))


def _list(days: Iterable[date]) -> str:
    return ", ".join(map(str, sorted(days)))


KIND = "calendar.year_missing"


def place(year: int) -> str:
    """Return how entries of the trail and notices name a year."""
    return f"calendar:{year}"


def missing(today: date, calendar: workdays.WorkCalendar | None = None) -> int | None:
    """Return the year that has to be entered now, None where all is known that is asked for.

    This year always; the next one from October on. One query without a calendar.
    """
    known = calendar or workdays.calendar()
    asked = [today.year, *([today.year + 1] if today.month >= ASKED_FROM else [])]
    return next((year for year in asked if not known.entered(year)), None)


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Ask the data authority for a year that nobody has entered, once; returns how many."""
    known, told = workdays.calendar(), notices.open_targets(KIND)
    for target in told:
        if known.entered(int(target.partition(":")[2])):  # day by day, at the desk
            notices.settle(target, KIND, at=at)
    year = missing(timezone.localdate(at), known)
    if year is None or place(year) in told:
        return 0
    notices.tell(KIND, organization=None, target=place(year), at=at, year=year)
    return 1
