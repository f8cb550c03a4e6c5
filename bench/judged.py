"""What a search should find: the questions in `bench/judgements`, and how an answer is scored.

How they were labelled, and why one file is not to be opened, stands in bench/README.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

FOLDER = Path(__file__).resolve().parent / "judgements"
TUNING, HELD_OUT, THIRD = "tuning", "held_out", "third"
DEPTH = 10
"""How many answers are looked at."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A question with the keys (see bench/corpus.py) of the entries that it is asked for.

    `welcome` entries are hits too, and nothing is lost where they are missing.
    """

    kind: str
    question: str
    wanted: frozenset[str]
    welcome: frozenset[str]

    def reciprocal_rank(self, answers: Sequence[str]) -> float:
        """Return 1 / the place of the first hit among the first ten, 0 where there is none."""
        hits = self.wanted | self.welcome
        places = (place for place, key in enumerate(answers[:DEPTH], 1) if key in hits)
        return 1 / next(places, float("inf"))

    def recall(self, answers: Sequence[str]) -> float:
        """Return which part of the wanted entries is among the first ten; ten suffice."""
        return len(self.wanted.intersection(answers[:DEPTH])) / min(DEPTH, len(self.wanted))


@dataclass(frozen=True, slots=True)
class Score:
    """The means over some questions."""

    questions: int
    mrr: float
    recall: float


def read(part: str) -> list[Judgement]:
    """Return the questions of a part: TUNING, HELD_OUT or THIRD."""
    text = (FOLDER / f"{part}.tsv").read_text(encoding="utf-8")
    return [_parsed(line) for line in text.splitlines() if not line.startswith("#")]


def _parsed(line: str) -> Judgement:
    kind, question, wanted, *welcome = line.split("\t")
    return Judgement(
        kind, question, frozenset(wanted.split()), frozenset(" ".join(welcome).split())
    )


def score(answered: Iterable[tuple[Judgement, Sequence[str]]]) -> Score:
    """Return the means over questions with the keys that were found, the best first."""
    each = [(one.reciprocal_rank(found), one.recall(found)) for one, found in answered]
    return Score(len(each), fmean(rank for rank, _ in each), fmean(part for _, part in each))
