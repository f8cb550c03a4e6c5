"""The clock that tells the rooms' periodic tasks to run, and can be told to stop at any moment."""

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django_celery_beat.schedulers import DatabaseScheduler


class Scheduler(DatabaseScheduler):
    """The schedule in the database, safe to end while it asks that database something.

    Celery's handler of SIGTERM closes the schedule, which writes to the database, wherever the
    process stands, and reads a schedule first where there is none yet. In the middle of a query
    the connection refuses that or waits for itself for ever.
    """

    # of the process, since the handler may meet the schedule before anyone has a name for it
    _at_work = False
    _told_to_stop = False

    def setup_schedule(self) -> None:
        """Read the schedule.

        Raises SystemExit when called in the middle of doing so, see close().
        """
        self._refuse_to_interrupt_work()
        with self._working():
            super().setup_schedule()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due and return how long to sleep, in seconds.

        Raises SystemExit when told to stop before.
        """
        if Scheduler._told_to_stop:  # Python drops what is raised while it tidies up an object
            raise SystemExit
        with self._working():
            return super().tick(*args, **kwargs)

    def sync(self) -> None:
        """Write what ran when."""
        with self._working():
            super().sync()

    def close(self) -> None:
        """Write what ran when, for the last time.

        Raises SystemExit when called in the middle of other work: psycopg takes its query back
        for that, beat ends by it, and closes the schedule again once the work has unwound.
        """
        self._refuse_to_interrupt_work()
        # it may have been left in the middle of a question; the last one goes on another
        connection.close()
        super().close()

    def _refuse_to_interrupt_work(self) -> None:
        if Scheduler._at_work:
            Scheduler._told_to_stop = True
            raise SystemExit

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        before, Scheduler._at_work = Scheduler._at_work, True
        try:
            yield
        finally:
            Scheduler._at_work = before
