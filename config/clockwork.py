"""The clock that tells the rooms' periodic tasks to run, and can be told to stop at any moment."""

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django_celery_beat.schedulers import DatabaseScheduler


class Scheduler(DatabaseScheduler):
    """The schedule in the database, safe to end while it asks that database something.

    Celery's handler of SIGTERM closes the schedule, which writes to the database, wherever the
    process stands. In the middle of a query the connection refuses that, its error is taken for
    one of the query's own, and beat runs on as if it had never been told to stop.
    """

    _at_work = False

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due and return how long to sleep, in seconds."""
        with self._working():
            return super().tick(*args, **kwargs)

    def sync(self) -> None:
        """Write what ran when."""
        with self._working():
            super().sync()

    def close(self) -> None:
        """Write what ran when, for the last time.

        Raises KeyboardInterrupt when called in the middle of other work: psycopg takes its query
        back for that, beat ends by it, and closes the schedule again once the work has unwound.
        """
        if self._at_work:
            raise KeyboardInterrupt
        # it may have been left in the middle of a question; the last one goes on another
        connection.close()
        super().close()

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        before, self._at_work = self._at_work, True
        try:
            yield
        finally:
            self._at_work = before
