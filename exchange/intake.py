"""The folders from which an organisation's files are read, and what people upload into them."""

import contextlib
import hashlib
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.db import transaction

from accounts.models import User
from accounts.roles import require
from accounts.wording import said as _
from audit import chain
from catalog.refusals import WorkbookRefused
from catalog.workbooks import LIMITS, open_workbook
from exchange.connectors import files
from exchange.models import Source, SourceKind
from exchange.problems import NothingReadable, UploadRefused

ENDINGS = {
    SourceKind.CSV: (".csv", ".tsv", ".txt", ".gz", ".zip"),
    SourceKind.EXCEL: (".xlsx", ".xls"),
}
UPLOADED = {SourceKind.CSV: (".csv", ".tsv", ".txt"), SourceKind.EXCEL: (".xlsx", ".xls")}
DEEPEST = 3  # folders below the organisation's own
MOST_FILES = 500
LONGEST_NAME = 100
ODD = re.compile(r"[^\w.()-]+")


def folders(source: Source) -> list[Path]:
    """Return the folders of a source: the one it names, else its organisation's below each root.

    Raises PathNotAllowed.
    """
    if source.settings.get("folder"):
        named = Path(str(source.settings["folder"]))
        return [files.allowed_folder(named, by=source.organization)]
    return [root / source.organization.slug for root in files.roots()]


def listed(source: Source) -> list[Path]:
    """Return the files of a source that its kind reads, by path; links are left out."""
    found: list[Path] = []
    for folder in folders(source):
        for place, below, names in os.walk(folder):
            here = Path(place)
            if len(here.relative_to(folder).parts) >= DEEPEST:
                below.clear()
            found += [here / name for name in names if _is_read(source, here / name)]
    return sorted(found)[:MOST_FILES]


def _is_read(source: Source, path: Path) -> bool:
    ending = path.suffix.lower()
    return (
        ending in ENDINGS[SourceKind(source.kind)]
        and not path.name.startswith((".", "~$"))
        and not path.is_symlink()
    )


def probe(source: Source) -> None:
    """Look whether there is a file to read. Raises NothingReadable, PathNotAllowed."""
    if not listed(source):
        raise NothingReadable(
            _(
                "There is no file that “%(name)s” could read. Upload one, or have files put into"
                " %(folders)s."
            )
            % {"name": source.name, "folders": ", ".join(map(str, folders(source)))}
        )


@transaction.atomic
def upload(
    source_id: int, name: str, content: BinaryIO, *, by: User, at: datetime, replace: bool = False
) -> Path:
    """Put a file into a source's folder, and return where it lies.

    The name loses what could lead elsewhere; the content is looked at before it is kept: it is
    what its ending says, not larger than LIMITS, no bomb, no macros. A file that is there is
    replaced only where `replace` says so. Raises UploadRefused, NotAllowed, PathNotAllowed.
    """
    source = Source.objects.select_related("organization").get(pk=source_id)
    require(by, "exchange.upload_file", organization=source.organization)
    safe = _safe(name, SourceKind(source.kind))
    data = content.read(LIMITS.sent + 1)
    try:
        open_workbook(data, safe)
    except WorkbookRefused as refusal:
        raise UploadRefused(refusal.args[0]) from refusal
    path = folders(source)[0] / safe
    _keep(data, path, replace=replace)
    chain.record(
        "file.upload",
        f"source:{source.pk}",
        by=by,
        at=at,
        path=str(path),
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        replaced=replace,
    )
    return path


def _safe(name: str, kind: SourceKind) -> str:
    """Return the last part of a name, of letters of any script, digits, and . ( ) - _ alone."""
    last = ODD.sub("_", re.split(r"[/\\\\]", name)[-1]).strip("._ ")
    stem, ending = Path(last).stem[:LONGEST_NAME], Path(last).suffix.lower()
    taken = UPLOADED.get(kind, ())
    if not stem or ending not in taken:
        raise UploadRefused(
            _("“%(name)s” cannot be taken here. Files of this source end in: %(endings)s.")
            % {"name": name[-80:], "endings": ", ".join(taken) or "–"}
        )
    return stem + ending


def _keep(data: bytes, path: Path, *, replace: bool) -> None:
    """Write a file whole or not at all, beside its place and then into it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".upload-", delete=False) as new:
            new.write(data)
        try:
            Path(new.name).chmod(0o640)
            if replace:
                Path(new.name).replace(path)
            else:
                os.link(new.name, path)  # fails where there is a file of this name
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(new.name).unlink()
    except FileExistsError as there:
        raise UploadRefused(
            _(
                "There is a file “%(name)s” already. Give yours another name, or say that it is to"
                " replace the one that is there."
            )
            % {"name": path.name}
        ) from there
    except OSError as failure:
        raise UploadRefused(
            _(
                "“%(name)s” could not be kept: the platform cannot write into %(folder)s. Ask the"
                " system administrator."
            )
            % {"name": path.name, "folder": path.parent}
        ) from failure
