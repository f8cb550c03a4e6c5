"""Finding entries of the catalogue by words and by what they are sorted by.

What exists is found, also where its rows are closed: a published entry is public. A department
finds its own drafts besides. `catalog.indexing` keeps what is searched here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, QuerySet, Value
from psycopg import sql

from accounts.models import User
from accounts.roles import CITY_WIDE, PERMISSIONS
from catalog import facets as counting
from catalog import ordering, ranking
from catalog.asking import Asked, ask
from catalog.conditions import PUBLIC, Conditions, Filters, Reader
from catalog.facets import Facet
from catalog.models import Dataset, SearchEntry
from catalog.ordering import NEWEST, Order
from catalog.tokens import characters
from catalog.understanding import Meaning, by_characters, understand

PAGE = 20
LARGEST_PAGE = 100
KEPT_SECONDS = 60
SEEING = "catalog.view_dataset"
NOTHING_ASKED = Meaning(Asked(()))
TABLE = sql.SQL("catalog_searchentry")


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found; `after` leads to the next page and is None on the last.

    `total` and `facets` are None and empty where they were not asked for. `query` is the query
    string of the search, `meaning` how its words were understood.
    """

    datasets: tuple[Dataset, ...]
    after: int | None
    total: int | None = None
    facets: tuple[Facet, ...] = ()
    query: str = ""
    meaning: Meaning = NOTHING_ASKED


def reader_of(user: User) -> Reader:
    """Return what a signed-in person may find: whose drafts beside what is published."""
    seeing = [(role, place) for role, place in user.live_roles() if SEEING in PERMISSIONS[role]]
    if any(role in CITY_WIDE for role, _place in seeing):
        return Reader(everywhere=True)
    return Reader(organizations=frozenset(place for _role, place in seeing))


def find(
    q: str = "",
    *,
    filters: Filters | None = None,
    reader: Reader = PUBLIC,
    after: int | None = None,
    limit: int = PAGE,
    facets: bool = False,
    order: Order | None = None,
    start: int | None = None,
) -> Found:
    """Return entries with the words of `q`, the best first; without words the newest first.

    Any text is a question; one without a single word to look for finds nothing. Where few entries
    have every word, those with most of them follow. Titles weigh most, then keywords, subject and
    department, then fields, then the abstract. Another `order` may be asked for. `after` is the
    `after` of the page before; `start` in its place is how many entries to pass over. At most
    ten queries, whatever there is.
    """
    filters = filters or Filters()
    query = filters.query(q)
    limit = max(1, min(limit, LARGEST_PAGE))
    with _by_index():
        where = Conditions(Asked(()), filters, reader)
        meaning = understand(q, where)
        if q.strip() and meaning.nothing:
            return Found((), None, 0 if facets else None, query=query, meaning=meaning)
        where = replace(where, asked=meaning.asked)
        counted = None
        if order is None and meaning.asked.terms:
            passed = max(0, (after if start is None else start) or 0)
            ids, counted = _ranked(where, passed, limit + 1, facets=facets)
            following = passed + limit if len(ids) > limit else None
            ids = ids[:limit]
        elif order is None and start is None:
            ids, following = _newest(where, after, limit)
        else:
            ids = _ids(ordering.statement(where, order or NEWEST, start or after or 0, limit))
            following = None
        if facets and counted is None:
            counted = _counted(where)
    datasets = _datasets(ids)
    if counted is None:
        return Found(datasets, following, query=query, meaning=meaning)
    named = counting.named(counted, filters, q)
    return Found(datasets, following, counted.total, named, query, meaning)


def near(q: str, *, limit: int) -> tuple[Dataset, ...]:
    """Return published entries whose titles have at least half of the Chinese characters of `q`,
    the best first: what may help where nothing has its words."""
    with _by_index():
        where = Conditions(Asked(()), Filters(), PUBLIC)
        meaning = by_characters(q, where)
        if meaning.nothing:
            return ()
        ids = _ids(ranking.statement(replace(where, asked=meaning.asked), 0, LARGEST_PAGE))
    wanted = set(characters(q))
    found = (
        one
        for one in _datasets(ids)
        if 2 * len(wanted.intersection(characters(one.title_zh))) >= len(wanted)
    )
    return tuple(islice(found, limit))


