"""Tables that leave as files for a spreadsheet: CSV and XLSX, no cell of which is a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

BOM = "\ufeff"
"""In front of a CSV, or spreadsheets read Chinese as something else."""

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A cell that begins so is run as a formula by some spreadsheets, full-width signs too."""

LONGEST = 32_767
"""Characters that a cell of an XLSX holds."""


def harmless(value: Any) -> str:
    """Return a value as text that no spreadsheet runs: an apostrophe goes before a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(STARTS) else text


def csv_lines(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield a CSV a line at a time, with BOM and CRLF."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BOM)
    for row in chain([head], rows):
        writer.writerow([harmless(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def xlsx(title: str, head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a workbook of one sheet. Numbers stay numbers; all else is text, never a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(title))
    sheet.freeze_panes = "A2"
    bold = [WriteOnlyCell(sheet, value=_cell(value)) for value in head]
    for cell in bold:
        cell.font = Font(bold=True)
    sheet.append(bold)
    for row in rows:
        sheet.append([_cell(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The kinds of file, with their media types."""


def content(
    kind: str, title: str, head: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> bytes | str:
    """Return a table as a file of one of TYPES."""
    return xlsx(title, head, rows) if kind == "xlsx" else "".join(csv_lines(head, rows))


def _cell(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return ILLEGAL_CHARACTERS_RE.sub("", harmless(value))[:LONGEST]


def _sheet_name(title: str) -> str:
    return "".join(sign for sign in title if sign not in "[]:*?/\\'")[:31] or "1"
