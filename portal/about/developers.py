"""The developers' guide: every address on it is one of this installation, and works.

What it shows is asked of a dataset of this city (portal.about.examples); a test calls each
address. Numbers are those that the code goes by.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.keys import OWN_PLACE
from accounts.models import ApiKey
from exchange.records import aggregates, query
from portal.about import examples
from portal.about.examples import Example
from portal.about.pages import text
from portal.dataset.examples import Example as Program
from portal.dataset.examples import examples as programs

COMPANY = {name: getattr(ApiKey(), name) for name in OWN_PLACE}
CODES: tuple[tuple[str, int, Promise], ...] = (
    (
        "query-refused",
        400,
        _("A parameter or a value is not understood; the sentence says which."),
    ),
    (
        "key-in-url",
        400,
        _("A key stood in the address. Send it in a header, and revoke that one."),
    ),
    ("key-unknown", 401, _("No such key. Without one you get what is open to everybody.")),
    ("field-masked", 403, _("You see the field masked, so you cannot filter or sort by it.")),
    ("field-withheld", 403, _("The field is not given to you; the reasons stand beside it.")),
    ("dataset-unknown", 404, _("No published dataset has this address.")),
    ("feed-gone", 410, _("“since” is older than the feed: take a full copy, go on from there.")),
    (
        "rate-exceeded",
        429,
        _("Too many calls this minute. “Retry-After” says when to come again."),
    ),
    ("quota-exceeded", 429, _("The calls of the day are used up; it ends at midnight.")),
    ("quota-unavailable", 503, _("Calls cannot be counted just now. Try again in some seconds.")),
)
"""Refusals that most callers meet; the API's own page has all."""
TILE = {"zoom": 0, "x": 0, "y": 0}


@dataclass(frozen=True, slots=True)
class Calls:
    """Addresses to call, whole; "" where this city has no dataset to show it by."""

    datasets: str
    usage: str
    dataset: str = ""
    explain: str = ""
    page: str = ""
    sorted: str = ""
    counted: str = ""
    changes: str = ""
    csv: str = ""
    total: str = ""
    grouped: str = ""
    within: str = ""
    geojson: str = ""
    tile: str = ""
    programs: tuple[Program, ...] = ()


@require_safe
def developers(request: HttpRequest) -> HttpResponse:
    """Lead to the first call, and say what holds for all of them."""
    found = examples.found()
    context: dict[str, Any] = {
        "example": found.rows,
        "calls": calls(found.rows, found.places),
        "limits": {
            "anonymous": (settings.ANONYMOUS_PER_MINUTE, settings.ANONYMOUS_PER_DAY),
            "citizen": (OWN_PLACE["rate_per_minute"], OWN_PLACE["daily_quota"]),
            "company": (COMPANY["rate_per_minute"], COMPANY["daily_quota"]),
            "rows": query.MAX_LIMIT,
            "rows_default": query.DEFAULT_LIMIT,
            "groups": aggregates.MAX_GROUPS,
            "measures": aggregates.MAX_MEASURES,
            "filters": query.MAX_FILTERS,
            "tombstones": settings.TOMBSTONE_DAYS,
        },
        "base": settings.PUBLIC_BASE_URL,
        "codes": CODES,
    }
    return text(request, "developers", context)


def calls(rows: Example | None, places: Example | None) -> Calls:
    """Return the addresses that the guide shows."""
    made: dict[str, Any] = {"datasets": _whole("datasets"), "usage": _whole("usage")}
    return Calls(**made | _of_rows(rows) | _of_places(places))


def _of_rows(example: Example | None) -> dict[str, Any]:
    if example is None:
        return {}
    slug, page = example.slug, _whole("records", example.slug)
    group = {"group": example.group} if example.group else {}
    measure = f"count,avg:{example.figure}" if example.figure else "count"
    figures = urlencode({**group, "measure": measure}, safe=":,")
    return {
        "dataset": _whole("dataset", slug),
        "explain": _whole("explain", slug),
        "page": f"{page}?limit=2",
        "sorted": f"{page}?{urlencode({'sort': '-' + example.first, 'limit': 2})}",
        "counted": f"{page}?{urlencode({example.first + '.null': 'false', 'total': 'exact'})}",
        "changes": f"{_whole('changes', slug)}?since=0",
        "csv": _whole("records-csv", slug),
        "total": f"{_whole('aggregate', slug)}?measure=count",
        "grouped": f"{_whole('aggregate', slug)}?{figures}",
        "programs": programs(page, [("limit", "2")]),
    }


def _of_places(example: Example | None) -> dict[str, Any]:
    if example is None:
        return {}
    slug = example.slug
    tile = reverse("api:tile", kwargs={"slug": slug, **TILE})
    box = urlencode({"bbox": "73,3,136,54", "limit": 2}, safe=",")
    return {
        "within": f"{_whole('records', slug)}?{box}",
        "geojson": f"{_whole('records-geojson', slug)}?limit=2",
        "tile": f"{settings.PUBLIC_BASE_URL}{tile}",
    }


def _whole(name: str, *slug: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}{reverse(f'api:{name}', args=slug)}"
