"""Which datasets are later than they promised to be, and whom that is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import notices
from accounts.models import Notice
from catalog.models import Dataset
from catalog.terms import UpdateCycle
from exchange.models import RecordTable, Zone

LATE_AFTER: Mapping[str, timedelta] = {
    UpdateCycle.REALTIME: timedelta(hours=1),
    UpdateCycle.DAILY: timedelta(hours=36),
    UpdateCycle.WEEKLY: timedelta(days=9),
    UpdateCycle.MONTHLY: timedelta(days=35),
    UpdateCycle.QUARTERLY: timedelta(days=100),
    UpdateCycle.HALF_YEARLY: timedelta(days=200),
    UpdateCycle.YEARLY: timedelta(days=400),
}
"""After how long without a good run a dataset is late; other cycles promise no day."""


@dataclass(frozen=True, slots=True)
class Late:
    """A published dataset and when its oldest table should have been refreshed."""

    dataset: Dataset
    due_at: datetime


def late(now: datetime) -> list[Late]:
    """Return published datasets that were not refreshed in time, one query a cycle."""
    oldest: dict[int, Late] = {}
    for one in _late_tables(now, LATE_AFTER):
        known = oldest.get(one.dataset.pk)
        if known is None or one.due_at < known.due_at:
            oldest[one.dataset.pk] = one
    return sorted(oldest.values(), key=lambda one: one.due_at)


def _late_tables(now: datetime, periods: Mapping[str, timedelta], **only: int) -> Iterator[Late]:
    for cycle, period in periods.items():
        tables = RecordTable.objects.filter(
            **only,
            zone=Zone.SHARED,
            live=True,
            refreshed_at__lt=now - period,
            resource__dataset__state=Dataset.State.PUBLISHED,
            resource__dataset__update_cycle=cycle,
        )
        for table in tables.select_related("resource__dataset__owner"):
            yield Late(table.resource.dataset, table.refreshed_at + period)


@transaction.atomic
def tell_late(*, at: datetime) -> int:
    """Tell each late dataset's publishers, and close what is late no more; returns how many are.

    A dataset that stays late is told once, not with every look.
    """
    found = late(at)
    for one in found:
        notices.tell(
            "dataset.stale",
            organization=one.dataset.owner,
            target=_target(one.dataset.pk),
            at=at,
            once=True,
            dataset=one.dataset,
            day=timezone.localdate(one.due_at),
        )
    still = {_target(one.dataset.pk) for one in found}
    told = Notice.objects.open().filter(kind="dataset.stale").values_list("target", flat=True)
    for target in set(told) - still:
        notices.settle(target, "dataset.stale", at=at)
    return len(found)


def settle_if_fresh(dataset: Dataset, *, at: datetime) -> None:
    """Close the notice of a late dataset once all its tables are in time."""
    cycle = dataset.update_cycle
    periods = {cycle: LATE_AFTER[cycle]} if cycle in LATE_AFTER else {}
    if not any(_late_tables(at, periods, resource__dataset_id=dataset.pk)):
        notices.settle(_target(dataset.pk), "dataset.stale", at=at)


def _target(dataset_id: int) -> str:
    return f"dataset:{dataset_id}"
