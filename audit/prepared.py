"""Statements that each connection prepares once: for the few that every call of the API asks.

PostgreSQL parses and plans them once, and no value is turned into an object that is only turned
back again. A statement has $1, $2 … for its values, which are text without NUL, None for NULL.
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import count
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from psycopg import pq

KEPT_PREPARED = 200
"""How many statements a connection keeps prepared; the one not asked for longest goes."""


def first_row(text: str, values: Sequence[bytes | None] = ()) -> list[bytes | None]:
    """Execute a statement and return its first row as it comes.

    Raises Django's database errors, LookupError where there is no row.
    """
    answer = _executed(text, values)
    if not answer.ntuples:
        raise LookupError("The statement brought no row.")
    return [answer.get_value(0, place) for place in range(answer.nfields)]


def execute(text: str, values: Sequence[bytes | None] = ()) -> None:
    """Execute a statement that brings nothing. Raises Django's database errors."""
    _executed(text, values)


def _executed(text: str, values: Sequence[bytes | None]) -> pq.abc.PGresult:
    connection.ensure_connection()
    own = connection.connection
    with connection.wrap_database_errors:
        if not own.autocommit and own.info.transaction_status == pq.TransactionStatus.IDLE:
            _sound(own, own.pgconn.exec_(b"BEGIN"))  # psycopg begins one with its own statements
        answer = own.pgconn.exec_prepared(_name(own, text), values)
        _sound(own, answer)
    return answer


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
