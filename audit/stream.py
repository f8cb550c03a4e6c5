"""Valkey, for what is counted and noted many times a second."""

import contextlib
import logging
import os
import threading
import weakref
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import hiredis
import redis
from django.conf import settings

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0
Words = tuple[str | bytes | float, ...]


def client() -> redis.Redis:
    """Return the client for the configured server; connections are pooled and made on demand.

    What this thread told and was not yet answered is waited for first, so that the client sees it.
    """
    line = getattr(_own, "line", None)
    if line is not None:
        line.settle()
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
    line = _own_line()
    try:
        return line.call(words)
    except (redis.ConnectionError, redis.TimeoutError):
        return line.call(words)


def call_each(commands: Sequence[Words]) -> list[Any]:
    """Send commands in one go and return the answer of each; a refusal is an answer too.

    None of them is sent twice, as `call` does: some may have been done. Raises redis.RedisError.
    """
    return _own_line().call_each(commands) if commands else []


def tell(*words: str | bytes | float) -> None:
    """Send one command whose answer is read before this thread's next call, or at its end.

    When this returns the command has left the process. Raises redis.RedisError where it cannot; a
    refusal that comes later is logged.
    """
    _own_line().tell(words)


@contextlib.contextmanager
def together() -> Iterator[None]:
    """Send what is told within in one go, when it ends, for the price of one.

    Within another one it goes with that. Raises redis.RedisError where it cannot.
    """
    line = _own_line()
    outermost = line.gather()
    try:
        yield
    finally:
        if outermost:
            line.send_gathered()


class _Line:
    """One connection, and how many answers it owes. Connects on demand, anew after failures."""

    def __init__(self, pool: redis.ConnectionPool) -> None:
        self.place = (os.getpid(), pool)
        # not the pool's own: it counts what it makes up to a number, and threads come and go
        self._connection = pool.connection_class(**pool.connection_kwargs)
        self._owed = 0
        self._gathered: list[bytes] | None = None
        # its own thread speaks on it; only at the end of the process another one settles it
        self._lock = threading.Lock()

    def call(self, words: Words) -> Any:
        with self._lock, self._dropped_where_broken():
            self._send(words)
            self._read_owed()
            return self._connection.read_response()

    def call_each(self, commands: Sequence[Words]) -> list[Any]:
        with self._lock, self._dropped_where_broken():
            self._send_packed([self._packed(words) for words in commands])
            self._read_owed()
            return [self._answer() for _command in commands]

    def tell(self, words: Words) -> None:
        if self._gathered is not None:
            self._gathered.append(self._packed(words))
            return
        with self._lock, self._dropped_where_broken():
            self._send(words)
            self._owed += 1

    def gather(self) -> bool:
        """Keep what is told from here on for `send_gathered`; whether it was not kept already."""
        begins = self._gathered is None
        if begins:
            self._gathered = []
        return begins

    def send_gathered(self) -> None:
        """Send what was told since `gather`."""
        gathered, self._gathered = self._gathered, None
        if not gathered:
            return
        with self._lock, self._dropped_where_broken():
            self._send_packed(gathered)
            self._owed += len(gathered)

    def settle(self) -> None:
        """Read the answers that are owed. Where they do not come, it is logged."""
        if self.place[0] != os.getpid():  # the answers are for the process this was forked from
            return
        with self._lock, contextlib.suppress(redis.RedisError), self._dropped_where_broken():
            self._read_owed()

    def _send(self, words: Words) -> None:
        self._send_packed([self._packed(words)])

    def _packed(self, words: Words) -> bytes:
        return hiredis.pack_command(words)  # type: ignore[arg-type]  # its stub says one word

    def _send_packed(self, commands: list[bytes]) -> None:
        self._connection.send_packed_command([b"".join(commands)], check_health=False)

    def _answer(self) -> Any:
        """Read one answer; a refusal is returned, so that those after it are read too."""
        try:
            return self._connection.read_response()
        except redis.ResponseError as refused:
            return refused

    def _read_owed(self) -> None:
        while self._owed:
            try:
                self._connection.read_response()
            except redis.ResponseError as refused:
                log.warning("Valkey refused what it was told: %s", refused)
            self._owed -= 1

    @contextlib.contextmanager
    def _dropped_where_broken(self) -> Iterator[None]:
        try:
            yield
        except (redis.ConnectionError, redis.TimeoutError):
            if self._owed:
                log.warning(
                    "Valkey went away before it answered %d commands it was told.", self._owed
                )
            self._owed = 0
            self._connection.disconnect()
            raise


class _Holder:
    """Ends with the thread whose line it holds, or with the process."""

    def __init__(self, line: _Line) -> None:
        # Valkey stops reading from a peer that left before its answers: they are waited for
        weakref.finalize(self, line.settle)


_own = threading.local()


def _own_line() -> _Line:
    pool = _client(settings.REDIS_URL).connection_pool
    line: _Line | None = getattr(_own, "line", None)
    if line is None or line.place != (os.getpid(), pool):  # a fork, and another server, begin anew
        line = _Line(pool)
        _own.line = line
        _own.holder = _Holder(line)
    return line
