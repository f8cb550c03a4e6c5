"""How the platform is doing, by what everybody may read: rows, syncs, what is late.

Says nothing of hosts, sources or people. A run that is held back is not told as one: it shows as
data that grows old.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.models import Dataset
from exchange.models import RecordTable, SyncRun, Zone
from oversight import figures
from portal.about.pages import text
from portal.frame import address_of

LATEST = 10
LATE_SHOWN = 50
WITHIN = (timedelta(days=1), timedelta(days=7))
OLD_AFTER = timedelta(hours=3)
"""Figures are worked out every hour; older than this, the platform's clock stands still."""


@dataclass(frozen=True, slots=True)
class Late:
    """A dataset that was not refreshed in time: the day from which it is late."""

    dataset: Dataset
    since: str


@dataclass(frozen=True, slots=True)
class Health:
    """What is told. `computed_at` is when the figures were last worked out; None: never yet."""

    tables: int
    newest: datetime | None
    syncs: tuple[tuple[int, int], ...]  # in so many hours, so many runs
    latest: Sequence[SyncRun]
    late: tuple[Late, ...]
    late_count: int
    computed_at: datetime | None
    counting_rests: bool


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Say how fresh things are."""
    now = timezone.now()
    doors = {"open": True, "members": address_of("members-home") is not None}
    return text(request, "status", {"health": health(now), "now": now, "doors": doors})


def health(now: datetime) -> Health:
    """Return how things stand, in seven queries at most."""
    published = Dataset.objects.published()
    tables = RecordTable.objects.filter(
        zone=Zone.OPEN, live=True, resource__dataset__in=published
    ).aggregate(number=Count("pk"), newest=Max("refreshed_at"))
    runs = SyncRun.objects.filter(merged_at__isnull=False, trial=False)
    told = figures.standings()
    late = {slug: since for one in told for slug, since in one.late}
    computed_at = told[0].computed_at if told else None
    return Health(
        tables=tables["number"],
        newest=tables["newest"],
        syncs=tuple(
            (int(span.total_seconds()) // 3600, runs.filter(merged_at__gt=now - span).count())
            for span in WITHIN
        ),
        latest=_latest(runs),
        late=tuple(_late(late)),
        late_count=len(late),
        computed_at=computed_at,
        counting_rests=computed_at is None or computed_at < now - OLD_AFTER,
    )


def _latest(runs) -> list[SyncRun]:
    published = Dataset.objects.published()
    of_published = runs.filter(binding__resource__dataset__in=published)
    return list(
        of_published.select_related("binding__resource__dataset__owner").order_by(
            "-merged_at", "-pk"
        )[:LATEST]
    )


def _late(since: dict[str, str]) -> Iterator[Late]:
    """Yield the late datasets that are still published, the latest first."""
    found = Dataset.objects.published().filter(slug__in=since).select_related("owner")
    by_day = sorted(found, key=lambda one: since[one.slug])
    for one in by_day[:LATE_SHOWN]:
        yield Late(one, since[one.slug])
