"""Sessions beside the test's own: as another role, held open, in another database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

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


def line_to(name: str) -> BaseDatabaseWrapper:
    """Return a connection of its own to a database, for `over`; whoever takes it closes it."""
    line = connections.create_connection("default")
    line.settings_dict = {**line.settings_dict, "NAME": name}
    return line


@contextmanager
def over(line: BaseDatabaseWrapper) -> Iterator[None]:
    """Have this thread's Django ask over another connection, which stays open: a new one has to
    read anew what tables there are.

    Decisions kept in the process are forgotten: another process would not have them.
    """
    own = connections["default"]
    connections["default"] = line
    access._decisions.clear()
    try:
        yield
    finally:
        connections["default"] = own
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
