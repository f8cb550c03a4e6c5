"""Who read what: written at once or noted, by a role that may read none of it."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import redis
from django.db import connection
from django.utils import timezone

from audit import deliveries, draining, stream
from audit.models import Delivery
from audit.trace import request_id
from tests.factories.audit import as_role, told

SHANGHAI_MORNING = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)  # 01:00 on the second of March


@pytest.mark.django_db
def test_a_read_under_a_grant_is_in_the_table_at_once():
    token = request_id.set("a-request")

    deliveries.deliver(**told(), grant_id=9)

    request_id.reset(token)
    kept = Delivery.objects.get()
    assert (kept.grant_id, kept.rows, kept.status) == (9, 100, 200)
    assert (kept.request_id, kept.sender) == ("a-request", None)


@pytest.mark.django_db
@pytest.mark.parametrize("how", [deliveries.deliver, deliveries.note])
def test_a_read_that_is_told_by_other_names_is_refused(how):
    with pytest.raises(TypeError, match="colour"):
        how(**told(), colour="red")
    with pytest.raises(TypeError, match="dataset"):
        how(at=timezone.now(), channel="open", mode="query", reader="company")

    assert not Delivery.objects.exists()
    assert list(deliveries.waiting()) == []


def test_the_open_door_adds_deliveries_counts_its_own_and_reads_none(live_database):
    with as_role("city_open") as door:
        row = deliveries._row(told())
        psycopg.RawCursor(door).execute(
            deliveries.INSERT, [row[one] for one in deliveries.COLUMNS]
        )

        calls = door.execute(
            "SELECT audit_calls_delivered(5, now() - interval '1 hour', now() + interval '1 hour')"
        )
        assert calls.fetchone() == (1,)
        for statement in (
            "SELECT * FROM audit_delivery",
            "SELECT * FROM audit_entry",
            "SELECT * FROM audit_link",
            "UPDATE audit_delivery SET rows = 0",
            "DELETE FROM audit_delivery",
            "TRUNCATE audit_delivery",
            "INSERT INTO audit_entry DEFAULT VALUES",
            "INSERT INTO audit_link DEFAULT VALUES",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                door.execute(statement)

    assert Delivery.objects.count() == 1


@pytest.mark.parametrize("role", ["city_worker", "city_office"])
@pytest.mark.parametrize("table", ["audit_entry", "audit_link", "audit_delivery"])
def test_other_roles_add_and_read_and_change_nothing(live_database, role, table):
    column = "rows = 0" if table == "audit_delivery" else "recorded_at = now()"
    with as_role(role) as door:
        door.execute(f"SELECT * FROM {table}")
        for statement in (f"UPDATE {table} SET {column}", f"DELETE FROM {table}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                door.execute(statement)


def test_a_note_is_one_call_that_tells_all():
    at = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

    deliveries.note(**told(at=at, rows=7))

    (note,) = deliveries.waiting()
    assert note.at == at
    assert note.told["rows"] == 7
    assert set(note.told) == set(deliveries.COLUMNS)


def test_notes_are_numbered_one_by_one_in_all_threads():
    threads = [
        threading.Thread(target=lambda: [deliveries.note(**told()) for _note in range(25)])
        for _thread in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    notes = list(deliveries.waiting())
    assert len({note.sender for note in notes}) == 1
    numbers = sorted(note.number for note in notes)
    assert numbers == list(range(numbers[0], numbers[0] + 100))


def test_what_a_thread_told_is_there_when_it_has_ended():
    before = len(list(deliveries.waiting()))

    for _thread in range(200):
        thread = threading.Thread(target=lambda: [deliveries.note(**told()) for _ in range(3)])
        thread.start()
        thread.join()

    assert len(list(deliveries.waiting())) == before + 600


def test_what_is_told_together_leaves_in_one_go_and_in_order(monkeypatch):
    stream.call("DEL", "together")
    line, sent = stream._own_line(), []
    send = line._connection.send_packed_command
    monkeypatch.setattr(
        line._connection, "send_packed_command", lambda *a, **k: sent.append(a) or send(*a, **k)
    )

    with stream.together():
        with stream.together():
            stream.tell("RPUSH", "together", "one")
        stream.tell("RPUSH", "together", "two")
        before = len(sent)
    told = stream.call("LRANGE", "together", 0, -1)

    assert (before, len(sent)) == (0, 2)  # the second is the question
    assert told == [b"one", b"two"]


def test_what_was_told_together_leaves_also_where_the_rest_fails():
    stream.call("DEL", "together")

    with pytest.raises(ValueError, match="midway"), stream.together():
        stream.tell("SET", "together", "left")
        raise ValueError("midway")

    assert stream.call("GET", "together") == b"left"


def test_what_a_process_told_is_there_when_it_has_ended(settings):
    program = (
        "from audit import stream\nfor _ in range(2000): stream.tell('INCR', 'told-at-the-end')\n"
    )

    subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "config.settings", "REDIS_URL": settings.REDIS_URL},
        check=True,
    )

    assert stream.client().getdel("told-at-the-end") == b"2000"


def test_a_process_that_was_forked_leaves_the_answers_to_its_parent():
    program = (
        "import os\n"
        "from audit import stream\n"
        "stream.tell('INCR', 'told-before-a-fork')\n"
        "if os.fork(): os.wait(); print(stream.call('GETDEL', 'told-before-a-fork'))\n"
    )

    said = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert (said.stdout, said.stderr) == ("b'1'\n", "")


def test_a_forked_process_numbers_its_notes_under_a_name_of_its_own():
    program = (
        "import django, os; django.setup()\n"
        "from audit import deliveries\n"
        "print(deliveries._ours.sender, flush=True)\n"
        "next(deliveries._ours.numbers)\n"
        "child = os.fork()\n"
        "if child: os.waitpid(child, 0)\n"
        "else: print(deliveries._ours.sender, next(deliveries._ours.numbers), flush=True)\n"
    )

    said = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    parent, child, number = said
    assert parent != child
    assert number == "1"


def test_where_valkey_is_down_the_caller_is_told(settings):
    settings.REDIS_URL = "unix:///nonexistent/valkey.sock"

    with pytest.raises(redis.RedisError):
        deliveries.note(**told())


def test_the_stream_does_not_grow_without_end(monkeypatch):
    monkeypatch.setattr(deliveries, "LONGEST", 100)

    for _note in range(500):
        deliveries.note(**told())

    assert stream.client().xlen(deliveries.STREAM) < 300  # Valkey drops a node of them at a time


@pytest.mark.django_db
def test_a_days_calls_are_counted_drained_or_not():
    deliveries.note(**told())
    draining.drain()
    deliveries.note(**told())
    deliveries.note(**told(key_id=6))
    deliveries.deliver(**told(), grant_id=9)

    assert deliveries.counted_today(5, timezone.localdate()) == 3


@pytest.mark.django_db
def test_a_day_is_a_day_in_shanghai():
    hour = timedelta(hours=1)
    for at in (SHANGHAI_MORNING - 2 * hour, SHANGHAI_MORNING, SHANGHAI_MORNING + 23 * hour):
        deliveries.deliver(**told(at=at))
        deliveries.note(**told(at=at))

    assert deliveries.counted_today(5, SHANGHAI_MORNING.date()) == 2
    assert deliveries.counted_today(5, SHANGHAI_MORNING.date() + timedelta(days=1)) == 2


@pytest.mark.django_db
def test_a_delivery_is_recorded_when_it_is_written():
    deliveries.deliver(**told(at=SHANGHAI_MORNING))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_delivery (at, channel, mode, reader, app, organization, dataset,"
            " fields_digest, rows, bytes, zone_seq, request_id, recorded_at)"
            " VALUES (now(), '', '', '', '', '', '', '', 0, 0, 0, '', now() - interval '1 day')"
        )

    lately = timezone.now() - timedelta(minutes=1)
    assert Delivery.objects.filter(recorded_at__gt=lately).count() == 2
