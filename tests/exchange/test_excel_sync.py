"""A workbook on its way into the shared zone, its cells held to the declared types."""

from datetime import date, datetime

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from exchange import problems
from exchange.models import RejectedRow, RunState, SyncRun, Zone
from exchange.records import store
from exchange.sync import engine, rejects
from policy.terms import DataType
from tests.exchange.test_csv_sync import shared
from tests.factories import exchange, sheets
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db


def bound(data, columns=exchange.KEYED, **given):
    return exchange.csv_binding(exchange.house(), data, columns, suffix=".xlsx", given=given)


def test_a_sheet_comes_through_whole():
    binding = bound(sheets.workbook())

    run = engine.sync(binding.pk)

    assert (run.state, run.read, run.inserted, run.after) == (RunState.DONE, 2, 2, 2)
    assert [(i, n, str(p)) for i, n, p in shared(binding)] == [
        (1, "甲", "2.5"),
        (2, "乙", "None"),
    ]


def test_the_header_is_found_below_title_and_notes_and_its_two_rows_are_one_name():
    rows = (*sheets.WITH_TITLE, ("0017", date(2026, 1, 2), date(2026, 2, 3), 12))
    columns = (
        column("code", source="编号", is_key=True),
        column("begins", DataType.DATE, source="施工时间/开始"),
        column("ends", DataType.DATE, source="施工时间/结束"),
        column("area", DataType.INTEGER, source="面积"),
    )
    binding = bound(sheets.workbook(rows, then=sheets.merged_header), columns)

    engine.sync(binding.pk)

    assert shared(binding) == [("0017", date(2026, 1, 2), date(2026, 2, 3), 12)]


def test_cells_are_written_by_the_declared_type_and_not_by_how_excel_keeps_them():
    rows = (
        ("code", "count", "share", "day", "at", "open"),
        (123, "45", 0.1 + 0.2, 45000, datetime.fromisoformat("2026-01-02 03:04:05"), True),
        ("00123", " 6 ", "7.50", "2026-03-04", date(2026, 1, 2), "否"),
    )
    columns = (
        column("code", is_key=True),
        column("count", DataType.INTEGER),
        column("share", DataType.DECIMAL),
        column("day", DataType.DATE),
        column("at", DataType.DATETIME),
        column("open", DataType.BOOLEAN),
    )
    binding = bound(sheets.workbook(rows), columns)

    run = engine.sync(binding.pk)

    assert run.rejected == 0
    second, first = shared(binding)
    assert (first[0], second[0]) == ("123", "00123")
    assert (first[1], second[1]) == (45, 6)
    assert (str(first[2]), str(second[2])) == ("0.3", "7.50")
    assert (first[3], second[3]) == (date(2023, 3, 15), date(2026, 3, 4))
    assert f"{first[4]:%Y-%m-%d %H:%M:%S%z}" == "2026-01-02 03:04:05+0800"
    assert (first[5], second[5]) == (True, False)


def test_hidden_rows_are_read_and_empty_ones_are_not():
    def hide(page: Worksheet) -> None:
        page.row_dimensions[2].hidden = True
        page["A5"] = "  "
        page["B9"].number_format = "0.00"

    binding = bound(sheets.workbook(then=hide))

    run = engine.sync(binding.pk)

    assert (run.read, run.inserted) == (2, 2)


def test_a_row_that_does_not_fit_is_set_aside_with_its_row_in_the_sheet():
    rows = (("表",), ("id", "name", "price"), (1, "a", 1), (None,), ("x", "b", 2), (3, "c", "三"))
    binding = exchange.csv_binding(
        exchange.house(), sheets.workbook(rows), suffix=".xlsx", max_rejected_percent=100
    )

    run = engine.sync(binding.pk)

    assert (run.read, run.inserted, run.rejected) == (3, 1, 2)
    kept = RejectedRow.objects.order_by("line")
    assert [(r.line, r.rule, r.field) for r in kept] == [(5, "type", "id"), (6, "type", "price")]
    assert rejects.opened(kept[0])["name"] == "b"


def test_one_of_several_sheets_is_read_by_its_name():
    data = sheets.workbook(sheet="明细", before=("封面", "说明"))

    run = engine.sync(bound(data, sheet="明细").pk)

    assert run.inserted == 2


def test_a_sheet_that_vanished_stops_the_run_and_names_those_that_are_there():
    binding = bound(sheets.workbook(sheet="明细"), sheet="明细")
    engine.sync(binding.pk)
    exchange.Path(binding.object["path"]).write_bytes(sheets.workbook(sheet="别的"))

    with pytest.raises(problems.SheetMissing, match="别的") as stopped:
        engine.sync(binding.pk)

    assert "明细" in str(stopped.value)
    last = SyncRun.objects.latest("pk")
    assert (last.state, last.problem_code) == (RunState.FAILED, "sheet-missing")
    assert store.live(binding.resource_id, Zone.SHARED).rows == 2


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ((("id", "name", "name"), (1, "a", 2)), "name"),
        ((("id", "name"), (1, "a")), "price"),
        (((1, 2, 3), (4, 5, 6)), "数据"),
    ],
    ids=["twice", "missing", "no-header"],
)
def test_a_header_that_does_not_tell_its_columns_apart_stops_the_run(rows, word):
    binding = bound(sheets.workbook(rows))

    with pytest.raises(problems.HeaderMismatch, match=word):
        engine.sync(binding.pk)

    assert store.live(binding.resource_id, Zone.SHARED) is None


@pytest.mark.parametrize("data", [b"id,name,price\n1,a,2\n", b"PK\x03\x04 cut off"])
def test_a_file_that_is_not_what_its_name_says_stops_the_run(data):
    binding = bound(data)

    with pytest.raises(problems.FileBroken, match=r"XLSX") as stopped:
        engine.sync(binding.pk)

    assert exchange.Path(binding.object["path"]).name in str(stopped.value)
    assert SyncRun.objects.get().state == RunState.FAILED


def test_a_sheet_without_rows_is_held_to_be_a_mistake():
    binding = bound(sheets.workbook((("id", "name", "price"),)))

    with pytest.raises(problems.SourceEmpty):
        engine.sync(binding.pk)


def test_a_real_workbook_of_the_old_format_comes_through_whole(shared_data):
    data = (shared_data / "catalogues" / "tw_taoyuan_catalogue.xls").read_bytes()
    columns = (
        column("number", DataType.INTEGER, source="編號", is_key=True),
        column("name", source="資料名稱"),
        column("format", source="檔案格式"),
    )
    binding = exchange.csv_binding(exchange.house(), data, columns, suffix=".xls")

    run = engine.sync(binding.pk)

    assert (run.state, run.read, run.inserted, run.rejected) == (RunState.DONE, 1429, 1429, 0)
    assert shared(binding)[0] == (1, "桃園市臨時暨短期照顧服務之委託單位", "CSV")
