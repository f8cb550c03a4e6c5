"""Valkey, for what is counted and noted many times a second."""

import os
import threading
from functools import cache
from typing import Any

import redis
from django.conf import settings

TIMEOUT_SECONDS = 2.0


def client() -> redis.Redis:
    """Return the client for the configured server; connections are pooled and made on demand."""
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
            return connection.read_response()
        except (redis.ConnectionError, redis.TimeoutError):
            connection.disconnect()
            if fresh:
                raise
    raise AssertionError("unreachable: the second try returns or raises")


_own = threading.local()


def _own_connection(*, fresh: bool) -> Any:
    pool = client().connection_pool
    place = (os.getpid(), pool)  # a fork, and another server, count anew
    if fresh or getattr(_own, "place", None) != place:
        _own.connection = pool.make_connection()
        _own.place = place
    return _own.connection
