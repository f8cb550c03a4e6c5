"""Reading CSV files: plain, in GZ or in ZIP, UTF-8 with or without BOM, or GB18030.

The standard library's csv module cuts records (it knows quotes and line breaks in cells); what it
yields goes to PostgreSQL as COPY text, thousands of rows at a time. A record that does not fit is
set aside with its line; a file that cannot be cut at all stops the run with its place.
"""

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import IO

from django.conf import settings

from accounts.models import Organization
from accounts.wording import said as _
from exchange.connectors.peeks import Peek, Seen
from exchange.connectors.unpacking import Allowance, bounded
from exchange.models import Binding
from exchange.problems import (
    FileBroken,
    FileMissing,
    HeaderMismatch,
    PathNotAllowed,
    SourceEmpty,
)
from exchange.records.columns import Column

ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-8-sig": "utf-8-sig",
    "gb18030": "gb18030",
    "gbk": "gb18030",
}
BATCH_ROWS = 2000
CELL_CHARACTERS = 1_000_000
WIDEST_CELL = 64_000_000  # more than this in one cell is an open quote
SNIFF_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a read: its name, and the running line on which it starts, from 1."""

    name: str
    first_line: int


class Lines:
    """On which line of the source each record begins.

    Staged rows are numbered by record and not by line: public ids grow from that number, and may
    not tell of line breaks in cells that nobody sees.
    """

    def __init__(self) -> None:
        """Begin with every record on the line of its number."""
        self._records, self._offsets = array("q", [0]), array("q", [0])

    def begins(self, record: int, line: int) -> None:
        """Note the line of a record, in order; only where the distance changes."""
        if self._offsets[-1] != line - record:
            self._records.append(record)
            self._offsets.append(line - record)

    def of(self, record: int) -> int:
        """Return the line of a record."""
        return record + self._offsets[bisect_right(self._records, record) - 1]


@dataclass(slots=True)
class Reading:
    """What a read of files met: records counted, bytes, parts, and on which lines."""

    read: int = 0
    bytes: int = 0
    parts: list[Part] = field(default_factory=list)
    lines: Lines = field(default_factory=Lines)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that cannot be staged: its line, the rule it broke, its cells as read."""

    line: int
    rule: str
    cells: tuple[str, ...]


def resolved(path: str, *, by: Organization) -> list[Path]:
    """Return the files a configured path names, in order of their names.

    A pattern (`air_*.csv`) may name several. Raises PathNotAllowed for anything outside
    `settings.FILE_ROOTS`, behind a link or in another organisation's folder, FileMissing where
    nothing matches.
    """
    given = Path(path)
    folder = allowed_folder(given.parent, by=by, asked=path)
    found = sorted(folder.glob(given.name)) if folder.is_dir() else []
    if not found:
        raise FileMissing(
            _(
                "There is no file “%(path)s”. What is published stays as it was; put the file"
                " there or correct the path of the source."
            )
            % {"path": path}
        )
    if any(one.is_symlink() or not one.is_file() for one in found):
        raise _not_allowed(path)
    return found


def roots() -> list[Path]:
    """Return the folders below which files may be read, as they really lie."""
    return [Path(root).resolve() for root in settings.FILE_ROOTS]


def allowed_folder(folder: Path, *, by: Organization, asked: str = "") -> Path:
    """Return a folder that an organisation may read, whether it is there yet or not.

    A folder right below a root that bears an organisation's slug is that organisation's alone; any
    other is common. `asked` is what the refusal shows. Raises PathNotAllowed.
    """
    root = next((one for one in roots() if folder.is_relative_to(one)), None)
    if root is None or not folder.is_absolute() or ".." in folder.parts:
        raise _not_allowed(asked or str(folder))
    if folder.exists() and folder.resolve() != folder:
        raise _not_allowed(asked or str(folder))
    below = folder.relative_to(root).parts
    if below and below[0] != by.slug and Organization.objects.filter(slug=below[0]).exists():
        raise PathNotAllowed(
            _(
                "“%(path)s” is the folder of another organisation. Files of “%(organization)s” lie"
                " in “%(own)s”."
            )
            % {"path": asked or folder, "organization": by, "own": root / by.slug}
        )
    return folder


