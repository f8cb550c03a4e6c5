"""Where a table begins: titles and notes, then one or two header rows, then its rows."""

import re
from dataclasses import dataclass
from itertools import pairwise

from catalog.workbooks.cells import Cell, Grid, as_text

LOOKED_AT = 30  # rows
SHARE_OF_WIDTH = 0.4  # so many of the columns have a name of their own in a header row
LONGEST_NAME = 80
NO_NAME = re.compile(  # an address, sentences, a number or a day, a note such as “Filled in by: …”
    r"(?:https?:)?/.*|.*[。；;].*[。；;].*|[-+]?[\d,.\s:/-]{5,}|[^:：]+[:：].+", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Header:
    """Header rows of a grid: `first` and `rows` count from 0; `names` has one name a column.

    Two header rows are one name, "共享属性/共享类型". `above` are the texts of titles and notes.
    """

    first: int
    rows: int
    names: tuple[str, ...]
    above: tuple[str, ...] = ()

    @property
    def body(self) -> int:
        """Return the first row of the table itself, from 0."""
        return self.first + self.rows


def find_header(grid: Grid) -> Header | None:
    """Find the header of a grid whose merged cells are filled, None where no row looks like one.

    A header row has short names, different from each other, in a good part of the columns. It has
    a second row where names repeat side by side (merged) or where its gaps are named below.
    """
    looked_at = grid[:LOOKED_AT]
    width = max((sum(cell is not None for cell in row) for row in looked_at), default=0)
    for place, row in enumerate(looked_at):
        if _is_header(row, width):
            return header_at(grid, place)
        if not _may_stand_above(row, width):
            return None
    return None


def header_at(grid: Grid, place: int) -> Header:
    """Return the header that begins in this row (from 0), of one row or of two."""
    upper = [as_text(cell) for cell in grid[place]]
    below = grid[place + 1] if place + 1 < len(grid) else []
    rows = 2 if below and _goes_on(upper, below) else 1
    names = _joined(upper, [as_text(cell) for cell in below]) if rows == 2 else upper
    above = dict.fromkeys(
        as_text(cell) for row in grid[:place] for cell in row if cell is not None
    )
    return Header(place, rows, tuple(_flat(name) for name in names), tuple(above))


def _is_header(row: list[Cell | None], width: int) -> bool:
    texts = [as_text(cell) for cell in row if cell is not None]
    different = set(texts)
    if len(different) < max(min(2, width), SHARE_OF_WIDTH * width):
        return False
    named = [cell for cell in row if isinstance(cell, str)]
    strange = sum(_is_no_name(as_text(cell)) for cell in named)
    return len(named) * 2 >= len(texts) and strange * 4 <= len(named)


def _is_no_name(text: str) -> bool:
    return len(text) > LONGEST_NAME or NO_NAME.fullmatch(text) is not None


def _may_stand_above(row: list[Cell | None], width: int) -> bool:
    """Whether a row can be a title or a note: it says few different things."""
    return len({as_text(cell) for cell in row if cell is not None}) <= max(2, width // 2)


def _goes_on(upper: list[str], below: list[Cell | None]) -> bool:
    """Whether the row below belongs to the header too."""
    lower = [as_text(cell) for cell in below]
    if any(cell is not None and not isinstance(cell, str) for cell in below):
        return False
    if any(map(_is_no_name, lower)):
        return False
    spread = {place for place, (one, other) in enumerate(pairwise(upper)) if one and one == other}
    if spread:
        inside = spread | {place + 1 for place in spread}
        return all(
            text in {"", upper[place]} for place, text in enumerate(lower) if place not in inside
        )
    gaps = [place for place, text in enumerate(upper) if not text]
    return (
        bool(gaps)
        and all(lower[place] for place in gaps)
        and any(not lower[place] for place, text in enumerate(upper) if text)
    )


def _joined(upper: list[str], lower: list[str]) -> list[str]:
    names, last = [], ""
    for above, below in zip(upper, lower, strict=True):
        last = above or last
        names.append(f"{last}/{below}" if below and below != last else last)
    return names


def _flat(name: str) -> str:
    return " ".join(name.split())
