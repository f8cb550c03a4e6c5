"""Reading Excel workbooks (XLSX, XLS): a sheet becomes the same staged bytes as a CSV file.

`catalog.workbooks` guards the file (its kind by its bytes, size, bombs, macros), fills merged
cells and finds the header below titles and notes. What a cell holds is written by the field's
declared type, so 123 stored as 123.0 comes out "123" and a day as an ISO day; a text stays as it
is, leading zeros and all. A sheet is held in memory whole (docs/data-way.md says how much).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from accounts.wording import said as _
from catalog.refusals import WorkbookRefused
from catalog.workbooks import Cell, Grid, Header, Workbook, find_header, open_workbook
from catalog.workbooks.headers import header_at
from exchange.connectors.files import (
    BATCH_ROWS,
    Part,
    Reading,
    SetAside,
    distinct_names,
    encoded,
    resolved,
)
from exchange.connectors.peeks import Peek, Seen
from exchange.models import Binding
from exchange.problems import FileBroken, HeaderMismatch, SheetMissing, SourceEmpty
from exchange.records.columns import Column
from policy.terms import DataType

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no zone; the source's is applied later
EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - the same
LAST_SERIAL = 2_958_465  # 9999-12-31
DAYS = (DataType.DATE, DataType.DATETIME)


@dataclass(frozen=True, slots=True)
class Table:
    """The table of one sheet: where its header ends, its columns' names, its cells from A1 on."""

    file: str
    header: Header
    grid: Grid
    epoch: datetime = EPOCH

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, "" where the header has none."""
        return self.header.names

    def rows(self) -> Iterator[tuple[int, list[Cell | None]]]:
        """Yield each row that holds anything, with its number in the sheet, from 1."""
        for place in range(self.header.body, len(self.grid)):
            row = self.grid[place]
            if any(map(_holds, row)):
                yield place + 1, row


def _holds(cell: Cell | None) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def records(
    binding: Binding,
    columns: Sequence[Column],
    *,
    reading: Reading,
    aside: Callable[[SetAside], None],
) -> Iterator[bytes]:
    """Return CSV bytes of `record, cells…` in the order of `columns`, a batch of rows at a time.

    Lines are rows of the sheet; where a pattern names several files they run on from one to the
    next. Raises the SourceProblems of `files.records`, and SheetMissing.
    """
    return _pieces(binding, columns, _paths(binding), reading, aside)


def _pieces(binding, columns, paths, reading, aside) -> Iterator[bytes]:
    base = 0
    for name, table in _tables(binding, paths):
        reading.parts.append(Part(name, base + 1))
        places = _places(binding, columns, table)
        batch: list[tuple] = []
        for line, row in table.rows():
            reading.read += 1
            reading.lines.begins(reading.read, base + line)
            cells = (
                written(row[place], column.data_type, epoch=table.epoch)
                for place, column in zip(places, columns, strict=True)
            )
            batch.append((reading.read, *cells))
            if len(batch) >= BATCH_ROWS:
                yield encoded(batch, reading, aside)
                batch = []
        if batch:
            yield encoded(batch, reading, aside)
        base += len(table.grid)
    if not reading.read:
        raise SourceEmpty(
            _(
                "“%(path)s” has no row below its header. An empty sheet is held to be a mistake,"
                " so nothing was deleted; withdraw the dataset if it is to be empty."
            )
            % {"path": binding.object["path"]}
        )


def _places(binding: Binding, columns: Sequence[Column], table: Table) -> list[int]:
    wanted = [str(binding.columns[str(column.field)]) for column in columns]
    missing = [name for name in wanted if table.names.count(name) != 1]
    if missing:
        raise HeaderMismatch(
            _(
                "The header of “%(file)s” does not have the bound columns once each: %(missing)s;"
                " found %(found)s. Nothing was read; correct the sheet or the binding."
            )
            % {
                "file": table.file,
                "missing": ", ".join(missing),
                "found": ", ".join([name for name in table.names if name][:40]) or "–",
            }
        )
    return [table.names.index(name) for name in wanted]


def written(cell: Cell | None, data_type: str, *, epoch: datetime = EPOCH) -> str:
    """Return a cell as text in the form of the declared type, "" where it is empty.

    `epoch` is day 0 of the workbook, from which a day that is kept as a number is counted.
    What does not fit the type is written as it is: the checks turn it away, nothing is guessed.
    """
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case int() | float():
            return _number(cell, data_type, epoch)
        case datetime() | date():
            return _day(cell, data_type)
        case time() | timedelta():
            return str(cell)
    return cell if data_type == DataType.TEXT else cell.strip()


def _number(cell: float, data_type: str, epoch: datetime) -> str:
    last = LAST_SERIAL - (epoch - EPOCH).days
    if data_type in DAYS and 1 <= cell <= last:
        moment = epoch + timedelta(days=cell)  # a day stored as a number
        return _day(moment.replace(microsecond=0), data_type)
    if isinstance(cell, int) or cell.is_integer():
        return str(int(cell))
    return format(Decimal(format(cell, ".15g")), "f")  # the digits that Excel shows


def _day(cell: date, data_type: str) -> str:
    moment = cell if isinstance(cell, datetime) else datetime.combine(cell, time())
    if data_type == DataType.DATETIME:
        return moment.isoformat(sep=" ")
    return moment.date().isoformat() if moment.time() == time() else moment.isoformat(sep=" ")


def peek(binding: Binding, *, rows: int, types: Mapping[str, str] | None = None) -> Peek:
    """Return the named columns of the sheet and its first rows as text. Raises SourceProblems.

    `types` are declared types by column, as a run would write them; other cells come as text.
    """
    _name, table = next(_tables(binding, _paths(binding)))
    distinct_names(table.names, table.file)
    places = [place for place, name in enumerate(table.names) if name]
    kinds = [(types or {}).get(table.names[place], DataType.TEXT) for place in places]
    nulls = {"", *binding.object.get("nulls", ())}
    found: list[tuple[str | None, ...]] = []
    for _line, row in table.rows():
        if len(found) == rows:
            break
        cells = (
            written(row[place], kind, epoch=table.epoch)
            for place, kind in zip(places, kinds, strict=True)
        )
        found.append(tuple(None if cell in nulls else cell for cell in cells))
    total = max(0, len(table.grid) - table.header.body)
    return Peek(tuple(Seen(table.names[place]) for place in places), found, total)


def sheets(binding: Binding) -> list[str]:
    """Return the names of the workbook's sheets, hidden ones too. Raises SourceProblems."""
    with _translated():
        return [sheet.name for sheet in open_workbook(_paths(binding)[0]).sheets]


