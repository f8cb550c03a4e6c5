"""Which datasets are later than they promised to be, and whom that is told."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
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


PERIOD = Case(
    *(When(update_cycle=cycle, then=Value(period)) for cycle, period in LATE_AFTER.items()),
    output_field=DurationField(),
)


def late(now: datetime) -> QuerySet:
    """Return published datasets that were not refreshed in time, the latest first.

    Each has `due_at`: when its oldest table should have been refreshed.
    """
    oldest = (
        RecordTable.objects.filter(zone=Zone.SHARED, live=True, resource__dataset=OuterRef("pk"))
        .order_by("refreshed_at")
        .values("refreshed_at")[:1]
    )
    due_at = ExpressionWrapper(Subquery(oldest) + PERIOD, output_field=DateTimeField())
    return (
        Dataset.objects.published()
        .filter(update_cycle__in=LATE_AFTER)
        .annotate(due_at=due_at)
        .filter(due_at__lt=now)
        .select_related("owner")
        .order_by("due_at", "pk")
    )


@transaction.atomic
def tell_late(*, at: datetime) -> int:
    """Tell each late dataset's publishers, and close what is late no more; returns how many are.

    A dataset that stays late is told once, not with every look.
    """
    found = list(late(at))
    for one in found:
        notices.tell(
            "dataset.stale",
            organization=one.owner,
            target=one.address,
            at=at,
            once=True,
            dataset=one,
            day=timezone.localdate(one.due_at),
        )
    still = {one.address for one in found}
    told = Notice.objects.open().filter(kind="dataset.stale").values_list("target", flat=True)
    for target in set(told) - still:
        notices.settle(target, "dataset.stale", at=at)
    return len(found)


def settle_if_fresh(dataset: Dataset, *, at: datetime) -> None:
    """Close the notice of a late dataset once all its tables are in time."""
    if not late(at).filter(pk=dataset.pk).exists():
        notices.settle(dataset.address, "dataset.stale", at=at)