def _not_allowed(path: str) -> PathNotAllowed:
    return PathNotAllowed(
        _(
            "“%(path)s” is not below a folder that may be read, or leads out of it by a link."
            " Put the file below one of the configured folders: %(roots)s."
        )
        % {"path": path, "roots": ", ".join(str(root) for root in settings.FILE_ROOTS) or "–"}
    )


def records(
    binding: Binding,
    columns: Sequence[Column],
    *,
    reading: Reading,
    aside: Callable[[SetAside], None],
) -> Iterator[bytes]:
    """Return CSV bytes of `record, cells…` in the order of `columns`, a batch of rows at a time.

    Counts go to `reading`, records that cannot be staged to `aside`. Raises FileMissing,
    PathNotAllowed at once; FileBroken, HeaderMismatch, SourceEmpty on the way. On the way nothing
    is asked of our database: its connection is busy with the copy.
    """
    paths = resolved(binding.object["path"], by=binding.source.organization)
    return _pieces(binding, columns, paths, reading, aside)


def _pieces(binding, columns, paths, reading, aside) -> Iterator[bytes]:
    line = 0
    for name, stream in _opened(binding, paths):
        reading.parts.append(Part(name, line + 1))
        cutter = _Cutter(binding, columns, name, stream, line, reading, aside)
        yield from cutter.batches()
        line = cutter.line
    if not reading.read:
        raise SourceEmpty(
            _(
                "“%(path)s” has no row. An empty file is held to be a mistake, so nothing was"
                " deleted; withdraw the dataset if it is to be empty."
            )
            % {"path": binding.object["path"]}
        )


class _Cutter:
    """One file on its way from bytes to batches of staged rows."""

    def __init__(self, binding, columns, name, stream, line, reading, aside):
        self.binding = binding
        self.columns = columns
        self.name = name
        self.stream = stream
        self.base = self.line = line
        self.reading = reading
        self.aside = aside
        self.width = 0

    def batches(self) -> Iterator[bytes]:
        """Yield staged rows; a broken file raises with its line."""
        csv.field_size_limit(WIDEST_CELL)
        separator = _separator(self.binding)
        try:
            with _decoded(self.stream, self.binding, self.name) as text:
                yield from self._staged(csv.reader(text, delimiter=separator, strict=True))
        except csv.Error as broken:
            raise FileBroken(
                _(
                    "“%(file)s” cannot be read from line %(line)s on: %(why)s (often a quotation"
                    " mark that is opened and never closed). What is published stays as it was;"
                    " correct the file and run the sync again."
                )
                % {"file": self.name, "line": self.line - self.base + 1, "why": broken}
            ) from broken
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as broken:
            raise _damaged(self.name, broken) from broken

    def _staged(self, cut) -> Iterator[bytes]:
        places = self._places(cut)
        pick = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
        batch: list[tuple] = []
        for row in cut:
            line, self.line = self.line + 1, self.base + cut.line_num
            if not row:
                continue  # an empty line holds no record
            self.reading.read += 1
            self.reading.lines.begins(self.reading.read, line)
            if len(row) != self.width:
                self.aside(SetAside(line, "field-count", tuple(row)))
                continue
            batch.append((self.reading.read, *pick(row)))
            if len(batch) >= BATCH_ROWS:
                yield encoded(batch, self.reading, self.aside)
                batch = []
        if batch:
            yield encoded(batch, self.reading, self.aside)

    def _places(self, cut) -> list[int]:
        """Return the position of each column's cell, by the header or as bound; none at all
        where a file that should have a header is empty."""
        wanted = [self.binding.columns[str(column.field)] for column in self.columns]
        if not self.binding.object.get("header", True):
            self.width = int(self.binding.object["width"])
            return [int(place) for place in wanted]
        first = next(cut, None)
        if first is None:
            return []  # a file of no bytes: not even a header
        header = _header(first, self.binding, self.name)
        self.line = self.base + cut.line_num
        missing = sorted({str(name) for name in wanted} - set(header))
        if missing or len(set(header)) != len(header):
            raise HeaderMismatch(
                _(
                    "The header of “%(file)s” does not have the bound columns: missing"
                    " %(missing)s; found %(found)s. Nothing was read; correct the file or the"
                    " binding."
                )
                % {
                    "file": self.name,
                    "missing": ", ".join(missing) or "–",
                    "found": ", ".join(header[:40]) or "–",
                }
            )
        self.width = len(header)
        return [header.index(str(name)) for name in wanted]


