"""Looking at a file from outside before anything reads it: kind, size, macros, bombs."""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from accounts.wording import said as _
from catalog.refusals import WorkbookRefused

XLSX, XLS, CSV = "xlsx", "xls", "csv"
ENDINGS = {".xlsx": XLSX, ".xls": XLS, ".csv": CSV, ".tsv": CSV, ".txt": CSV}
ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
MACRO_STREAM = "_VBA_PROJECT".encode("utf-16-le")  # an XLS with macros has a stream of this name

FROM_1904 = re.compile(rb"""<(?:\w+:)?workbookPr\b[^>]*\sdate1904=["'](?:1|true)["']""")
SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
HIDDEN = re.compile(rb"""\shidden=["'](?:1|true)["']""")
NUMBER = re.compile(rb"""\sr=["']([0-9]{1,7})["']""")
PLACE = re.compile(rb"""\sr=["']([A-Z]{1,3})([0-9]{1,7})["']""")
UNSTORED = re.compile(
    rb"""<(?:\w+:)?c\b[^>]*?\sr=["']([A-Z]{1,3}[0-9]{1,7})["'][^>]*>\s*"""
    rb"""<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
LISTED = re.compile(rb"<(?:\w+:)?sheet\b([^>]*)/?>")
RELATION = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*)/?>")
ATTRIBUTE = re.compile(rb"""([\w:]+)=(?:"([^"]*)"|'([^']*)')""")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold: bytes sent, bytes unpacked, parts, columns and cells a sheet."""

    sent: int = 20_000_000
    unpacked: int = 200_000_000
    parts: int = 2_000
    columns: int = 1_000
    cells: int = 5_000_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sheets' own parts say that their cells do not: by sheet name."""

    hidden_rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    unstored: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    from_1904: bool = False  # days are counted from 1904-01-01, as old Macintoshes did


