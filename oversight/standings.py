"""How each department stands today: numerators and denominators, computed once a day and kept.

The open door may read neither requests nor corrections; what is public of them is how many there
are and how many are within their time limit.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from catalog.models import Dataset, Resource
from catalog.terms import ResourceKind
from exchange import freshness
from exchange.models import Correction, CountingRule, RecordTable, ShareRequest, Zone
from oversight.models import Daily, Standing

USED_DAYS = 30
NUMBERS = (
    *("published", "opened", "tables", "filled", "promised", "on_time", "used"),
    *("asked", "asked_in_time", "reported", "reported_in_time", "cells"),
)


@transaction.atomic
def compute(*, at: datetime) -> int:
    """Write today's standing of every department that publishes; returns how many.

    Safe to repeat: a later computation of the day stands for an earlier one.
    """
    day = timezone.localdate(at)
    counts = _counts(at)
    late = _late(at)
    rows = [
        Standing(
            day=day,
            department=department,
            late=late[department],
            computed_at=at,
            **{name: counts[name][department] for name in NUMBERS},
        )
        for department in sorted(counts["published"])
    ]
    Standing.objects.filter(day=day).delete()
    Standing.objects.bulk_create(rows)
    return len(rows)


def _counts(at: datetime) -> dict[str, Counter[str]]:
    today = timezone.localdate(at)
    published = Dataset.objects.published()
    has_table = Exists(
        Resource.objects.live().filter(dataset=OuterRef("pk"), kind=ResourceKind.TABLE)
    )
    promised = published.filter(_rows_in(Zone.SHARED), update_cycle__in=freshness.LATE_AFTER)
    used = (
        Daily.objects.filter(day__gt=today - timedelta(days=USED_DAYS), day__lte=today)
        .values("dataset")
        .annotate(times=Sum(F("views") + F("calls") + F("downloads")))
        .filter(times__gt=0)
        .values("dataset")
    )
    asked = ShareRequest.objects.filter(due_on__isnull=False)
    reported = Correction.objects.filter(due_on__isnull=False, state=Correction.State.OPEN)
    in_time = Q(due_on__gte=today)
    counts = {
        "published": _by_owner(published),
        "opened": _by_owner(published.filter(_rows_in(Zone.OPEN))),
        "tables": _by_owner(published.filter(has_table)),
        "filled": _by_owner(published.filter(has_table, _rows_in(Zone.SHARED))),
        "promised": _by_owner(promised),
        "used": _by_owner(published.filter(pk__in=used)),
        "asked": _by_owner(asked, "dataset__owner__slug"),
        "asked_in_time": _by_owner(asked.filter(in_time), "dataset__owner__slug"),
        "reported": _by_owner(reported, "dataset__owner__slug"),
        "reported_in_time": _by_owner(reported.filter(in_time), "dataset__owner__slug"),
        "cells": _cells(),
    }
    counts["on_time"] = counts["promised"] - Counter(one.owner.slug for one in freshness.late(at))
    return counts


def _rows_in(zone: Zone) -> Exists:
    return Exists(
        RecordTable.objects.filter(resource__dataset=OuterRef("pk"), zone=zone, live=True)
    )


def _by_owner(found: QuerySet, owner: str = "owner__slug") -> Counter[str]:
    owners: Iterable[str] = found.order_by().values_list(owner, flat=True)
    return Counter(owners)


def _cells() -> Counter[str]:
    """Return rows × columns of what everybody may have row by row, added up by department."""
    counted = CountingRule.objects.filter(smallest_group__gt=1).values("dataset")
    tables = RecordTable.objects.filter(
        zone=Zone.OPEN, live=True, resource__dataset__in=Dataset.objects.published()
    ).exclude(resource__dataset__in=counted)
    columns = Func(F("columns"), function="jsonb_array_length", output_field=IntegerField())
    found = tables.order_by().values_list("resource__dataset__owner__slug")
    return Counter(dict(found.annotate(cells=Sum(F("rows") * columns))))


def _late(at: datetime) -> defaultdict[str, list[list[str]]]:
    """Return the late datasets of each department, the latest first."""
    found: defaultdict[str, list[list[str]]] = defaultdict(list)
    for one in freshness.late(at):
        due_at: datetime = one.due_at
        found[one.owner.slug].append([one.slug, f"{timezone.localdate(due_at):%Y-%m-%d}"])
    return found
