"""Runs that wait, or that nobody ended: what may still become of what they staged."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from exchange import sources, tasks
from exchange.models import Binding, RunState, SyncMode, SyncRun
from exchange.problems import WrongRunState
from exchange.sync import engine, undoing
from policy.terms import DataType
from tests.exchange.test_csv_sync import shared
from tests.exchange.test_database_sync import THINGS
from tests.factories import exchange
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db

OTHERS = (
    "CREATE TABLE others (id bigint PRIMARY KEY, name text, price numeric, at timestamptz)",
    "INSERT INTO others SELECT id, 'other ' || id, price, at FROM things",
)


def held_run(where: exchange.House, source, **over) -> SyncRun:
    binding = exchange.database_binding(where, source(*THINGS), **over)
    engine.sync(binding.pk)
    source("DELETE FROM things WHERE id > 50")
    return engine.sync(binding.pk)


def test_binding_to_something_else_gives_up_a_run_that_waits(source):
    where = exchange.house()
    run = held_run(where, source)
    source(*OTHERS)
    binding = run.binding

    sources.bind(
        binding.resource_id,
        source=binding.source,
        object={"schema": "public", "table": "others"},
        columns={int(pk): name for pk, name in binding.columns.items()},
        mode=SyncMode.CURSOR,
        cursor_column="at",
        by=where.publisher,
        at=exchange.NOW,
    )

    run.refresh_from_db()
    assert run.state == RunState.DISCARDED
    with pytest.raises(WrongRunState):
        engine.release(run.pk, by=where.head, at=exchange.NOW)
    assert Binding.objects.get(pk=binding.pk).checkpoint == ""
    assert len(shared(binding)) == 100


def test_a_run_whose_fields_are_others_than_now_wanted_is_not_released(source):
    where = exchange.house()
    columns = (column("id", DataType.INTEGER, is_key=True), column("name"), column("price"))
    run = held_run(where, source, columns=columns)
    binding = run.binding
    fewer = dict(list(binding.columns.items())[:2])
    Binding.objects.filter(pk=binding.pk).update(columns=fewer)

    with override("en"), pytest.raises(WrongRunState, match="Run the sync again"):
        engine.release(run.pk, by=where.head, at=exchange.NOW)

    run.refresh_from_db()
    assert run.state == RunState.HELD
    assert len(shared(binding)) == 100


def test_what_was_compared_with_undone_rows_is_not_released(source):
    where = exchange.house()
    binding = exchange.database_binding(where, source(*THINGS))
    engine.sync(binding.pk)
    source("UPDATE things SET name = 'other' WHERE id = 1")
    bad = engine.sync(binding.pk)
    source("DELETE FROM things WHERE id > 50")
    held = engine.sync(binding.pk)

    undoing.undo_run(bad.pk, by=where.head, at=exchange.now(), reason="wrong rows")

    with pytest.raises(WrongRunState):
        engine.release(held.pk, by=where.head, at=exchange.now())
    assert len(shared(binding)) == 100


def test_a_run_that_a_dead_worker_left_does_not_keep_the_schedule_waiting(source, monkeypatch):
    binding = exchange.database_binding(exchange.house(), source(*THINGS), schedule_minutes=5)
    long_ago = exchange.now() - timedelta(hours=1)
    SyncRun.objects.create(
        binding=binding, mode=SyncMode.FULL, started_at=long_ago, heartbeat_at=long_ago
    )
    sent = []
    monkeypatch.setattr(tasks.sync, "apply_async", lambda args, **_options: sent.append(args))

    tasks.sync_due()

    assert sent == [(binding.pk,)]


def test_the_schedule_starts_what_was_not_attempted_for_its_minutes(source, monkeypatch):
    where, url = exchange.house(), source(*THINGS)
    due, _recent, _unscheduled = (
        exchange.database_binding(where, url, schedule_minutes=minutes)
        for minutes in (5, 30, None)
    )
    attempted = exchange.now() - timedelta(minutes=10)
    Binding.objects.update(attempted_at=attempted)
    sent = []
    monkeypatch.setattr(tasks.sync, "apply_async", lambda args, **_options: sent.append(args))

    tasks.sync_due()

    assert sent == [(due.pk,)]


def test_a_run_that_lives_is_not_started_again(source, monkeypatch):
    binding = exchange.database_binding(exchange.house(), source(*THINGS), schedule_minutes=5)
    SyncRun.objects.create(
        binding=binding,
        mode=SyncMode.FULL,
        started_at=exchange.now() - timedelta(hours=1),
        heartbeat_at=exchange.now(),
    )
    sent = []
    monkeypatch.setattr(tasks.sync, "apply_async", lambda args, **_options: sent.append(args))

    tasks.sync_due()

    assert sent == []


def test_another_key_is_no_shrinking(source):
    columns = (column("id", DataType.INTEGER, is_key=True), column("name", required=True))
    binding = exchange.database_binding(exchange.house(), source(*THINGS), columns=columns)
    engine.sync(binding.pk)
    binding.resource.fields.filter(name="id").update(is_key=False)
    binding.resource.fields.filter(name="name").update(is_key=True)

    run = engine.sync(binding.pk)

    assert (run.state, run.after) == (RunState.DONE, 100)
