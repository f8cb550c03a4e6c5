"""A whole copy is written as the worker's role; a stricter verb of the office ends just that."""

import threading
import time
from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection
from django.utils import timezone
from psycopg import errors

from exchange import opening
from exchange.batch_flow import BatchState
from exchange.models import BatchEnd, BatchJob, Grant
from exchange.records import store
from exchange.sharing import batch_files, batch_writing, batches
from policy.terms import Mode, Secrecy
from tests.exchange.sessions import session, signed_in
from tests.factories import sharing

QUICK = 10.0  # seconds; who waits for the writer waits until LONG is over
LONG = 60.0
ROWS = 12_000
DATA = "id,name,phone,income,illness\n" + "\n".join(
    f"{n},{'n' * 120}{n},138{n:08d},{n}.50,none" for n in range(1, ROWS)
)


class Writer:
    """A worker that stops after the first part of a file until it is told to go on."""

    def __init__(self, monkeypatch) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.made: BatchJob | None = None
        self._whole = batch_writing.wholes.whole
        monkeypatch.setattr(batch_writing.wholes, "whole", self._stopping)

    def _stopping(self, *args, **named) -> Iterator[bytes]:
        stream = self._whole(*args, **named)
        yield next(stream)
        self.begun.set()
        self.go.wait(LONG)
        yield from stream

    def write(self, job_id: int) -> None:
        """Write as the role under which workers run."""
        try:
            with signed_in(USER="city_worker"):
                self.made = batch_writing.write(job_id)
        finally:
            self.begun.set()
            connection.close()


@pytest.fixture(name="asked")
def _asked(live_database, settings, tmp_path) -> tuple[str, sharing.Two, BatchJob]:
    settings.BATCH_ROOT = str(tmp_path / "batches")
    two = sharing.two(data=DATA)
    grant = two.granted("name", "phone", mode=Mode.BULK)
    Grant.objects.filter(pk=grant.pk).update(
        valid_from=date(2026, 1, 1), valid_until=date(2099, 1, 1)
    )
    return live_database, two, batches.ask(grant.pk, by=two.clerk, at=timezone.now())


def test_the_worker_writes_a_whole_copy_with_its_own_roles_rights(asked):
    _url, _two, job = asked

    with signed_in(USER="city_worker"):
        made = batch_writing.write(job.pk)

    assert made is not None
    assert (made.state, made.rows) == (BatchState.READY, ROWS - 1)


@pytest.mark.parametrize("name", ["id", "name"])  # the key: the table goes; else its column
def test_a_field_that_may_not_be_here_ends_the_writing_session_and_waits_for_nobody(
    asked, name, monkeypatch
):
    url, two, job = asked
    writer = Writer(monkeypatch)
    thread = threading.Thread(target=writer.write, args=[job.pk])
    thread.start()
    assert writer.begun.wait(LONG)

    with session(url, "city_worker") as colleague:  # another session of the role, at rest
        began = time.monotonic()
        with signed_in(USER="city_office"):
            opening.regrade(
                two.dataset.pk,
                {two.field(name): {"secrecy": Secrecy.STATE_SECRET}},
                by=two.where.publisher,
                at=timezone.now(),
                reason="国家秘密",
            )
        took = time.monotonic() - began
        writer.go.set()
        thread.join(LONG)

        assert took < QUICK
        assert colleague.execute("SELECT 1").fetchone() == (1,)
    assert writer.made is not None
    assert (writer.made.state, writer.made.ended_because) == (
        BatchState.FAILED,
        BatchEnd.STRICTER,
    )
    assert batch_files.there() == set()


@pytest.mark.parametrize("role", ["city_worker", "city_office"])
def test_a_role_ends_readers_by_the_databases_function_and_not_by_itself(asked, role):
    url, two, _job = asked
    table = store.live(two.dataset.resources.get().pk, "shared")
    relation = f"shared.{table.table_name}"
    with (
        session(url, "city_worker", autocommit=False) as batch,
        session(url, "city_worker", autocommit=False) as sync,
        session(url, role) as who,
    ):
        batch.execute("SELECT set_config('application_name', 'city_batch', false)")
        pids = [one.execute("SELECT pg_backend_pid()").fetchone()[0] for one in (batch, sync)]
        for one in (batch, sync):
            one.execute(f"SELECT count(*) FROM {relation}")

        if role == "city_office":  # the worker may end what is its own
            with pytest.raises(errors.InsufficientPrivilege):
                who.execute("SELECT pg_terminate_backend(%s)", [pids[0]])
        ended = who.execute("SELECT exchange_end_readers(%s::regclass)", [relation]).fetchone()

        assert ended == (1,)
        assert sync.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises((errors.AdminShutdown, errors.OperationalError)):
            batch.execute("SELECT 1")
