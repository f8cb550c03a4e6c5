"""How far a run has come, for people who watch: beside the run, at no cost to it.

PostgreSQL itself counts the rows of a COPY while it runs. The heartbeat's thread asks it once a
second on the lease's own connection and puts what it finds into Valkey, where it lives for a
minute. The run's transaction, its connection and its loop over bytes know nothing of it.
"""

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from django.db.backends.base.base import BaseDatabaseWrapper

from audit import stream
from exchange.models import RunState, SyncRun

LOOK_SECONDS = 1.0
KEPT_SECONDS = 60
MOVED = "SELECT tuples_processed FROM pg_stat_progress_copy WHERE pid = %s"


class Watch:
    """Watches the COPY statements of one session. A run may have several, one after another."""

    def __init__(self, run_id: int, pid: int) -> None:
        """Watch what the session `pid` does for a run."""
        self._key, self._pid = _key(run_id), pid
        self._done = self._rows = 0

    def look(self, own: BaseDatabaseWrapper) -> int:
        """Ask once and tell; returns the rows moved so far. Without Valkey nothing is told."""
        with own.cursor() as cursor:
            cursor.execute(MOVED, [self._pid])
            found = cursor.fetchone()
        rows = found[0] if found else 0
        if rows < self._rows:  # that COPY has ended, and maybe another began
            self._done += self._rows
        self._rows = rows
        told = json.dumps({"rows": self._done + self._rows})
        with contextlib.suppress(redis.RedisError):  # a picture only; the run goes on without it
            stream.tell("SET", self._key, told, "EX", KEPT_SECONDS)
        return self._done + self._rows


def _key(run_id: int) -> str:
    return f"city:run:{run_id}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running sync is: rows so far, rows a second, seconds left where that can be told.

    `expected` is how many rows the binding's last good run of the kind read, None without one.
    """

    state: RunState
    rows: int
    per_second: int
    expected: int | None
    percent: int | None
    left: timedelta | None

    @property
    def seconds_left(self) -> int | None:
        """Whole seconds left."""
        return None if self.left is None else int(self.left.total_seconds())


def of(run: SyncRun, *, now: datetime) -> Progress:
    """Return how far a run has come."""
    rows = run.read or _told(run.pk)
    last = _last_like(run)
    expected = last.read if last else None
    elapsed = max((now - run.started_at).total_seconds(), 1.0)
    rate = int(rows / elapsed)
    if run.state != RunState.READING:
        return Progress(RunState(run.state), rows, rate, expected, None, _rest(run, last, now))
    left = percent = None
    if expected and rows:
        percent = min(99, rows * 100 // expected)
        left = timedelta(seconds=round(max(expected - rows, 0) * elapsed / rows))
    return Progress(RunState.READING, rows, rate, expected, percent, left)


def _told(run_id: int) -> int:
    try:
        found = stream.call("GET", _key(run_id))
    except redis.RedisError:
        return 0
    return int(json.loads(found)["rows"]) if found else 0


def _last_like(run: SyncRun) -> SyncRun | None:
    """Return the binding's last good run that read as much as this one is to read."""
    return (
        SyncRun.objects.filter(
            binding_id=run.binding_id, state=RunState.DONE, mode=run.mode, because=run.because
        )
        .order_by("-pk")
        .first()
    )


def _rest(run: SyncRun, last: SyncRun | None, now: datetime) -> timedelta | None:
    """Return what is left if this run takes as long as the last one, None once it took longer."""
    if last is None or last.ended_at is None:
        return None
    left = (last.ended_at - last.started_at) - (now - run.started_at)
    return timedelta(seconds=round(left.total_seconds())) if left > timedelta(0) else None
