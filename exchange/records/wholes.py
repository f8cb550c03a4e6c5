"""Whole copies under a grant: one COPY in the database, marked, as CSV or JSON lines."""

from collections.abc import Callable, Iterator, Sequence

from psycopg import sql

from exchange.access import Head, Seen
from exchange.records import marks, pseudonyms, reading, store
from exchange.records.compile import Scope, VisibleField, compiled
from exchange.records.query import RecordQuery
from exchange.records.statements import comma

ROW_NUMBER = "_id"
SESSION = "city_batch"
"""How a session that writes a whole copy is called: a verb that ends its version may end it."""

CSV = "FORMAT csv, HEADER"
# JSON escapes control characters, so with these as quote and delimiter nothing is ever quoted
LINES = "FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'"


def whole(
    head: Head,
    fields: Seen,
    scopes: Sequence[Scope],
    *,
    grant_id: int,
    lines: bool,
    column: bool,
    counted: Callable[[int], None],
    reached: Callable[[store.Given], None],
) -> Iterator[bytes]:
    """Return the bytes of a whole copy, in the order that names the grant; `_id` stands first.

    `lines` asks for JSON lines, `column` for the mark's column; `counted` and `reached` are as in
    `reading.streamed`. Raises as that does, NoTable and RowsNotReady.
    """
    reading.ready(head)
    session = {marks.SETTING: marks.key(grant_id).hex(), "application_name": SESSION}
    statement = _statement(head, fields, scopes, lines=lines, column=column)
    stream = reading.streamed(head, statement, session=session, counted=counted, reached=reached)
    return (pseudonyms.put(chunk, fields) for chunk in stream)


def shown(fields: Seen, scopes: Sequence[Scope]) -> tuple[VisibleField, ...]:
    """Return the fields that a whole copy holds, in catalogue order."""
    return compiled(RecordQuery(), fields, scopes).fields


def _statement(
    head: Head, fields: Seen, scopes: Sequence[Scope], *, lines: bool, column: bool
) -> sql.Composed:
    settled = compiled(RecordQuery(), fields, scopes)
    number = sql.Identifier(ROW_NUMBER)
    chosen = [
        number,
        *(reading.selected(field, fields.pseudonym_key) for field in settled.fields),
    ]
    if column:
        chosen.append(
            sql.SQL("{} AS {}").format(marks.token_of(number), sql.Identifier(marks.COLUMN))
        )
    rows = sql.SQL("SELECT {} FROM {}{} ORDER BY {}").format(
        comma(chosen), reading.relation(head), settled.where(), marks.rank_of(number)
    )
    if lines:
        rows = sql.SQL("SELECT row_to_json(x)::text FROM ({}) x").format(rows)
    return sql.SQL("COPY ({}) TO STDOUT ({})").format(rows, sql.SQL(LINES if lines else CSV))
