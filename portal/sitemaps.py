"""Where everything is: a page for people, and sitemaps.org's files for search engines.

`/sitemap.xml` is the index; `/sitemap-pages.xml` has the pages that stand by themselves,
`/sitemap-datasets-<n>.xml` the published datasets, fifty thousand in each, as the protocol allows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.db.models import Max, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Organization
from catalog import search
from catalog.models import Dataset
from community.models import Contest
from exchange.models import RecordTable, Zone
from portal.frame import FOOT, WAYS, Way, address_of, choose_language, shown

PART = 50_000
"""Addresses in one file, as sitemaps.org limits it."""
BATCH = 500
SHOWN_DEPARTMENTS = 200
XML = "application/xml"
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Place:
    """An address as search engines are told it: whole, and when it changed, if that is known."""

    address: str
    changed: datetime | None = None


@require_safe
def site_map(request: HttpRequest) -> HttpResponse:
    """Show all pages: those of the menus, themes, departments."""
    choose_language(request)
    found = search.overview()
    options = {facet.name: facet.options for facet in found.facets}
    context = {
        "themes": options["subject"],
        "libraries": options["category"],
        "departments": _departments()[:SHOWN_DEPARTMENTS],
        "total": found.total or 0,
    }
    return shown(request, "portal/site_map.html", context)


@require_safe
def index(_request: HttpRequest) -> HttpResponse:
    """Name the files."""
    parts = [Place(_whole(reverse("portal-sitemap-pages")))]
    count = Dataset.objects.published().count()
    for number in range(1, -(-count // PART) + 1):
        rows = _datasets(number)
        newest = rows.aggregate(newest=Max("changed"))["newest"]
        parts.append(Place(_whole(reverse("portal-sitemap-datasets", args=[number])), newest))
    return _answered(HttpResponse(b"".join(_xml("sitemapindex", "sitemap", parts)), XML))


@require_safe
def pages(_request: HttpRequest) -> HttpResponse:
    """Name the pages of the menus, and those of contests and of departments."""
    places = [Place(_whole(address)) for address in page_addresses()]
    places += [
        Place(_whole(reverse("portal-contest", args=[one.slug])), one.published_at)
        for one in Contest.objects.listed().order_by("-pk")
    ]
    places += [
        Place(_whole(reverse("portal-department", args=[one.slug]))) for one in _departments()
    ]
    return _answered(HttpResponse(b"".join(_xml("urlset", "url", places)), XML))


@require_safe
def datasets(_request: HttpRequest, number: int) -> StreamingHttpResponse:
    """Name a part of the published datasets, in the order in which they were entered."""
    rows = _datasets(number) if number else None
    if rows is None or not rows.exists():
        raise Http404
    told = rows.values_list("slug", "changed").iterator(chunk_size=BATCH)
    places = (Place(_whole(reverse("portal-dataset", args=[slug])), at) for slug, at in told)
    return _answered(StreamingHttpResponse(_xml("urlset", "url", places), XML))


def page_addresses() -> list[str]:
    """Return the address of the front page and of every page that a menu leads to, each once."""
    found = [reverse("portal-home"), *_leading((*WAYS, *FOOT))]
    return [one for one in dict.fromkeys(found) if not one.startswith(("/office/", "/my/"))]


def _leading(ways: tuple[Way, ...]) -> Iterator[str]:
    for way in ways:
        address = address_of(way.to) if way.to else None
        if address:
            yield address
        yield from _leading(way.under)


def _datasets(number: int) -> Any:
    """Return a part of the published datasets; `changed`: when entry or open rows last were."""
    refreshed = (
        RecordTable.objects.filter(zone=Zone.OPEN, live=True, resource__dataset=OuterRef("pk"))
        .order_by("-refreshed_at")
        .values("refreshed_at")[:1]
    )
    changed = Greatest("published_at", Coalesce(Subquery(refreshed), "published_at"))
    first = (number - 1) * PART
    rows = Dataset.objects.published().annotate(changed=changed).order_by("pk")
    return rows[first : first + PART]


def _departments() -> list[Organization]:
    """Return the departments that publish, by name. One query."""
    publishing = Dataset.objects.published().order_by().values("owner")
    return sorted(Organization.objects.filter(pk__in=publishing), key=str)


def _xml(root: str, each: str, places) -> Iterator[bytes]:
    """Yield a file of addresses, some hundred at a time."""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n'.encode()
    lines: list[str] = []
    for place in places:
        at = (
            f"<lastmod>{timezone.localtime(place.changed):%Y-%m-%d}</lastmod>"
            if place.changed
            else ""
        )
        lines.append(f"<{each}><loc>{escape(place.address)}</loc>{at}</{each}>\n")
        if len(lines) == BATCH:
            yield "".join(lines).encode()
            lines.clear()
    yield f"{''.join(lines)}</{root}>\n".encode()


def _whole(address: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}{address}"


def _answered(answer):
    answer.headers["Cache-Control"] = f"public, max-age={HOUR}"
    return answer
