"""Reading rows: a page, the changes since a place in the feed, a whole download.

The database makes the bytes; what passes through Python is joined, never parsed. The head (which
table, which policy version) is read with each request; a table that was ended in between is
looked up again.
"""

import json
import re
import select
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any, ClassVar, TypeVar

import psycopg
from django.conf import settings
from django.db import ProgrammingError, connection
from django.db.utils import OperationalError
from django.utils.translation import get_language
from psycopg import pq, sql

from accounts.models import ApiKey
from accounts.wording import said as _
from audit.prepared import first_row
from exchange import rowless
from exchange.access import LOOK, Head, Look, Seen, known
from exchange.access import head as looked_up
from exchange.models import Zone
from exchange.problems import Problem
from exchange.records import cursors, masks, pseudonyms, spreadsheets, store
from exchange.records.compile import Compiled, Scope, VisibleField, compiled
from exchange.records.cursors import Position
from exchange.records.kept import OnlyCounted
from exchange.records.query import RecordQuery, Total
from exchange.records.statements import comma

CHUNK_BYTES = 1 << 16
Answer = TypeVar("Answer")
LAST_ID = (1 << 63) - 1
KEPT_STATEMENTS = 64
KEPT_FORESEEN = 4096
BETWEEN = b",\n"
LAST_KEY = re.compile(rb'"_id":(\d+)')
LOOKS = 5
NO_SETTINGS: Mapping[str, str] = {}
STILL_ALLOWED = """
SELECT t.revoked_at IS NULL AND NOT (t.zone = 'open' AND EXISTS (
    SELECT FROM exchange_countingrule c JOIN catalog_resource r ON r.dataset_id = c.dataset_id
    WHERE r.id = t.resource_id))
FROM exchange_recordtable t WHERE t.id = %s
"""
LEASE_SECONDS = 0.02
"""How long a stream may go on between two looks at whether its version still may be read. A verb
that makes something stricter waits as long after its commit, so no byte comes after it returns."""


def ignored(_rows: int) -> None:
    """Take a count that nobody asked for."""


class TooSlow(Problem):
    """The query ran into the statement timeout."""

    code = "query-too-slow"
    status = 503


class FeedGone(Problem):
    """The feed does not reach back that far: deletions before it were forgotten."""

    code = "feed-gone"
    status = 410


class FeedScoped(Problem):
    """A grant for some rows has no feed: a row that leaves its scope could not be told of."""

    code = "feed-scoped"
    status = 403


class RowsReplaced(Problem):
    """The rows were replaced again and again while they were read."""

    code = "rows-replaced"
    status = 503
    headers: ClassVar[dict[str, str]] = {"Retry-After": "2"}


class Revoked(Exception):
    """The rows being streamed were made stricter meanwhile, or the stream's time is up."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `rows` is a JSON array; `cursor` continues it, "" at the end.

    `seq` is the zone's place in its feed, `moved` whether it differs from the cursor's: paging is
    not a snapshot. Both are None where no place is told (`place_told`). `total` is a number of
    rows or None, `exact` whether it was counted. `built` is the size of the rows in bytes as the
    database built them: without brackets, before pseudonyms, and with the row that only showed
    that more follow, which is not sent.
    """

    rows: bytes
    count: int
    cursor: str
    seq: int | None
    moved: bool | None
    refreshed_at: datetime | None
    built: int
    total: int | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """A piece of the change feed: rows to put and ids to drop, in order of `_seq`, `_id`."""

    rows: str
    deleted: str
    count: int
    cursor: str
    seq: int


def read(
    head: Head,
    fields: Seen,
    query: RecordQuery,
    scopes: Sequence[Scope] = (),
) -> Page:
    """Return one page of a dataset's rows as `fields` allow.

    Raises NoTable, RowsNotReady, QueryRefused, FieldUnknown, FieldMasked, FieldWithheld,
    CursorBroken, TooSlow.
    """
    ready(head)
    start = _start(head, query)
    found = _found(head, fields, query, scopes, start)
    total, exact = _total(head, fields, query, scopes)
    place = place_told(head, scopes)
    return replace(_made(head, query, start, found, place), total=total, exact=exact)


