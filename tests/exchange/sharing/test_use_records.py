"""A consumer writes down how it uses what it was granted; nothing of it is changed or lost."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Notice
from accounts.roles import NotAllowed, Role
from audit import deliveries
from audit.models import Entry
from exchange import tasks
from exchange.models import Grant, UseRecord
from exchange.sharing import lifecycle, use_records
from exchange.sharing.use_records import Told, UseUnfit
from exchange.workflow import StepRefused
from tests.factories import accounts, audit
from tests.factories.sharing import NOW, TODAY

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=70)  # 2026-05-11: the first quarter is over
TOLD = Told(
    first_on=TODAY,
    last_on=date(2026, 3, 31),
    scene="窗口受理租房补贴",
    process="逐件核对",
    result="核对 120 件",
    stored="补贴审核系统，加密存储，三人可见",
)


@pytest.fixture
def grant(two) -> Grant:
    return two.granted("phone")


def write(two, grant, *, by=None, at=LATER, corrects=None, **over) -> UseRecord:
    told = replace(TOLD, **over)
    return use_records.write(grant.pk, told, by=by or two.clerk, at=at, corrects=corrects)


def called(grant: Grant, at: datetime) -> None:
    deliveries.deliver(**audit.told(at=at, channel="share", grant_id=grant.pk))
    Grant.objects.filter(pk=grant.pk, first_used_at=None).update(first_used_at=at)


def test_a_record_is_kept_with_who_wrote_it_and_stands_in_the_trail(two, grant):
    made = write(two, grant)

    [kept] = use_records.of(grant)
    entry = Entry.objects.get(verb="use.record")
    assert (kept.scene, kept.written_by, kept.written_at) == (TOLD.scene, two.clerk, LATER)
    assert (entry.target, entry.details["record"]) == (grant.address, made.pk)


def test_a_correction_is_a_record_of_its_own_and_is_made_once(two, grant):
    first = write(two, grant)

    second = write(two, grant, corrects=first.pk, result="核对 121 件")

    assert list(UseRecord.objects.standing()) == [second]
    assert UseRecord.objects.get(pk=first.pk).result == "核对 120 件"
    with pytest.raises(StepRefused, match=f"corrected by record {second.pk}"):
        write(two, grant, corrects=first.pk)


def test_a_record_of_another_grant_is_not_corrected_here(two, grant):
    other = write(two, two.granted("income", purpose="另一用途"))

    with pytest.raises(UseRecord.DoesNotExist):
        write(two, grant, corrects=other.pk)


@pytest.mark.parametrize("change", [{"result": ""}, {"written_at": NOW}])
def test_the_database_lets_nobody_change_a_record(two, grant, change):
    made = write(two, grant)

    with pytest.raises(DatabaseError, match="kept as written"), transaction.atomic():
        UseRecord.objects.filter(pk=made.pk).update(**change)

    assert UseRecord.objects.get(pk=made.pk).result == TOLD.result


def test_records_outlive_their_grant_by_three_years_and_no_sweep_takes_them(two, grant):
    made = write(two, grant)
    lifecycle.purpose_over(grant.pk, reason="已实现。", by=two.clerk, at=LATER)
    grant.refresh_from_db()

    with pytest.raises(DatabaseError, match="kept as written"), transaction.atomic():
        made.delete()
    tasks.sweep()

    assert use_records.kept_until(grant) == date(2029, 5, 11)
    assert UseRecord.objects.filter(pk=made.pk).exists()


def test_a_grant_that_ended_on_a_leap_day_keeps_its_records_three_years(grant):
    grant.valid_until = date(2028, 2, 29)

    assert use_records.kept_until(grant) == date(2031, 2, 28)


@pytest.mark.parametrize(
    ("over", "because"),
    [
        ({"scene": " ", "stored": ""}, "Missing: scene of use; where and how it is kept"),
        ({"result": "x" * 2001}, "Longer than 2000"),
        ({"last_on": TODAY - timedelta(days=1)}, "ends before it begins"),
        ({"last_on": date(2026, 5, 12)}, "today at the latest"),
        ({"first_on": TODAY - timedelta(days=1)}, "began on 2026-03-02"),
        ({"disposal": "shredded"}, "both the day and how"),
        ({"disposed_on": date(2026, 5, 12), "disposal": "x"}, "between the grant's first day"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(two, grant, over, because):
    with pytest.raises(UseUnfit, match=because):
        write(two, grant, **over)

    assert not UseRecord.objects.exists()


def test_only_the_department_that_holds_the_grant_writes(two, grant):
    own_app = accounts.app(two.asker, created_by=two.clerk)
    foreign_app = accounts.app()
    made = use_records.write(grant.pk, TOLD, by=None, app=own_app, at=LATER)

    assert (made.written_by, made.app) == (None, own_app)
    for person in (two.reviewer, two.where.head, accounts.user(Role.OPERATOR)):
        with pytest.raises(NotAllowed):
            write(two, grant, by=person)
    with pytest.raises(NotAllowed):
        use_records.write(grant.pk, TOLD, by=None, app=foreign_app, at=LATER)


def test_the_consumer_the_provider_and_the_authority_read(two, grant):
    readers = (two.clerk, two.reviewer, two.where.head, accounts.user(Role.OPERATOR))
    strangers = (accounts.user(Role.REVIEWER), accounts.user(Role.SYSTEM_ADMIN))

    assert all(use_records.may_read(person, grant) for person in readers)
    assert not any(use_records.may_read(person, grant) for person in strangers)


def test_a_grant_that_was_called_and_is_not_written_down_is_told_once_when_the_quarter_is_over(
    two, grant
):
    called(grant, NOW + timedelta(days=8))

    told = [use_records.remind(at=LATER), use_records.remind(at=LATER + timedelta(days=1))]

    notice = Notice.objects.filter(kind="grant.use_due").first()
    assert told == [1, 0]
    assert (notice.organization, notice.words["quarter"]) == (two.asker, "2026-Q1")


def test_writing_the_quarter_down_settles_the_reminder(two, grant):
    called(grant, NOW + timedelta(days=8))
    use_records.remind(at=LATER)

    write(two, grant, first_on=date(2026, 4, 2), last_on=date(2026, 4, 3))
    still = Notice.objects.open().filter(kind="grant.use_due").exists()
    write(two, grant)

    assert still
    assert not Notice.objects.open().filter(kind="grant.use_due").exists()
    assert use_records.remind(at=LATER) == 0


def test_neither_an_unused_grant_nor_one_first_used_since_is_reminded_of(two, grant):
    untouched = use_records.remind(at=LATER)
    called(grant, LATER)

    assert (untouched, use_records.remind(at=LATER)) == (0, 0)


@pytest.mark.parametrize("ended", [NOW + timedelta(days=9), LATER])
def test_a_grant_that_has_ended_is_reminded_of_its_last_quarter(two, grant, ended):
    called(grant, NOW + timedelta(days=8))
    lifecycle.purpose_over(grant.pk, reason="已实现。", by=two.clerk, at=ended)

    told = [use_records.remind(at=LATER), use_records.remind(at=LATER + timedelta(days=91))]

    assert told == [1, 0]


def test_the_next_quarter_is_told_of_where_the_one_before_is_still_open(two, grant):
    called(grant, NOW + timedelta(days=8))
    use_records.remind(at=LATER)
    called(grant, LATER)

    told = use_records.remind(at=LATER + timedelta(days=91))

    [quarter] = set(Notice.objects.open().values_list("words__quarter", flat=True)) - {None}
    assert (told, quarter) == (1, "2026-Q2")


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_last_quarter_is_the_one_that_ended_latest_before_a_day(day):
    quarter = use_records.last_quarter(day)

    following = use_records.last_quarter(quarter.last + timedelta(days=1))
    assert quarter.last < day <= quarter.last + timedelta(days=92)
    assert quarter.first.day == 1
    assert quarter.first.month in (1, 4, 7, 10)
    assert following == quarter


def test_the_reminder_runs_by_the_clock():
    assert tasks.SCHEDULE["remind-of-uses"]["task"] == "exchange.tasks.remind_of_uses"
    assert tasks.remind_of_uses() == 0
