"""How Chinese titles sound, for who types Latin letters: gongjiao and gjzd for 公交站点."""

from collections.abc import Iterator
from functools import lru_cache

import pypinyin
import rjieba

from catalog.tokens import RUNS, flat, fold, is_han

SORTED = 80
"""Characters of a title that sort it."""
SYLLABLES, INITIALS = 6, 10
"""How far a sound is written out from the beginning of a word."""
SHORTEST_INITIALS = 3


@lru_cache(maxsize=2_000)  # departments come again and again
def sounds(text: str) -> tuple[str, ...]:
    """Return each syllable, and from each word on the sound and the initials of what follows."""
    runs = (m.group() for m in RUNS.finditer(fold(text)) if m.lastgroup == "han")
    return tuple(sound for run in runs for sound in _run(run))


def sound(word: str) -> str:
    """Return the sound of a folded Chinese word without tones, nothing for any other."""
    return "".join(syllables(word)) if is_han(word) else ""


def syllables(run: str) -> list[str]:
    """Return the sound of each character of a folded Chinese run, without tones."""
    return [fold(one) for one in pypinyin.lazy_pinyin(run)]


def initials(word: str) -> str:
    """Return the first letters of the sounds of a folded Chinese word; nothing for any other, and
    for one so short that its letters may be any word's."""
    if len(word) < SHORTEST_INITIALS or not all(map(is_han, word)):
        return ""
    return "".join(one[:1] for one in syllables(word))


def sort_key(title: str) -> str:
    """Return what sorts a title among others by its sound."""
    return " ".join(syllables(flat(title)))[:SORTED]


def _run(run: str) -> Iterator[str]:
    spoken = syllables(run)
    yield from spoken
    for start in {start for _word, start, _end in rjieba.tokenize(run, "search")}:
        following = spoken[start:]
        yield "".join(following[:SYLLABLES])
        yield "".join(one[:1] for one in following[:INITIALS])
