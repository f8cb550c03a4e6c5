"""Celery's side of the audit: linking, draining, digests, next months' tables.

All are safe to repeat: each works alone, and finds nothing to do where it is done. A message that
was not taken in time is dropped, since the next one does its work.
"""

from celery import shared_task
from django.utils import timezone

from audit import chain, digests, draining, months


@shared_task
def link_chain() -> int:
    """Chain what was committed; returns how many entries."""
    return chain.link()


@shared_task
def sweep_chain() -> int:
    """Chain whatever was not, of any age; returns how many entries, which should be none."""
    return chain.link(whole=True)


@shared_task
def drain_deliveries() -> int:
    """Move noted reads into their table; returns how many."""
    return draining.drain().rows


@shared_task
def digest_deliveries() -> int:
    """Write the digests of hours that have none into the chain; returns how many."""
    return digests.digest_due(at=timezone.now())


@shared_task
def make_partitions() -> int:
    """Make the tables of the coming months; returns how many."""
    return months.make()


def _every(seconds: float, task: str) -> dict[str, object]:
    return {
        "task": f"audit.tasks.{task}",
        "schedule": seconds,
        # the database scheduler's word for "expires"
        "options": {"expire_seconds": max(int(seconds), 10)},
    }


SCHEDULE = {
    "link-chain": _every(3.0, "link_chain"),
    "drain-deliveries": _every(1.0, "drain_deliveries"),
    "digest-deliveries": _every(600.0, "digest_deliveries"),
    "sweep-chain": _every(86400.0, "sweep_chain"),
    "make-partitions": _every(86400.0, "make_partitions"),
}
