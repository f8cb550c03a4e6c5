"""What runs by the clock: beat knows every scheduled task, and every one of them is there."""

import ast
from copy import deepcopy
from pathlib import Path

import pytest
from celery import current_app
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from config import apps

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


@pytest.mark.django_db
def test_beat_takes_the_schedule_over():
    for name, told in deepcopy(current_app.conf.beat_schedule).items():
        ModelEntry.from_entry(name, app=current_app, **told)

    kept = set(PeriodicTask.objects.filter(enabled=True).values_list("name", "task"))
    assert {(name, told["task"]) for name, told in current_app.conf.beat_schedule.items()} <= kept
