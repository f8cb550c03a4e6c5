"""Pictures of apps: what was sent is looked at as a picture, and made anew.

What is kept is a WebP of this platform's own making, never a byte of what was sent: no script, no
second format behind the first, and no place where a photograph was taken.
"""

import hashlib
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from community.refusals import PictureRefused

MOST_BYTES = 5_000_000
MOST_PIXELS = 40_000_000
LARGEST = (1280, 800)
FORMATS = ("PNG", "JPEG", "WEBP")
TYPE = "image/webp"
QUALITY = 80
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    KeyError,
    IndexError,
    OverflowError,
    MemoryError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What the library raises on files that are not what they say."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept; `tag` is its digest."""

    content: bytes
    tag: str


def taken(stream: BinaryIO) -> Picture:
    """Return a picture made of what was sent: PNG, JPEG or WebP, at most MOST_BYTES.

    Raises PictureRefused for anything else, whatever its name says.
    """
    sent = stream.read(MOST_BYTES + 1)
    if len(sent) > MOST_BYTES:
        raise PictureRefused(
            _("The picture is larger than %(most)s MB. Send a smaller one.")
            % {"most": MOST_BYTES // 1_000_000}
        )
    try:
        content = _made_anew(sent)
    except BROKEN as broken:
        raise PictureRefused(
            _("This is no picture that can be read. Send a PNG, JPEG or WebP.")
        ) from broken
    return Picture(content, hashlib.sha256(content).hexdigest())


def _made_anew(sent: bytes) -> bytes:
    with Image.open(BytesIO(sent), formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise PictureRefused(
                _("The picture has more than %(most)s million points. Send a smaller one.")
                % {"most": MOST_PIXELS // 1_000_000}
            )
        upright = ImageOps.exif_transpose(opened)
        plain = upright.convert("RGBA" if "A" in upright.getbands() else "RGB")
    plain.thumbnail(LARGEST)
    plain.info.clear()
    made = BytesIO()
    plain.save(made, "WEBP", quality=QUALITY, exif=b"", xmp=b"", icc_profile=b"")
    return made.getvalue()
