"""Files of batch jobs at rest: sealed block by block with a key of each file's own.

A file is AES-256-GCM blocks of BLOCK plain bytes; a block's number is its nonce, and job and
whether it is the last are authenticated, so that no block can be moved, left out or cut off. The
key stands, sealed, in the job's row and goes with one UPDATE: from then on the file is noise,
wherever copies of it lie; the bytes are removed by the next sweep.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

BLOCK = 1 << 16
TAG = 16
KEY_BYTES = 32
WHOLE, PART = ".sealed", ".part"


class FileLost(Exception):
    """The file is gone, cut off or altered."""


def new_key() -> bytes:
    """Return a key for one file."""
    return os.urandom(KEY_BYTES)


def write(
    job_id: int, chunks: Iterable[bytes], *, key: bytes, wrote: Callable[[bytes], None]
) -> None:
    """Write a job's file, whole or not at all; `wrote` sees each plain block. Raises OSError."""
    part = _place(job_id, PART)
    part.parent.mkdir(parents=True, exist_ok=True)
    cipher = AESGCM(key)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - of a descriptor that is closed to others from the start
            for number, (block, last) in enumerate(_blocks(chunks)):
                wrote(block)
                file.write(cipher.encrypt(_nonce(number), block, _bound(job_id, last=last)))
            file.flush()
            os.fsync(file.fileno())
        part.replace(_place(job_id, WHOLE))
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def read(job_id: int, *, key: bytes) -> Iterator[bytes]:
    """Return an iterator of a file's plain blocks. Raises FileLost, now or on the way.

    The file is opened with the first block: an answer that nobody reads holds nothing open.
    """
    place = _place(job_id, WHOLE)
    if not place.is_file():
        raise FileLost(job_id)
    return _opened(place, job_id, AESGCM(key))


def _opened(place: Path, job_id: int, cipher: AESGCM) -> Iterator[bytes]:
    with place.open("rb") as file:
        number, block = 0, file.read(BLOCK + TAG)
        while True:
            following = file.read(BLOCK + TAG)
            try:
                yield cipher.decrypt(_nonce(number), block, _bound(job_id, last=not following))
            except InvalidTag as altered:
                raise FileLost(job_id) from altered
            if not following:
                return
            number, block = number + 1, following


def remove(job_id: int) -> None:
    """Remove a job's file, and what a worker left of it."""
    for ending in (WHOLE, PART):
        _place(job_id, ending).unlink(missing_ok=True)


def there() -> set[int]:
    """Return of which jobs there is a file, or a part of one."""
    found = Path(settings.BATCH_ROOT)
    names = [path.stem for path in found.iterdir()] if found.is_dir() else []
    return {int(name) for name in names if name.isdigit()}


def remove_others(there_before: Collection[int], *, than: Collection[int]) -> int:
    """Remove the files of jobs that were found but have none to have; returns how many jobs'."""
    gone = set(there_before) - set(than)
    for job_id in gone:
        with suppress(OSError):  # the folder is read only here, or another was first
            remove(job_id)
    return len(gone)


def _blocks(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Cut chunks into blocks of BLOCK bytes, each with whether it is the last; at least one."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) > BLOCK:  # what is held back may be the last
            yield bytes(held[:BLOCK]), False
            del held[:BLOCK]
    yield bytes(held), True


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _bound(job_id: int, *, last: bool) -> bytes:
    return b"batch:%d:%d" % (job_id, last)


def _place(job_id: int, ending: str) -> Path:
    return Path(settings.BATCH_ROOT) / f"{job_id}{ending}"
