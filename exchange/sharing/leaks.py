"""A leaked file as it was found: read as text, whatever it is called and however it was saved."""

import csv
import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path

MOST_ROWS = 20_000
MOST_BYTES = 64 << 20
SIGNS = ",;\t|"
GZIP = b"\x1f\x8b"


class LeakUnreadable(Exception):
    """The file cannot be read as rows; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Rows of a file: `names` of its columns as they stand in its first row, and their texts.

    At most MOST_ROWS rows of at most MOST_BYTES bytes are looked at. A file without a header has
    its first row in `names`.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> list[str]:
        """Return a column's texts, nothing where the file has no such column."""
        if name not in self.names:
            return []
        place = self.names.index(name)
        return [row[place] for row in self.rows]


def read(file: Path) -> Leak:
    """Read a CSV file (any of the usual separators) or JSON lines, plain or by gzip.

    Raises LeakUnreadable.
    """
    try:
        with file.open("rb") as plain:
            packed = plain.read(2) == GZIP
        with gzip.open(file) if packed else file.open("rb") as found:
            data = found.read(MOST_BYTES)
    except (OSError, EOFError) as failure:
        raise LeakUnreadable(f"{file} cannot be read: {failure}.") from failure
    text = _text(data).replace("\0", "")
    leak = _lines(text) if text.lstrip().startswith("{") else _table(text)
    if not leak.rows:
        raise LeakUnreadable(f"{file} holds no rows. Give a CSV file or JSON lines.")
    return leak


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")  # cut within a sign, at least


def _table(text: str) -> Leak:
    first = text.partition("\n")[0]
    sign = max(SIGNS, key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    names = tuple(name.strip() for name in next(rows, []))
    found = []
    for row in rows:
        if len(row) == len(names):  # a row that is cut off is of no use
            found.append(tuple(row))
        if len(found) == MOST_ROWS:
            break
    return Leak(names, tuple(found))


def _lines(text: str) -> Leak:
    found = []
    for line in text.splitlines()[:MOST_ROWS]:
        try:
            told = json.loads(line, parse_float=str, parse_int=str)
        except ValueError:
            continue
        if isinstance(told, dict):
            found.append({str(name): _as_text(value) for name, value in told.items()})
    names = tuple(dict.fromkeys(name for row in found for name in row))
    return Leak(names, tuple(tuple(row.get(name, "") for name in names) for row in found))


def _as_text(value: object) -> str:
    return "" if value is None else str(value)
