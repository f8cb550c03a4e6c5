"""Files as they were handed in: what they are by their bytes, and where they are kept."""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Collection
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.refusals import FileRefused

ZIP, OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
MACRO_STREAM = "_VBA_PROJECT".encode("utf-16-le")
UNPACKED_RATIO = 200  # an archive of honest text seldom shrinks to a fiftieth
BLOCK = 1 << 20


def _begins(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(magics)


def _is_text(data: bytes) -> bool:
    """Whether bytes are text: UTF-16 with its mark, or without NUL and in UTF-8 or GB 18030."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return b"\0" not in data and any(_decodes(data, name) for name in ("utf-8", "gb18030"))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


KINDS: dict[str, Callable[[bytes], bool]] = {
    **dict.fromkeys((".xlsx", ".docx", ".pptx", ".ofd", ".zip", ".ods", ".odt"), _begins(ZIP)),
    **dict.fromkeys((".xls", ".doc", ".ppt", ".wps", ".et"), _begins(OLE)),
    **dict.fromkeys((".csv", ".txt", ".tsv", ".json", ".geojson", ".xml", ".kml"), _is_text),
    ".pdf": _begins(b"%PDF-"),
    ".gz": _begins(b"\x1f\x8b"),
    ".jpg": _begins(b"\xff\xd8\xff"),
    ".jpeg": _begins(b"\xff\xd8\xff"),
    ".png": _begins(b"\x89PNG\r\n\x1a\n"),
    ".gif": _begins(b"GIF87a", b"GIF89a"),
    ".tif": _begins(b"II*\0", b"MM\0*"),
    ".tiff": _begins(b"II*\0", b"MM\0*"),
    ".bmp": _begins(b"BM"),
}
"""What a dataset may offer as a file (domain.md §2.4), each with the test of its bytes."""


OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN_OFFICE = "application/vnd.oasis.opendocument"
UNNAMED = "application/octet-stream"
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".xml": "application/xml",
    ".kml": "application/vnd.google-earth.kml+xml",
    ".xlsx": f"{OFFICE}.spreadsheetml.sheet",
    ".docx": f"{OFFICE}.wordprocessingml.document",
    ".pptx": f"{OFFICE}.presentationml.presentation",
    ".ods": f"{OPEN_OFFICE}.spreadsheet",
    ".odt": f"{OPEN_OFFICE}.text",
    ".xls": "application/vnd.ms-excel",
    ".doc": "application/msword",
    ".ppt": "application/vnd.ms-powerpoint",
    ".ofd": "application/ofd",
    ".zip": "application/zip",
    ".gz": "application/gzip",
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".bmp": "image/bmp",
}
"""As what files are given out, by the ending that was held against their bytes when they came.
What has no registered name of its own (of KINDS: wps, et) is UNNAMED."""


def ending(name: str) -> str:
    """Return a name's ending as KINDS and MEDIA_TYPES have it, such as ".csv"."""
    return PurePosixPath(name).suffix.lower()


def media_type(name: str) -> str:
    """Return as what a file of that name is given out."""
    return MEDIA_TYPES.get(ending(name), UNNAMED)


def plain_name(name: str) -> str:
    """Return a file's name as it is shown: the last part, without what cannot be printed."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(sign for sign in last if sign.isprintable())[-200:]


def examined(stream: IO[bytes], name: str, *, most: int = 0, kinds: Collection[str] = ()) -> bytes:
    """Return a file's bytes after looking at them.

    `most` is in bytes (settings.UPLOAD_MB without it), `kinds` are the endings taken (those of
    KINDS without them). Raises FileRefused for a file that is empty, larger, of another kind, not
    what its name says, an archive that unpacks to far more than it has, or one with macros.
    """
    most = most or settings.UPLOAD_MB * 1_000_000
    data = stream.read(most + 1)
    if len(data) > most:
        raise FileRefused(
            _("“%(file)s” has more than %(most)s MB. Send it in parts, or offer it by a link.")
            % {"file": name, "most": most // 1_000_000}
        )
    if not data:
        raise FileRefused(_("“%(file)s” is empty. Choose the file again.") % {"file": name})
    taken = kinds or KINDS
    is_it = KINDS.get(ending(name)) if ending(name) in taken else None
    if is_it is None:
        raise FileRefused(
            _("Files such as “%(file)s” are not offered here. Send one of: %(kinds)s.")
            % {"file": name, "kinds": ", ".join(sorted(taken))}
        )
    if not is_it(data):
        raise FileRefused(
            _(
                "“%(file)s” is not what its name says. Open it, save it in the kind that its name"
                " says, and send it again."
            )
            % {"file": name}
        )
    if data.startswith(ZIP):
        _check_archive(data, name)
    if data.startswith(OLE) and MACRO_STREAM in data:
        raise _macros(name)
    return data


def _check_archive(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as broken:
        raise FileRefused(
            _("“%(file)s” is cut off or damaged. Send the whole file again.") % {"file": name}
        ) from broken
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        raise _macros(name)
    if sum(part.file_size for part in parts) > UNPACKED_RATIO * len(data) + BLOCK:
        raise FileRefused(
            _(
                "“%(file)s” unpacks to more than %(times)s times its size, which would fill the"
                " disk of whoever opens it. Send what is in it."
            )
            % {"file": name, "times": UNPACKED_RATIO}
        )


def _macros(name: str) -> FileRefused:
    return FileRefused(
        _("“%(file)s” holds macros, which are not offered. Save it without macros and send that.")
        % {"file": name}
    )


def keep(data: bytes) -> str:
    """Write bytes into the store unless they are there, and return their SHA-256.

    A file lies under its digest, whole or not at all. Call it last in a verb: what a failed commit
    leaves behind is named by no row, and is found there if it comes again.
    """
    digest = hashlib.sha256(data).hexdigest()
    path = place(digest)
    try:
        os.utime(path)  # handed in again: it is as young as a new one
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as whole:
            whole.write(data)
            whole.flush()
            os.fsync(whole.fileno())
        Path(whole.name).replace(path)
    return digest


def is_digest(text: str) -> bool:
    """Whether a text is a SHA-256 as files are named by it."""
    return len(text) == 64 and not set(text) - set("0123456789abcdef")


def place(digest: str, *, within: str = "") -> Path:
    """Return where the bytes of a digest lie: in the store, or in another folder laid out alike.

    Raises ValueError for what is no digest.
    """
    if not is_digest(digest):
        raise ValueError(digest)
    return Path(within or settings.FILE_STORE) / digest[:2] / digest


def folders() -> list[Path]:
    """Return the folders of the store, each with the files whose digests begin alike."""
    return sorted(path for path in Path(settings.FILE_STORE).glob("??") if path.is_dir())


def kept(digest: str) -> bytes:
    """Return the bytes of a digest. Raises FileRefused where the store has lost them."""
    try:
        data = place(digest).read_bytes()
    except FileNotFoundError:
        data = b""
    if hashlib.sha256(data).hexdigest() != digest:
        raise FileRefused(
            _("The file is no longer in the store as it was handed in. Tell the administrator.")
        )
    return data
