"""One writer at a time for a dataset's rows.

The lease is a session advisory lock on a connection of its own: it ends with the process, however
that dies, and needs no clock. A heartbeat tells people that the run lives and how far it is. A
merge is fenced by its run row besides, so that a writer who lost the lease without noticing cannot
go live.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.wording import said as _
from exchange.problems import AlreadyRunning
from exchange.sync.progress import LOOK_SECONDS, Watch

LOCK_CLASS = 0x53594E43  # "SYNC"
HEARTBEAT_SECONDS = 5.0


class Lease:
    """A held lease; `beat_for` names the run whose heartbeat it keeps."""

    def __init__(self, own: BaseDatabaseWrapper) -> None:
        """Keep the connection that holds the lock."""
        self._own = own
        self._watch: Watch | None = None
        self._stop = threading.Event()
        self._run_id: int | None = None
        self._thread = threading.Thread(target=self._beat, name="sync-heartbeat", daemon=True)

    def beat_for(self, run_id: int) -> None:
        """Begin to keep the heartbeat of a run."""
        self._run_id = run_id
        connection.ensure_connection()
        self._watch = Watch(run_id, connection.connection.info.backend_pid)
        self._thread.start()

    def end(self) -> None:
        """Stop the heartbeat and let go of the lock with its connection."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        # said aloud: the server would notice the closed connection a little later
        with suppress(DatabaseError), self._own.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
        self._own.close()

    def _beat(self) -> None:
        beaten = time.monotonic()
        while not self._stop.wait(LOOK_SECONDS):
            if self._watch is not None:
                self._watch.look(self._own)
            if time.monotonic() - beaten < HEARTBEAT_SECONDS:
                continue
            beaten = time.monotonic()
            with self._own.cursor() as cursor:
                cursor.execute(
                    "UPDATE exchange_syncrun SET heartbeat_at = now() WHERE id = %s",
                    [self._run_id],
                )


@contextmanager
def held(binding_id: int) -> Iterator[Lease]:
    """Hold the lease of a binding. Raises AlreadyRunning where another process has it."""
    own = connection.copy()
    own.inc_thread_sharing()  # the heartbeat's thread uses it while the lock is only held
    lease = Lease(own)
    try:
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, binding_id])
            if not cursor.fetchone()[0]:
                raise AlreadyRunning(
                    _(
                        "This dataset is being synced right now. Wait until that run has ended;"
                        " rows of one dataset are written by one run at a time."
                    )
                )
        yield lease
    finally:
        lease.end()
