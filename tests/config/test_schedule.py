"""What runs by the clock: beat knows every scheduled task, and every one of them is there."""

import ast
import time
from copy import deepcopy
from pathlib import Path

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from audit import chain
from audit.models import Link
from audit.tasks import link_chain
from config import apps, supervise
from exchange.tasks import sync

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_room_with_a_schedule_is_asked_for_it():
    with_schedule = {
        path.parent.name
        for path in ROOT.glob("*/tasks.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign)
        if any(isinstance(one, ast.Name) and one.id == "SCHEDULE" for one in node.targets)
    }

    assert with_schedule == set(apps.ROOMS)


def test_every_scheduled_task_exists_and_its_message_goes_stale():
    current_app.loader.import_default_modules()

    for told in current_app.conf.beat_schedule.values():
        assert told["task"] in current_app.tasks
        assert told["options"]["expire_seconds"] >= 10


def test_what_is_brief_has_a_queue_that_no_sync_stands_in():
    current_app.loader.import_default_modules()
    route = current_app.amqp.router.route
    queues = {name: route({}, name)["queue"].name for name in current_app.tasks}

    brief = {name for name, queue in queues.items() if queue == settings.BRIEF_QUEUE}
    rooms = ("accounts.", "audit.", "catalog.", "community.", "oversight.")
    assert brief == {name for name in queues if name.startswith(rooms)} | {
        "exchange.tasks.sync_due",
        "exchange.tasks.tend_public_files",
    }
    assert queues["exchange.tasks.sync"] == settings.CELERY_TASK_DEFAULT_QUEUE
    assert [name for name, queue in queues.items() if queue == settings.HOOKS_QUEUE] == [
        "exchange.tasks.send_webhooks"
    ]


def test_a_queue_full_of_syncs_does_not_stop_linking(live_database, tmp_path):
    with transaction.atomic():
        entry = chain.record("sign_out", "user:1", by=None, at=timezone.now())
    for number in range(50):  # nobody takes these
        sync.apply_async((number,))
    link_chain.apply_async()

    with supervise.crew(tmp_path) as crew:
        crew.start(supervise.Child("brief", supervise.worker("brief", concurrency=1)))
        until = time.monotonic() + 30
        while not Link.objects.filter(entry_id=entry.pk).exists():
            crew.check()
            assert time.monotonic() < until, crew.log("brief").read_text()
            time.sleep(0.1)  # the worker needs the processor to start

    with redis.from_url(settings.REDIS_URL) as client:
        assert client.llen(settings.CELERY_TASK_DEFAULT_QUEUE) == 50


@pytest.mark.django_db
def test_beat_takes_the_schedule_over():
    for name, told in deepcopy(current_app.conf.beat_schedule).items():
        ModelEntry.from_entry(name, app=current_app, **told)

    kept = set(PeriodicTask.objects.filter(enabled=True).values_list("name", "task"))
    assert {(name, told["task"]) for name, told in current_app.conf.beat_schedule.items()} <= kept
