"""Workbooks for tests, made on the spot. All of it is invented."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook


def xlsx(
    rows: Iterable[Sequence[Any]],
    *,
    merged: Iterable[str] = (),
    hidden: Iterable[int] = (),
    title: str = "Sheet",
) -> bytes:
    """Return an XLSX of one sheet with these rows."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for span in merged:
        sheet.merge_cells(span)
    for number in hidden:
        sheet.row_dimensions[number].hidden = True
    return saved(book)


def saved(book: Workbook) -> bytes:
    """Return a workbook as a file's bytes."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """Return an XLSX with one part put in or replaced."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return out.getvalue()


def part_of(data: bytes, name: str) -> bytes:
    """Return one part of an XLSX."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)
