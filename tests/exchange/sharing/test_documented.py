"""docs/sharing.md says what the code does: states, rights, limits, grounds, its example."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from accounts import notices
from accounts.roles import holders
from catalog import reviews, updates, workdays
from catalog.models import Clock
from catalog.terms import ClockStep
from exchange.agreements.keeping import Standing
from exchange.correction_flow import CORRECTION_MOVES
from exchange.models import Ground
from exchange.sharing import clocks, corrections, delivering
from exchange.stop_flow import STOP_MOVES
from exchange.workflow import DISPUTE_MOVES, GRANT_MOVES, MOVES

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "sharing.md").read_text()
DAY = timedelta(days=1)


def section(heading: str) -> str:
    """Return what stands below a heading, up to the next of its rank or above."""
    marks = heading.split(" ", 1)[0]
    below = TEXT.split(f"{heading}\n", 1)[1]
    return re.split(rf"^#{{1,{len(marks)}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def rows(heading: str, *, of: int) -> list[list[str]]:
    """Return the rows of the tables below a heading that have so many columns, without heads."""
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section(heading).splitlines()
        if line.startswith("|")
    ]
    found = [line for line in lines if len(line) == of]
    rules = [place for place, line in enumerate(found) if set(line[0]) == {"-"}]
    heads = {place - 1 for place in rules}
    return [line for place, line in enumerate(found) if place not in {*rules, *heads}]


def word(cell: str) -> str:
    return cell.strip("`")


@pytest.mark.parametrize(
    ("heading", "moves"),
    [
        ("## A request", MOVES),
        ("## A grant", {**GRANT_MOVES, **STOP_MOVES}),
        ("### Stopping a service", STOP_MOVES),
        ("## Disputes", DISPUTE_MOVES),
        ("## Corrections", CORRECTION_MOVES),
    ],
)
def test_each_move_stands_in_the_table_and_no_other(heading: str, moves: Mapping):
    told = [tuple(map(word, row[:3])) for row in rows(heading, of=4)]

    assert sorted(told) == sorted(
        (str(state), str(step), str(after)) for (state, step), after in moves.items()
    )
    assert all(row[3] for row in rows(heading, of=4))


def test_who_may_do_what_is_as_the_roles_have_it():
    told = {
        word(right): set(re.findall(r"`(\w+)`", roles))
        for _what, right, roles in rows("## Who does what", of=3)
    }

    assert len(told) > 10
    assert told == {right: {str(role) for role in holders(right)} for right in told}


@pytest.mark.django_db
def test_each_time_limit_that_is_shipped_stands_in_the_table():
    told = {
        (word(profile), word(step)): (int(days), int(more), word(certainty))
        for profile, step, days, more, certainty, _who in rows("## Time limits", of=6)
    }

    kept = {
        (one.profile, one.step): (one.working_days, one.extension_days, one.certainty)
        for one in Clock.objects.all()
    }
    assert told == kept
    assert {step for _profile, step in told} == set(ClockStep.values)


@pytest.mark.django_db
def test_when_people_are_told_of_a_limit_stands_in_the_table():
    told = {
        (word(profile), word(step)): tuple(map(int, days))
        for profile, step, *days in rows("### Reminders, and what follows", of=5)
    }

    kept = {
        (one.profile, one.step): (one.remind_days, one.late_days, one.climb_days)
        for one in Clock.objects.exclude(remind_days=None, late_days=None, climb_days=None)
    }
    assert told == kept


def test_who_is_told_of_a_limit_is_as_the_notices_have_it():
    told = {
        word(kind): set(re.findall(r"`(\w+)`", roles))
        for _of, kind, roles in rows("### Reminders, and what follows", of=3)
    }

    kinds = [*clocks.ANSWER_KINDS.values(), *clocks.CHECK_KINDS.values()]
    kinds += [*delivering.KINDS.values(), *corrections.KINDS.values()]
    kinds += [*updates.KINDS.values(), *reviews.KINDS.values(), *reviews.CHANGE_KINDS.values()]
    assert told == {kind: {str(role) for role in notices.KINDS[kind].roles} for kind in kinds}


@pytest.mark.django_db
def test_the_example_is_counted_as_the_platform_counts():
    told = rows("### To count a due date by hand", of=3)
    received = date.fromisoformat(
        re.search(r"received on \*\*([\d-]+)\*\*", TEXT)[1],
    )
    due, extended = map(
        date.fromisoformat,
        re.search(
            r"due on \*\*([\d-]+)\*\*; with the extension of ten days, on \*\*([\d-]+)\*\*", TEXT
        ).groups(),
    )
    limit = Clock.objects.get(profile="order809", step=ClockStep.ANSWER_CONDITIONAL)

    calendar = workdays.WorkCalendar()

    counted = []
    for days, _name, number in told:
        first, _to, last = days.partition(" to ")
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last or first):
            counted.append((day, 0 if number == "–" else int(number)))
            day += DAY
    walked = calendar.walk(received, due)
    assert counted == [(one.day, one.number) for one in walked]
    assert any(one.moved and one.number for one in walked)  # a make-up day is in it
    assert calendar.add(received, limit.working_days).day == due
    assert calendar.add(received, limit.working_days + limit.extension_days).day == extended


def test_the_years_that_the_calendar_knows_are_told():
    years = workdays.KNOWN_YEARS

    assert f"from {years.start} to {years.stop - 1}" in " ".join(TEXT.split())


def test_each_ground_of_refusal_stands_in_the_table():
    told = [word(ground) for ground, _when in rows("## A request", of=2)]

    assert sorted(told) == sorted(Ground.values)


def test_each_standing_of_an_agreement_stands_in_the_table():
    told = [word(standing) for standing, _means in rows("## The agreement", of=2)]

    assert sorted(told) == sorted(map(str, Standing))
