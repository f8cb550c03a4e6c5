"""Workbooks from outside: what is read of them, and what is refused before it is read."""

import struct
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.refusals import WorkbookRefused
from catalog.workbooks import Limits, as_day, as_text, find_header, open_workbook
from tests.factories.workbooks import part_of, with_part, xlsx

SHEET = "xl/worksheets/sheet1.xml"


def grid(data, name="a.xlsx"):
    book = open_workbook(data, name)
    return book.grid(book.sheets[0])


# what is read


def test_merged_cells_have_their_value_in_each_cell():
    data = xlsx([["title", None, None], ["a", "b", "c"], [1, 2, 3]], merged=["A1:C1"])

    assert grid(data)[0] == ["title", "title", "title"]


def test_numbers_days_and_text_come_as_what_they_are():
    data = xlsx([["007", 7, 1.5, date(2025, 3, 1), True, None, "  edge "]])

    text, whole, decimal, day, truth, empty, edge = grid(data)[0]
    assert (text, whole, decimal, truth, empty, edge) == ("007", 7, 1.5, True, None, "  edge ")
    assert as_day(day) == date(2025, 3, 1)


def test_a_formula_gives_the_value_that_was_stored_with_it():
    data = xlsx([["a"], [1]])
    stored = part_of(data, SHEET).replace(b"<v>1</v>", b"<f>40+2</f><v>42</v>")

    assert grid(with_part(data, SHEET, stored))[1] == [42]


def test_a_formula_without_a_stored_value_is_told_of_by_its_cell():
    book = open_workbook(xlsx([["a", "b"], ["=1+1", "x"]]), "a.xlsx")

    assert book.sheets[0].unstored == ("A2",)
    assert "A2" in " ".join(book.sheets[0].notes)


def test_hidden_rows_are_read_and_told_of():
    book = open_workbook(xlsx([["a"], ["b"], ["c"]], hidden=[2]), "a.xlsx")

    assert book.grid(book.sheets[0]) == [["a"], ["b"], ["c"]]
    assert book.sheets[0].hidden_rows == (2,)
    assert "2" in " ".join(book.sheets[0].notes)


def test_three_hundred_columns_are_read():
    names = [f"column {number}" for number in range(300)]

    cells = grid(xlsx([names, list(range(300))]))

    assert cells[0] == names
    assert find_header(cells).names == tuple(names)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_csv_is_read_whatever_its_letters_and_its_separator(encoding, sign):
    data = f'名称{sign}说明\n停车场{sign}"两行\n文字"\n短\n'.encode(encoding)

    assert grid(data, "a.csv") == [["名称", "说明"], ["停车场", "两行\n文字"], ["短", None]]


# what is refused

PLAIN = xlsx([["a", "b"], [1, 2]])
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)


def far_out() -> bytes:
    sheet = part_of(PLAIN, SHEET).replace(b'r="B2"', b'r="XFD1048576"')
    return with_part(PLAIN, SHEET, sheet)


def lying_bomb() -> bytes:
    """Return a workbook with a part of 40 MB of which its directory says that it has 10 bytes."""
    data = bytearray(with_part(PLAIN, "xl/bomb.xml", b" " * 40_000_000))
    for magic, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.find(magic)
        while place >= 0:
            if struct.unpack_from("<I", data, place + at)[0] == 40_000_000:
                struct.pack_into("<I", data, place + at, 10)
            place = data.find(magic, place + 1)
    return bytes(data)