def taken(source: bytes | Path, name: str, limits: Limits = LIMITS) -> bytes:
    """Return the file's bytes. Raises WorkbookRefused for an empty or a too large one."""
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > limits.sent:
        raise WorkbookRefused(
            _("“%(file)s” has %(size)s MB; a file may have %(most)s MB. Send it in parts.")
            % {"file": name, "size": size // 1_000_000, "most": limits.sent // 1_000_000}
        )
    if not size:
        raise WorkbookRefused(_("“%(file)s” is empty. Nothing was read.") % {"file": name})
    return source if isinstance(source, bytes) else source.read_bytes()


def kind_of(data: bytes, name: str) -> str:
    """Return "xlsx", "xls" or "csv", by the name and confirmed by the bytes.

    Raises WorkbookRefused for other kinds, for workbooks with macros (their ending alone, a part
    or a stream of theirs), and for a file that is not what its name says.
    """
    ending = Path(name).suffix.lower()
    if ending in {".xlsm", ".xltm", ".xlsb"}:
        raise _with_macros(name)
    expected = ENDINGS.get(ending)
    if expected is None:
        raise WorkbookRefused(
            _("“%(file)s” is of no kind that can be read here. Send an XLSX, XLS or CSV file.")
            % {"file": name}
        )
    found = XLSX if data.startswith(ZIP_MAGIC) else XLS if data.startswith(OLE_MAGIC) else CSV
    if found != expected or (found == CSV and b"\0" in data[:65536] and not _is_utf16(data)):
        raise _another_kind(name, expected)
    if found == XLS and MACRO_STREAM in data:
        raise _with_macros(name)
    return found


def _another_kind(name: str, expected: str) -> WorkbookRefused:
    """Return the refusal of a file that is of another kind than its name says."""
    text = (
        _(
            "“%(file)s” is not what its name says: it is not plain text, as a CSV file is. Open it"
            " in the program that made it, save the table as CSV (UTF-8), and send that file."
        )
        if expected == CSV
        else _(
            "“%(file)s” is not what its name says, or it is protected by a password. Open it,"
            " save it as XLSX without a password, and send that file."
        )
    )
    return WorkbookRefused(text % {"file": name})


def _is_utf16(data: bytes) -> bool:
    return data.startswith((b"\xff\xfe", b"\xfe\xff"))


def _with_macros(name: str) -> WorkbookRefused:
    return WorkbookRefused(
        _("“%(file)s” can hold macros, which are not taken. Save it as XLSX and send that file.")
        % {"file": name}
    )


def look_into(data: bytes, name: str, limits: Limits = LIMITS) -> Seen:
    """Unpack an XLSX once within its limits, and note what only its parts say.

    Every part is unpacked to its end, so what a part declares of itself counts for nothing. Raises
    WorkbookRefused for a bomb, a damaged file, macros, or a sheet that reaches too far.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _looked_into(archive, name, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as broken:
        raise damaged(name) from broken


def damaged(name: str) -> WorkbookRefused:
    """Return the refusal of a file that cannot be read to its end."""
    return WorkbookRefused(
        _("“%(file)s” is cut off or damaged. Open it, save it anew as XLSX, and send that file.")
        % {"file": name}
    )


def _looked_into(archive: zipfile.ZipFile, name: str, limits: Limits) -> Seen:
    parts = archive.infolist()
    if len(parts) > limits.parts or sum(part.file_size for part in parts) > limits.unpacked:
        raise _too_large(name, limits)
    known = {part.filename for part in parts}
    if any(part.lower().endswith("vbaproject.bin") for part in known):
        raise _with_macros(name)
    if "xl/workbook.xml" not in known:
        raise damaged(name)
    hidden: dict[str, tuple[int, ...]] = {}
    unstored: dict[str, tuple[str, ...]] = {}
    left = limits.unpacked
    for part in parts:
        content = _unpacked(archive, part, left)
        if content is None:
            raise _too_large(name, limits)
        left -= len(content)
        if SHEET_PART.fullmatch(part.filename):
            _check_reach(content, name, limits)
            hidden[part.filename] = _hidden_rows(content)
            unstored[part.filename] = tuple(place.decode() for place in UNSTORED.findall(content))
    named = _sheet_parts(archive)
    return Seen(
        {sheet: hidden.get(part, ()) for sheet, part in named.items()},
        {sheet: unstored.get(part, ()) for sheet, part in named.items()},
        bool(FROM_1904.search(archive.read("xl/workbook.xml"))),
    )


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> bytes | None:
    """Return a part's bytes, None where there are more than `left`."""
    with archive.open(part) as stream:
        content = stream.read(left + 1)
        return None if len(content) > left else content


def _too_large(name: str, limits: Limits) -> WorkbookRefused:
    return WorkbookRefused(
        _(
            "“%(file)s” unpacks to more than %(most)s MB, as no honest workbook of this size does."
            " Nothing was read. Send it as CSV, or in parts."
        )
        % {"file": name, "most": limits.unpacked // 1_000_000}
    )


def _check_reach(content: bytes, name: str, limits: Limits) -> None:
    """Refuse a sheet whose last cell lies far out: readers make room for all before it."""
    rows = columns = 0
    for letters, number in PLACE.findall(content):
        rows = max(rows, int(number))
        columns = max(columns, _column(letters))
    check_size(rows, columns, name, limits)


def check_size(rows: int, columns: int, name: str, limits: Limits = LIMITS) -> None:
    """Raise WorkbookRefused for a sheet with more columns or cells than the limits say."""
    if columns > limits.columns or rows * columns > limits.cells:
        raise WorkbookRefused(
            _(
                "A sheet of “%(file)s” reaches to row %(rows)s and column %(columns)s; read are up"
                " to %(most_columns)s columns and %(most_cells)s cells. Delete what is empty below"
                " and beside the table, or send it in parts."
            )
            % {
                "file": name,
                "rows": rows,
                "columns": columns,
                "most_columns": limits.columns,
                "most_cells": limits.cells,
            }
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _hidden_rows(content: bytes) -> tuple[int, ...]:
    found = []
    for attributes in ROW.findall(content):
        number = NUMBER.search(attributes)
        if number and HIDDEN.search(attributes):
            found.append(int(number[1]))
    return tuple(found)


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of each sheet, by the sheet's name."""
    try:
        relations = archive.read("xl/_rels/workbook.xml.rels")
    except KeyError:
        return {}
    targets = {}
    for attributes in map(_attributes, RELATION.findall(relations)):
        target = attributes.get("Target", "").lstrip("/")
        targets[attributes.get("Id", "")] = target if target.startswith("xl/") else f"xl/{target}"
    return {
        attributes.get("name", ""): targets.get(attributes.get("r:id", ""), "")
        for attributes in map(_attributes, LISTED.findall(archive.read("xl/workbook.xml")))
    }


def _attributes(text: bytes) -> dict[str, str]:
    return {
        name.decode("utf-8", "replace"): unescape((one or other).decode("utf-8", "replace"))
        for name, one, other in ATTRIBUTE.findall(text)
    }
