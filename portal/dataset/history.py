"""How good the rows of a dataset are, what happened to it, and a feed of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchange import access, filled
from exchange.access import DatasetUnknown, DatasetWithdrawn
from exchange.models import SyncRun
from exchange.records import reading
from policy.terms import Mode
from portal import feeds
from portal.dataset import facts
from portal.dataset.changes import changes
from portal.dataset.facts import ANYBODY, About, ShownField
from portal.dataset.page import withdrawn
from portal.frame import choose_language, shown

RUNS = 10


@dataclass(frozen=True, slots=True)
class Measure:
    """How many of the counted rows have a value in a field."""

    shown: ShownField
    rows: int
    filled: int

    @property
    def percent(self) -> str:
        """The share that is filled, rounded down: not all is never 100."""
        return f"{int(1000 * self.filled / self.rows) / 10:g}" if self.rows else "–"


@dataclass(frozen=True, slots=True)
class Run:
    """A sync that went live: rows read from the source, turned away, and double."""

    at: datetime
    read: int
    rejected: int
    duplicates: int

    @property
    def sound(self) -> str:
        """The share of rows that passed every check, in percent, rounded down."""
        return (
            f"{int(1000 * (self.read - self.rejected) / self.read) / 10:g}" if self.read else "–"
        )


@require_safe
def history(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what is measured of a dataset's rows, and what happened to it."""
    choose_language(request)
    try:
        found, measures = reading.with_more_looks(lambda _turn: _measured(slug))
    except DatasetUnknown:
        raise Http404 from None
    except DatasetWithdrawn:
        return withdrawn(request, slug)
    context: dict[str, Any] = {
        "about": found,
        "dataset": found.dataset,
        "measures": measures,
        "counted": filled.COUNTED_ROWS,
        "runs": _runs(found),
        "changes": changes(found),
        "here": "history",
    }
    return shown(request, "portal/dataset/history.html", context)


def _measured(slug: str) -> tuple[About, list[Measure]]:
    """Count what is filled; what a decision made stricter meanwhile is counted anew."""
    found = facts.about(slug, now=timezone.now(), today=timezone.localdate())
    if not found.has_rows or found.head.smallest_group > 1:  # shares would tell of small groups
        return found, []
    seen = access.visible(found.head, ANYBODY, today=timezone.localdate(), mode=Mode.QUERY)
    counted = filled.filled(found.head, seen)
    if reading.overtaken(found.head):
        raise reading.Revoked(slug)
    shown_fields: Mapping[str, ShownField] = {one.field.name: one for one in found.fields}
    return found, [
        Measure(shown_fields[name], counted.rows, number)
        for name, number in counted.by_field.items()
        if name in shown_fields
    ]


def _runs(found: About) -> list[Run]:
    """Return the last syncs that went live, the newest first. One query."""
    kept = SyncRun.objects.filter(
        binding__resource__dataset=found.dataset, merged_at__isnull=False
    )
    newest = kept.order_by("-merged_at", "-pk")[:RUNS]
    told = newest.values_list("merged_at", "read", "rejected", "duplicates")
    return [Run(at, read, rejected, double) for at, read, rejected, double in told if at]


@require_safe
def atom(request: HttpRequest, slug: str) -> HttpResponse:
    """Give what happened to a dataset as an Atom feed."""
    choose_language(request)
    try:
        found = facts.about(slug, now=timezone.now(), today=timezone.localdate())
    except DatasetUnknown:
        raise Http404 from None
    except DatasetWithdrawn:
        return withdrawn(request, slug)
    english = get_language() == "en"
    feed = feeds.Feed(
        title=_("%(dataset)s: changes") % {"dataset": found.dataset.title},
        link=request.build_absolute_uri(f"/datasets/{slug}"),
        description="",
        language="en" if english else "zh-Hans",
        author_name=settings.CITY_NAME_EN if english else settings.CITY_NAME_ZH,
        feed_url=request.build_absolute_uri(request.get_full_path()),
        feed_guid=feeds.name_of("changes", slug),
    )
    for one in changes(found):
        feed.add_item(
            title=feeds.plain(one.sentence),
            link=request.build_absolute_uri(f"/datasets/{slug}/history#changes"),
            description=escape(feeds.plain("; ".join(one.details))),
            unique_id=feeds.name_of("change", f"{slug} {one.kind} {one.at.isoformat()}"),
            pubdate=one.at,
            updateddate=one.at,
        )
    answer = HttpResponse(feed.writeString("utf-8"), content_type=feeds.TYPE)
    answer.headers["Cache-Control"] = "no-cache"
    return answer
