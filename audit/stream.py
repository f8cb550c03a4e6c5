"""Valkey, for what is counted and noted many times a second: one client with its pool."""

from functools import cache

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
