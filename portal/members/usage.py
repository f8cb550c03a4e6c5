"""What a member's keys were used for: by day, what is left today, and call by call."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import redis
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import members, quotas, refused
from accounts.models import ApiKey, User
from accounts.refused import RefusedCall
from accounts.wording import LANGUAGES
from audit.models import Delivery
from catalog.models import Dataset
from exchange.sharing.serving import WAYS
from oversight import key_counts
from oversight.key_counts import Counted, DayOf, Pace
from portal.members.door import member_page, page, person_of

DAYS = 30
CALLS = 100
MOST_OF_A_FILE = 50_000
HEIGHT = 100
STEP = 10
NOTHING = DayOf(None, {})


@dataclass(frozen=True, slots=True)
class Day:
    """A day of some keys; `bytes` are those of bodies."""

    day: date
    calls: int
    rows: int
    bytes: int
    refused: int
    pace: Pace | None


@dataclass(frozen=True, slots=True)
class Bar:
    """A day in a chart: where it stands, from the left and from above, and how high it is."""

    left: int
    top: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure by day: its name, the most that a day has, and a bar for each day with any."""

    name: Promise
    most: int
    bars: tuple[Bar, ...]


CHARTS: tuple[tuple[Promise, Callable[[Day], int]], ...] = (
    (_("Calls by day"), lambda day: day.calls),
    (_("Rows by day"), lambda day: day.rows),
    (_("Refused calls by day"), lambda day: day.refused),
    (
        _("Milliseconds in which 95 of 100 answers began, by day"),
        lambda day: day.pace.slow if day.pace else 0,
    ),
)
"""What is drawn, in this order; the table has the same numbers."""


def charts(days: Sequence[Day]) -> list[Chart]:
    """Return days as bars, a chart for each figure; the highest bar is the most of its chart."""
    return [_chart(name, [figure(day) for day in days]) for name, figure in CHARTS]