def place_told(head: Head, scopes: Sequence[Scope]) -> int | None:
    """Return the zone's place in its feed as a reader is told it; None where that tells too much.

    It moves with each row of the zone, and who was granted some rows is not told of the others.
    Between departments it may be told that a row changed (design.md §4.6).
    """
    return None if scopes and head.zone == Zone.CONDITIONAL else head.seq


def rows_noted(head: Head, fields: Seen, query: RecordQuery, scopes: Sequence[Scope]) -> int:
    """Return with how many rows a download is written down, which its reader can look up.

    Those of the zone; under a grant for some rows those of the query, since the reader is not told
    how many others there are.
    """
    if not scopes:
        return head.rows
    return _counted(head, compiled(query, fields, scopes))


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of one page as a JSON array, their number, and the last one's key if more follow.

    `built` is as in `Page`.
    """

    rows: bytes
    count: int
    after: tuple[Any, ...]
    built: int


def _start(head: Head, query: RecordQuery) -> Position | None:
    """Return where the query's cursor stands, None at the beginning. Raises CursorBroken."""
    if not query.cursor:
        return None
    return cursors.opened(query.cursor, bound_to=_bound(head, query))


def _bound(head: Head, query: RecordQuery) -> str:
    return f"{head.dataset_id}:{query.digest()}"


def _made(
    head: Head, query: RecordQuery, start: Position | None, found: Found, place: int | None
) -> Page:
    seq = start.seq if start else place or 0
    after = Position(found.after, seq)
    return Page(
        rows=found.rows,
        count=found.count,
        cursor=cursors.sealed(after, bound_to=_bound(head, query)) if found.after else "",
        seq=place,
        moved=None if place is None else seq != place,
        refreshed_at=head.refreshed_at,
        built=found.built,
    )


def _found(
    head: Head,
    fields: Seen,
    query: RecordQuery,
    scopes: Sequence[Scope],
    start: Position | None,
) -> Found:
    if not (query.filters or query.sort or query.areas or scopes):
        return _found_plainly(head, fields, query, start)
    settled = compiled(query, fields, scopes)
    text, count, last = timed(_page(head, settled, fields, query.limit, start))[0]
    key = tuple(json.loads(last)) if last and count > query.limit else ()
    built = text.encode() if text else b"[]"
    rows = pseudonyms.put(built, fields)
    return Found(rows, min(count, query.limit), key, len(built) - len(b"[]"))


def _found_plainly(head: Head, fields: Seen, query: RecordQuery, start: Position | None) -> Found:
    """Read a page by `_id` alone: by an index and at most MAX_LIMIT rows, so without a timeout,
    and by a statement that the connection keeps prepared."""
    asked = (head.table_id, query.fields, query.limit, start is None, "alone")
    text = fields.statements.get(asked)
    if text is None:
        after = None if start is None else sql.SQL("$1")
        settled = compiled(query, fields)
        text = _plain_page(head, settled, fields, query.limit, after).as_string()
        if len(fields.statements) < KEPT_STATEMENTS:
            fields.statements[asked] = text
    values = [] if start is None else [str(int(start.after[-1])).encode()]
    with _told_if_slow():
        rows, count = first_row(text, values)
    return _cut(rows or b"", int(count or 0), query.limit, fields)


