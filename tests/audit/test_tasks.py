"""The audit's clockwork: what beat sends, and that old messages do not pile up."""

import pytest
from celery import current_app
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from audit import tasks


@pytest.mark.django_db
@pytest.mark.parametrize("name", tasks.SCHEDULE)
def test_each_task_is_known_and_a_message_not_taken_in_time_is_dropped(name):
    told = tasks.SCHEDULE[name]

    ModelEntry.from_entry(name, app=current_app, **told)

    kept = PeriodicTask.objects.get(name=name)
    assert hasattr(tasks, kept.task.removeprefix("audit.tasks."))
    assert 10 <= kept.expire_seconds <= max(told["schedule"], 10)
