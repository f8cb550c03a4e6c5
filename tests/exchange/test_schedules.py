"""When bindings are synced: set by who may, within bounds, and listed by what comes next."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.roles import NotAllowed
from audit.models import Entry
from exchange import opening, schedules, tasks
from exchange.models import Binding, SyncRun
from exchange.schedules import Schedule, ScheduleUnfit, WithdrawnDataset
from exchange.sync import engine
from tests.factories import exchange

pytestmark = pytest.mark.django_db
ROWS = "id,name,price\n1,a,2\n"
HOURLY = Schedule(60, False, 14, 5, 30)


def test_a_schedule_is_changed_without_reading_from_the_beginning():
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    Binding.objects.update(checkpoint="so far")

    schedules.reschedule(binding.pk, HOURLY, by=where.publisher, at=exchange.NOW)

    binding.refresh_from_db()
    assert (binding.schedule_minutes, binding.full_every_days, binding.checkpoint) == (
        60,
        14,
        "so far",
    )
    assert (binding.max_rejected_percent, binding.max_shrink_percent) == (5, 30)
    assert Entry.objects.filter(verb="binding.schedule").count() == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"every": 0},
        {"every": 10**9},
        {"max_rejected_percent": 101},
        {"max_shrink_percent": -1},
        {"full_every_days": 9999},
    ],
    ids=str,
)
def test_a_number_that_no_schedule_can_have_is_refused(odd):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)

    with pytest.raises(ScheduleUnfit):
        schedules.reschedule(
            binding.pk, replace(HOURLY, **odd), by=where.publisher, at=exchange.NOW
        )
    assert not Entry.objects.filter(verb="binding.schedule").exists()


def test_only_a_publisher_of_the_department_changes_a_schedule():
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)

    for person in (where.operator, where.system, exchange.house().publisher):
        with pytest.raises(NotAllowed):
            schedules.reschedule(binding.pk, HOURLY, by=person, at=exchange.NOW)


def test_what_is_withdrawn_is_not_scheduled():
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    opening.withdraw(dataset.pk, by=where.head, at=exchange.NOW, reason="by test")

    with pytest.raises(WithdrawnDataset):
        schedules.reschedule(binding.pk, HOURLY, by=where.publisher, at=exchange.NOW)


def test_what_is_withdrawn_takes_no_rows_when_somebody_asks_for_them():
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    opening.withdraw(dataset.pk, by=where.head, at=exchange.NOW, reason="by test")
    runs = SyncRun.objects.count()

    with pytest.raises(WithdrawnDataset):
        engine.sync(binding.pk, requested_by=where.publisher)

    assert SyncRun.objects.count() == runs
    assert tasks.sync(binding.pk, where.publisher.pk) is None


def test_what_comes_next_is_listed_first_and_what_never_comes_last():
    where = exchange.house()
    soon, never, now_due = (exchange.csv_binding(where, ROWS) for _each in range(3))
    now = exchange.NOW
    Binding.objects.filter(pk=soon.pk).update(
        schedule_minutes=60, attempted_at=now - timedelta(minutes=20)
    )
    Binding.objects.filter(pk=now_due.pk).update(schedule_minutes=60)
    Binding.objects.filter(pk=never.pk).update(schedule_minutes=60, paused=True)

    found = schedules.upcoming(Binding.objects.all(), now=now)

    assert [(one.binding.pk, one.due_at) for one in found] == [
        (now_due.pk, now),
        (soon.pk, now + timedelta(minutes=40)),
        (never.pk, None),
    ]