def _cut(rows: bytes, count: int, limit: int, fields: Seen) -> Found:
    """Return a plain page without the row that only shows that more follow."""
    if count <= limit:
        return Found(b"[%b]" % pseudonyms.put(rows, fields), count, (), len(rows))
    # JSON has no bare line feed within a value, so the last BETWEEN stands before the last row
    end = rows.rindex(BETWEEN)
    last = rows.rfind(BETWEEN, 0, end) + 1
    found = LAST_KEY.search(rows, last)
    if found is None:
        raise ValueError("A row without _id.")
    sent = pseudonyms.put(rows[:end], fields)
    return Found(b"[%b]" % sent, limit, (int(found[1]),), len(rows))


def count_sent(limit: int) -> str:
    """Return SQL for the number of rows on a plain page, over its `rows` and `found`."""
    return f"least(found, {int(limit)})"


def size_built() -> str:
    """Return SQL for what `_cut` tells as `built`, over a plain page's `rows`."""
    return "coalesce(octet_length(rows), 0)"


# --- what is asked again ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A page statement joined to the look that it rests on, for callers who asked alike before.

    Worth its text only while the look finds the same head and the same decision: `again` checks
    that on what the very statement read, in one snapshot with the rows.
    """

    key: ApiKey | None
    head: Head
    fields: Seen
    text: str


_foreseen: dict[tuple, Foreseen] = {}


def foreseen(slug: str, digest: str, query: RecordQuery) -> Foreseen | None:
    """Return the one statement that brings key, head and page, if this was asked before."""
    return _foreseen.get(_asked(slug, digest, query)) if settings.READS_ONLY else None


def foresee(
    slug: str, digest: str, key: ApiKey | None, head: Head, fields: Seen, query: RecordQuery
) -> None:
    """Keep one statement for the next call that asks alike."""
    if not (settings.READS_ONLY and query.plain):
        return
    text = joined("k::text, h::text", LOOK, head, fields, query)
    if len(_foreseen) >= KEPT_FORESEEN:
        _foreseen.clear()
    _foreseen[_asked(slug, digest, query)] = Foreseen(key, head, fields, text)


def _asked(slug: str, digest: str, query: RecordQuery) -> tuple:
    language = get_language()
    return (slug, digest, query.fields, query.limit, not query.cursor, query.plain, language)


def again(
    ahead: Foreseen, slug: str, digest: str, query: RecordQuery
) -> tuple[Look | None, Callable[[], Page]]:
    """Run the statement; return the look it made, and what makes the page if the look holds.

    The look is None where it is not known yet. Raises CursorBroken, TooSlow.
    """
    values = [digest.encode(), str(ahead.head.zone).encode(), slug.encode()]
    (key, head), page = run_joined(ahead.text, values, ahead.head, ahead.fields, query)
    return known(ahead.head.zone, (key, head)), page


def joined(told: str, look: str, head: Head, fields: Seen, query: RecordQuery) -> str:
    """Return the one statement for a look and for a plain page of what it is to find.

    `told` is what the look selects, `look` its FROM, with $1 to $3. Kept with the decision.
    """
    kept = (look, head.table_id, query.fields, query.limit, not query.cursor)
    text = fields.statements.get(kept)
    if text is None:
        after = sql.SQL("$4") if query.cursor else None
        page = _plain_page(head, compiled(query, fields, ()), fields, query.limit, after)
        text = f"SELECT {told}, p.* {look} CROSS JOIN ({page.as_string()}) AS p(rows, found)"
        if len(fields.statements) < KEPT_STATEMENTS:
            fields.statements[kept] = text
    return text


def run_joined(
    text: str,
    values: Sequence[bytes],
    head: Head,
    fields: Seen,
    query: RecordQuery,
    more: Sequence[bytes | None] = (),
) -> tuple[list[bytes | None], Callable[[], Page]]:
    """Run what `joined` made; return what the look told, and what makes the page if it holds.

    `more` are the values of what was put around it. Raises CursorBroken, TooSlow.
    """
    start = _start(head, query)
    after = [] if start is None else [str(int(start.after[-1])).encode()]
    with _told_if_slow():
        *told, rows, count = first_row(text, [*values, *after, *more])

    def page() -> Page:
        found = _cut(rows or b"", int(count or 0), query.limit, fields)
        return _made(head, query, start, found, head.seq)

    return told, page


def there(head: Head) -> None:
    """Return if there are rows at all, to read or to count. Raises what `rowless` knows."""
    if head.table_id is None:
        raise rowless.without_rows(head)


def ready(head: Head) -> None:
    """Return if there are rows to read one by one. Raises as `there` does, OnlyCounted."""
    there(head)
    if head.smallest_group > 1:
        raise OnlyCounted(
            _(
                "“%(slug)s” is open by counts alone, in groups of %(smallest)s rows or more, so"
                " its rows are not given one by one. Ask /api/v1/datasets/%(slug)s/aggregate."
            )
            % {"slug": head.slug, "smallest": head.smallest_group}
        )


def relation(head: Head) -> sql.Composed:
    """Return the table that a head points at."""
    return store.relation(head.zone, head.table_name)


def selected(field: VisibleField, key: bytes | None = None) -> sql.Composed:
    """Return a field's value on its way out, under its name; with a key marked for a pseudonym."""
    return sql.SQL("{} AS {}").format(_given(field, key), sql.Identifier(field.name))


