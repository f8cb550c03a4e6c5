"""Beat can be told to stop at any moment, also in the middle of a question to the database."""

import contextlib
import os
import signal
import threading

import psycopg
import pytest
from celery.apps.beat import Beat
from celery.beat import Service
from django.db import connection
from django_celery_beat.models import PeriodicTask

from config.celery import app
from config.clockwork import Scheduler

LONG = "SELECT pg_sleep(20)"


@pytest.fixture
def service(live_database, monkeypatch):
    monkeypatch.setattr(Scheduler, "_told_to_stop", False)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    made = Service(app, scheduler_cls=Scheduler)
    Beat(app=app).install_sync_handler(made)
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def stop_in_the_midst_of_the_long_question(url):
    under_way = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = %s"
    with psycopg.connect(url, autocommit=True) as observer:
        while not observer.execute(under_way, [LONG]).fetchone()[0]:
            pass
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def killer(live_database):
    """Tell this process to stop, from a thread, as soon as the long question is under way."""
    thread = threading.Thread(
        target=stop_in_the_midst_of_the_long_question, args=[live_database], daemon=True
    )
    thread.start()
    return thread


def test_a_stop_in_the_midst_of_a_question_ends_beat_and_keeps_what_ran(
    service, killer, monkeypatch, caplog
):
    turns = []

    def changed(scheduler):
        turns.append(set(scheduler._dirty))
        if not scheduler._dirty:  # the first turn: something is sent after it
            return False
        with connection.cursor() as cursor:
            cursor.execute(LONG)
        raise AssertionError("beat was not interrupted")

    monkeypatch.setattr(Scheduler, "schedule_changed", changed)

    service.start()

    killer.join()
    assert "Traceback" not in caplog.text
    ran = PeriodicTask.objects.filter(last_run_at__isnull=False)
    assert set(ran.values_list("name", flat=True)) >= turns[-1] > set()


def test_a_stop_while_the_schedule_is_being_read_ends_beat(service, killer, monkeypatch):
    def read(scheduler, data):
        with connection.cursor() as cursor:
            cursor.execute(LONG)
        raise AssertionError("beat was not interrupted")

    monkeypatch.setattr(Scheduler, "install_default_entries", read)

    with pytest.raises(SystemExit):
        service.start()

    killer.join()


def test_a_stop_that_is_lost_on_its_way_ends_beat_with_the_next_turn(service, monkeypatch):
    """Python swallows what is raised while it tidies up an object; a handler may run then."""

    def lost(scheduler):
        with contextlib.suppress(SystemExit):
            os.kill(os.getpid(), signal.SIGTERM)
        return False

    monkeypatch.setattr(Scheduler, "schedule_changed", lost)

    service.start()

    assert not service.scheduler._dirty


def test_a_stop_between_two_turns_ends_beat(service, monkeypatch):
    def told(scheduler):
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Scheduler, "should_sync", told)

    service.start()

    assert not service.scheduler._dirty
