"""Composed SQL on the current connection. Every statement is built from `psycopg.sql` parts."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg import sql

Statement = sql.SQL | sql.Composed
Params = Sequence[Any] | Mapping[str, Any]


def run(statement: Statement, params: Params | None = None) -> int:
    """Execute and return the number of rows touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount


def rows(statement: Statement, params: Params | None = None) -> list[tuple[Any, ...]]:
    """Execute and return all rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def one(statement: Statement, params: Params | None = None) -> tuple[Any, ...]:
    """Execute and return the first row, which must be there."""
    return rows(statement, params)[0]


def comma(parts) -> sql.Composed:
    """Join composables with commas."""
    return sql.SQL(", ").join(parts)


def idents(names: Sequence[str], *, of: str = "") -> list[sql.Composable]:
    """Quote column names, each behind the alias `of` where one is given."""
    prefix = sql.SQL(of + ".") if of else sql.SQL("")
    return [prefix + sql.Identifier(name) for name in names]
