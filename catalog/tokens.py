"""Texts cut into what is looked up: Chinese by rjieba and by pairs of characters, Latin folded.

An index that has only words misses what its cutter put together otherwise, so every two
neighbouring characters are an entry too: a word of two characters is found wherever it stands.
Traditional characters are folded to simplified ones, at indexing and at asking. No query and no
database here; any text is taken.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import opencc
import rjieba

HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUNS = re.compile(rf"(?P<han>[{HAN}]+)|(?P<other>(?:(?![{HAN}])[^\W_])+)")
LONGEST = 64
"""Characters of a Latin word or number that count; what is longer is cut."""
SHORT = 40
"""Characters up to which a text may be a name that others have, too."""
SIMPLE = opencc.OpenCC("t2s")
ONCE_MORE = str.maketrans("苧", "苎")  # OpenCC makes the first of another character, and stops
KEPT_S = re.compile(r"(ss|us|is|[^a-z]s)$|^.{1,3}$")
SOUND = "~"
"""Stands before what is a sound and no word, so that the word `can` is not the sound of 残."""
OWNER = "@"
"""Stands before the number of the department whose entry it is."""
ENDING = re.compile(r"(?<=^[a-z]{5})([a-z]*?)(ings?|ed|ions?|ers?|ors?|ments?|es?)$")


def fold(text: str) -> str:
    """Return a text without what does not tell words apart: case, width, accents, and whether
    characters are traditional or simplified."""
    if text.isascii():
        return text.casefold()
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(c for c in parts if not unicodedata.combining(c))
    return SIMPLE.convert(unicodedata.normalize("NFKC", plain)).translate(ONCE_MORE)


def flat(text: str) -> str:
    """Return the folded words and runs of a text, one space between them, nothing else."""
    return " ".join(match.group() for match in RUNS.finditer(fold(text)))


def singular(word: str) -> str:
    """Return an English word without the s of more than one; any other word as it is."""
    if not word.isascii() or not word.endswith("s") or KEPT_S.search(word):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if re.search(r"(x|z|ch|sh|ss)es$", word) else word[:-1]


def stem(word: str) -> str:
    """Return how the forms of an English word begin, empty where a word is too short for that.

    At least five letters, so that few other words begin so: `liquidat`, but nothing of `parking`.
    """
    match = ENDING.search(word)
    return word[: match.start(2)] if match else ""


def characters(text: str) -> tuple[str, ...]:
    """Return the different Chinese characters of a text, folded, in their order."""
    return tuple(dict.fromkeys(filter(is_han, fold(text))))


class Token(NamedTuple):
    """What can be looked up, and at which character of its text it begins."""

    text: str
    at: int


def tokens(text: str, *, single: bool = True) -> tuple[Token, ...]:
    """Return what a text is found by; `single` includes single Chinese characters."""
    if len(text) <= SHORT:
        return _tokens_again(text, single)
    return tuple(_tokens(text, single))


@lru_cache(maxsize=5_000)  # labels and names of departments come again and again
def _tokens_again(text: str, single: bool) -> tuple[Token, ...]:  # noqa: FBT001 - lru_cache's way
    return tuple(_tokens(text, single))


def _tokens(text: str, single: bool) -> Iterator[Token]:  # noqa: FBT001 - as above
    for match in RUNS.finditer(fold(text)):
        run, start = match.group(), match.start()
        if match.lastgroup == "other":
            word = run[:LONGEST]
            yield from (Token(form, start) for form in dict.fromkeys((word, singular(word))))
            continue
        if single:
            yield from (Token(sign, start + place) for place, sign in enumerate(run))
        yield from (Token(run[place : place + 2], start + place) for place in range(len(run) - 1))
        yield from (Token(word, start + place) for word, place in _long_words(run))


def _long_words(run: str) -> list[tuple[str, int]]:
    """Return the words of three characters and more; shorter ones are there as pairs."""
    found = rjieba.tokenize(run, "search") if len(run) >= 3 else []
    return [(word, start) for word, start, _end in found if 3 <= len(word) <= LONGEST]


def is_han(text: str) -> bool:
    """Whether a word or run of `RUNS` is Chinese."""
    return re.match(f"[{HAN}]", text) is not None