def encoded(batch: Sequence[tuple], reading: Reading, aside: Callable[[SetAside], None]) -> bytes:
    """Return rows of `record, cells…` as COPY's CSV, and count their bytes.

    The rare batch with odd characters goes row by row; what cannot be taken is set aside.
    """
    text = _written(batch)
    if "\0" not in text and len(text) < CELL_CHARACTERS:
        try:
            data = text.encode()
        except UnicodeEncodeError:
            data = None
        if data is not None:
            reading.bytes += len(data)
            return data
    sound = []
    for row in batch:
        rule = unsound(row[1:])
        if rule:
            aside(SetAside(reading.lines.of(row[0]), rule, tuple(row[1:])))
        else:
            sound.append(row)
    data = _written(sound).encode()
    reading.bytes += len(data)
    return data


def unsound(cells: Sequence[str]) -> str:
    """Return the rule that cells break which PostgreSQL could not take, or ""."""
    for cell in cells:
        if "\0" in cell:
            return "nul"
        if len(cell) > CELL_CHARACTERS:
            return "cell-too-long"
        if not _encodable(cell):
            return "encoding"
    return ""


def _encodable(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _written(batch: Sequence[tuple]) -> str:
    out = io.StringIO()
    # with both characters in the terminator, a cell that holds either of them is quoted
    csv.writer(out, lineterminator="\r\n").writerows(batch)
    return out.getvalue()


@contextmanager
def _decoded(stream: IO[bytes], binding: Binding, name: str) -> Iterator[IO[str]]:
    """Give text of the declared encoding; single bad bytes survive as lone surrogates.

    Where already the first 64 kB are of another encoding the whole file is, so it is refused.
    """
    declared = str(binding.object.get("encoding") or "utf-8")
    encoding = ENCODINGS[declared.lower()]
    head = stream.peek(SNIFF_BYTES)[:SNIFF_BYTES]  # type: ignore[attr-defined]  # all three have it
    if not _reads(head, encoding):
        others = {"utf-8-sig", "gb18030"} - {encoding}
        found = next((other for other in others if _reads(head, other)), "")
        if found:
            raise FileBroken(
                _(
                    "“%(file)s” is not %(declared)s; it looks like %(found)s. Nothing was read;"
                    " correct the encoding of the binding."
                )
                % {"file": name, "declared": declared, "found": found.removesuffix("-sig")}
            )
    text = io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")
    try:
        yield text
    finally:
        text.detach()  # the stream is its opener's to close


def _reads(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _opened(binding: Binding, paths: Sequence[Path]) -> Generator[tuple[str, IO[bytes]]]:
    """Yield name and bytes of each file; archives are opened, their members matched."""
    for path in paths:
        with path.open("rb") as plain:
            yield from _members(path, plain, str(binding.object.get("member") or "*"))


def _members(path: Path, plain: IO[bytes], member: str) -> Iterator[tuple[str, IO[bytes]]]:
    kind, allowance = path.suffix.lower(), Allowance(path.name, path.stat().st_size)
    if kind == ".gz":
        with gzip.open(plain) as stream:
            yield path.name, bounded(stream, allowance)  # type: ignore[arg-type]
    elif kind == ".zip":
        with _archive(path, plain) as archive:
            names = sorted(n for n in archive.namelist() if fnmatch(n, member) and n[-1] != "/")
            if not names:
                raise FileMissing(
                    _("“%(file)s” holds no file that matches “%(member)s”.")
                    % {"file": path.name, "member": member}
                )
            for name in names:
                with _member(path, archive, name) as stream:
                    yield f"{path.name}/{name}", bounded(stream, allowance)
    else:
        yield path.name, plain


def _archive(path: Path, plain: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(plain)
    except zipfile.BadZipFile as broken:
        raise _damaged(path.name, broken) from broken


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(name)
    except (RuntimeError, NotImplementedError) as locked:
        raise FileBroken(
            _(
                "“%(file)s” is under a password or packed in a way that is not known here, so"
                " nothing was read. Send a plain ZIP file."
            )
            % {"file": path.name}
        ) from locked


def _damaged(name: str, why: Exception) -> FileBroken:
    return FileBroken(
        _("“%(file)s” is cut off or damaged: %(why)s. Send the whole file again.")
        % {"file": name, "why": why}
    )


def peek(binding: Binding, *, rows: int) -> Peek:
    """Return the columns and the first rows of the first file. Raises SourceProblems."""
    paths = resolved(binding.object["path"], by=binding.source.organization)
    with closing(_opened(binding, paths)) as parts:
        name, stream = next(parts)
        with _decoded(stream, binding, name) as text:
            cut = csv.reader(text, delimiter=_separator(binding), strict=True)
            try:
                return _peeked(binding, name, cut, rows)
            except csv.Error as broken:
                raise _damaged(name, broken) from broken


def _peeked(binding: Binding, name: str, cut: Iterator[list[str]], rows: int) -> Peek:
    columns, cut = _seen(binding, name, cut)
    nulls = {"", *binding.object.get("nulls", ())}
    width = len(columns)
    sampled = [row for row in islice(cut, rows) if row]
    found = [
        tuple(None if cell in nulls else _legible(cell) for cell in (row + [""] * width)[:width])
        for row in sampled
    ]
    broken = {
        place: "field-count" if len(row) != width else unsound(row)
        for place, row in enumerate(sampled)
    }
    return Peek(columns, found, odd={place: rule for place, rule in broken.items() if rule})


def _legible(cell: str) -> str:
    """Return a cell as a page can show it: a bad byte as the sign that stands for one."""
    return cell.encode(errors="surrogateescape").decode(errors="replace").replace("\0", "\ufffd")


def _seen(
    binding: Binding, name: str, cut: Iterator[list[str]]
) -> tuple[tuple[Seen, ...], Iterator[list[str]]]:
    """Return the columns of a file, and its records without the header."""
    if binding.object.get("header", True):
        header = _header(next(cut, []), binding, name)
        distinct_names(header, name)
        return tuple(Seen(title) for title in header), cut
    first = next((row for row in cut if row), [])
    width = int(binding.object.get("width") or len(first))
    titles = [str(title) for title in binding.object.get("titles", ())]
    if len(titles) > width:
        raise HeaderMismatch(
            _(
                "You gave %(given)s names, but the first row of “%(file)s” has %(columns)s"
                " columns. Give one name for each column, or look whether the separator is right."
            )
            % {"given": len(titles), "file": name, "columns": width}
        )
    titles += [""] * (width - len(titles))
    columns = (
        Seen(str(place), title=title or f"field_{place + 1}") for place, title in enumerate(titles)
    )
    return tuple(columns), chain([first] if first else [], cut)


def _header(first: Sequence[str], binding: Binding, file: str) -> list[str]:
    """Return the names in a header row. Raises FileBroken where they are not even text."""
    if unsound(first):
        raise FileBroken(
            _(
                "“%(file)s” does not begin with text in %(declared)s. Choose the encoding that it"
                " has; or open it in the program that made it, save the table as CSV (UTF-8), and"
                " send that file."
            )
            % {"file": file, "declared": binding.object.get("encoding") or "utf-8"}
        )
    return [title.strip() for title in first]


def distinct_names(header: Sequence[str], file: str) -> None:
    """Refuse a header in which a column could not be told by its name. Raises HeaderMismatch."""
    named = [title for title in header if title]
    twice = sorted({title for title in named if named.count(title) > 1})
    if not named or twice:
        raise HeaderMismatch(
            _(
                "“%(file)s” has no header from which columns can be told apart: repeated are"
                " %(twice)s. Give each column a name of its own in the first rows of the table."
            )
            % {"file": file, "twice": ", ".join(twice) or "–"}
        )


def _separator(binding: Binding) -> str:
    given = str(binding.object.get("separator") or ",")
    if len(given) != 1 or given in '"\r\n\0':
        raise FileBroken(
            _("A separator is one character, such as a comma or a semicolon; “%(given)s” is not.")
            % {"given": given[:20]}
        )
    return given
