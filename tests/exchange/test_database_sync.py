"""A table of a department's database on its way into the shared zone."""

from decimal import Decimal

import pytest
from psycopg import sql

from accounts.roles import NotAllowed
from exchange import problems
from exchange.models import AllowedHost, RecordTable, RunState, SyncMode, SyncRun
from exchange.records import store
from exchange.records.statements import rows
from exchange.sources import SourceUnfit
from exchange.sync import engine
from exchange.sync.merge import Scope
from policy.terms import DataType
from tests.exchange.test_csv_sync import shared
from tests.factories import exchange
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db

THINGS = (
    "CREATE TABLE things (id bigint PRIMARY KEY, name text, price numeric, at timestamptz)",
    (
        "INSERT INTO things SELECT i, 'thing ' || i, i / 4.0, '2026-01-01Z'::timestamptz"
        " + i * interval '1 second' FROM generate_series(1, 100) i"
    ),
)


def test_a_table_comes_through_in_binary_form(source):
    binding = exchange.database_binding(exchange.house(), source(*THINGS))

    run = engine.sync(binding.pk)

    assert run.state == RunState.DONE
    assert (run.read, run.inserted, run.scope) == (100, 100, Scope.ALL)
    assert shared(binding)[0] == (1, "thing 1", Decimal("0.25"))


def test_a_second_full_run_fetches_only_rows_whose_digest_differs(source):
    url = source(*THINGS)
    binding = exchange.database_binding(exchange.house(), url)
    engine.sync(binding.pk)
    source(
        "UPDATE things SET name = 'other' WHERE id IN (3, 4)",
        "DELETE FROM things WHERE id = 5",
        "INSERT INTO things VALUES (101, 'new', 1)",
    )

    run = engine.sync(binding.pk)

    assert run.scope == Scope.CHANGED
    assert (run.read, run.inserted, run.updated, run.deleted) == (100, 1, 2, 1)
    assert run.unchanged == 97
    assert {row[1] for row in shared(binding)} >= {"other", "new"}


def test_a_cursor_reads_on_from_where_it_was_and_boundary_rows_are_unchanged(source):
    url = source(*THINGS)
    binding = exchange.database_binding(
        exchange.house(), url, mode=SyncMode.CURSOR, cursor_column="at"
    )
    engine.sync(binding.pk)
    source(
        "UPDATE things SET name = 'other', at = '2026-02-01Z' WHERE id IN (3, 4)",
        "INSERT INTO things VALUES (101, 'new', 1, '2026-02-01Z'), (102, 'none', 1, NULL)",
    )

    run = engine.sync(binding.pk)
    again = engine.sync(binding.pk)

    assert (run.read, run.inserted, run.updated, run.unchanged) == (5, 2, 2, 1)
    assert (again.read, again.unchanged, again.scope) == (4, 4, Scope.PART)
    assert again.after == 102


def test_text_that_is_declared_a_date_is_cast_here_and_bad_ones_are_set_aside(source):
    url = source(
        "CREATE TABLE things (id bigint, day text)",
        "INSERT INTO things VALUES (1, '2026-03-01'), (2, 'now'), (3, '2026-02-30')",
    )
    columns = (
        column("id", DataType.INTEGER, is_key=True),
        column("day", DataType.DATE),
    )
    binding = exchange.database_binding(exchange.house(), url, columns, max_rejected_percent=100)

    run = engine.sync(binding.pk)

    assert (run.read, run.inserted, run.rejected) == (3, 1, 2)


def test_duplicate_keys_keep_the_first_row_and_the_others_in_quarantine(source):
    url = source(
        "CREATE TABLE things (id bigint, name text, price numeric)",
        "INSERT INTO things VALUES (1, 'a', 1), (1, 'a', 1), (1, 'b', 1), (2, 'c', 1)",
    )
    binding = exchange.database_binding(exchange.house(), url)

    run = engine.sync(binding.pk)

    assert (run.read, run.inserted, run.duplicates, run.rejected) == (4, 2, 2, 0)
    assert [r.rule for r in run.rejected_rows.all()] == ["duplicate-key"]


def test_a_source_that_lost_most_rows_is_held_back_and_released_by_a_person(source):
    url = source(*THINGS)
    where = exchange.house()
    binding = exchange.database_binding(where, url)
    engine.sync(binding.pk)
    source("DELETE FROM things WHERE id > 50")

    run = engine.sync(binding.pk)

    assert (run.state, run.problem_code) == (RunState.HELD, "shrunk")
    assert len(shared(binding)) == 100
    released = engine.release(run.pk, by=where.head, at=exchange.NOW)
    assert (released.state, released.deleted, len(shared(binding))) == (RunState.DONE, 50, 50)


