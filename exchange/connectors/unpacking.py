"""How far a packed file may unfold: a bomb of a few kilobytes must not fill a disk or a day."""

import io
from typing import IO

from django.conf import settings

from accounts.wording import said as _
from exchange.problems import FileBroken

BUFFER_BYTES = 64 * 1024
FREE_BYTES = 10_000_000
"""Up to here any ratio is let through: small files of equal lines pack very well."""


class Allowance:
    """What one packed file may still unfold to, over all its members together."""

    def __init__(self, name: str, packed: int):
        """Begin with a file's name and its size on disk, in bytes."""
        self.name = name
        self.packed = max(packed, 1)
        self.unpacked = 0

    def take(self, count: int) -> None:
        """Count bytes that came out. Raises FileBroken where they are too many."""
        self.unpacked += count
        if self.unpacked > settings.UNPACK_MB * 1_000_000:
            text = _(
                "“%(file)s” unfolds to more than %(limit)s MB, so it was not read to its end and "
                "what is published stays as it was. Send it in parts, or ask the system "
                "administrator for a higher limit."
            )
            raise FileBroken(text % {"file": self.name, "limit": settings.UNPACK_MB})
        if self.unpacked > max(FREE_BYTES, settings.UNPACK_RATIO * self.packed):
            text = _(
                "“%(file)s” unfolds to more than %(limit)s times its size, as no table does, so "
                "it was not read to its end and what is published stays as it was. Send it plain, "
                "or ask the system administrator for a higher limit."
            )
            raise FileBroken(text % {"file": self.name, "limit": settings.UNPACK_RATIO})


class _Counted(io.RawIOBase):
    """A stream whose bytes are counted as they are read."""

    def __init__(self, stream: IO[bytes], allowance: Allowance):
        super().__init__()
        self.stream = stream
        self.allowance = allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer, /) -> int:
        data = self.stream.read(len(buffer))
        buffer[: len(data)] = data
        self.allowance.take(len(data))
        return len(data)


def bounded(stream: IO[bytes], allowance: Allowance) -> IO[bytes]:
    """Return a packed file's or member's bytes, that raise FileBroken where they are too many."""
    return io.BufferedReader(_Counted(stream, allowance), BUFFER_BYTES)