def _given(field: VisibleField, key: bytes | None) -> sql.Composable:
    if key and pseudonyms.wanted(field):
        return pseudonyms.marked(field.ident)
    return masks.expression(field.mask, field.ident, field.data_type)


def _plain_page(
    head: Head, settled: Compiled, fields: Seen, limit: int, after: sql.Composable | None
) -> sql.Composed:
    """Return the statement for a page by `_id` alone: the rows' JSON joined by BETWEEN, how many.

    `after` is the last `_id` of the page before, or a parameter in its place, so that one text,
    and one plan, serve every page. One row too many shows that more follow; `_cut` takes it off,
    which costs less than counting rows in SQL.
    """
    return sql.SQL(
        "SELECT string_agg(row_to_json(page)::text, {between}), count(*)"
        " FROM (SELECT _id, {out} FROM {table}{where} ORDER BY _id LIMIT {more}) page"
    ).format(
        between=sql.Literal(BETWEEN.decode()),
        out=comma([selected(field, fields.pseudonym_key) for field in settled.fields]),
        table=relation(head),
        where=settled.where(*([] if after is None else [sql.SQL("_id > {}").format(after)])),
        more=sql.Literal(limit + 1),
    )


def _page(
    head: Head, settled: Compiled, fields: Seen, limit: int, start: Position | None
) -> sql.Composed:
    """Return the statement for one page: its JSON, the number of rows found, the last row's key.

    The array is cut to `limit` in SQL; the extra row only shows that there is a next page.
    """
    keys = [field.ident for field, _descending in settled.order]
    after = [_after(settled, start.after)] if start else []
    chosen = [*(field.ident for field in settled.fields), *keys]
    return sql.SQL(
        "SELECT '[' || string_agg(j, ',' ORDER BY n) FILTER (WHERE n <= {limit}) || ']',"
        " count(*), (array_agg(k) FILTER (WHERE n = {limit}))[1]::text"
        " FROM (SELECT row_to_json(x)::text AS j, p.n, p.k FROM"
        " (SELECT row_number() OVER () AS n, q.* FROM (SELECT _id, {all}, {key} AS k"
        " FROM {table}{where} ORDER BY {order} LIMIT {more}) q) p,"
        " LATERAL (SELECT p._id, {out}) x) y"
    ).format(
        limit=sql.Literal(limit),
        more=sql.Literal(limit + 1),
        all=comma(_distinct(chosen)),
        key=sql.SQL("jsonb_build_array({})").format(
            comma([*(sql.SQL("{}::text").format(key) for key in keys), sql.SQL("_id")])
        ),
        table=relation(head),
        where=settled.where(*after),
        order=_order(settled),
        out=comma([selected(field, fields.pseudonym_key) for field in settled.fields]),
    )


