"""What a person asks for: words, what means the same, and PostgreSQL's text of the query.

No query here; any text is a question. `catalog.understanding` adds what the city's words tell.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import rjieba

from catalog.stop_words import EMPTY_WORDS, QUESTION_WORDS
from catalog.tokens import LONGEST, OWNER, RUNS, SOUND, fold, is_han, singular, stem
from catalog.years import in_digits

ASKED_CHARACTERS, ASKED_WORDS = 1000, 16
"""How much of a query is looked at."""
TOGETHER = 6
"""Of how many words some may be missing; of more, the rarest are asked for."""
ENOUGH = 0.35
"""Which part of the weight of all words an entry has to have."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word that is looked for, and what else is taken for it.

    `others` mean the same or are what was meant; `weight` says how much the word tells, the rare
    ones more; `owners` are departments that are called so; `slip` is what was meant by a word that
    looks misspelt; `meant` are those of the others that were meant by a slip or a sound.
    """

    word: str
    others: tuple[str, ...] = ()
    weight: float = 1.0
    owners: tuple[int, ...] = ()
    slip: str = ""
    meant: tuple[str, ...] = ()

    def exactly(self, weights: str = "") -> str:
        """Return the query for the word as such; `weights` are those of a tsvector, as in AB."""
        return exactly(self.word, weights)

    def intended(self, weights: str = "") -> str:
        """Return the query for what was meant by a slip or a sound, empty where none is."""
        return either(exactly(one, weights) for one in self.meant)

    def likely(self, weights: str = "") -> str:
        """Return the query for the word, how it begins and sounds, and what is taken for it."""
        found = [near(self.word, weights), *(exactly(one, weights) for one in self.others)]
        if not weights:
            found += [f"'{OWNER}{owner}'" for owner in self.owners]
        return either(found)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person looks for, as terms in their order; none where the text has no word.

    `every` is whether each term has to be found, else the heavier ones suffice. `whole` is the
    text as `flat` would give a title that is the question.
    """

    terms: tuple[Term, ...]
    whole: str = ""
    every: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        """The words as they were typed."""
        return tuple(term.word for term in self.terms)

    @property
    def tsquery(self) -> str:
        """The query in PostgreSQL's notation; no word holds a sign of it."""
        each = [term.likely() for term in self.terms]
        if self.every or len(each) == 1:
            return " & ".join(each)
        return either(" & ".join(one) for one in _enough(self.terms))


def ask(text: str) -> Asked:
    """Return what a text asks for. Raises nothing: any text is a question."""
    units = units_of(text)
    words = dict.fromkeys(full(units))
    terms = tuple(Term(word) for word in words)[:ASKED_WORDS]
    return Asked(terms, whole(units))


def units_of(text: str) -> list[str]:
    """Cut a text into words in their order; single characters side by side are one word that
    rjieba lacks."""
    units: list[str] = []
    for match in RUNS.finditer(in_digits(fold(text[:ASKED_CHARACTERS]))):
        run = match.group()
        units += [run[:LONGEST]] if match.lastgroup == "other" else _words(run)
    return units


def full(units: Sequence[str]) -> list[str]:
    """Return the words that say something, all where none does."""
    for empty in (EMPTY_WORDS | QUESTION_WORDS, EMPTY_WORDS):
        if said := [unit for unit in units if unit not in empty]:
            return said
    return list(units)


def whole(units: Sequence[str]) -> str:
    """Join words as they stand in a flat text: Chinese without a space between."""
    text = ""
    for unit in units:
        both = text and is_han(text[-1]) and is_han(unit)
        text += unit if both or not text else f" {unit}"
    return text


def _words(run: str) -> list[str]:
    words: list[str] = []
    loose = ""
    for word in rjieba.cut(run):
        if len(word) == 1 and word not in EMPTY_WORDS and word not in QUESTION_WORDS:
            loose += word
            continue
        words += [loose, word[:LONGEST]]
        loose = ""
    return [word for word in [*words, loose] if word]


def _enough(terms: Sequence[Term]) -> Iterable[list[str]]:
    """Yield the smallest sets of terms that weigh enough together."""
    heaviest = sorted(terms, key=lambda term: -term.weight)[:TOGETHER]
    least = ENOUGH * sum(term.weight for term in heaviest) - 1e-9
    found: list[frozenset[int]] = []
    for size in range(1, len(heaviest) + 1):
        for places in combinations(range(len(heaviest)), size):
            weight = sum(heaviest[place].weight for place in places)
            if weight >= least and not any(one <= frozenset(places) for one in found):
                found.append(frozenset(places))
                yield [heaviest[place].likely() for place in places]


def exactly(text: str, weights: str = "") -> str:
    """Return the query for a word or several: a Chinese one as such or by all its pairs."""
    each = [_exact(match.group(), weights) for match in RUNS.finditer(text)]
    return f"({' & '.join(each)})" if len(each) > 1 else "".join(each)


def near(text: str, weights: str = "") -> str:
    """Return the query for a word, a Latin one by how it begins, in its other forms, or as a
    sound."""
    if is_han(text) or text.isdigit() or len(text) == 1 or " " in text:
        return exactly(text, weights)
    forms = dict.fromkeys((text, singular(text)))
    words = [f"'{text}':*{weights}", *(f"'{one}':{weights}" for one in forms if one != text)]
    if text.isascii() and text.isalpha():
        words += [f"'{SOUND}{text}':*{weights}"]
        words += [f"'{root}':*{weights}" for root in [stem(text)] if root]
    return either(one.rstrip(":") for one in words)


def either(queries: Iterable[str]) -> str:
    """Return the query for any of several."""
    each = list(dict.fromkeys(queries))
    return f"({' | '.join(each)})" if len(each) > 1 else "".join(each)


def _exact(run: str, weights: str) -> str:
    run = run[:LONGEST]
    label = f":{weights}" if weights else ""
    if not is_han(run):
        return either(f"'{form}'{label}" for form in (run, singular(run)))
    if len(run) <= 2:
        return f"'{run}'{label}"
    pairs = " & ".join(f"'{run[place : place + 2]}'{label}" for place in range(len(run) - 1))
    return f"('{run}'{label} | {pairs})"
