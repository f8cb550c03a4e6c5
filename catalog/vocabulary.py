"""The words that published entries are called by, kept by indexing: what a misspelt word is
compared with. A word stays when its entry goes: it was public, and what finds nothing is not told
of."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import rjieba
from django.db import connection

from catalog.models import Dataset
from catalog.pinyin import sound
from catalog.stop_words import EMPTY_WORDS
from catalog.tokens import RUNS, flat, is_han

SHORTEST_INITIALS = 3
SHORTEST_LATIN, LONGEST_HAN, LONGEST_LATIN = 4, 8, 30
KEEP = """
INSERT INTO catalog_searchword (word, sound, signs, owner_id)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])
AS given (word, sound, signs, owner_id) ORDER BY word, owner_id
ON CONFLICT DO NOTHING
"""
Word = tuple[str, int | None]


def keep(datasets: Iterable[Dataset]) -> None:
    """Enter the words of published entries. In order, so that two who do so never deadlock."""
    enter({word for dataset in datasets for word in _words(dataset)})


def enter(words: Iterable[Word]) -> None:
    """Enter words that are not there, each with the department whose name it is, if any."""
    rows = [(word, sound(word), signs(word), owner) for word, owner in words]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [list(column) for column in zip(*rows, strict=True)])


def signs(word: str) -> str:
    """Return the characters of a word in order: two words of the same ones are easily mixed up."""
    return "".join(sorted(word))


def _words(dataset: Dataset) -> Iterator[Word]:
    texts = [dataset.title_zh, dataset.title_en, dataset.alias]
    texts += [str(word) for word in (*dataset.keywords_zh, *dataset.keywords_en)]
    if dataset.subject is not None:
        texts += [dataset.subject.name_zh, dataset.subject.name_en]
    for text in texts:
        yield from ((word, None) for word in words_of(text))
    for name in (dataset.owner.name_zh, dataset.owner.name_en):
        if name:
            yield flat(name), dataset.owner_id
        if len(short := initials(name)) >= SHORTEST_INITIALS:
            yield short, dataset.owner_id


def initials(name: str) -> str:
    """Return what an English name is called for short: LCSD, without `and` and `of the`."""
    words = [word for word in flat(name).split() if word.isascii() and word not in EMPTY_WORDS]
    return "".join(word[0] for word in words)


def words_of(text: str) -> Iterator[str]:
    """Yield the words of a text and, of Chinese, two neighbours together."""
    for match in RUNS.finditer(flat(text)):
        run = match.group()
        if not is_han(run):
            if SHORTEST_LATIN <= len(run) <= LONGEST_LATIN and not run.isdigit():
                yield run
            continue
        cut = rjieba.cut(run)
        yield from (word for word in cut if 2 <= len(word) <= LONGEST_HAN)
        yield from (one + two for one, two in pairwise(cut) if len(one + two) <= LONGEST_HAN)