def _chart(name: Promise, numbers: Sequence[int]) -> Chart:
    most = max(numbers)
    heights = [max(1, number * HEIGHT // most) if number else 0 for number in numbers]
    bars = (Bar(at * STEP, HEIGHT - height, height) for at, height in enumerate(heights) if height)
    return Chart(name, most, tuple(bars))


@dataclass(frozen=True, slots=True)
class Left:
    """What is left to a key today; `quota` is None where calls cannot be counted now."""

    key: ApiKey
    quota: quotas.Quota | None


@dataclass(frozen=True, slots=True)
class Call:
    """A call: what was delivered, or why it was refused."""

    at: datetime
    key: str
    what: str
    mode: str
    rows: int | None
    bytes: int | None
    status: int
    why: str


def _keys(person: User) -> list[ApiKey]:
    own = ApiKey.objects.filter(app__organization__in=members.places_of(person))
    return list(own.select_related("app__organization").order_by("-pk"))


def by_day(keys: Sequence[ApiKey], counted: Counted, first: date) -> list[Day]:
    """Return DAYS days of some keys from the first on."""
    told = {
        row["day"]: row
        for row in Delivery.objects.filter(
            key_id__in=[key.pk for key in keys], at__gte=_start(first)
        )
        .annotate(day=TruncDate("at"))
        .values("day")
        .annotate(calls=Count("pk"), all_rows=Sum("rows"), all_bytes=Sum("bytes"))
        .order_by("day")
    }
    days = [first + timedelta(days=place) for place in range(DAYS)]
    return [_day(day, told.get(day, {}), counted.days.get(day, NOTHING)) for day in days]


def _day(day: date, row: dict[str, Any], counted: DayOf) -> Day:
    return Day(
        day,
        row.get("calls", 0),
        row.get("all_rows") or 0,
        row.get("all_bytes") or 0,
        sum(counted.refused.values()),
        counted.pace,
    )


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _refused(keys: Iterable[ApiKey]) -> list[RefusedCall]:
    try:
        return refused.latest(key.pk for key in keys)
    except redis.RedisError:
        return []


def _left(keys: Sequence[ApiKey], now: datetime) -> list[Left]:
    return [Left(key, _quota(key, now)) for key in keys]


def _quota(key: ApiKey, now: datetime) -> quotas.Quota | None:
    try:
        return quotas.spend(key, at=now, cost=0)
    except quotas.QuotaExceeded as over:
        return over.quota
    except quotas.QuotaUnavailable:
        return None


@member_page
def usage(request: HttpRequest) -> HttpResponse:
    """Show calls, rows and bytes by day, refusals, and what is left today."""
    now = timezone.now()
    keys = _keys(person_of(request))
    working = [key for key in keys if key.revoked_at is None and key.expires_at > now]
    first = timezone.localdate(now) - timedelta(days=DAYS - 1)
    counted = key_counts.counted([key.pk for key in keys], first)
    days, whole = by_day(keys, counted, first), counted.whole
    context = {
        "days": days,
        "charts": charts(days),
        "drawn": any(day.calls or day.refused for day in days),
        "calls": sum(day.calls for day in days),
        "rows": sum(day.rows for day in days),
        "bytes": sum(day.bytes for day in days),
        "refused": sum(whole.refused.values()),
        "reasons": sorted(whole.refused.items(), key=lambda one: (-one[1], one[0])),
        "pace": whole.pace,
        "left": _left(working, now),
        "width": DAYS * STEP,
    }
    return page(request, "portal/members/usage.html", context)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which calls: of a day, of a dataset, delivered or refused; each may be open."""

    day: date | None
    dataset: str
    status: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        """Read the address; what cannot be understood narrows nothing."""
        try:
            day = date.fromisoformat(request.GET.get("day", ""))
        except ValueError:
            day = None
        dataset = request.GET.get("dataset", "").strip()[:100].replace("\0", "")
        return cls(day, dataset, request.GET.get("status", ""))


def calls_of(keys: Sequence[ApiKey], asked: Asked, most: int) -> list[Call]:
    """Return the latest calls of some keys, newest first: `most` delivered ones, and refusals."""
    names = {key.pk: f"{key.prefix}…" for key in keys}
    found: list[Call] = []
    if asked.status != "refused":
        found += _delivered(names, asked, most)
    if asked.status != "delivered":
        found += [
            Call(
                one.at,
                names[one.key_id],
                one.path,
                "",
                None,
                None,
                one.status,
                one.said(get_language() or LANGUAGES[0]) or one.code,
            )
            for one in _refused(keys)
            if asked.day in (None, timezone.localdate(one.at)) and asked.dataset in one.path
        ]
    return sorted(found, key=lambda call: call.at, reverse=True)[:most]


def _delivered(names: dict[int, str], asked: Asked, most: int) -> list[Call]:
    rows = Delivery.objects.filter(key_id__in=names)
    if asked.day is not None:
        start = _start(asked.day)
        rows = rows.filter(at__gte=start, at__lt=start + timedelta(days=1))
    if asked.dataset:
        number = Dataset.objects.filter(slug=asked.dataset).values_list("pk", flat=True).first()
        rows = rows.filter(dataset=f"dataset:{number or 0}")
    told = list(
        rows.order_by("-at").values("at", "key_id", "dataset", "mode", "rows", "bytes", "status")[
            :most
        ]
    )
    ids = {int(one["dataset"].partition(":")[2]) for one in told}
    slugs = dict(Dataset.objects.filter(pk__in=ids).values_list("pk", "slug"))
    return [
        Call(
            one["at"],
            names[one["key_id"] or 0],
            slugs.get(int(one["dataset"].partition(":")[2]), one["dataset"]),
            str(WAYS.get(one["mode"], one["mode"])),
            one["rows"],
            one["bytes"],
            one["status"],
            "",
        )
        for one in told
    ]


@member_page
def calls(request: HttpRequest) -> HttpResponse:
    """List the calls of the member's keys, delivered and refused."""
    asked = Asked.of(request)
    found = calls_of(_keys(person_of(request)), asked, CALLS)
    context = {"calls": found, "asked": asked, "most": CALLS, "query": request.GET.urlencode()}
    return page(request, "portal/members/calls.html", context)


@member_page
def calls_file(request: HttpRequest) -> HttpResponse:
    """Give the calls as CSV."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="calls.csv"'
    response.write("\ufeff")
    lines = csv.writer(response)
    lines.writerow(["at", "key", "dataset_or_path", "mode", "rows", "bytes", "status", "reason"])
    for call in calls_of(_keys(person_of(request)), Asked.of(request), MOST_OF_A_FILE):
        at = timezone.localtime(call.at).isoformat(timespec="seconds")
        # a path that began with “=” would be a formula; ours begin with “/” or a letter
        lines.writerow(
            [at, call.key, call.what, call.mode, call.rows, call.bytes, call.status, call.why]
        )
    return response
