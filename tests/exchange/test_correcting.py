"""A rejected row is corrected and goes live; what the source brings later goes first."""

import pytest
from psycopg import sql

from accounts.roles import NotAllowed
from audit.models import Entry
from exchange.models import RecordTable, RejectedRow, RunState, SyncRun, Zone
from exchange.problems import WrongRunState
from exchange.records import store
from exchange.records.statements import rows
from exchange.sync import corrected, engine, undoing
from exchange.sync.correcting import StillBroken, correct
from policy.terms import DataType
from tests.exchange.test_csv_sync import shared
from tests.factories import exchange
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db
GOOD = "".join(f"{n},n{n},1\n" for n in range(12))
HEADER = "id,name,price\n"
FIXED = {"id": "77", "name": "by hand", "price": "2.5"}


def write(binding, text):
    exchange.Path(binding.object["path"]).write_text(HEADER + GOOD + text)


def one_rejected(text="77,x,cheap\n", columns=exchange.KEYED):
    """Return a published table, its run and the row that was turned away."""
    where = exchange.house()
    binding = exchange.csv_binding(where, HEADER + GOOD + text, columns, max_shrink_percent=100)
    engine.sync(binding.pk)
    exchange.publish(where, binding.resource)
    return where, binding, RejectedRow.objects.get()


def named(binding):
    """Return name by key of the shared rows."""
    return {row[0]: row[1] for row in shared(binding)}


def test_a_corrected_row_goes_live_in_every_zone_with_a_ledger_and_a_trail():
    where, binding, row = one_rejected()
    fresh = RecordTable.objects.get(zone=Zone.SHARED, live=True).refreshed_at

    run = correct(row.pk, FIXED, by=where.publisher, at=exchange.NOW)

    assert named(binding)[77] == "by hand"
    assert (run.read, run.inserted, run.before, run.after) == (1, 1, 12, 13)
    assert (run.mode, run.state, run.requested_by) == ("correct", RunState.DONE, where.publisher)
    table = RecordTable.objects.get(zone=Zone.OPEN, live=True)
    assert table.rows == 13
    assert table.refreshed_at == fresh  # one row by hand makes the others no fresher
    entry = Entry.objects.get(verb="rejected.correct")
    assert entry.target == f"rejected:{row.pk}"
    assert "by hand" not in str(entry.details)
    assert not RejectedRow.objects.exists()
    assert not rows(sql.SQL("SELECT 1 FROM pg_tables WHERE schemaname = 'staging'"))


def test_a_correction_of_a_row_that_stands_puts_its_cells_in_place():
    where, binding, _row = one_rejected()
    write(binding, "")
    text = HEADER + GOOD.replace("7,n7,1", "7,n7,dear")
    exchange.Path(binding.object["path"]).write_text(text)
    RejectedRow.objects.all().delete()
    engine.sync(binding.pk)

    run = correct(
        RejectedRow.objects.get().pk,
        {"id": "7", "name": "seven", "price": "7"},
        by=where.publisher,
        at=exchange.NOW,
    )

    assert (run.inserted, run.updated, run.after) == (0, 1, 12)
    assert named(binding)[7] == "seven"


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        (FIXED | {"price": "cheap"}, "type"),
        (FIXED | {"id": ""}, "required"),
        ({"name": "only"}, "required"),
        (FIXED | {"name": "a\0b"}, "NUL"),
    ],
    ids=["type", "empty key", "no key", "nul"],
)
def test_a_row_that_still_breaks_a_rule_is_refused_and_nothing_has_changed(cells, rule):
    where, binding, row = one_rejected()
    before, runs = named(binding), SyncRun.objects.count()

    with pytest.raises(StillBroken, match=rule):
        correct(row.pk, cells, by=where.publisher, at=exchange.NOW)

    assert named(binding) == before
    assert SyncRun.objects.count() == runs
    assert RejectedRow.objects.get() == row
    assert not Entry.objects.filter(verb="rejected.correct").exists()


@pytest.mark.parametrize("again", ["77,x,cheap\n", ""], ids=["still broken", "not there"])
def test_the_next_full_read_keeps_a_correction_that_the_source_does_not_deliver(again):
    where, binding, row = one_rejected()
    correct(row.pk, FIXED, by=where.publisher, at=exchange.NOW)
    write(binding, again)

    for _each in range(2):
        run = engine.sync(binding.pk)

        assert named(binding)[77] == "by hand"
        assert (run.deleted, run.after) == (0, 13)


