"""A trial reads and checks all and lets nothing go live."""

import pytest
from psycopg import sql

from accounts.models import Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from exchange.models import Binding, RecordTable, RejectedRow, RunState, SyncRun
from exchange.problems import FileMissing
from exchange.records.statements import rows
from exchange.sync import engine
from tests.factories import accounts, exchange

pytestmark = pytest.mark.django_db

DATA = "id,name,price\n1,a,1\n2,b,x\n2,b,2\n2,b,2\n"


def staged() -> list[tuple]:
    return rows(sql.SQL("SELECT tablename FROM pg_tables WHERE schemaname = 'staging'"))


def test_a_trial_counts_and_keeps_rejected_rows_and_stores_nothing_else():
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA)

    run = engine.trial(binding.pk, by=where.publisher)

    assert (run.state, run.read, run.rejected, run.duplicates) == (RunState.TRIED, 4, 1, 1)
    assert run.accepted == 2
    assert run.merged_at is None
    assert RejectedRow.objects.get().field == "price"
    assert not RecordTable.objects.exists()
    assert staged() == []
    assert Entry.objects.filter(verb="sync.try", target=f"run:{run.pk}").exists()


def test_a_trial_says_when_a_sync_would_be_held_back():
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, max_rejected_percent=20)

    run = engine.trial(binding.pk, by=where.publisher)

    assert (run.state, run.problem_code) == (RunState.TRIED, "many-rejected")
    assert "20" in run.problem


def test_a_trial_of_a_table_that_stands_reads_all_and_moves_neither_rows_nor_checkpoint(source):
    where = exchange.house()
    url = source(
        "CREATE TABLE things (id bigint, name text, price numeric)",
        "INSERT INTO things SELECT n, 'a', n FROM generate_series(1, 30) n",
    )
    binding = exchange.database_binding(
        where, url, mode="cursor", cursor_column="id", max_rejected_percent=100
    )
    engine.sync(binding.pk)
    before = Binding.objects.values().get(), RecordTable.objects.values().get()
    source("UPDATE things SET name = 'b'")

    run = engine.trial(binding.pk, by=where.publisher)

    assert (run.state, run.read, run.accepted) == (RunState.TRIED, 30, 30)
    after = Binding.objects.values().get(), RecordTable.objects.values().get()
    assert after[1] == before[1]
    assert after[0] | {"attempted_at": 0} == before[0] | {"attempted_at": 0}


def test_a_run_that_is_held_back_goes_on_waiting_beside_a_trial():
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, max_rejected_percent=0)
    held = engine.sync(binding.pk)

    engine.trial(binding.pk, by=where.publisher)

    held.refresh_from_db()
    assert held.state == RunState.HELD
    assert len(staged()) > 0


def test_who_may_not_run_a_sync_may_not_try_one():
    binding = exchange.csv_binding(exchange.house(), DATA)

    with pytest.raises(NotAllowed):
        engine.trial(binding.pk, by=accounts.user(Role.PUBLISHER))

    assert not SyncRun.objects.exists()


def test_a_trial_that_fails_tells_nobody_and_waits_on_no_desk():
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA)
    exchange.Path(binding.object["path"]).unlink()

    with pytest.raises(FileMissing):
        engine.trial(binding.pk, by=where.publisher)

    run = SyncRun.objects.get()
    assert (run.state, run.trial) == (RunState.FAILED, True)
    assert run.problem
    assert not Notice.objects.exists()
    with pytest.raises(FileMissing):
        engine.sync(binding.pk)
    assert Notice.objects.get().kind == "sync.failed"
    with pytest.raises(FileMissing):
        engine.trial(binding.pk, by=where.publisher)
    assert Notice.objects.open().get().kind == "sync.failed"
