"""How far a run is: asked beside it, told in Valkey, and what it says of the rest."""

import time
from datetime import timedelta

import pytest
from django.db import connection

from exchange.models import RunState, SyncRun
from exchange.sync import engine, progress
from exchange.sync.progress import Watch
from tests import services
from tests.exchange.sessions import session
from tests.factories import exchange

pytestmark = pytest.mark.django_db
ROWS = "id,name,price\n" + "".join(f"{n},n{n},1\n" for n in range(10))


@pytest.fixture
def beside():
    """A connection of its own, as a lease has it: within a transaction all looks are the same."""
    own = connection.copy()
    yield own
    own.close()


def seen(watch, own, least):
    """Look until so many rows are seen: the server takes them in its own time."""
    deadline = time.monotonic() + 30
    while (rows := watch.look(own)) < least:
        assert time.monotonic() < deadline
    return rows


def test_rows_of_a_copy_under_way_are_seen_from_beside_and_added_up_over_several(beside):
    lines = b"12345678\n" * 50_000
    with session(services.found().database_url(name=services.database()), "city_owner") as other:
        watch = Watch(7, other.info.backend_pid)
        assert watch.look(beside) == 0
        other.execute("CREATE TEMP TABLE t (n int)")
        with other.cursor() as cursor:
            with cursor.copy("COPY t FROM STDIN") as copy:
                copy.write(lines)
                first = seen(watch, beside, 10_000)
            assert watch.look(beside) == first
            with cursor.copy("COPY t FROM STDIN") as copy:
                copy.write(lines)
                both = seen(watch, beside, first + 1)

    assert 10_000 <= first < both


def running(binding, **over):
    values = {"mode": "full", "started_at": exchange.NOW, "heartbeat_at": exchange.NOW} | over
    return SyncRun.objects.create(binding=binding, **values)


def told(run, rows):
    progress.stream.call("SET", f"city:run:{run.pk}", f'{{"rows": {rows}}}')


def test_rate_share_and_time_left_come_from_the_last_run():
    binding = exchange.csv_binding(exchange.house(), ROWS)
    engine.sync(binding.pk)
    run = running(binding)
    told(run, 4)

    now = progress.of(run, now=exchange.NOW + timedelta(seconds=2))

    assert (now.state, now.rows, now.per_second, now.expected) == (RunState.READING, 4, 2, 10)
    assert (now.percent, now.seconds_left) == (40, 3)


def test_without_a_run_before_nothing_is_guessed():
    binding = exchange.csv_binding(exchange.house(), ROWS)
    run = running(binding)
    told(run, 400)

    now = progress.of(run, now=exchange.NOW + timedelta(seconds=2))

    assert (now.rows, now.expected, now.percent, now.left) == (400, None, None, None)


def test_after_reading_the_rest_is_what_the_last_run_took_longer():
    binding = exchange.csv_binding(exchange.house(), ROWS)
    engine.sync(binding.pk)
    SyncRun.objects.update(started_at=exchange.NOW, ended_at=exchange.NOW + timedelta(seconds=60))
    run = running(binding, state=RunState.MERGING, read=10)

    soon = progress.of(run, now=exchange.NOW + timedelta(seconds=45))
    late = progress.of(run, now=exchange.NOW + timedelta(seconds=75))

    assert (soon.seconds_left, late.seconds_left) == (15, None)


def test_without_valkey_a_run_shows_no_rows_and_nothing_fails(monkeypatch):
    def away(*_words):
        raise progress.redis.ConnectionError

    monkeypatch.setattr(progress.stream, "call", away)
    monkeypatch.setattr(progress.stream, "tell", away)
    binding = exchange.csv_binding(exchange.house(), ROWS)
    run = running(binding)

    assert Watch(run.pk, 0).look(connection) == 0
    assert progress.of(run, now=exchange.NOW).rows == 0
