"""What was agreed to is shared in twenty working days, or people are told, and told again."""

from datetime import date, timedelta

import pytest

from accounts.models import Notice
from audit.models import Entry
from catalog.models import WorkingDay
from exchange.models import Grant, RecordTable
from exchange.sharing import delivering, lifecycle
from tests.factories.sharing import NOW, TODAY

pytestmark = pytest.mark.django_db
DUE = date(2026, 3, 30)


def on(day: date):
    """Return a moment of a day."""
    return NOW + (day - TODAY)


def told(kind: str) -> set[str]:
    """Return which roles an open notice is for."""
    return set(Notice.objects.open().filter(kind=kind).values_list("role", flat=True))


def test_a_reminder_a_late_notice_and_one_step_up_come_each_once_and_in_time(two):
    grant = two.granted("phone")

    counts = [
        delivering.remind(at=on(DUE + timedelta(days=days))) for days in (-4, -3, 0, 1, 1, 3, 9)
    ]

    assert counts == [0, 1, 0, 1, 0, 1, 0]
    assert told("grant.deliver_due") == set()
    assert told("grant.deliver_late") == {"publisher", "head"}
    assert told("grant.deliver_climbed") == {"head", "operator"}
    rows = Entry.objects.filter(target=grant.address, details__step="deliver")
    assert sorted(rows.values_list("verb", flat=True)) == [
        "clock.climb",
        "clock.late",
        "clock.remind",
    ]


def test_nobody_is_told_of_rows_that_are_there(two_with_rows):
    two_with_rows.granted("phone")

    assert delivering.remind(at=on(DUE + timedelta(days=9))) == 0


def test_what_was_told_is_closed_once_the_rows_came(two, two_with_rows):
    two.granted("phone")
    delivering.remind(at=on(DUE + timedelta(days=1)))
    table = RecordTable.objects.get(zone="shared", live=True)

    RecordTable.objects.filter(pk=table.pk).update(resource=two.dataset.resources.get())
    delivering.remind(at=on(DUE + timedelta(days=2)))

    assert told("grant.deliver_late") == set()


def test_a_grant_that_is_suspended_or_over_waits_for_nothing(two):
    grant = two.granted("phone")
    lifecycle.suspend(
        grant.pk, reason="x", mend_by=TODAY + timedelta(days=9), by=two.reviewer, at=NOW
    )
    suspended = list(delivering.waiting(TODAY))
    lifecycle.purpose_over(grant.pk, reason="x", by=two.clerk, at=NOW)

    assert (suspended, list(delivering.waiting(TODAY))) == ([], [])
    assert delivering.remind(at=on(DUE + timedelta(days=9))) == 0


def test_a_day_of_rest_that_is_announced_later_moves_the_day(two):
    grant = two.granted("phone")
    WorkingDay.objects.create(day=DUE, working=False, source="测试")

    delivering.remind(at=NOW)

    assert Grant.objects.get(pk=grant.pk).deliver_by == DUE + timedelta(days=1)
