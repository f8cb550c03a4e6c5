"""Addresses and identifiers from names in Chinese or English."""

import re
from collections.abc import Container
from itertools import count

from pypinyin import lazy_pinyin

SYLLABLES = 10


def spelled(text: str, joint: str) -> str:
    """Return a name in small letters and digits, its syllables or words joined; maybe ""."""
    syllables = [
        part for one in lazy_pinyin(text) for part in re.findall("[a-z0-9]+", one.lower())
    ]
    return joint.join(syllables[:SYLLABLES])


def address(title_zh: str, title_en: str, taken: Container[str]) -> str:
    """Return an address for an entry that is not taken, of at most 60 characters."""
    stem = (spelled(title_en, "-") or spelled(title_zh, "-") or "entry")[:52].strip("-")
    return _first_free(stem, "-", taken)


def identifier(label: str, taken: Container[str]) -> str:
    """Return a field's name that is not taken: a letter, then letters, digits, underscores."""
    stem = spelled(label, "_")[:55].strip("_")
    if not stem or not stem[0].isalpha():
        stem = f"f_{stem}".rstrip("_")
    return _first_free(stem, "_", taken)


def _first_free(stem: str, joint: str, taken: Container[str]) -> str:
    if stem not in taken:
        return stem
    return next(name for number in count(2) if (name := f"{stem}{joint}{number}") not in taken)
