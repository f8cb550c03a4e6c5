"""Opening a guarded file, and its sheets as grids."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from accounts.wording import said as _
from catalog.refusals import WorkbookRefused
from catalog.workbooks import guard
from catalog.workbooks.cells import FORMULA, Cell, Grid
from catalog.workbooks.guard import CSV, LIMITS, XLSX, Limits

CSV_ENCODINGS = ("utf-8-sig", "gb18030", "big5hkscs")
SEPARATORS = ",\t;|"
Range = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook. Row numbers count from 1, as the program shows them."""

    name: str
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()
    unstored: tuple[str, ...] = ()  # cells whose formula was saved without its value

    @property
    def notes(self) -> list[str]:
        """Return what a person should know of this sheet: what is hidden, what has no value."""
        told: list[str] = []
        if self.hidden:
            told.append(_("The sheet “%(sheet)s” is hidden.") % {"sheet": self.name})
        if self.hidden_rows:
            rows = ", ".join(map(str, self.hidden_rows[:20]))
            told.append(_("Hidden rows are read like all others: %(rows)s.") % {"rows": rows})
        if self.unstored:
            cells = ", ".join(self.unstored[:20])
            told.append(
                _(
                    "These cells hold formulas without a stored value and count as empty:"
                    " %(cells)s. Open the file in a spreadsheet program, save it, and send it"
                    " again."
                )
                % {"cells": cells}
            )
        return told


class Workbook:
    """A file that passed its guards. `sheets` are in the file's order; charts are left out."""

    def __init__(
        self, name: str, sheets: tuple[Sheet, ...], source: "_Source", *, from_1904: bool = False
    ) -> None:
        """Keep what reads the cells; `open_workbook` makes workbooks."""
        self.name = name
        self.from_1904 = from_1904
        self.sheets = sheets
        self._source = source

    def sheet(self, name: str) -> Sheet:
        """Return the sheet of this name. Raises WorkbookRefused where there is none."""
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        raise WorkbookRefused(
            _("“%(file)s” has no sheet “%(sheet)s”. It has: %(sheets)s.")
            % {
                "file": self.name,
                "sheet": name,
                "sheets": ", ".join(one.name for one in self.sheets),
            }
        )

    def grid(self, sheet: Sheet | str) -> Grid:
        """Return the cells from A1 on, every row of the same width, None where empty.

        A merged range has its value in each of its cells; a formula gives its stored value. CSV
        cells are text. Empty rows at the end are left out. Raises WorkbookRefused.
        """
        chosen = self.sheet(sheet) if isinstance(sheet, str) else sheet
        return self._source.grid(chosen.name)


def open_workbook(source: bytes | Path, name: str = "", *, limits: Limits = LIMITS) -> Workbook:
    """Open an XLSX, XLS or CSV file after looking at it; `name` is what the sender called it.

    Raises WorkbookRefused, whose sentence says what to do, for whatever is not read: another kind
    than the name says, macros, passwords, bombs, damage, more than `limits`.
    """
    name = name or (source.name if isinstance(source, Path) else "")
    data = guard.taken(source, name, limits)
    kind = guard.kind_of(data, name)
    if kind == CSV:
        return Workbook(name, (Sheet(""),), _Csv(data, name, limits))
    seen = guard.look_into(data, name, limits) if kind == XLSX else guard.Seen()
    try:
        book = load_workbook(io.BytesIO(data))
    except (CalamineError, ValueError, OSError) as broken:
        raise guard.damaged(name) from broken
    sheets = tuple(
        Sheet(
            one.name,
            one.visible != SheetVisibleEnum.Visible,
            seen.hidden_rows.get(one.name, ()),
            seen.unstored.get(one.name, ()),
        )
        for one in book.sheets_metadata
        if one.typ == SheetTypeEnum.WorkSheet
    )
    return Workbook(name, sheets, _Excel(book, name, limits), from_1904=seen.from_1904)


class _Source:
    """What reads the cells of one kind of file."""

    def grid(self, sheet: str) -> Grid:
        """Return the cells of a sheet."""
        raise NotImplementedError


class _Excel(_Source):
    def __init__(self, book: CalamineWorkbook, name: str, limits: Limits) -> None:
        self.book, self.name, self.limits = book, name, limits

    def grid(self, sheet: str) -> Grid:
        """Return the cells of a sheet, merged ranges filled."""
        try:
            found = self.book.get_sheet_by_name(sheet)
            last = found.end
            if last is None:
                return []
            guard.check_size(last[0] + 1, last[1] + 1, self.name, self.limits)
            raw = found.to_python(skip_empty_area=False)
            merged = found.merged_cell_ranges or []
        except (CalamineError, ValueError, OSError) as broken:
            raise guard.damaged(self.name) from broken
        cells: Grid = [[None if cell == "" else cell for cell in row] for row in raw]
        self._fill(cells, merged)
        return _trimmed(cells)

    def _fill(self, cells: Grid, merged: list[Range]) -> None:
        height, width = len(cells), len(cells[0]) if cells else 0
        left = self.limits.cells  # overlapping ranges could fill the sheet any number of times
        for (top, first), (bottom, last) in merged:
            bottom, last = min(bottom, height - 1), min(last, width - 1)  # noqa: PLW2901 - clipped
            left -= max(0, bottom - top + 1) * max(0, last - first + 1)
            if left < 0:
                raise guard.damaged(self.name)
            for row in range(top, bottom + 1):
                for column in range(first, last + 1):
                    cells[row][column] = cells[top][first]


class _Csv(_Source):
    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        self.name, self.limits = name, limits
        self.text = _decoded(data, name)

    def grid(self, sheet: str) -> Grid:  # noqa: ARG002 - a CSV file has one sheet
        """Return the records; a short one is filled with empty cells."""
        try:
            records = list(csv.reader(io.StringIO(self.text, newline=""), _dialect(self.text)))
        except csv.Error as broken:
            raise WorkbookRefused(
                _(
                    "“%(file)s” cannot be cut into cells: %(why)s. Often a quotation mark is"
                    " opened and never closed. Correct the file and send it again."
                )
                % {"file": self.name, "why": broken}
            ) from broken
        width = max(map(len, records), default=0)
        guard.check_size(len(records), width, self.name, self.limits)
        cells: Grid = []
        for record in records:
            padded: list[Cell | None] = [_unmarked(cell) or None for cell in record]
            cells.append(padded + [None] * (width - len(record)))
        return _trimmed(cells)


def _unmarked(cell: str) -> str:
    """Take off the mark that keeps text from being a formula (`writing.harmless` puts it on)."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(FORMULA) else cell


def _decoded(data: bytes, name: str) -> str:
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else CSV_ENCODINGS
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise WorkbookRefused(
        _("The letters of “%(file)s” cannot be read. Save it as UTF-8 and send it again.")
        % {"file": name}
    )


def _dialect(text: str) -> type[csv.Dialect]:
    """Return how the cells are kept apart: by the sign that the first line holds most of."""
    first = next((line for line in text[:65536].splitlines() if line.strip()), "")
    sign = max(SEPARATORS, key=first.count)

    class Found(csv.excel):
        delimiter = sign
        strict = True

    return Found


def _trimmed(cells: Grid) -> Grid:
    def empty(row: list[Cell | None]) -> bool:
        return all(cell is None for cell in row)

    while cells and empty(cells[-1]):
        cells.pop()
    return cells
