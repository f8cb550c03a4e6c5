"""The folder of public files: of files, all that the doors which face strangers can read.

It lies apart from the store, so that it alone is mounted where those doors run. A file lies in it
under its digest: as a second name of the same bytes where one disk holds both, else as a copy.
Which files belong here is `exchange.public_files`'s to say.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings

from catalog import files

LEFT_SECONDS = 3600.0
"""How old what is no file of ours must be before it is taken for the rest of a broken copy."""


def place(digest: str) -> Path:
    """Return where the bytes of a public file lie. Raises ValueError for what is no digest."""
    return files.place(digest, within=settings.PUBLIC_FILE_STORE)


def put(digest: str) -> bool:
    """Have a file of the store here too, whole or not at all; return whether the store had it.

    Raises OSError where this process may not write here, or the disk is full.
    """
    kept, path = files.place(digest), place(digest)
    if not kept.is_file():
        return False
    if path.is_file() and path.stat().st_size == kept.stat().st_size:
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # one that was cut short
    try:
        os.link(kept, path)
    except FileExistsError:
        return True  # another process put it here at the same moment
    except OSError:
        _copy(kept, path)  # they lie on two disks
    return True


def _copy(kept: Path, path: Path) -> None:
    with (
        kept.open("rb") as whole,
        tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as to,
    ):
        shutil.copyfileobj(whole, to)
        to.flush()
        os.fsync(to.fileno())
    Path(to.name).replace(path)


def remove(digest: str) -> None:
    """Take a file away from here; it stays in the store."""
    place(digest).unlink(missing_ok=True)


def digests() -> frozenset[str]:
    """Return the digests of all that lies here."""
    return frozenset(path.name for path in _lying() if _is_a_file(path))


def sweep(*, at: datetime) -> int:
    """Remove what a copy that broke off has left here; return how many."""
    before = at.timestamp() - LEFT_SECONDS
    removed = 0
    for path in [one for one in _lying() if not _is_a_file(one)]:
        with suppress(FileNotFoundError):  # its copy has come to its end meanwhile
            if path.stat().st_mtime < before:
                path.unlink()
                removed += 1
    return removed


def _is_a_file(path: Path) -> bool:
    return files.is_digest(path.name) and path == place(path.name)


def _lying() -> Iterator[Path]:
    return Path(settings.PUBLIC_FILE_STORE).glob("??/*")