REFUSED = {
    "empty": (b"", "a.xlsx", "is empty"),
    "kind": (b"%PDF-1.4", "a.pdf", "of no kind"),
    "a page called a workbook": (b"<html></html>", "a.xlsx", "not what its name says"),
    "a workbook called a csv": (PLAIN, "a.csv", "save the table as CSV"),
    "bytes called a csv": (b"a,b\n\0\1", "a.csv", "save the table as CSV"),
    "password": (OLE, "a.xlsx", "password"),
    "macro ending": (PLAIN, "a.xlsm", "macros"),
    "macro part": (with_part(PLAIN, "xl/vbaProject.bin", b"x"), "a.xlsx", "macros"),
    "macro in xls": (OLE + "_VBA_PROJECT".encode("utf-16-le"), "a.xls", "macros"),
    "cut off": (PLAIN[: len(PLAIN) // 2], "a.xlsx", "cut off or damaged"),
    "cut off xls": (OLE, "a.xls", "cut off or damaged"),
    "other archive": (with_part(PLAIN, "xl/workbook.xml", b"<a"), "a.xlsx", "damaged"),
    "reaches far": (far_out(), "a.xlsx", "row 1048576 and column 16384"),
    "open quote": (b'a,b\n1,"x\n', "a.csv", "quotation mark"),
    "no letters": (b"a\xff\xff\x81\xfe,b\n", "a.csv", "cannot be read"),
}


@pytest.mark.parametrize(("data", "name", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_an_honest_table_is_refused_by_a_sentence(data, name, sentence):
    with pytest.raises(WorkbookRefused, match=sentence):
        grid(data, name)


def test_a_file_larger_than_the_limit_is_refused_unread():
    with pytest.raises(WorkbookRefused, match="may have 1 MB"):
        open_workbook(bytes(2_000_000), "a.xlsx", limits=Limits(sent=1_000_000))


def test_a_bomb_is_refused_by_what_it_says_of_itself():
    data = with_part(PLAIN, "xl/bomb.xml", b" " * 40_000_000)

    with pytest.raises(WorkbookRefused, match="unpacks to more than 30 MB"):
        open_workbook(data, "a.xlsx", limits=Limits(unpacked=30_000_000))


def test_a_bomb_that_lies_about_its_size_is_refused_too():
    with pytest.raises(WorkbookRefused, match="damaged"):
        open_workbook(lying_bomb(), "a.xlsx", limits=Limits(unpacked=30_000_000))


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are():
    book = open_workbook(PLAIN, "a.xlsx")

    with pytest.raises(WorkbookRefused, match="It has: Sheet"):
        book.grid("other")


# headers


def test_titles_and_notes_above_a_merged_header_of_two_rows():
    rows = [
        ["年度目录", None, None, None],
        ["填报单位：某局", None, "2026 年", None],
        ["名称", "共享属性", None, "周期"],
        [None, "类型", "条件", None],
        ["停车场", "无条件", None, "每日"],
    ]
    merged = ["A1:D1", "A2:B2", "C2:D2", "B3:C3", "A3:A4", "D3:D4"]

    header = find_header(grid(xlsx(rows, merged=merged)))

    assert header.names == ("名称", "共享属性/类型", "共享属性/条件", "周期")
    assert header.body == 4
    assert header.above == ("年度目录", "填报单位：某局", "2026 年")


def test_a_header_of_two_rows_that_was_never_merged():
    cells = [["名称", "共享属性", None], [None, "类型", "条件"], ["停车场", "无条件", "无"]]

    assert find_header(cells).names == ("名称", "共享属性/类型", "共享属性/条件")


def test_a_header_of_one_row_is_not_joined_with_the_row_below():
    cells = [["名称", "说明", "备注"], ["停车场", "公共停车场", None]]

    assert (find_header(cells).rows, find_header(cells).names[1]) == (1, "说明")


def test_a_table_without_a_header_has_none():
    cells = [["停车场名称", "提供停车场。地址与泊位；收费。", "/dataset/parking"]] * 3

    assert find_header(cells) is None


def test_an_empty_grid_has_no_header():
    assert find_header([]) is None


# cells


@pytest.mark.parametrize(
    "cell",
    [
        45717,
        45717.0,
        date(2025, 3, 1),
        datetime(2025, 3, 1, 8, 30),  # noqa: DTZ001 - as a workbook has it
        "2025-03-01",
        "2025/3/1",
        "2025年3月1日",
        "20250301",
        "2025-03-01 08:30:00",
    ],
)
def test_a_day_is_read_however_it_was_written(cell):
    assert as_day(cell) == date(2025, 3, 1)


@pytest.mark.parametrize("cell", ["soon", "2025-13-01", True, -4, 1e9])
def test_what_is_no_day_is_not_read_as_one(cell):
    with pytest.raises(ValueError):
        as_day(cell)


@given(st.dates(date(1900, 3, 1)))
def test_a_day_number_of_a_workbook_is_its_day(day):
    assert as_day((day - date(1899, 12, 30)).days) == day


@given(st.integers(-(10**14), 10**14))
def test_a_whole_number_has_no_point(number):
    assert as_text(float(number)) == str(number)


def test_every_workbook_at_hand_is_read_whole(shared_data):
    sizes = {}
    for path in sorted((shared_data / "catalogues").glob("*.*")):
        if path.suffix in {".xlsx", ".xls", ".csv"}:
            book = open_workbook(path)
            sizes[path.name] = [len(book.grid(sheet)) for sheet in book.sheets]

    assert sizes == {
        "constructed_zwml_template_ok.xlsx": [9],
        "hk_datagovhk_catalogue_2018_en.csv": [628],
        "tw_data_portal_list.xlsx": [67, 26, 349],
        "tw_kaohsiung_catalogue_noheader.csv": [1495],
        "tw_taoyuan_catalogue.xls": [1430],
    }
