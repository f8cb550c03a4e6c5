"""Names and labels of fields from the headers of a table."""

from collections.abc import Sequence

from catalog.naming import CAMEL, HAN, identifier


def identifiers(texts: Sequence[str]) -> list[str]:
    """Return a name for each text, no two alike; what has none is called by its place."""
    names: list[str] = []
    for place, text in enumerate(texts, start=1):
        names.append(identifier(text, names, otherwise=f"column_{place}"))
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