def _order(settled: Compiled) -> sql.Composed:
    """Return the order of rows: as asked, NULLs last, ties by arrival."""
    asked = [
        sql.SQL("{} {} NULLS LAST").format(field.ident, sql.SQL("DESC" if descending else "ASC"))
        for field, descending in settled.order
    ]
    return comma([*asked, sql.SQL("_id")])


def _distinct(parts: list[sql.Identifier]) -> list[sql.Identifier]:
    return list({part.as_string(): part for part in parts}.values())


def _after(settled: Compiled, values: Sequence[Any]) -> sql.Composable:
    """Return the keyset condition: rows behind the last one, in a mixed order, NULLs last.

    For an order a, b it reads: a behind, or a the same and b behind, or both the same and `_id`
    greater.
    """
    *sorted_by, last_id = values
    if len(sorted_by) != len(settled.order):
        raise cursors.CursorBroken(_("This cursor belongs to another order of rows."))
    result: sql.Composable = sql.SQL("_id > {}").format(sql.Literal(int(last_id)))
    for (field, descending), value in reversed(list(zip(settled.order, sorted_by, strict=True))):
        literal = sql.Literal(value)
        if value is None:  # NULLs come last: only others of them can follow
            result = sql.SQL("({} IS NULL AND {})").format(field.ident, result)
            continue
        behind = sql.SQL("({0} {1} {2} OR {0} IS NULL)").format(
            field.ident, sql.SQL("<" if descending else ">"), literal
        )
        result = sql.SQL("({} OR ({} = {} AND {}))").format(behind, field.ident, literal, result)
    return result


def _total(
    head: Head, fields: Seen, query: RecordQuery, scopes: Sequence[Scope]
) -> tuple[int | None, bool]:
    """Count rows where asked; without a condition the zone's ledger knows the number.

    The planner's estimate leans on how wide rows are, also in columns that the reader does not
    see; so it is given in the open zone alone, where there are none, and counted elsewhere.
    """
    if query.total == Total.NONE:
        return None, False
    settled = compiled(query, fields, scopes)
    if not settled.conditions:
        return head.rows, True
    if query.total == Total.ESTIMATE and head.zone == Zone.OPEN:
        statement = sql.SQL("EXPLAIN (FORMAT JSON) SELECT 1 FROM {}{}").format(
            relation(head), settled.where()
        )
        plan = timed(statement)[0][0]
        plan = json.loads(plan) if isinstance(plan, str) else plan
        return int(plan[0]["Plan"]["Plan Rows"]), False
    return _counted(head, settled), True


def _counted(head: Head, settled: Compiled) -> int:
    statement = sql.SQL("SELECT count(*) FROM {}{}").format(relation(head), settled.where())
    return timed(statement)[0][0]


def timed(
    statement: sql.Composable | str, values: Sequence[Any] | None = None
) -> list[tuple[Any, ...]]:
    """Run a reader's statement under the statement timeout and return its rows.

    The open door's connections have the timeout from their start. Elsewhere both go out in one
    message, which PostgreSQL runs as one transaction: the timeout ends with it.
    """
    text = statement if isinstance(statement, str) else statement.as_string()
    alone = settings.READS_ONLY
    if not alone:
        text = f"SET LOCAL statement_timeout = {int(settings.READ_TIMEOUT_MS)};\n{text}"
    with _told_if_slow(), connection.cursor() as cursor:
        cursor.execute(text, values)
        if not alone:
            cursor.nextset()
        return cursor.fetchall()


@contextmanager
def _told_if_slow() -> Iterator[None]:
    """Turn the end of a statement by its timeout into TooSlow."""
    try:
        yield
    except OperationalError as failure:
        if isinstance(failure.__cause__, psycopg.errors.QueryCanceled):
            raise TooSlow(
                _(
                    "The query took longer than %(seconds)s s and was stopped. Filter by fewer or"
                    " other fields, leave the order out, or download the whole dataset as CSV."
                )
                % {"seconds": settings.READ_TIMEOUT_MS / 1000}
            ) from failure
        raise


