"""What a cursor cannot see, and what rows without a key may not tell."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from accounts.roles import NotAllowed
from catalog.models import Code, CodeList
from exchange import opening
from exchange.models import Binding, RunState, SyncMode, Zone
from exchange.records import store, zones
from exchange.records.statements import rows
from exchange.sync import engine
from exchange.sync.merge import Scope
from policy.terms import DataType, Grade
from tests.exchange.test_csv_sync import shared
from tests.exchange.test_database_sync import THINGS
from tests.factories import exchange
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db

LATER = exchange.NOW + timedelta(days=1)
MUCH_LATER = exchange.NOW + timedelta(days=8)


def by_cursor(url, **over) -> Binding:
    return exchange.database_binding(
        exchange.house(), url, mode=SyncMode.CURSOR, cursor_column="at", **over
    )


def run_at(binding: Binding, moment):
    return engine.sync(binding.pk, clock=lambda: moment)


def test_a_row_deleted_at_the_source_goes_with_the_next_whole_compare(source):
    binding = by_cursor(source(*THINGS))
    first = run_at(binding, exchange.NOW)
    source("DELETE FROM things WHERE id = 5")

    soon, due = run_at(binding, LATER), run_at(binding, MUCH_LATER)
    after = run_at(binding, MUCH_LATER + timedelta(days=1))

    assert (first.because, first.mode) == ("shape", SyncMode.FULL)
    assert (soon.because, soon.scope, soon.deleted) == ("", Scope.PART, 0)
    assert (due.because, due.mode, due.scope, due.deleted) == ("due", "full", Scope.CHANGED, 1)
    assert (after.because, after.mode, after.scope) == ("", "cursor", Scope.PART)


def test_a_binding_may_do_without_the_regular_compare(source):
    binding = by_cursor(source(*THINGS), full_every_days=0)
    run_at(binding, exchange.NOW)

    assert run_at(binding, exchange.NOW + timedelta(days=1000)).because == ""


def test_a_whole_compare_moves_the_cursor_on_too(source):
    binding = by_cursor(source(*THINGS))
    run_at(binding, exchange.NOW)
    source("UPDATE things SET at = '2026-03-01Z' WHERE id = 1")

    run_at(binding, MUCH_LATER)
    again = run_at(binding, MUCH_LATER)

    assert (again.scope, again.read) == (Scope.PART, 1)


def test_rows_turned_away_come_when_the_code_list_allows_them(source):
    codes = CodeList.objects.create(name="kinds", version="1", title_zh="种类")
    Code.objects.create(list=codes, code="thing 1", label_zh="一")
    binding = by_cursor(
        source(*THINGS),
        columns=(column("id", DataType.INTEGER, is_key=True), column("name", code_list=codes)),
        max_rejected_percent=100,
    )
    first = run_at(binding, exchange.NOW)
    Code.objects.create(list=codes, code="thing 2", label_zh="二")

    second = run_at(binding, LATER)

    assert (first.inserted, first.rejected) == (1, 99)
    assert (second.because, second.inserted) == ("rules", 1)
    assert run_at(binding, LATER).because == ""


def test_one_bad_row_of_few_that_changed_is_set_aside_and_holds_nothing(source):
    binding = by_cursor(
        source(*THINGS),
        columns=(column("id", DataType.INTEGER, is_key=True), column("name", length=10)),
    )
    run_at(binding, exchange.NOW)
    source(
        "INSERT INTO things VALUES (101, 'far too long a name', 1, '2026-02-01Z'),"
        " (102, 'short', 1, '2026-02-01Z')"
    )

    run = run_at(binding, LATER)

    assert (run.state, run.rejected, run.inserted) == (RunState.DONE, 1, 1)


def test_rows_without_a_key_are_in_no_zone_while_some_cells_are_hidden():
    where = exchange.house()
    open_columns = (column("name"), column("more"))
    binding = exchange.csv_binding(where, "name,more\na,1\nb,2\n", open_columns)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    assert store.live(binding.resource_id, Zone.OPEN).rows == 2

    opening.regrade(
        dataset.pk,
        {binding.resource.fields.get(name="more").pk: {"grade": Grade.L4}},
        by=where.publisher,
        at=exchange.NOW,
        reason="it names people",
    )

    assert store.live(binding.resource_id, Zone.OPEN) is None
    assert zones.refresh(binding.resource_id, at=exchange.NOW)[Zone.OPEN] is None


def test_another_column_of_a_table_without_a_key_is_no_shrinking():
    where = exchange.house()
    columns = (column("name"), column("more"))
    binding = exchange.csv_binding(where, "name,more\na,1\nb,2\n", columns)
    engine.sync(binding.pk)
    later = binding.resource.fields.get(name="more")
    binding.columns = {pk: name for pk, name in binding.columns.items() if pk != str(later.pk)}
    binding.save()

    run = engine.sync(binding.pk)

    assert (run.state, run.after) == (RunState.DONE, 2)


def test_a_new_shape_does_not_delete_what_may_be_an_unreadable_record():
    where = exchange.house()
    columns = (column("id", DataType.INTEGER, is_key=True), column("name"), column("more"))
    whole = "id,name,more\n" + "".join(f"{i},n{i},m\n" for i in range(1, 21))
    binding = exchange.csv_binding(where, whole, columns)
    engine.sync(binding.pk)
    later = binding.resource.fields.get(name="more")
    binding.columns = {pk: name for pk, name in binding.columns.items() if pk != str(later.pk)}
    binding.save()
    Path(binding.object["path"]).write_text(whole.replace("7,n7,m", "7,n7,m,too,many"))

    run = engine.sync(binding.pk)

    assert (run.state, run.problem_code) == (RunState.HELD, "unreadable")
    assert len(shared(binding)) == 20


def test_a_row_turned_away_in_a_new_shape_leaves_the_one_before_it_standing():
    where = exchange.house()
    columns = (
        column("id", DataType.INTEGER, is_key=True),
        column("name", length=10),
        column("more"),
    )
    whole = "id,name,more\n" + "".join(f"{i},n{i},m{i}\n" for i in range(1, 21))
    binding = exchange.csv_binding(where, whole, columns)
    whole_columns = dict(binding.columns)
    later = binding.resource.fields.get(name="more")
    Binding.objects.update(
        columns={pk: name for pk, name in whole_columns.items() if pk != str(later.pk)}
    )
    engine.sync(binding.pk)
    before = dict(numbered(binding))
    Binding.objects.update(columns=whole_columns)
    Path(binding.object["path"]).write_text(whole.replace("7,n7,", "7,far too long a name,"))

    run = engine.sync(binding.pk)
    again = engine.sync(binding.pk)

    assert (run.state, run.rejected, run.deleted, run.after) == (RunState.DONE, 1, 0, 20)
    assert dict(numbered(binding)) == before
    assert (7, "n7", None) in shared(binding)
    assert (again.rejected, again.unchanged, again.deleted) == (1, 19, 0)


def numbered(binding: Binding):
    """Return key and `_id` of each shared row."""
    table = store.live(binding.resource_id, Zone.SHARED)
    key = sql.Identifier(table.key_columns[0])
    return rows(sql.SQL("SELECT {}, _id FROM {}").format(key, store.of(table)))


def test_a_person_who_may_not_starts_no_sync(source):
    binding = by_cursor(source(*THINGS))
    stranger = exchange.house()

    with pytest.raises(NotAllowed):
        engine.sync(binding.pk, requested_by=stranger.publisher)

    assert not binding.runs.exists()
    assert engine.sync(binding.pk, requested_by=_publisher(binding)).requested_by is not None


def _publisher(binding: Binding):
    return binding.source.created_by


def test_a_source_in_another_encoding_comes_through_right(source):
    url = source("SELECT 1")
    parts = psycopg.conninfo.conninfo_to_dict(url)
    with psycopg.connect(url, autocommit=True) as old:
        name = f"{parts['dbname']}_gb"
        old.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        old.execute(
            f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'EUC_CN'"
            " LOCALE_PROVIDER libc LOCALE 'C'"
        )
    other = psycopg.conninfo.make_conninfo(url, dbname=name)
    try:
        with psycopg.connect(other, autocommit=True) as made:
            made.execute("CREATE TABLE things (id bigint PRIMARY KEY, name text)")
            made.execute("INSERT INTO things VALUES (1, '海湾市'), (2, '公园')")
            assert made.execute("SELECT octet_length(name) FROM things").fetchone() == (6,)
        columns = (column("id", DataType.INTEGER, is_key=True), column("name"))
        binding = exchange.database_binding(exchange.house(), other, columns)

        first = engine.sync(binding.pk)
        again = engine.sync(binding.pk)

        assert [row[1] for row in shared(binding)] == ["海湾市", "公园"]
        assert (first.inserted, again.unchanged) == (2, 2)
    finally:
        with psycopg.connect(url, autocommit=True) as old:
            old.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
