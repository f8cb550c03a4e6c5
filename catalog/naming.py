"""Addresses and identifiers from names in Chinese or English."""

import re
from collections.abc import Container
from itertools import count

from pypinyin import lazy_pinyin

SYLLABLES = 10
LONGEST = 60
HAN = re.compile("[\u3400-\u9fff]")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
ODD = re.compile(r"[^0-9a-z]+")
RESERVED = frozenset({"suggest"})
"""Addresses below /datasets/ that are pages of the portal: no entry can have them."""


def spelled(text: str, joint: str) -> str:
    """Return a name in small letters and digits, its syllables or words joined; maybe ""."""
    syllables = [
        part for one in lazy_pinyin(text) for part in re.findall("[a-z0-9]+", one.lower())
    ]
    return joint.join(syllables[:SYLLABLES])


def address(title_zh: str, title_en: str, taken: Container[str]) -> str:
    """Return an address for an entry that is not taken, of at most 60 characters."""
    stem = (spelled(title_en, "-") or spelled(title_zh, "-") or "entry")[:52].strip("-")
    if stem in RESERVED:
        stem += "-data"
    return _first_free(stem, "-", taken)


def plain(text: str) -> str:
    """Return a name of small letters, digits and underscores that begins with a letter.

    Chinese is written in pinyin; "" where nothing of the text can be.
    """
    parts = [
        "".join(lazy_pinyin(part)) if HAN.search(part) else CAMEL.sub("_", part)
        for part in re.split(r"[/\s_-]+", text)
    ]
    name = ODD.sub("_", "_".join(parts).lower()).strip("_")[:LONGEST].strip("_")
    return f"f_{name}" if name[:1].isdigit() else name


def identifier(label: str, taken: Container[str], *, otherwise: str = "f") -> str:
    """Return a field's name that is not taken; `otherwise` where the label cannot be written."""
    return _first_free(plain(label) or otherwise, "_", taken)


def _first_free(stem: str, joint: str, taken: Container[str]) -> str:
    if stem not in taken:
        return stem
    return next(name for number in count(2) if (name := f"{stem}{joint}{number}") not in taken)
