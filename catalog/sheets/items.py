"""The rows of a mapped sheet, gathered into entries with their information items."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.utils.translation import gettext as _

from catalog.sheets.meanings import Meaning
from catalog.sheets.values import listed
from catalog.workbooks import Cell, Grid, as_text

Told = dict[Meaning, str]
OF_ITEMS = frozenset(
    {
        Meaning.FIELD,
        Meaning.FIELD_NAME,
        Meaning.DATA_TYPE,
        Meaning.LENGTH,
        Meaning.SHARE_TYPE,
        Meaning.SHARE_CONDITION,
        Meaning.OPEN,
        Meaning.OPEN_CONDITION,
    }
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a sheet is read: where its header is, and the column of each meaning, all from 0.

    `further` are the columns that are kept as further elements of an entry, by their names.
    """

    first_row: int
    header_rows: int
    columns: Mapping[Meaning, int]
    further: Mapping[str, int] = field(default_factory=dict)

    @property
    def body(self) -> int:
        """Return the first row of the table itself, from 0."""
        return self.first_row + self.header_rows


@dataclass(slots=True)
class ToldItem:
    """An information item as a row tells it; `row` as the program shows it."""

    row: int
    told: Told
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ToldEntry:
    """An entry as its first row tells it, with the items of all its rows."""

    row: int
    told: Told
    items: list[ToldItem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    further: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name of the entry."""
        return self.told.get(Meaning.TITLE, "")


@dataclass(slots=True)
class Gathered:
    """What a sheet holds: entries, and the rows that are none, each with its sentence."""

    entries: list[ToldEntry] = field(default_factory=list)
    ignored: dict[int, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


def gather(grid: Grid, layout: Layout) -> Gathered:
    """Gather rows into entries: one row an entry, or one row an information item.

    With a column of items, rows without a name and rows that repeat it belong to the entry above.
    Each row of the grid is in an entry, ignored or refused.
    """
    found = Gathered()
    for place in range(min(layout.body, len(grid))):
        header = place >= layout.first_row
        found.ignored[place + 1] = _("header") if header else _("title or note")
    for number, row in enumerate(grid[layout.body :], layout.body + 1):
        told = _texts(row, layout.columns)
        further = _texts(row, layout.further)
        _take(found, number, told, further, row, one_row_an_item=Meaning.FIELD in layout.columns)
    return found


Key = TypeVar("Key")


def _texts(row: list[Cell | None], columns: Mapping[Key, int]) -> dict[Key, str]:
    return {
        key: text
        for key, place in columns.items()
        if place < len(row) and (text := as_text(row[place]))
    }


def _take(
    found: Gathered,
    number: int,
    told: Told,
    further: dict[str, str],
    row: list[Cell | None],
    *,
    one_row_an_item: bool,
) -> None:
    if not told:
        empty = all(cell is None for cell in row)
        found.ignored[number] = (
            _("empty row") if empty else _("nothing in the columns that were given a meaning")
        )
        return
    last = found.entries[-1] if found.entries else None
    if one_row_an_item and last is not None and _belongs(last, told):
        if Meaning.FIELD not in told:
            found.ignored[number] = _("repeats the entry above and names no information item")
            return
        _add(last, number, told, further)
    elif Meaning.TITLE not in told:
        found.refused[number] = _("The row has no name. Give the entry its name.")
    else:
        entry = ToldEntry(number, told, rows=[number], further=further)
        if one_row_an_item:
            entry.items = [ToldItem(number, told)] if Meaning.FIELD in told else []
        else:
            entry.items = list(_in_one_cell(entry))
        found.entries.append(entry)


def _belongs(entry: ToldEntry, told: Told) -> bool:
    """Whether a row goes on with the entry above it."""
    title, code = told.get(Meaning.TITLE, ""), told.get(Meaning.CODE, "")
    return title in {"", entry.title} and code in {"", entry.told.get(Meaning.CODE, code)}


def _add(entry: ToldEntry, number: int, told: Told, further: Mapping[str, str]) -> None:
    entry.rows.append(number)
    differing = [
        text
        for meaning, text in told.items()
        if meaning not in OF_ITEMS and text != entry.told.get(meaning, text)
    ]
    differing += [text for name, text in further.items() if text != entry.further.get(name)]
    notes = [
        _("“%(text)s” differs from the entry's first row, which counts.") % {"text": text[:60]}
        for text in differing
    ]
    for meaning in (Meaning.SHARE_TYPE, Meaning.SHARE_CONDITION, Meaning.OPEN):
        if Meaning.SHARE_TYPE not in told and meaning in entry.told:
            told.setdefault(meaning, entry.told[meaning])
    entry.items.append(ToldItem(number, told, notes))


def _in_one_cell(entry: ToldEntry) -> Iterator[ToldItem]:
    """Yield the items that one cell lists; those that are too long or come twice are told of."""
    seen = set()
    shared = {
        meaning: entry.told[meaning]
        for meaning in (Meaning.SHARE_TYPE, Meaning.SHARE_CONDITION, Meaning.OPEN)
        if meaning in entry.told
    }
    for part in listed(entry.told.get(Meaning.FIELDS, "")):
        if part in seen or len(part) > 100:
            entry.notes.append(
                _("The information item “%(item)s” is too long or comes twice and is left out.")
                % {"item": part[:60]}
            )
            continue
        seen.add(part)
        yield ToldItem(entry.row, {Meaning.FIELD: part} | shared)
