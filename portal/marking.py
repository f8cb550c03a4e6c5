"""The words of a question marked where they stand in a text."""

from collections.abc import Iterable
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from catalog.asking import Asked
from catalog.tokens import fold, is_han, singular

SHORTEST = 2
"""Characters of a part of a phrase that is marked by itself."""
fold_one = lru_cache(maxsize=20_000)(fold)


def marks(asked: Asked) -> tuple[str, ...]:
    """Return what is to be marked: the words asked for, and what is taken for them."""
    found = []
    for term in asked.terms:
        for one in (term.word, *term.others):
            parts = [singular(part) for part in one.split(" ")]
            found += [one, *(part for part in parts if len(part) >= SHORTEST)]
    return tuple(dict.fromkeys(found))


def marked(text: str, words: Iterable[str]) -> SafeString:
    """Return a text as HTML with each of the folded words in a `mark`, all else escaped."""
    folded, places = _folded(text)
    hit = [False] * len(text)
    for word in words:
        at = folded.find(word)
        while at >= 0:
            if is_han(word) or not (at and folded[at - 1].isalnum() and folded[at - 1].isascii()):
                hit[places[at] : places[at + len(word) - 1] + 1] = [True] * (
                    places[at + len(word) - 1] + 1 - places[at]
                )
            at = folded.find(word, at + 1)
    return mark_safe("".join(_pieces(text, hit)))  # noqa: S308 - each piece is escaped


def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text folded, with the place in the text of each of its characters."""
    parts, places = [], []
    for place, sign in enumerate(text):
        part = fold_one(sign)
        parts.append(part)
        places += [place] * len(part)
    return "".join(parts), places


def _pieces(text: str, hit: list[bool]) -> Iterable[str]:
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or hit[place] != hit[start]:
            piece = escape(text[start:place])
            yield f"<mark>{piece}</mark>" if hit[start] else piece
            start = place
