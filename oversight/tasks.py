"""Celery's side of oversight: counting use, and computing how departments stand."""

from celery import shared_task
from django.utils import timezone

from oversight import daily, key_counts, looks, standings


@shared_task
def count_use() -> int:
    """Add page views to the counts, and count the APIs' days; returns how many lines there are.

    Safe to repeat.
    """
    at = timezone.now()
    looks.drain(at=at)
    return daily.count(at=at)


@shared_task
def count_keys() -> int:
    """Add how calls with keys went to the counts; returns how many calls. Safe to repeat."""
    return key_counts.drain(at=timezone.now())


@shared_task
def compute_standings() -> int:
    """Compute how each department stands today; returns how many do. Safe to repeat."""
    return standings.compute(at=timezone.now())


SCHEDULE = {
    "count-use": {
        "task": "oversight.tasks.count_use",
        "schedule": 600.0,
        "options": {"expire_seconds": 600},
    },
    "count-keys": {
        "task": "oversight.tasks.count_keys",
        "schedule": 60.0,
        "options": {"expire_seconds": 60},
    },
    "compute-standings": {
        "task": "oversight.tasks.compute_standings",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
}