def changes(
    head: Head,
    fields: Seen,
    scopes: Sequence[Scope] = (),
    *,
    since: int,
    cursor: str,
    limit: int,
) -> Changes:
    """Return what changed after `since` (a `seq` this API gave out), rows and deleted ids.

    At least once: a row may come again with a higher `_seq`, none is missed. Raises FeedGone
    where deletions after `since` may have been forgotten or the feed never was there, FeedScoped,
    NoTable, RowsNotReady, CursorBroken.
    """
    ready(head)
    if scopes:
        raise FeedScoped(
            _(
                "Your grant covers some rows of “%(slug)s” only, and the change feed tells of all."
                " Read the rows page by page instead."
            )
            % {"slug": head.slug}
        )
    bound_to = f"{head.dataset_id}:{head.zone}:changes"
    seq, after = since, LAST_ID  # all rows of `since` itself are known
    if cursor:
        position = cursors.opened(cursor, bound_to=bound_to)
        seq, after = position.seq, int(position.after[0])
    _reaches(head, since, seq)
    seen = [field for field in fields.values() if field.column]
    statement = sql.SQL(
        "SELECT '[' || coalesce(string_agg(j, ',' ORDER BY s, i), '') || ']',"
        " coalesce(jsonb_agg(i ORDER BY s, i) FILTER (WHERE j IS NULL), '[]')::text,"
        " count(*), (array_agg(s ORDER BY s DESC, i DESC))[1],"
        " (array_agg(i ORDER BY s DESC, i DESC))[1]"
        " FROM (SELECT * FROM ("
        "(SELECT t._seq AS s, t._id AS i, (SELECT row_to_json(x) FROM (SELECT t._id, t._seq,"
        " {out}) x)::text AS j FROM {table} t WHERE (t._seq, t._id) > ({seq}, {after})"
        " ORDER BY t._seq, t._id LIMIT {limit})"
        " UNION ALL (SELECT d.seq, d.id, NULL FROM {gone} d WHERE d.resource_id = {resource}"
        " AND (d.seq, d.id) > ({seq}, {after}) ORDER BY d.seq, d.id LIMIT {limit})"
        ") feed ORDER BY s, i LIMIT {limit}) piece"
    ).format(
        out=comma([selected(field, fields.pseudonym_key) for field in seen])
        if seen
        else sql.SQL("NULL AS _none"),
        table=relation(head),
        gone=store.tombstones(head.zone),
        resource=sql.Literal(head.resource_id),
        seq=sql.Literal(seq),
        after=sql.Literal(after),
        limit=sql.Literal(limit),
    )
    rows, deleted, count, last_seq, last_id = timed(statement)[0]
    rows = pseudonyms.put(rows.encode(), fields).decode()
    more = count == limit
    token = cursors.sealed(Position((last_id,), last_seq), bound_to=bound_to) if more else ""
    return Changes(rows, deleted, count, token, head.seq if not more else last_seq)


def _reaches(head: Head, since: int, seq: int) -> None:
    """Return if the feed tells of all since that place. Raises FeedGone."""
    if head.zone == Zone.SHARED:
        whole = f"/api/v1/office/datasets/{head.slug}/records"
    else:
        whole = f"/api/v1/datasets/{head.slug}/records.csv"
    told = {"since": since, "slug": head.slug, "whole": whole}
    if seq < head.tombstones_from:
        raise FeedGone(
            _(
                "Changes since %(since)s are not kept any more. Take a full copy from"
                " %(whole)s and go on from its “seq”."
            )
            % told
        )
    if seq > head.seq:  # of the other zone's, which a grant that began or ended led to
        raise FeedGone(
            _(
                "This feed of “%(slug)s” has not come to %(since)s, so that place is of another"
                " one: a grant of yours began or ended. Take a full copy from %(whole)s and go on"
                " from its “seq”."
            )
            % told
        )


