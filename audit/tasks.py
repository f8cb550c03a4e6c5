"""Celery's side of the audit: linking, draining, digests, next months' partitions."""

from datetime import timedelta

from celery import shared_task
from django.db import connection
from django.utils import timezone

from audit import chain, deliveries

MONTHS_AHEAD = 3


@shared_task
def link_chain() -> int:
    """Chain what was committed; returns how many entries. Safe to repeat: one linker at a time."""
    return chain.link()


@shared_task
def drain_deliveries() -> int:
    """Move noted reads into their table; returns how many. Safe to repeat."""
    return deliveries.drain().rows


@shared_task
def digest_deliveries() -> None:
    """Write the digest of the hour before this one into the chain."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    deliveries.digest(hour - timedelta(hours=1))


@shared_task
def make_partitions() -> int:
    """Make the tables of the coming months; returns how many. Safe to repeat."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_partitions(%s)", [MONTHS_AHEAD])
        return cursor.fetchone()[0]


SCHEDULE = {
    "link-chain": {"task": "audit.tasks.link_chain", "schedule": 3.0},
    "drain-deliveries": {"task": "audit.tasks.drain_deliveries", "schedule": 1.0},
    "digest-deliveries": {"task": "audit.tasks.digest_deliveries", "schedule": 3600.0},
    "make-partitions": {"task": "audit.tasks.make_partitions", "schedule": 86400.0},
}