def overview() -> Found:
    """Return how many entries everybody finds, by facets, and lists none of them."""
    filters = Filters()
    with _by_index():
        counted = _counted(Conditions(Asked(()), filters, PUBLIC))
    named = counting.named(counted, filters, "")
    return Found((), None, counted.total, named)


class _Holds(Func):
    """Whether words answer a question in PostgreSQL's notation, which is taken as it is."""

    arg_joiner = " @@ "
    template = "%(expressions)s::tsquery"
    output_field = BooleanField()


def matching(q: str) -> QuerySet[SearchEntry]:
    """Return the rows of entries with every word of `q`, for a list that is narrowed by them.

    All rows where there is nothing to look for, none where `q` has no word.
    """
    asked = ask(q)
    if not asked.terms:
        return SearchEntry.objects.none() if q.strip() else SearchEntry.objects.all()
    return SearchEntry.objects.filter(_Holds(F("words"), Value(asked.tsquery)))


@contextmanager
def _by_index() -> Iterator[None]:
    """Have the statements go by the index: a look through all rows would read all their words.

    The planner does not know what comparing the words of a row costs, so it takes that for cheap.
    """
    within = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
        yield
        if within:  # else the setting ends with the transaction
            cursor.execute("SET LOCAL enable_seqscan = on")


def _newest(where: Conditions, after: int | None, limit: int) -> tuple[list[int], int | None]:
    """Return a page of ids, the newest entry first; `after` is the last one's id."""
    place = sql.SQL("dataset_id < {}").format(sql.Literal(after)) if after is not None else None
    statement = sql.SQL(
        "SELECT dataset_id FROM {table} WHERE {where} ORDER BY dataset_id DESC LIMIT {most}"
    ).format(table=TABLE, where=where.clause(place), most=sql.Literal(limit + 1))
    ids = _ids(statement)
    return ids[:limit], ids[limit - 1] if len(ids) > limit else None


def _ranked(
    where: Conditions, start: int, most: int, *, facets: bool
) -> tuple[list[int], counting.Counted | None]:
    """Return ids from place `start` on, the best first, with counts of all where asked for."""
    if not facets:
        return _ids(ranking.statement(where, start, most)), None
    with connection.cursor() as cursor:
        cursor.execute(ranking.counting(where, start, most))
        found = cursor.fetchall()
    page = sorted((-place, pk) for place, *_nothing, pk in found if place < 0)
    return [pk for _place, pk in page], counting.parted(row for row in found if row[0] >= 0)


def _ids(statement: sql.Composed) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [pk for (pk,) in cursor.fetchall()]


def _datasets(ids: list[int]) -> tuple[Dataset, ...]:
    """Return entries in this order, each with owner, subject and its row of the search table."""
    found = (
        Dataset.objects.filter(pk__in=ids)
        .select_related("owner", "subject", "search_entry")
        .defer("search_entry__words", "search_entry__titles")
    )
    by_id = {dataset.pk: dataset for dataset in found}
    return tuple(by_id[pk] for pk in ids if pk in by_id)


def _counted(where: Conditions) -> counting.Counted:
    """Count by facets. What everybody sees first, the whole catalogue, is counted once and kept
    until an entry changes, and for a minute at most."""
    if where.asked.terms or where.filters != Filters():
        return counting.count(where)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT max(indexed_at) FROM {}").format(TABLE))
        changed = cursor.fetchone()[0]
    key = f"catalog.facets:{changed and changed.timestamp()}:{where.reader.digest}"
    kept = cache.get(key)
    if kept is None:
        kept = counting.count(where)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


__all__ = [
    "PUBLIC",
    "Filters",
    "Found",
    "Reader",
    "find",
    "matching",
    "near",
    "overview",
    "reader_of",
]