def stream_csv(
    head: Head,
    fields: Seen,
    query: RecordQuery,
    scopes: Sequence[Scope] = (),
    *,
    spreadsheet: bool = False,
) -> Iterator[bytes]:
    """Check the query now and return an iterator of CSV bytes, header first, 64 kB at a time.

    Pseudonyms are the caller's own, as on a page; the rest is as `streamed` has it. For a
    `spreadsheet` it begins with a BOM, and no value is a formula.
    """
    ready(head)
    settled = compiled(query, fields, scopes)
    key = fields.pseudonym_key
    out = [
        sql.SQL("{} AS {}").format(
            spreadsheets.harmless(field, _given(field, key)), sql.Identifier(field.name)
        )
        if spreadsheet
        else selected(field, key)
        for field in settled.fields
    ]
    statement = sql.SQL(
        "COPY (SELECT {} FROM {}{} ORDER BY {}) TO STDOUT (FORMAT csv, HEADER)"
    ).format(
        comma(out),
        relation(head),
        settled.where(),
        _order(settled),
    )
    rows = (pseudonyms.put(chunk, fields) for chunk in streamed(head, statement))
    return chain([spreadsheets.BOM], rows) if spreadsheet else rows


def streamed(
    head: Head,
    statement: sql.Composed,
    *,
    session: Mapping[str, str] = NO_SETTINGS,
    counted: Callable[[int], None] = ignored,
    reached: Callable[[store.Given], None] | None = None,
) -> Iterator[bytes]:
    """Begin a COPY now and return an iterator of its bytes, 64 kB at a time, whole rows each.

    The rows are one snapshot and are never held. Before chunks are handed on the pointer is asked
    whether the version still may be read: a stricter decision ends the stream in the middle
    (Revoked), so that the reader sees a broken download and not a short one.

    `session` are settings of the connection that the statement asks for: bound, so that no
    statement holds them. `counted` is told how many rows, a header among them, each chunk has.
    `reached` is told how far the table had come in the very snapshot of the rows: none of them has
    a higher `_seq` or `_id`.
    """
    stream = _streamed(head, statement, session, counted, reached)
    next(stream)  # the rows are at hand: from here on the version is held
    return stream


def _streamed(
    head: Head,
    statement: sql.Composed,
    session: Mapping[str, str],
    counted: Callable[[int], None],
    reached: Callable[[store.Given], None] | None,
) -> Iterator[bytes]:
    own = connection.copy()  # a stream outlives its request, so it has its own connection
    try:
        own.ensure_connection()
        raw = own.connection
        raw.execute(
            sql.SQL("SET statement_timeout = {}").format(
                sql.Literal(settings.DOWNLOAD_TIMEOUT_S * 1000)
            )
        )
        for name, value in session.items():
            psycopg.Cursor(raw).execute("SELECT set_config(%s, %s, false)", [name, value])
        if reached is not None:
            reached(_one_snapshot(raw, head))
        chunks = _copied(raw, statement, counted)
        yield next(chunks)
        yield from at_intervals(chunks, lambda: _still_allowed(head))
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable) as ended:
        # how the end of a session shows depends on where libpq was: in any case the stream is over
        raise Revoked(head.slug) from ended
    finally:
        own.close()


def _one_snapshot(raw: psycopg.Connection, head: Head) -> store.Given:
    """Have a session read one snapshot from here on; return how far the table has come in it."""
    raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    found = raw.execute(
        sql.SQL("SELECT seq, last_id FROM exchange_recordtable WHERE id = {}").format(
            sql.Literal(head.table_id)
        )
    ).fetchone()
    return store.Given(*found) if found else store.Given(0, 0)


