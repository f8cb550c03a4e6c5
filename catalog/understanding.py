"""What a question means in this city: synonyms, departments, slips, and how much each word tells.

A question is cut into words; words that mean the same are looked for together; a word that stands
nowhere is read as what it may have been meant for, and what nothing is known of is not looked
for. At most five queries, whatever is asked. No answer depends on an entry that the reader may not
find.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import rjieba
from django.db import connection
from psycopg import sql

from catalog import mistakes
from catalog.asking import ASKED_WORDS, Asked, Term, full, units_of, whole
from catalog.conditions import Conditions, Filters
from catalog.mistakes import Window
from catalog.pinyin import initials
from catalog.stop_words import ABOUT_ANY, EMPTY_WORDS, QUESTION_WORDS
from catalog.tokens import RUNS, characters, is_han, singular
from catalog.vocabulary import signs
from catalog.years import otherwise

LONGEST_PHRASE = 6
"""Words that may make one term together."""
FEW = 3
"""Of fewer entries with every word, entries with some of the words are shown too."""
COUNTED = 2_000
"""How far the entries with a word are counted: beyond, it tells nothing."""
OFFICES = frozenset("局委办厅院处所部署会司府队")
"""With which character the short name of a department ends."""
LEFT_OUT = {"委": "员会"}
"""What the short name leaves out behind such a character."""
ALIKE = 30
SPOKEN, SPOKEN_SO = 5, 3
"""Letters of a sound that is read as Chinese words, and as how many."""
LONGEST_SHORT = 3
"""Characters of a word that may be the short form of a longer one."""
SAID_OF_ANY = 0.3
"""Which part of its weight a word has that could be said of any entry."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A question understood: what is looked for, what was read otherwise, what was left out."""

    asked: Asked
    meant: tuple[tuple[str, str], ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether no word of the question is known."""
        return not self.asked.terms


@dataclass(slots=True)
class _Known:
    """What the city's words say about a question."""

    same: dict[str, list[str]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    by_sound: dict[str, list[str]] = field(default_factory=dict)
    by_signs: dict[str, list[str]] = field(default_factory=dict)
    by_initials: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    owners: dict[str, set[int]] = field(default_factory=dict)


def understand(text: str, where: Conditions) -> Meaning:
    """Return what a text asks for among the entries under these conditions.

    `where` says as whom and by what one searches; its own words are not looked at.
    """
    units = units_of(text)[: 4 * ASKED_WORDS]
    if not units:
        return Meaning(Asked(()))
    known = _look_up(units)
    said = set(full(units))
    terms = [one for one in _terms(units, known) if one.others or one.owners or one.word in said]
    asked = Asked(tuple(dict.fromkeys(terms))[:ASKED_WORDS], whole(units))
    return _weighed(asked, where)


def by_characters(text: str, where: Conditions) -> Meaning:
    """Return the Chinese characters of a text as what is looked for, each by itself."""
    apart = [Term(one) for one in characters(text) if one not in EMPTY_WORDS]
    if not apart:
        return Meaning(Asked(()))
    return _weighed(Asked(tuple(apart[:ASKED_WORDS])), where)


# --- what is known of the words


def _phrases(units: Sequence[str]) -> list[str]:
    """Return neighbouring words as one text each, English ones also without the s of many."""
    found = []
    for length in range(1, LONGEST_PHRASE + 1):
        for start in range(len(units) - length + 1):
            phrase = whole(units[start : start + length])
            found += [phrase, singular(phrase)]
    return list(dict.fromkeys(found))


def _windows(units: Sequence[str]) -> list[Window]:
    runs = (match.group() for match in RUNS.finditer(whole(units)))
    return [one for run in runs if is_han(run) for one in mistakes.windows(run[:24])]


KNOWN = """
WITH heard AS MATERIALIZED (
    SELECT word, sound, signs, owner_id FROM catalog_searchword
    WHERE word = ANY(%(phrases)s) OR sound = ANY(%(sounds)s) OR signs = ANY(%(signs)s)
)
SELECT 'word', word, sound, signs, owner_id, NULL FROM heard
UNION ALL
SELECT 'same', '', '', '', NULL::bigint, folded FROM catalog_wordgroup
WHERE active AND folded && (%(phrases)s || (SELECT coalesce(array_agg(word), '{}') FROM heard))
UNION ALL
SELECT 'short', '', '', '', NULL::bigint, folded FROM catalog_wordgroup
WHERE active AND initials && %(letters)s::text[]
UNION ALL
SELECT 'office', given.pattern, word, '', owner_id, NULL
FROM unnest(%(short)s::text[], %(patterns)s::text[]) AS given (pattern, liked)
JOIN catalog_searchword ON owner_id IS NOT NULL AND word LIKE liked
"""


def _look_up(units: Sequence[str]) -> _Known:
    phrases = _phrases(units)
    heard = _windows(units)
    short = [one for one in phrases if len(one) > 2 and is_han(one) and one[-1] in OFFICES]
    given = {
        "phrases": phrases,
        "sounds": list({one.sound for one in heard} | set(map(_spoken, phrases)) - {""}),
        "signs": list({signs(one.text) for one in heard if len(one.text) > 2}),
        "short": short,
        "letters": [one for one in phrases if one.isascii() and one.isalpha()],
        "patterns": [f"%{'%'.join(one)}{LEFT_OUT.get(one[-1], '')}" for one in short],
    }
    known = _Known()
    for year, other in otherwise(units):
        known.same[year] = [other]
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, given)
        for kind, word, sound, mixed, owner, group in cursor.fetchall():
            if kind == "same":
                for one in group:
                    known.same.setdefault(one, []).extend(group)
                continue
            if kind == "short":
                for one in filter(initials, group):
                    known.by_initials.setdefault(initials(one), {})[one] = group
                continue
            if kind == "office":
                known.owners.setdefault(word, set()).add(owner)
                continue
            known.words.add(word)
            known.by_sound.setdefault(sound, []).append(word)
            known.by_signs.setdefault(mixed, []).append(word)
            if owner:
                known.owners.setdefault(word, set()).add(owner)
    return known


# --- from words to terms


def _terms(units: Sequence[str], known: _Known) -> list[Term]:
    """Join words that make a known phrase or were one before a slip; the longest wins."""
    terms = []
    place = 0
    while place < len(units):
        for length in range(min(LONGEST_PHRASE, len(units) - place), 0, -1):
            phrase = whole(units[place : place + length])
            if (term := _term(phrase, units[place : place + length], known)) is not None:
                terms.append(term)
                place += length
                break
    return terms


def _term(phrase: str, units: Sequence[str], known: _Known) -> Term | None:
    owners = tuple(sorted(known.owners.get(phrase, ())))
    same = known.same.get(phrase) or known.same.get(singular(phrase), [])
    if owners or same:
        return _taken(phrase, [*_apart(units), *same], owners=owners)
    if len(units) == 1 and phrase in known.words:
        return Term(phrase)
    sound = _spoken(phrase)
    if sound and sound in known.by_sound:
        return _said(phrase, known.by_sound[sound], known)
    if short := known.by_initials.get(phrase):
        others = [other for group in short.values() for other in group]
        return _taken(phrase, [*short, *others], meant=tuple(short))
    if meant := _meant(phrase, units, known):
        same = [word for one in meant for word in known.same.get(one, ())]
        apart = [word for one in meant for word in _apart(rjieba.cut(one))]
        return _taken(phrase, [*meant, *same, *apart], slip=meant[0], meant=tuple(meant))
    return Term(phrase) if len(units) == 1 else None


def _spoken(phrase: str) -> str:
    """Return a phrase as the sound of a Chinese word, empty where it cannot be one."""
    sound = phrase.replace(" ", "")
    return sound if sound.isascii() and sound.isalpha() and len(sound) >= SPOKEN else ""


def _said(phrase: str, spoken: Sequence[str], known: _Known) -> Term:
    """Return what was typed as it sounds: it is looked for as a sound and as these words."""
    words = [one for one in dict.fromkeys(spoken) if is_han(one)][:SPOKEN_SO]
    same = [other for one in words for other in known.same.get(one, ())]
    return _taken(phrase, [*words, *same], meant=tuple(words))


def _taken(phrase: str, others: Iterable[str], **more: Any) -> Term:
    return Term(phrase, tuple(dict.fromkeys(one for one in others if one != phrase)), **more)


def _apart(units: Sequence[str]) -> list[str]:
    """Return several words of a phrase as words that may stand apart."""
    return [" ".join(units)] if len(units) > 1 else []


def _meant(phrase: str, units: Sequence[str], known: _Known) -> list[str]:
    """Return known words that sound like a phrase, or have its characters, where one of its words
    is loose or unknown."""
    if not is_han(phrase) or " " in phrase or not 2 <= len(phrase) <= mistakes.LONGEST:
        return []
    odd = [one for one in units if len(one) == 1 or one not in known.words]
    if not odd or all(one in EMPTY_WORDS | QUESTION_WORDS for one in odd):
        return []
    sound = "".join(mistakes.syllables(phrase))
    found = [*known.by_sound.get(sound, ()), *known.by_signs.get(signs(phrase), ())]
    return list(dict.fromkeys(one for one in found if one != phrase and len(one) == len(phrase)))


# --- how much each word tells


def _weighed(asked: Asked, where: Conditions) -> Meaning:
    counts, together = _count(asked, where)
    lost = [one.word for one in asked.terms if not counts[one].taken]
    mended = _mended(lost) | _shortened(lost)
    if mended:
        asked = replace(asked, terms=tuple(mended.get(one.word, one) for one in asked.terms))
        counts, together = _count(asked, where)
    kept = [one for one in asked.terms if counts[one].taken]
    if len(kept) < len(asked.terms):  # what stands nowhere is not asked for
        asked = replace(asked, terms=tuple(kept))
        together = FEW if len(kept) == 1 else _together(asked, where)
    weighed = tuple(replace(one, weight=_weight(one.word, counts[one].taken)) for one in kept)
    return Meaning(
        replace(asked, terms=weighed, every=together >= FEW or len(kept) <= 1),
        tuple((one.word, one.slip) for one in kept if one.slip and not counts[one].typed),
        tuple(one.word for one in counts if not counts[one].taken),
    )


def _weight(word: str, entries: int) -> float:
    said = SAID_OF_ANY if word in ABOUT_ANY else 1.0
    return said / (1 + math.log1p(entries) / 2)


class _Count(NamedTuple):
    """How many entries have a term as it was typed (counted of slips), and as it is taken."""

    typed: int
    taken: int


def _count(asked: Asked, where: Conditions) -> tuple[dict[Term, _Count], int]:
    """Count the entries with each term, up to COUNTED, and those with all, up to FEW.

    Of a single term only whether it stands anywhere, and of what is no slip as it is taken alone:
    a word that everybody uses is dear to count.
    """
    seen = Conditions(Asked(()), Filters(), where.reader).clause()
    most = COUNTED if len(asked.terms) > 1 else 1
    parts = [_counted(-1, asked.tsquery, where.clause(), FEW)]
    for number, term in enumerate(asked.terms):
        parts.append(_counted(2 * number, term.likely(), seen, most))
        if term.slip:
            parts.append(_counted(2 * number + 1, term.exactly(), seen, 1))
    found = _by_words(sql.SQL(" UNION ALL ").join(parts))
    counts = {
        one: _Count(typed=found.get(2 * number + 1, 0), taken=found[2 * number])
        for number, one in enumerate(asked.terms)
    }
    return counts, found[-1]


def _together(asked: Asked, where: Conditions) -> int:
    """Count the entries with every term, up to FEW."""
    if not asked.terms:
        return 0
    return _by_words(_counted(-1, asked.tsquery, where.clause(), FEW))[-1]


def _by_words(counting: sql.Composed) -> dict[int, int]:
    """Count by the index over the words: where a few suffice, the planner would rather look at
    one entry after another until it has them, and read all where there are none."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; {};"
                " SET LOCAL enable_indexscan = on; SET LOCAL enable_indexonlyscan = on"
            ).format(counting)
        )
        cursor.nextset()
        cursor.nextset()
        return dict(cursor.fetchall())


def _counted(number: int, query: str, seen: sql.Composable, most: int) -> sql.Composed:
    return sql.SQL(
        "SELECT {number}, (SELECT count(*) FROM (SELECT FROM catalog_searchentry"
        " WHERE words @@ {query}::tsquery AND {seen} LIMIT {most}) AS those)"
    ).format(
        number=sql.Literal(number), query=sql.Literal(query), seen=seen, most=sql.Literal(most)
    )


def _shortened(lost: Iterable[str]) -> dict[str, Term]:
    """Return Chinese words that stand nowhere as the characters of longer ones: 职训 is short for
    职业训练."""
    return {
        word: _taken(word, [" ".join(word)])
        for word in lost
        if is_han(word) and 2 <= len(word) <= LONGEST_SHORT
    }


MENDED = """
SELECT typed, word, sound, ARRAY(
    SELECT unnest(folded) FROM catalog_wordgroup
    WHERE active AND folded && ARRAY[word, regexp_replace(word, 's$', '')]
) FROM unnest(%s::text[]) AS given (typed) CROSS JOIN LATERAL (
    SELECT word, sound FROM catalog_searchword WHERE word %% typed OR sound %% typed
    ORDER BY greatest(similarity(word, typed), similarity(sound, typed)) DESC, word LIMIT %s
) AS alike
"""


def _mended(lost: Iterable[str]) -> dict[str, Term]:
    """Return what Latin words that stand nowhere may have been meant for."""
    shortest = mistakes.LATIN_SHORTEST
    typed = [one for one in lost if one.isascii() and one.isalpha() and len(one) >= shortest]
    if not typed:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(MENDED, [typed, ALIKE])
        rows = cursor.fetchall()
    mended = {}
    for word in typed:
        alike = {found: (sound, same) for asked, found, sound, same in rows if asked == word}
        if near := mistakes.nearest(word, [(one, alike[one][0]) for one in alike]):
            same = [other for one in near for other in alike[one][1]]
            apart = [other for one in near if is_han(one) for other in _apart(rjieba.cut(one))]
            mended[word] = _taken(word, [*near, *same, *apart], slip=near[0], meant=tuple(near))
    return mended
