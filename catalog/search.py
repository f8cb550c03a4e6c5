"""Finding entries of the catalogue by words and by what they are sorted by.

What exists is found, also where its rows are closed: a published entry is public. A department
finds its own drafts besides. `catalog.indexing` keeps what is searched here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, QuerySet, Value
from psycopg import sql

from accounts.models import User
from accounts.roles import CITY_WIDE, PERMISSIONS
from catalog import facets as counting
from catalog.conditions import PUBLIC, Conditions, Filters, Reader
from catalog.facets import Facet
from catalog.models import Dataset, SearchEntry
from catalog.tokens import Asked, ask

PAGE = 20
LARGEST_PAGE = 100
RANKED = 500
"""How many of the entries found by words are put in order and can be paged through."""
KEPT_SECONDS = 60
SEEING = "catalog.view_dataset"
TABLE = sql.SQL("catalog_searchentry")


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found; `after` leads to the next page and is None on the last.

    `total` and `facets` are None and empty where they were not asked for. `query` is the query
    string of the search.
    """

    datasets: tuple[Dataset, ...]
    after: int | None
    total: int | None = None
    facets: tuple[Facet, ...] = ()
    query: str = ""


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
) -> Found:
    """Return entries with every word of `q`, the best first; without words the newest first.

    Any text is a question; one without a single word to look for finds nothing. Titles weigh
    most, then keywords, subject and department, then fields, then abstract and sound. `after` is
    the `after` of the page before. At most eight queries, whatever there is.
    """
    asked, filters = ask(q), filters or Filters()
    query = filters.query(q)
    if q.strip() and not asked.words:
        return Found((), None, 0 if facets else None, query=query)
    where = Conditions(asked, filters, reader)
    limit = max(1, min(limit, LARGEST_PAGE))
    with _by_index():
        page = _ranked if asked.words else _newest
        ids, following = page(where, after, limit)
        counted = _counted(where) if facets else None
    datasets = _datasets(ids)
    if counted is None:
        return Found(datasets, following, query=query)
    named = counting.named(counted, filters, q)
    return Found(datasets, following, counted.total, named, query)


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
    if not asked.words:
        return SearchEntry.objects.none() if q.strip() else SearchEntry.objects.all()
    return SearchEntry.objects.filter(_Holds(F("words"), Value(asked.tsquery)))


@contextmanager
def _by_index() -> Iterator[None]:
    """Have the statements go by the index: a look through all rows would open all their words.

    The planner does not know that words lie beside the rows, so it takes that look for cheap.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on")


def _newest(where: Conditions, after: int | None, limit: int) -> tuple[list[int], int | None]:
    """Return a page of ids, the newest entry first; `after` is the last one's id."""
    place = sql.SQL("dataset_id < {}").format(sql.Literal(after)) if after is not None else None
    statement = sql.SQL(
        "SELECT dataset_id FROM {table} WHERE {where} ORDER BY dataset_id DESC LIMIT {most}"
    ).format(table=TABLE, where=where.clause(place), most=sql.Literal(limit + 1))
    ids = _ids(statement)
    return ids[:limit], ids[limit - 1] if len(ids) > limit else None


def _ranked(where: Conditions, after: int | None, limit: int) -> tuple[list[int], int | None]:
    """Return a page of ids, the best first; `after` is how many came before.

    In two steps, so that a word that everybody uses costs no more than another: by titles, which
    lie with the rows, then the first RANKED of these by all their words.
    """
    start = max(0, after or 0)
    statement = sql.SQL(
        "WITH first AS MATERIALIZED (SELECT dataset_id, {closeness} AS closeness FROM {table}"
        " WHERE {where} ORDER BY closeness DESC, dataset_id DESC LIMIT {ranked})"
        " SELECT dataset_id FROM first JOIN {table} USING (dataset_id)"
        " ORDER BY closeness DESC, ts_rank_cd(words, {query}::tsquery, 1) DESC, dataset_id DESC"
        " OFFSET {start} LIMIT {most}"
    ).format(
        closeness=_closeness(where.asked),
        table=TABLE,
        where=where.clause(),
        ranked=sql.Literal(RANKED),
        query=sql.Literal(where.asked.tsquery),
        start=sql.Literal(min(start, RANKED)),
        most=sql.Literal(limit + 1),
    )
    ids = _ids(statement)
    return ids[:limit], start + limit if len(ids) > limit else None


def _closeness(asked: Asked) -> sql.Composed:
    """Return how close titles are: the same, beginning so, holding the whole, holding words.

    Most titles hold no more than words, so the rest is asked of the others only.
    """

    def held(text: str) -> sql.Composed:
        return sql.SQL("(strpos(titles, {}) > 0)::int").format(sql.Literal(text))

    several = asked.words if len(asked.words) > 1 else ()
    words = sql.SQL(" + ").join([sql.SQL("0"), *map(held, several)])
    return sql.SQL(
        "CASE WHEN strpos(titles, {whole}) = 0 THEN {words}"
        " ELSE 100 + 200 * {begins} + 400 * {same} END"
    ).format(
        whole=sql.Literal(asked.whole),
        words=words,
        begins=held(f"\n{asked.whole}"),
        same=held(f"\n{asked.whole}\n"),
    )


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
    if where.asked.words or where.filters != Filters():
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


__all__ = ["PUBLIC", "Filters", "Found", "Reader", "find", "matching", "reader_of"]
