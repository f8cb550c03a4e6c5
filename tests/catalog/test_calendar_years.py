"""A year of working days is entered whole or not at all, and asked for in good time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import calendar_years, workdays
from catalog.calendar_years import Announced, read_days
from catalog.models import WorkingDay
from catalog.refusals import EntryRefused
from tests.factories import accounts

NEXT = workdays.KNOWN_YEARS[-1] + 1
AT = datetime(NEXT - 1, 11, 9, 2, tzinfo=UTC)
TEXT = f"""{NEXT}-01-01..{NEXT}-01-03
{NEXT}-02-05 至 {NEXT}-02-11，{NEXT}-04-05
{NEXT}-05-01~{NEXT}-05-05
{NEXT}-06-09, {NEXT}-09-15 {NEXT}-10-01 to {NEXT}-10-07"""
db = pytest.mark.django_db


def announced(**over) -> Announced:
    told = {
        "year": NEXT,
        "rests": read_days(TEXT),
        "works": frozenset({date(NEXT, 2, 13)}),
        "source": "国办发明电（测试）",
    }
    return Announced(**told | over)


def entered(**over) -> int:
    return calendar_years.enter(announced(**over), by=accounts.user(Role.OPERATOR), at=AT)


@db
def test_a_year_that_was_entered_is_no_estimate_any_more():
    before = workdays.calendar().add(date(NEXT - 1, 12, 30), 3)

    count = entered()

    after = workdays.calendar().add(date(NEXT - 1, 12, 30), 3)
    assert (before.estimated, after.estimated) == (True, False)
    assert after.day > before.day - timedelta(days=1)
    assert count == WorkingDay.objects.filter(day__year=NEXT).count() == 26
    assert workdays.calendar().works(date(NEXT, 2, 13))
    assert Entry.objects.get(verb="calendar.enter").details["source"] == "国办发明电（测试）"


@db
def test_a_later_announcement_replaces_what_the_list_has_of_the_year():
    entered()

    entered(works=frozenset())

    assert not WorkingDay.objects.filter(working=True).exists()


@db
@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"rests": read_days(f"{NEXT}-01-01")}, "at the least"),
        ({"rests": read_days(TEXT) - {date(NEXT, 10, 1)}}, "1 October"),
        ({"rests": read_days(TEXT) | {date(NEXT + 1, 1, 1)}}, "are not days of"),
        ({"works": frozenset({date(NEXT, 1, 1)})}, "as days of rest and as working days"),
        ({"source": " "}, "Give the announcement"),
    ],
)
def test_what_is_not_whole_enters_nothing(over, told):
    WorkingDay.objects.create(day=date(NEXT, 3, 8), working=False, source="本市通知")

    with override("en"), pytest.raises(EntryRefused, match=told):
        entered(**over)

    assert WorkingDay.objects.count() == 1
    assert not workdays.calendar().entered(NEXT)


@db
def test_only_the_data_authority_enters_a_year():
    with pytest.raises(NotAllowed):
        calendar_years.enter(announced(), by=accounts.user(Role.PUBLISHER), at=AT)


@pytest.mark.parametrize("text", ["2027-13-01", "morgen", "2027-02-09..2027-02-05", "2027-1-1"])
def test_what_is_no_day_is_named(text):
    with pytest.raises(EntryRefused):
        read_days(text)


@given(st.sets(st.dates(date(2027, 1, 1), date(2027, 12, 31)), max_size=40))
def test_days_are_read_as_they_were_written(days):
    assert read_days("\n".join(map(str, days))) == days


@db
def test_the_next_year_is_asked_for_from_october_on_and_once():
    september, october = (
        datetime(NEXT - 1, 9, 30, 2, tzinfo=UTC),
        datetime(NEXT - 1, 10, 1, 2, tzinfo=UTC),
    )

    told = [calendar_years.remind(at=at) for at in (september, october, AT)]
    open_before = list(Notice.objects.open().filter(kind=calendar_years.KIND))
    entered()

    assert told == [0, 1, 0]
    assert [one.role for one in open_before] == [Role.OPERATOR]
    assert open_before[0].by_mail
    assert not Notice.objects.open().filter(kind=calendar_years.KIND).exists()
    assert calendar_years.remind(at=AT) == 0


@db
def test_a_year_entered_day_by_day_settles_the_question():
    calendar_years.remind(at=AT)
    for day in workdays.fixed_rests(NEXT):
        WorkingDay.objects.create(day=day, working=False, source="测试公告")

    calendar_years.remind(at=AT)

    assert not Notice.objects.open().filter(kind=calendar_years.KIND).exists()