def notes(binding: Binding) -> list[str]:
    """Return what people should know of the bound sheet: hidden rows, formulas without a value."""
    with _translated():
        workbook = open_workbook(_paths(binding)[0])
        return workbook.sheet(_sheet(workbook, str(binding.object.get("sheet") or ""))).notes


def _paths(binding: Binding) -> list[Path]:
    return resolved(binding.object["path"], by=binding.source.organization)


def _tables(binding: Binding, paths: Sequence[Path]) -> Iterator[tuple[str, Table]]:
    """Yield the bound sheet of each file, by the file's name."""
    for path in paths:
        with _translated():
            workbook = open_workbook(path)
            sheet = _sheet(workbook, str(binding.object.get("sheet") or ""))
            grid = workbook.grid(sheet)
        epoch = EPOCH_1904 if workbook.from_1904 else EPOCH
        yield path.name, Table(path.name, _header(binding, path.name, sheet, grid), grid, epoch)


def _sheet(workbook: Workbook, wanted: str) -> str:
    names = [sheet.name for sheet in workbook.sheets]
    if not wanted and names:
        return names[0]
    if wanted in names:
        return wanted
    raise SheetMissing(
        _(
            "“%(file)s” has no sheet “%(sheet)s”; it has: %(sheets)s. What is published stays as"
            " it was; put the sheet back, or bind the table to another."
        )
        % {"file": workbook.name, "sheet": wanted, "sheets": ", ".join(names) or "–"}
    )


def _header(binding: Binding, file: str, sheet: str, grid: Grid) -> Header:
    given = binding.object.get("header_row")
    if given:
        header = header_at(grid, int(given) - 1) if int(given) <= len(grid) else None
    else:
        header = find_header(grid)
    if header is None or not any(header.names):
        raise HeaderMismatch(
            _(
                "No header was found in the sheet “%(sheet)s” of “%(file)s”. Say in which row the"
                " names of the columns stand, or write them above the data."
            )
            % {"sheet": sheet, "file": file}
        )
    return header


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the guard's refusal of a workbook into a problem of the source."""
    try:
        yield
    except WorkbookRefused as refusal:
        raise FileBroken(refusal.args[0]) from refusal
