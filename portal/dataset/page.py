"""The page of a dataset, and what stands in its place when it was withdrawn."""

from http import HTTPStatus
from typing import Any

import redis
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import addresses
from catalog.models import Dataset
from exchange.access import DatasetUnknown, DatasetWithdrawn
from exchange.records import reading
from oversight import figures, looks
from portal import talk
from portal.dataset import asked, facts, machine, preview
from portal.dataset.downloads import downloads
from portal.dataset.offers import as_downloads, offers
from portal.dataset.preview import Preview, Refusal
from portal.frame import choose_language, shown

PART = "asked"
"""The id of what a new query changes; htmx asks for it alone."""


@require_safe
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a dataset: what it is, who answers for it, its rows, its fields and why they look so.

    As the API does: a reader is told no row that a stricter decision took away meanwhile, and each
    read is noted before the first byte.
    """
    choose_language(request)
    params = preview.params_of(dict(request.GET.lists()))
    barred = preview.charge(addresses.of(request.META)) if params else None
    try:
        try:
            return reading.with_more_looks(lambda _turn: _page(request, slug, barred))
        except reading.RowsReplaced as replaced:
            return _page(request, slug, Refusal(replaced.code, str(replaced)))
        except redis.RedisError:
            told = _("Reads cannot be counted just now, so no rows are shown. Try again soon.")
            return _page(request, slug, Refusal("quota-unavailable", told))
    except DatasetUnknown:
        raise Http404 from None
    except DatasetWithdrawn:
        return withdrawn(request, slug)


def _page(request: HttpRequest, slug: str, barred: Refusal | None) -> HttpResponse:
    """Return the page, or the part of it that was asked for. Raises Revoked."""
    found = facts.about(slug, now=timezone.now(), today=timezone.localdate())
    alone = _is_part(request)
    context: dict[str, Any] = {"about": found, "dataset": found.dataset}
    offered = offers(found)
    if not alone:
        context["offers"] = offered
        context["related"] = facts.related(found.dataset)
        context["talk"] = talk.about(found.dataset)
        context["described"] = machine.embedded(found, offered)
        context["use"] = figures.of(found.dataset, today=timezone.localdate())
        context["days"] = figures.window(timezone.localdate())
    rows = _rows(request, found, barred)
    context["preview"] = rows
    context["downloads"] = [*as_downloads(offered), *downloads(rows)]
    template = "portal/dataset/asked.html" if alone else "portal/dataset/page.html"
    response = shown(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    if rows.page is not None:
        reading.hold(found.head, rows.read_at)
    preview.note(rows)
    if not alone:
        looks.seen(found.dataset.pk, request.headers, at=timezone.now())
    return response


def _rows(request: HttpRequest, found: facts.About, barred: Refusal | None) -> Preview:
    params = preview.params_of(dict(request.GET.lists()))
    if barred is not None:
        return preview.refused(found, params, barred)
    return preview.preview(found, params, query_string=request.META.get("QUERY_STRING", ""))


def _is_part(request: HttpRequest) -> bool:
    headers = request.headers
    return headers.get("HX-Target") == PART and "HX-History-Restore-Request" not in headers


@require_safe
def filtered(request: HttpRequest, slug: str) -> HttpResponse:
    """Lead from the filter form to the address with the API's own parameters."""
    query = urlencode(asked.from_form(dict(request.GET.lists())))
    place = reverse("portal-dataset", args=[slug])
    return HttpResponseRedirect(f"{place}?{query}#data" if query else f"{place}#data")


def withdrawn(request: HttpRequest, slug: str) -> HttpResponse:
    """Say since when and why a dataset is gone, and what there is instead."""
    found = Dataset.objects.known().select_related("owner", "subject").get(slug=slug)
    context = {"dataset": found, "related": facts.related(found)}
    return shown(request, "portal/dataset/withdrawn.html", context, status=HTTPStatus.GONE)
