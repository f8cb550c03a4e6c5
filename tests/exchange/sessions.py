"""Sessions beside the test's own: as another role, held open, in another database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

from exchange import access


@contextmanager
def signed_in(**over: Any) -> Iterator[None]:
    """Have this thread's Django connection be of another USER, or go to another NAME.

    Decisions kept in the process are forgotten: another process would not have them.
    """
    connection.close()
    own = connection.settings_dict
    connection.settings_dict = {**own, **over}
    access._decisions.clear()
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = own
        access._decisions.clear()


@contextmanager
def session(url: str, user: str, *, autocommit: bool = True) -> Iterator[psycopg.Connection]:
    """Open a plain connection to a database as a role."""
    opened = psycopg.connect(url, user=user, autocommit=autocommit)
    try:
        yield opened
    finally:
        opened.close()


def waits(pid: int) -> bool:
    """Whether a session of the database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [pid])
        return cursor.fetchone()[0]
