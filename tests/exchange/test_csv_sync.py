"""A CSV file on its way into the shared zone."""

from datetime import UTC
from pathlib import Path

import pytest
from django.utils.translation import override
from psycopg import sql

from exchange.models import RecordTable, RejectedRow, RunState, SyncRun, Zone
from exchange.problems import FileBroken
from exchange.records import store
from exchange.records.statements import rows
from exchange.sync import engine, rejects
from policy.terms import DataType
from tests.factories import exchange
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db


def shared(binding) -> list[tuple]:
    table = store.live(binding.resource_id, Zone.SHARED)
    names = sql.SQL(", ").join(sql.Identifier(c["column"]) for c in table.columns)
    return rows(sql.SQL("SELECT {} FROM {} ORDER BY 1").format(names, store.of(table)))


def test_a_file_comes_through_whole():
    binding = exchange.csv_binding(exchange.house(), "id,name,price\n1,甲,2.50\n2,乙,\n")

    run = engine.sync(binding.pk)

    assert run.state == RunState.DONE
    assert (run.read, run.inserted, run.after) == (2, 2, 2)
    assert [(i, n, str(p)) for i, n, p in shared(binding)] == [
        (1, "甲", "2.50"),
        (2, "乙", "None"),
    ]


def test_a_row_that_does_not_fit_is_set_aside_with_rule_field_and_line():
    data = "id,name,price\n1,a,2\n0x1F,b,3\n3,c,NaN\n4,d\n5,e,6\n"
    binding = exchange.csv_binding(exchange.house(), data, max_rejected_percent=100)

    run = engine.sync(binding.pk)

    assert (run.read, run.inserted, run.rejected) == (5, 2, 3)
    kept = RejectedRow.objects.order_by("line")
    assert [(r.line, r.rule, r.field) for r in kept] == [
        (3, "type", "id"),
        (4, "type", "price"),
        (5, "field-count", ""),
    ]
    assert rejects.opened(kept[0])["name"] == "b"


def test_only_what_changed_is_written_the_second_time():
    where = exchange.house()
    binding = exchange.csv_binding(
        where, "id,name,price\n1,a,1\n2,b,2\n3,c,3\n4,d,4\n5,e,5\n6,f,6\n"
    )
    engine.sync(binding.pk)
    before = RecordTable.objects.get(live=True)
    exchange.Path(binding.object["path"]).write_text(
        "id,name,price\n1,a,1\n2,b,9\n3,c,3\n4,d,4\n5,e,5\n7,g,7\n"
    )

    run = engine.sync(binding.pk)

    assert (run.inserted, run.updated, run.deleted, run.unchanged) == (1, 1, 1, 4)
    after = RecordTable.objects.get(live=True)
    assert (after.pk, after.seq, after.rows) == (before.pk, before.seq + 1, 6)


def test_a_carriage_return_in_a_cell_is_only_a_character():
    binding = exchange.csv_binding(exchange.house(), 'id,name,price\n1,"a\rb",2\n2,"c\r\nd",3\n')

    engine.sync(binding.pk)

    assert [row[1] for row in shared(binding)] == ["a\rb", "c\r\nd"]


def test_a_time_without_a_zone_is_read_in_the_sources_zone():
    columns = (
        column("id", DataType.INTEGER, is_key=True),
        column("at", DataType.DATETIME),
    )
    binding = exchange.csv_binding(
        exchange.house(), "id,at\n1,2024-01-01 08:00:00\n2,2024-01-01T08:00:00Z\n", columns
    )

    engine.sync(binding.pk)

    hours = [row[1].astimezone(UTC).hour for row in shared(binding)]
    assert hours == [0, 8]


def test_a_picture_in_the_place_of_the_file_is_told_as_no_text_and_changes_nothing():
    binding = exchange.csv_binding(exchange.house(), "id,name,price\n1,a,1\n")
    engine.sync(binding.pk)
    Path(binding.object["path"]).write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))

    with override("en"), pytest.raises(FileBroken, match="does not begin with text in utf-8"):
        engine.sync(binding.pk)

    assert "save the table as CSV" in SyncRun.objects.latest("pk").problem_en
    assert len(shared(binding)) == 1


def test_a_record_that_could_not_be_cut_deletes_no_row():
    where = exchange.house()
    data = "id,name,price\n" + "".join(f"{i},n{i},1\n" for i in range(20))
    binding = exchange.csv_binding(where, data)
    engine.sync(binding.pk)
    exchange.Path(binding.object["path"]).write_text(data.replace("7,n7,1", "7,n7,1,extra"))

    run = engine.sync(binding.pk)

    assert (run.rejected, run.deleted, run.after) == (1, 0, 20)
