"""What was meant by a word that stands nowhere: words that sound alike, have the same characters,
or differ by a letter or two."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catalog.pinyin import syllables
from catalog.tokens import is_han

SHORTEST, LONGEST = 2, 6
"""Characters of a Chinese word that is compared by its sound."""
LATIN_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring characters of a Chinese run, from one place to before another."""

    text: str
    sound: str
    start: int
    end: int


def windows(run: str) -> Iterator[Window]:
    """Yield what may have been meant as one word, the longest first."""
    spoken = syllables(run)
    if len(spoken) != len(run):  # what has no sound would shift the others
        return
    for length in range(min(LONGEST, len(run)), SHORTEST - 1, -1):
        for start in range(len(run) - length + 1):
            end = start + length
            yield Window(run[start:end], "".join(spoken[start:end]), start, end)


def distance(one: str, other: str) -> int:
    """Return how many letters are wrong, missing, too many, or swapped with a neighbour."""
    before: Sequence[int] = ()
    last: Sequence[int] = range(len(other) + 1)
    for row, mine in enumerate(one, 1):
        now = [row]
        for column, theirs in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (mine != theirs))
            crossed = row > 1 < column and mine == other[column - 2] and one[row - 2] == theirs
            if crossed:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        before, last = last, now
    return last[-1]


def allowed(word: str, found: str) -> int:
    """Return how many letters may be wrong of a word that was meant for another.

    Fewer where that is Chinese: any few letters are near some sound.
    """
    if is_han(found):
        return 1 if len(word) < 12 else 2
    return 1 if len(word) < 6 else 2 if len(word) < 12 else 3


def nearest(word: str, candidates: Iterable[tuple[str, str]], most: int = 3) -> tuple[str, ...]:
    """Return the words nearest to a Latin one, of pairs of a word and its sound."""
    far = sorted(
        (distance(word, sound if is_han(found) else found), found) for found, sound in candidates
    )
    near = [(steps, found) for steps, found in far if 0 < steps <= allowed(word, found)]
    return tuple(found for steps, found in near if steps == near[0][0])[:most]
