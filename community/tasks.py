"""Celery's side of what people say: each task is one line over a verb."""

from celery import shared_task
from django.utils import timezone

from community import comments, contests, letters, wishes


@shared_task
def remind_of_comments() -> int:
    """Tell of answers to the public that are due, late or very late; returns how many."""
    return comments.remind(at=timezone.now())


@shared_task
def remind_of_wishes() -> int:
    """Tell of wishes whose answer is due, late or very late; returns how many alarms that were."""
    return wishes.remind(at=timezone.now())


@shared_task
def remind_of_contests() -> int:
    """Tell of contests whose results are due; returns how many were told of."""
    return contests.remind(at=timezone.now())


@shared_task
def write_letters() -> int:
    """Write the letters of the day to who follows datasets; returns how many went. Safe to repeat:
    who was written to today is not written to again."""
    return letters.write_due(at=timezone.now())


SCHEDULE = {
    "remind-of-comments": {
        "task": "community.tasks.remind_of_comments",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
    "remind-of-wishes": {
        "task": "community.tasks.remind_of_wishes",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
    "remind-of-contests": {
        "task": "community.tasks.remind_of_contests",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
    "write-letters": {
        "task": "community.tasks.write_letters",
        "schedule": 600.0,
        "options": {"expire_seconds": 600},
    },
}
