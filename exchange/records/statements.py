"""Composed SQL on the current connection. Every statement is built from `psycopg.sql` parts."""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from psycopg import pq, sql

Statement = sql.SQL | sql.Composed
KEPT_PREPARED = 200
"""How many statements a connection keeps prepared; the one not asked for longest goes."""


def run(statement: Statement, params: Sequence[Any] | None = None) -> int:
    """Execute and return the number of rows touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount


def rows(statement: Statement, params: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    """Execute and return all rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def one(statement: Statement, params: Sequence[Any] | None = None) -> tuple[Any, ...]:
    """Execute and return the first row, which must be there."""
    return rows(statement, params)[0]


def comma(parts) -> sql.Composed:
    """Join composables with commas."""
    return sql.SQL(", ").join(parts)


def idents(names: Sequence[str], *, of: str = "") -> list[sql.Composable]:
    """Quote column names, each behind the alias `of` where one is given."""
    prefix = sql.SQL(of + ".") if of else sql.SQL("")
    return [prefix + sql.Identifier(name) for name in names]


def first_row(text: str, values: Sequence[bytes] = ()) -> list[bytes | None]:
    """Execute a statement that each connection prepares once; return its first row as it comes.

    For the few statements that every call of the API asks: PostgreSQL parses and plans them once,
    and no value is turned into an object that is only turned back again. `text` has $1, $2 … for
    `values`, which are text without NUL. Raises Django's database errors, LookupError where there
    is no row.
    """
    connection.ensure_connection()
    own = connection.connection
    with connection.wrap_database_errors:
        answer = own.pgconn.exec_prepared(_name(own, text), values)
        _sound(own, answer)
    if not answer.ntuples:
        raise LookupError("The statement brought no row.")
    return [answer.get_value(0, place) for place in range(answer.nfields)]


def _name(own: psycopg.Connection, text: str) -> bytes:
    """Return the name under which this connection has the statement, prepared now if it is new."""
    names = _names.setdefault(own, OrderedDict())
    name = names.get(text)
    if name is not None:
        names.move_to_end(text)
        return name
    name = b"city_%d" % next(_numbers)
    _sound(own, own.pgconn.prepare(name, text.encode()))
    names[text] = name
    if len(names) > KEPT_PREPARED:
        _oldest, forgotten = names.popitem(last=False)
        _sound(own, own.pgconn.exec_(b"DEALLOCATE " + forgotten))
    return name


def _sound(own: psycopg.Connection, answer: pq.abc.PGresult) -> None:
    if answer.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        return
    if own.pgconn.status == pq.ConnStatus.BAD and not answer.error_field(
        pq.DiagnosticField.SQLSTATE
    ):
        raise psycopg.OperationalError(answer.get_error_message())
    raise psycopg.errors.error_from_result(answer)


_names: WeakKeyDictionary[psycopg.Connection, OrderedDict[str, bytes]] = WeakKeyDictionary()
_numbers = count(1)
