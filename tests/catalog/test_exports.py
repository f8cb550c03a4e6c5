"""Files for a spreadsheet: whatever stands in a cell, none of it is run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from catalog import exports


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "－1"]
)
def test_what_looks_like_a_formula_is_made_text(text):
    assert exports.harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "公交", "a=b", "1-2", "12.5"])
def test_plain_text_is_left_alone(text):
    assert exports.harmless(text) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=3))
def test_no_cell_of_a_csv_begins_like_a_formula(cells):
    text = "".join(exports.csv_lines(["head"], [cells])).removeprefix("\ufeff")

    *_head, read = csv.reader(io.StringIO(text, newline=""))
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@")) for cell in read)


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_no_cell_of_a_workbook_is_a_formula_whatever_was_in_it(cells):
    data = exports.xlsx("a/b", ["head"], [[*cells, 5]])

    (row,) = load_workbook(io.BytesIO(data)).active.iter_rows(min_row=2)
    assert all(cell.data_type != "f" for cell in row)
    assert row[-1].value == 5


def test_a_sheet_is_named_as_sheets_can_be():
    data = exports.xlsx("x" * 40, ["head"], [["a"]])

    assert load_workbook(io.BytesIO(data)).sheetnames == ["x" * 31]
