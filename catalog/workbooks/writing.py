"""Writing workbooks and CSV that carry no formulas: a cell's text may come from anybody."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from catalog.workbooks.cells import FORMULA

UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")
HEAD = PatternFill("solid", fgColor="D7EBEE")


def harmless(value: Any) -> Any:
    """Return a value as CSV may hold it: text that a program would reckon with has a mark before
    it, and so has text that begins with such a mark already: it is read back as it was.
    """
    if not isinstance(value, str):
        return value
    bare = value.lstrip("'")
    return f"'{value}" if bare.startswith(FORMULA) else value


def csv_bytes(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as CSV in UTF-8 with its mark, which Excel needs to read Chinese."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([[harmless(value) for value in row] for row in rows])
    return out.getvalue().encode("utf-8-sig", "replace")


def put(sheet: Worksheet, row: int, column: int, value: Any) -> Cell:
    """Write a cell (counted from 1), text always as text, however it begins."""
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", value)[:32_000]
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(FORMULA)
    elif value is not None:
        cell.value = value
    return cell


def head(cell: Cell) -> None:
    """Dress a cell as one of a header."""
    cell.font, cell.fill = Font(bold=True), HEAD
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)


def saved(book: Workbook) -> bytes:
    """Return a workbook as the bytes of an XLSX file."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
