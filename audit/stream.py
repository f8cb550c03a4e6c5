"""Valkey, for what is counted and noted many times a second."""

import logging
import os
import threading
from functools import cache
from typing import Any

import redis
from django.conf import settings

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0


def client() -> redis.Redis:
    """Return the client for the configured server; connections are pooled and made on demand.

    What this thread told and was not yet answered is waited for first, so that the client sees it.
    """
    _settle()
    return _client(settings.REDIS_URL)


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )


def call(*words: str | bytes | float) -> Any:
    """Send one command on this thread's own connection and return its answer.

    What each call of the API asks goes this way: through the client it takes three times as long.
    A connection that broke while idle is replaced once. Raises redis.RedisError.
    """
    for fresh in (False, True):
        connection = _own_connection(fresh=fresh)
        try:
            connection.send_packed_command(connection.pack_command(*words), check_health=False)
            _settle()
            return connection.read_response()
        except (redis.ConnectionError, redis.TimeoutError):
            _drop(connection)
            if fresh:
                raise
    raise AssertionError("unreachable: the second try returns or raises")


def tell(*words: str | bytes | float) -> None:
    """Send one command whose answer is read before this thread's next one.

    When this returns the command has left the process. Raises redis.RedisError where it cannot; a
    refusal that comes later is logged.
    """
    connection = _own_connection(fresh=False)
    try:
        connection.send_packed_command(connection.pack_command(*words), check_health=False)
    except (redis.ConnectionError, redis.TimeoutError):
        _drop(connection)
        raise
    _own.owed += 1


def _settle() -> None:
    """Read the answers that are owed to this thread. Raises redis.ConnectionError."""
    while getattr(_own, "owed", 0):
        _own.owed -= 1
        try:
            _own.connection.read_response()
        except redis.ResponseError as refused:
            log.warning("Valkey refused what it was told: %s", refused)


def _drop(connection: Any) -> None:
    if _own.owed:
        log.warning("Valkey went away before it answered %d commands it was told.", _own.owed)
    _own.owed = 0
    connection.disconnect()


_own = threading.local()


def _own_connection(*, fresh: bool) -> Any:
    pool = _client(settings.REDIS_URL).connection_pool
    place = (os.getpid(), pool)  # a fork, and another server, count anew
    if fresh or getattr(_own, "place", None) != place:
        _own.connection = pool.make_connection()
        _own.place = place
        _own.owed = 0
    return _own.connection
