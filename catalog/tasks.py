"""Celery's side of the catalogue: reminders by the clock."""

from celery import shared_task
from django.utils import timezone

from catalog import reviews


@shared_task
def remind_of_reviews() -> int:
    """Tell of reviews that are due or late; returns how many were told of. Safe to repeat."""
    return reviews.remind(at=timezone.now())


SCHEDULE = {
    "remind-of-reviews": {
        "task": "catalog.tasks.remind_of_reviews",
        "schedule": 1800.0,
        "options": {"expire_seconds": 1800},
    },
}