def test_a_rejected_update_leaves_the_row_before_it_standing(source):
    url = source(*THINGS)
    columns = (
        column("id", DataType.INTEGER, is_key=True),
        column("name", length=12),
        column("price", DataType.DECIMAL),
    )
    binding = exchange.database_binding(exchange.house(), url, columns)
    engine.sync(binding.pk)
    source("UPDATE things SET name = 'much longer than twelve' WHERE id = 7")

    run = engine.sync(binding.pk)

    assert (run.rejected, run.deleted, run.updated) == (1, 0, 0)
    assert (7, "thing 7", Decimal("1.75")) in shared(binding)


@pytest.mark.parametrize(
    ("break_it", "problem", "word"),
    [
        ("ALTER TABLE things RENAME name TO title", problems.ColumnVanished, "“name”"),
        ("DROP TABLE things", problems.ColumnVanished, "“id”"),
    ],
)
def test_a_changed_source_fails_with_a_sentence_and_changes_nothing(
    source, break_it, problem, word
):
    binding = exchange.database_binding(exchange.house(), source(*THINGS))
    engine.sync(binding.pk)
    source(break_it)

    with pytest.raises(problem, match=word):
        engine.sync(binding.pk)

    assert len(shared(binding)) == 100
    assert SyncRun.objects.latest("pk").state == RunState.FAILED


def test_a_host_that_is_not_on_the_list_is_not_dialled(source):
    binding = exchange.database_binding(exchange.house(), source(*THINGS))
    AllowedHost.objects.all().delete()

    with pytest.raises(problems.HostNotAllowed, match=r"system administrator|系统管理员"):
        engine.sync(binding.pk)


def test_a_source_that_is_down_says_so_and_deletes_nothing(source):
    binding = exchange.database_binding(exchange.house(), source(*THINGS))
    engine.sync(binding.pk)
    AllowedHost.objects.update(host="/nowhere")
    binding.source.settings["host"] = "/nowhere"
    binding.source.save()

    with pytest.raises(problems.SourceUnavailable):
        engine.sync(binding.pk)

    assert len(shared(binding)) == 100


def test_a_new_field_makes_a_new_version_and_rows_keep_their_ids(source):
    url = source(*THINGS)
    where = exchange.house()
    binding = exchange.database_binding(where, url)
    engine.sync(binding.pk)
    before = _ids(binding)
    field = exchange.publishing.add_field(
        binding.resource_id,
        column("at", DataType.DATETIME).new(),
        by=where.publisher,
        at=exchange.NOW,
    )
    binding.columns[str(field.pk)] = "at"
    binding.save()

    run = engine.sync(binding.pk)

    assert (run.unchanged, run.inserted, run.after) == (100, 0, 100)
    assert _ids(binding) == before
    assert RecordTable.objects.get(live=True).version == 2


def _ids(binding) -> set[tuple]:
    table = RecordTable.objects.get(resource=binding.resource, live=True)
    key = sql.Identifier(table.key_columns[0])
    found = rows(sql.SQL("SELECT {}, _id FROM {}").format(key, store.of(table)))
    return set(found)


def test_only_who_may_lets_a_held_run_go_live(source):
    url = source(*THINGS)
    where = exchange.house()
    binding = exchange.database_binding(where, url)
    engine.sync(binding.pk)
    source("DELETE FROM things WHERE id > 50")
    run = engine.sync(binding.pk)

    for verb in (engine.release, engine.discard):
        with pytest.raises(NotAllowed):
            verb(run.pk, by=where.publisher, at=exchange.NOW)
    assert len(shared(binding)) == 100
    assert engine.discard(run.pk, by=where.head, at=exchange.NOW).state == RunState.DISCARDED


def test_a_key_that_reads_otherwise_at_the_source_loses_no_update(source):
    url = source(
        "CREATE TABLE things (id character(6) PRIMARY KEY, name text, price numeric)",
        "INSERT INTO things SELECT 'k' || i, 'n', i FROM generate_series(1, 30) i",
    )
    columns = (
        column("id", is_key=True),
        column("name"),
        column("price", DataType.DECIMAL),
    )
    binding = exchange.database_binding(exchange.house(), url, columns)
    engine.sync(binding.pk)
    source("UPDATE things SET name = 'changed' WHERE id = 'k7'")

    run = engine.sync(binding.pk)

    assert (run.updated, run.unchanged) == (1, 29)
    assert ("k7", "changed", Decimal(7)) in shared(binding)


def test_a_table_without_a_key_does_not_sync_by_cursor(source):
    columns = (column("name"), column("price", DataType.DECIMAL))

    with pytest.raises(SourceUnfit, match=r"key|主键"):
        exchange.database_binding(
            exchange.house(),
            source(*THINGS),
            columns,
            mode=SyncMode.CURSOR,
            cursor_column="at",
        )
