"""Names of fields from the headers of tables, Chinese ones by their pinyin."""

import re
from collections.abc import Sequence

from pypinyin import lazy_pinyin

LONGEST = 60
HAN = re.compile("[\u3400-\u9fff]")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
ODD = re.compile(r"[^0-9a-z]+")


def identifier(text: str) -> str:
    """Return a name of small letters, digits and underscores that begins with a letter.

    Chinese is written in pinyin; "" where nothing of the text can be.
    """
    parts = [
        "".join(lazy_pinyin(part)) if HAN.search(part) else CAMEL.sub("_", part)
        for part in re.split(r"[/\s_-]+", text)
    ]
    name = ODD.sub("_", "_".join(parts).lower()).strip("_")[:LONGEST].strip("_")
    return f"f_{name}" if name[:1].isdigit() else name


def identifiers(texts: Sequence[str]) -> list[str]:
    """Return a name for each text, no two alike; what has none is called by its place."""
    names: list[str] = []
    for place, text in enumerate(texts, start=1):
        name = wanted = identifier(text) or f"column_{place}"
        number = 2
        while name in names:
            name, number = f"{wanted}_{number}", number + 1
        names.append(name)
    return names


def labels(header: str, comment: str = "") -> tuple[str, str]:
    """Return the Chinese and the English label of a column, from its comment and its header.

    The Chinese one is never empty: the catalogue needs it.
    """
    said = " ".join(comment.split())
    words = " ".join(CAMEL.sub(" ", header).replace("_", " ").split())
    chinese = next((text for text in (said, words) if HAN.search(text)), "")
    english = next((text for text in (words, said) if text and not HAN.search(text)), "")
    return (chinese or words or header)[:100], english[:200]