def test_what_the_source_delivers_soundly_goes_before_the_correction_and_ends_it():
    where, binding, row = one_rejected()
    correct(row.pk, FIXED, by=where.publisher, at=exchange.NOW)
    write(binding, "77,by the source,3\n")

    engine.sync(binding.pk)

    assert named(binding)[77] == "by the source"
    assert corrected.count(binding.resource_id) == 0
    write(binding, "")
    assert engine.sync(binding.pk).deleted == 1


def test_a_source_that_delivers_just_what_was_corrected_has_it_back_in_hand():
    where, binding, row = one_rejected()
    correct(row.pk, FIXED, by=where.publisher, at=exchange.NOW)
    write(binding, "77,by hand,2.5\n")
    engine.sync(binding.pk)
    write(binding, "")

    assert engine.sync(binding.pk).deleted == 1
    assert 77 not in named(binding)


def test_a_database_compared_by_digest_keeps_corrections_too(source):
    url = source(
        "CREATE TABLE things (id bigint PRIMARY KEY, name text, price numeric)",
        "INSERT INTO things SELECT n, CASE WHEN n = 7 THEN 'much too long' ELSE 'n' END, 1"
        " FROM generate_series(1, 20) n",
    )
    columns = (
        column("id", DataType.INTEGER, is_key=True),
        column("name", length=8),
        column("price", DataType.DECIMAL),
    )
    where = exchange.house()
    binding = exchange.database_binding(where, url, columns, max_shrink_percent=100)
    engine.sync(binding.pk)
    row = RejectedRow.objects.get()
    correct(
        row.pk, {"id": "7", "name": "short", "price": "1"}, by=where.publisher, at=exchange.NOW
    )

    source("DELETE FROM things WHERE id IN (7, 8)")
    run = engine.sync(binding.pk)
    assert (run.scope, run.deleted, named(binding)[7]) == ("changed", 1, "short")
    source("INSERT INTO things VALUES (7, 'source', 2)")
    engine.sync(binding.pk)

    assert named(binding)[7] == "source"
    assert corrected.count(binding.resource_id) == 0


def test_another_shape_that_would_lose_corrections_is_held_back():
    where, binding, row = one_rejected()
    correct(row.pk, FIXED, by=where.publisher, at=exchange.NOW)
    field = binding.resource.fields.get(name="price")
    binding.refresh_from_db()
    del binding.columns[str(field.pk)]
    binding.save()
    write(binding, "")

    run = engine.sync(binding.pk)

    assert (run.state, run.problem_code) == (RunState.HELD, "corrected")
    assert 77 in named(binding)
    engine.release(run.pk, by=where.head, at=exchange.NOW)
    assert 77 not in named(binding)
    assert corrected.count(binding.resource_id) == 0


def test_a_correction_can_be_undone_like_any_run():
    where, binding, row = one_rejected()
    before = shared(binding)
    run = correct(row.pk, FIXED, by=where.publisher, at=exchange.NOW)

    undoing.undo_run(run.pk, by=where.head, at=exchange.NOW, reason="wrong")

    assert shared(binding) == before
    assert corrected.count(binding.resource_id) == 0


def test_rows_without_a_key_are_corrected_too():
    columns = (column("name"), column("price", DataType.DECIMAL))
    where = exchange.house()
    text = "name,price\n" + "".join(f"n{n},1\n" for n in range(12)) + "x,cheap\n"
    binding = exchange.csv_binding(where, text, columns)
    engine.sync(binding.pk)

    correct(
        RejectedRow.objects.get().pk,
        {"name": "x", "price": "1"},
        by=where.publisher,
        at=exchange.NOW,
    )
    run = engine.sync(binding.pk)

    assert run.after == 13
    assert ("x", 1) in [(name, int(price)) for name, price in shared(binding)]


def test_nobody_but_a_publisher_of_the_department_corrects_and_only_once():
    where, _binding, row = one_rejected()
    for person in (where.head, where.operator, where.system, exchange.house().publisher):
        with pytest.raises(NotAllowed):
            correct(row.pk, FIXED, by=person, at=exchange.NOW)

    correct(row.pk, FIXED, by=where.publisher, at=exchange.NOW)

    with pytest.raises(RejectedRow.DoesNotExist):
        correct(row.pk, FIXED, by=where.publisher, at=exchange.NOW)


def test_before_the_first_load_there_is_nothing_to_correct_into():
    where = exchange.house()
    binding = exchange.csv_binding(where, HEADER + "x,bad,1\n")
    run = engine.sync(binding.pk)
    row = run.rejected_rows.get()

    with pytest.raises(WrongRunState, match=r"first|先"):
        correct(row.pk, FIXED, by=where.publisher, at=exchange.NOW)

    assert store.live(binding.resource_id, Zone.SHARED) is None
