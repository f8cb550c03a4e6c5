"""Texts cut into what is looked up: Chinese by rjieba and by pairs of characters, Latin folded.

An index that has only words misses what its cutter put together otherwise, so every two
neighbouring characters are an entry too: a word of two characters is found wherever it stands. No
query and no database here; any text is taken.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple

import pypinyin
import rjieba

HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUNS = re.compile(rf"(?P<han>[{HAN}]+)|(?P<other>(?:(?![{HAN}])[^\W_])+)")
LONGEST = 64
"""Characters of a Latin word or number that count; what is longer is cut."""
SHORT = 40
"""Characters up to which a text may be a name that others have, too."""
ASKED_CHARACTERS, ASKED_WORDS = 1000, 16
"""How much of a query is looked at."""
SPOKEN, SOUNDS = 6, 24
"""Characters of a traditional word that are looked up by sound, and in how many readings."""
EMPTY_WORDS = frozenset("的了和与及在是有等之") | frozenset(
    ("a", "an", "and", "by", "for", "in", "of", "on", "or", "the", "to")
)


def fold(text: str) -> str:
    """Return a text without what does not tell words apart: case, width, accents."""
    if text.isascii():
        return text.casefold()
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFKC", "".join(c for c in parts if not unicodedata.combining(c)))


def flat(text: str) -> str:
    """Return the folded words and runs of a text, one space between them, nothing else."""
    return " ".join(match.group() for match in RUNS.finditer(fold(text)))


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
            yield Token(run[:LONGEST], start)
            continue
        if single:
            yield from (Token(sign, start + place) for place, sign in enumerate(run))
        yield from (Token(run[place : place + 2], start + place) for place in range(len(run) - 1))
        yield from (Token(word, start + place) for word, place in _long_words(run))


def _long_words(run: str) -> list[tuple[str, int]]:
    """Return the words of three characters and more; shorter ones are there as pairs."""
    found = rjieba.tokenize(run, "search") if len(run) >= 3 else []
    return [(word, start) for word, start, _end in found if 3 <= len(word) <= LONGEST]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person looks for: the words in their order; none where the text has no word.

    `tsquery` is PostgreSQL's text of the query, in which every word has to be found: a Chinese
    word as such or by all its pairs, a Latin word or number by how it begins. A word in
    traditional characters is looked up by its sound, too: titles in simplified ones sound alike.
    """

    words: tuple[str, ...]

    @property
    def whole(self) -> str:
        """The words as `flat` would give a title that has just them."""
        return " ".join(self.words)

    @property
    def tsquery(self) -> str:
        """The query in PostgreSQL's notation; no word holds a sign of it."""
        return " & ".join(_looked_up(word) for word in self.words)


def ask(text: str) -> Asked:
    """Return what a text asks for. Raises nothing: any text is a question."""
    words: list[str] = []
    for match in RUNS.finditer(fold(text[:ASKED_CHARACTERS])):
        run = match.group()
        words += [run[:LONGEST]] if match.lastgroup == "other" else _words(run)
    full = [word for word in words if word not in EMPTY_WORDS]
    return Asked(tuple(dict.fromkeys(full or words))[:ASKED_WORDS])


def _words(run: str) -> list[str]:
    """Cut a run of Chinese; single characters side by side are one word that rjieba lacks."""
    words: list[str] = []
    loose = ""
    for word in rjieba.cut(run):
        if len(word) == 1 and word not in EMPTY_WORDS:
            loose += word
            continue
        words += [loose, word[:LONGEST]]
        loose = ""
    return [word for word in [*words, loose] if word]


def _looked_up(word: str) -> str:
    if not re.match(f"[{HAN}]", word):
        return f"'{word}':*" if len(word) > 1 else f"'{word}'"
    ways = [f"'{word}'"]
    if len(word) > 2:
        pairs = " & ".join(f"'{word[place : place + 2]}'" for place in range(len(word) - 1))
        ways.append(pairs)
    begins = ":*" if len(word) > 1 else ""  # a single syllable begins too many words
    ways += [f"'{sound}'{begins}" for sound in spoken(word)]
    return f"({' | '.join(ways)})" if len(ways) > 1 else ways[0]


def spoken(word: str) -> tuple[str, ...]:
    """Return how a word may sound that GB 2312 cannot write, () for any other.

    What that set of simplified characters lacks is a traditional one, or rare. Characters with
    several readings are tried with each, up to SOUNDS in all.
    """
    if _is_simplified(word):
        return ()
    read = pypinyin.pinyin(word[:SPOKEN], style=pypinyin.Style.NORMAL, heteronym=True)
    ways = ("".join(map(fold, way)) for way in product(*read))
    sounds = (way for way in ways if way.isascii() and way.isalpha())
    return tuple(dict.fromkeys(islice(sounds, SOUNDS)))


def _is_simplified(word: str) -> bool:
    try:
        word.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
