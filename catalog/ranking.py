"""Which of the entries found come first: by what is found of the question, and where.

In two steps, so that a word that everybody uses costs no more than another: by titles, which lie
with the rows, then the first RANKED of these by all their words.
"""

from psycopg import sql

from catalog import facets
from catalog.asking import Asked, Term
from catalog.conditions import Conditions
from catalog.facets import comma
from catalog.tokens import is_han

RANKED = 500
"""How many of the entries found by words are put in order and can be paged through."""
EXACT = {"A": 1.0, "B": 0.6, "C": 0.4, "D": 0.3}
"""What a word counts as typed: in titles, keywords and department, fields, abstract."""
TAKEN = {"A": 0.8, "B": 0.45, "C": 0.3, "D": 0.22}
"""The same for words that mean the same or begin so."""
MEANT = {"A": 0.95, "B": 0.58, "C": 0.38, "D": 0.28}
"""The same for words that were meant by a slip, or sound as what was typed."""
SAME, BEGINS, HOLDS = 0.5, 0.15, 0.2
"""What is added where a title is the question, begins with it, or holds it whole."""
SPEAKS = 0.1
"""What is added where a question in Chinese is answered by a title in Chinese."""
BRIEF = 0.1
"""What is added at most where little else stands in the title."""


def statement(where: Conditions, start: int, most: int) -> sql.Composed:
    """Return the statement that gives the ids of a page, the best first."""
    found = sql.SQL("catalog_searchentry WHERE {}").format(where.clause())
    return sql.SQL("WITH {relations} SELECT dataset_id FROM page ORDER BY place").format(
        relations=_page(where.asked, start, most, found, _by_titles(where.asked))
    )


def counting(where: Conditions, start: int, most: int) -> sql.Composed:
    """Return the statement that gives the ids of a page, and counts all that was found by facets.

    Rows are wide, since most words lie in them: each is read once for both. The answer has the
    rows of `facets.grouped`, and the page's: place from -1 down, and the id in the last column.
    """
    return sql.SQL(
        "WITH matched AS MATERIALIZED (SELECT dataset_id, {titles} AS closeness, {columns}"
        " FROM catalog_searchentry WHERE {where}), {relations}"
        " SELECT -place, {nothing}, dataset_id FROM page UNION ALL ({counts})"
    ).format(
        titles=_by_titles(where.asked),
        columns=facets.counted_columns(),
        where=where.clause(),
        relations=_page(where.asked, start, most, sql.SQL("matched"), sql.SQL("closeness")),
        nothing=comma([sql.SQL("NULL")] * len(facets.COLUMNS)),
        counts=facets.grouped(sql.SQL("matched")),
    )


def _page(
    asked: Asked, start: int, most: int, found: sql.Composable, closeness: sql.Composable
) -> sql.Composed:
    """Return the relations that end with `page`, of what is `found` and its titles' closeness."""
    return sql.SQL(
        "first AS MATERIALIZED (SELECT dataset_id, {closeness} AS closeness FROM {found_in}"
        " ORDER BY closeness DESC, dataset_id DESC LIMIT {ranked}),"
        " opened AS MATERIALIZED (SELECT dataset_id, titles, owner_id, opening,"
        " words || ''::tsvector AS words FROM first JOIN catalog_searchentry USING (dataset_id)),"
        " page AS (SELECT dataset_id, row_number() OVER (ORDER BY"
        " {found} + {whole} + {speaks} DESC, opening & 1 DESC, dataset_id DESC) AS place"
        " FROM opened ORDER BY place OFFSET {start} LIMIT {most})"
    ).format(
        closeness=closeness,
        found_in=found,
        ranked=sql.Literal(RANKED),
        found=_by_words(asked),
        whole=_whole(asked),
        speaks=_speaks(asked),
        start=sql.Literal(min(start, RANKED)),
        most=sql.Literal(most),
    )


def _by_titles(asked: Asked) -> sql.Composed:
    """Return how much of the question stands in titles; all of it counts once more."""
    parts = [_whole(asked)]
    for term in asked.terms:
        taken = sql.SQL(" OR ").join([*map(_held, term.others), *_of_owner(term)])
        if len(asked.terms) > 1 or term.others or term.owners:
            parts.append(
                sql.SQL("{weight} * CASE WHEN {word} THEN 1 {others} ELSE 0 END").format(
                    weight=sql.Literal(term.weight),
                    word=sql.SQL(" OR ").join(map(_held, (term.word, *term.meant))),
                    others=sql.SQL("WHEN {} THEN 0.8").format(taken)
                    if term.others or term.owners
                    else sql.SQL(""),
                )
            )
    return sql.SQL(" + ").join(parts)


def _held(text: str) -> sql.Composed:
    return sql.SQL("strpos(titles, {}) > 0").format(sql.Literal(text))


def _of_owner(term: Term) -> list[sql.Composed]:
    owners = sql.Literal(list(term.owners))
    return [sql.SQL("owner_id = ANY({}::bigint[])").format(owners)] if term.owners else []


def _whole(asked: Asked) -> sql.Composed:
    """Return what titles get for the question as a whole: the same, begun so, held."""

    def held(text: str) -> sql.Composed:
        return sql.SQL("({})::int").format(_held(text))

    return sql.SQL(
        "CASE WHEN strpos(titles, {whole}) = 0 THEN 0"
        " ELSE {holds} + {begin} * {begins} + {equal} * {same}"
        " + {brief} * least(1, {length} / length(titles)::float) END"
    ).format(
        whole=sql.Literal(asked.whole),
        holds=sql.Literal(HOLDS),
        begin=sql.Literal(BEGINS),
        equal=sql.Literal(SAME),
        brief=sql.Literal(BRIEF),
        length=sql.Literal(len(asked.whole)),
        begins=held(f"\n{asked.whole}"),
        same=held(f"\n{asked.whole}\n"),
    )


def _speaks(asked: Asked) -> sql.Composable:
    said = "".join([asked.whole, *(one for term in asked.terms for one in term.meant)])
    if not any(map(is_han, said)):
        return sql.SQL("0")
    return sql.SQL("{} * (titles ~ '[一-鿿]')::int").format(sql.Literal(SPEAKS))


def _by_words(asked: Asked) -> sql.Composed:
    """Return which part of the question is found, each word at its best place: 0 to 1."""
    whole = sum(term.weight for term in asked.terms) or 1.0
    parts = [
        sql.SQL("{} * {}").format(sql.Literal(term.weight / whole), _best(term))
        for term in asked.terms
    ]
    return sql.SQL(" + ").join(parts)


def _best(term: Term) -> sql.Composed:
    ways = [(1.0, condition) for condition in _of_owner(term)]
    ways += [(value, _found(term.exactly(weight))) for weight, value in EXACT.items()]
    if term.meant:
        ways += [(value, _found(term.intended(weight))) for weight, value in MEANT.items()]
    ways += [(value, _found(term.likely(weight))) for weight, value in TAKEN.items()]
    ways.sort(key=lambda way: -way[0])
    cases = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(condition, sql.Literal(value))
        for value, condition in ways
    )
    return sql.SQL("CASE {} ELSE 0 END").format(cases)


def _found(query: str) -> sql.Composed:
    return sql.SQL("words @@ {}::tsquery").format(sql.Literal(query))
