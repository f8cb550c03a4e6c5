"""Celery's side of the catalogue: what is done by the clock."""

from celery import shared_task
from django.utils import timezone

from catalog import calendar_years, reviews, updates
from catalog.sheets import pruning


@shared_task
def remind_of_reviews() -> int:
    """Tell of reviews and of entries that follow a change: near the last day, late, and very late.

    Returns how many were told of. Safe to repeat.
    """
    return reviews.remind(at=timezone.now()) + updates.remind(at=timezone.now())


@shared_task
def remind_of_calendar() -> int:
    """Ask for the working days of a year that nobody has entered. Safe to repeat."""
    return calendar_years.remind(at=timezone.now())


@shared_task
def prune_workbooks() -> int:
    """Remove files of workbooks that are too old to be kept; returns how many. Safe to repeat."""
    return pruning.prune(at=timezone.now())


SCHEDULE = {
    "remind-of-reviews": {
        "task": "catalog.tasks.remind_of_reviews",
        "schedule": 1800.0,
        "options": {"expire_seconds": 1800},
    },
    "remind-of-calendar": {
        "task": "catalog.tasks.remind_of_calendar",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
    "prune-workbooks": {
        "task": "catalog.tasks.prune_workbooks",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
}
