"""Working days: the official calendar day by day, our own rows before it, estimates after it."""

import csv
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import workdays
from catalog.models import WorkingDay
from catalog.workdays import WorkCalendar

PLAIN = WorkCalendar()
days = st.dates(date(2004, 1, 1), date(2030, 12, 31))
calendars = st.dictionaries(days, st.booleans(), max_size=20).map(WorkCalendar)


def test_each_day_of_the_official_calendar_is_told_as_announced(shared_data):
    with (shared_data / "codes" / "cn_calendar_2004_2026.csv").open() as file:
        announced = {
            date.fromisoformat(row["date"]): row["is_workday"] == "1"
            for row in csv.DictReader(file)
        }

    assert {day: PLAIN.works(day) for day in announced} == announced
    assert all(PLAIN.knows(day) for day in announced)


@pytest.mark.parametrize(
    ("received", "limit", "due"),
    [
        (date(2026, 3, 2), 2, date(2026, 3, 4)),  # Monday to Wednesday
        (date(2026, 3, 6), 1, date(2026, 3, 9)),  # over a weekend
        (date(2026, 9, 30), 2, date(2026, 10, 9)),  # over the National Day holidays
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # a Saturday of work before Spring Festival
    ],
)
def test_the_day_of_receipt_does_not_count_and_the_due_day_does(received, limit, due):
    assert PLAIN.add(received, limit) == workdays.Due(due, estimated=False)


def test_years_that_nobody_knows_are_counted_by_the_week_and_marked():
    beyond = workdays.KNOWN_YEARS[-1] + 1
    start = date(beyond, 6, 7)
    monday = start - timedelta(days=start.weekday())

    assert PLAIN.add(monday, 5) == workdays.Due(monday + timedelta(days=7), estimated=True)


def test_an_announced_day_is_no_estimate():
    beyond = date(workdays.KNOWN_YEARS[-1] + 1, 1, 2)

    assert WorkCalendar({beyond: True}).add(beyond - timedelta(days=1), 1).estimated is False


@pytest.mark.django_db
def test_a_row_of_ours_wins_over_the_calendar():
    tuesday = date(2026, 3, 3)
    WorkingDay.objects.create(day=tuesday, working=False, source="测试公告")

    assert workdays.add(date(2026, 3, 2), 1).day == date(2026, 3, 4)
    assert workdays.between(date(2026, 3, 2), date(2026, 3, 4)) == 1


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_is_a_day_or_more(limit):
    with pytest.raises(ValueError, match="one working day"):
        PLAIN.add(date(2026, 3, 2), limit)


@given(calendars, days, st.integers(1, 40))
def test_a_due_day_is_a_working_day_with_just_as_many_left_as_were_given(calendar, received, n):
    due = calendar.add(received, n).day

    assert calendar.works(due)
    assert calendar.between(received, due) == n
    assert calendar.between(due, due) == 0


@given(calendars, days, st.integers(-60, 60))
def test_what_is_late_is_negative_and_nothing_else(calendar, due, days_on):
    today = due + timedelta(days=days_on)

    assert (calendar.between(today, due) < 0) == (today > due)


@given(calendars, days, st.integers(1, 30), st.integers(1, 10))
def test_a_longer_limit_never_ends_earlier(calendar, received, n, more):
    assert calendar.add(received, n).day < calendar.add(received, n + more).day