def at_intervals(chunks: Iterable[bytes], look: Callable[[], None]) -> Iterator[bytes]:
    """Hand chunks on, and look whether they still may be, at most LEASE_SECONDS apart."""
    looked = 0.0
    for chunk in chunks:
        now = time.monotonic()
        if now - looked >= LEASE_SECONDS:
            looked = now
            look()
        yield chunk


def _copied(
    raw: psycopg.Connection, statement: sql.Composed, counted: Callable[[int], None]
) -> Iterator[bytes]:
    """Yield what COPY sends, joined to chunks of CHUNK_BYTES; first nothing, once it began.

    psycopg's own iterator waits for each row anew, which takes a third of a download.
    """
    source = raw.pgconn
    begun = source.exec_(statement.as_bytes(raw))
    if begun.status != pq.ExecStatus.COPY_OUT:
        raise psycopg.errors.error_from_result(begun)
    yield b""  # begun
    arrival = select.poll()
    arrival.register(source.socket, select.POLLIN)
    next_row = source.get_copy_data
    held: list[bytes] = []
    length = 0
    while True:
        size, row = next_row(1)  # a row that is here already, without waiting: 0 bytes if none is
        if size > 0:
            held.append(row)
            length += size
            if length >= CHUNK_BYTES:
                counted(len(held))
                yield b"".join(held)
                held, length = [], 0
        elif size == 0:
            arrival.poll()
            source.consume_input()
        else:
            break
    if held:
        counted(len(held))
        yield b"".join(held)
    ended = source.get_result()
    while ended is not None:
        if ended.status != pq.ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(ended)
        ended = source.get_result()


def _still_allowed(head: Head) -> None:
    with connection.cursor() as cursor:
        cursor.execute(STILL_ALLOWED, [head.table_id])
        if not cursor.fetchone()[0]:
            raise Revoked(head.slug)


def overtaken(head: Head) -> bool:
    """Whether a stricter decision, or a withdrawal, came while a reader was at work.

    For who was slower than the lease: a verb that makes something stricter waits no longer than
    LEASE_SECONDS for what is on its way out. Raises as `access.head` does.
    """
    now = looked_up(head.slug, zone=head.zone)
    return (now.policy_version, now.table_id) != (head.policy_version, head.table_id)


def overtaken_since(head: Head, began: float) -> bool:
    """Whether that came while a reader was at work for longer than the lease.

    `began` is of time.monotonic(). Who was within the lease is not looked after.
    """
    return time.monotonic() - began > LEASE_SECONDS and overtaken(head)


def hold(head: Head, began: float) -> None:
    """Return if what was read since `began` may still be given. Raises Revoked."""
    if overtaken_since(head, began):
        raise Revoked(head.slug)


def with_more_looks(read: Callable[[int], Answer]) -> Answer:
    """Call `read(1)`; where the version that it read was ended meanwhile, `read(2)` and so on.

    A verb that ends a version cuts its readers off, and those who come again before it is done
    wait and find the version gone: one look more is not enough. Raises RowsReplaced after LOOKS.
    """
    for turn in range(1, LOOKS + 1):
        try:
            return read(turn)
        except Revoked:
            pass
        except (ProgrammingError, OperationalError) as failure:
            if not _ended(failure):
                raise
        connection.close_if_unusable_or_obsolete()
    raise RowsReplaced(
        _("These rows were being replaced while they were read. Ask again in a few seconds.")
    )


def _ended(failure: Exception) -> bool:
    """Whether a reader was cut off, or found gone what it was sent to.

    How the end of a session shows depends on where libpq was: with its reason, or without.
    """
    if isinstance(
        failure.__cause__, (psycopg.errors.UndefinedTable, psycopg.errors.AdminShutdown)
    ):
        return True
    own = connection.connection
    return isinstance(failure, OperationalError) and own is not None and own.closed
