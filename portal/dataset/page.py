"""The page of a dataset, and what stands in its place when it was withdrawn."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.models import Dataset
from exchange.access import DatasetUnknown, DatasetWithdrawn
from portal.dataset import facts
from portal.frame import choose_language, shown


@require_safe
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a dataset: what it is, who answers for it, its fields and why they look so."""
    choose_language(request)
    try:
        found = facts.about(slug, now=timezone.now(), today=timezone.localdate())
    except DatasetUnknown:
        raise Http404 from None
    except DatasetWithdrawn:
        return withdrawn(request, slug)
    context = {
        "about": found,
        "dataset": found.dataset,
        "offers": facts.offers(found.dataset),
        "related": facts.related(found.dataset),
    }
    return shown(request, "portal/dataset/page.html", context)


def withdrawn(request: HttpRequest, slug: str) -> HttpResponse:
    """Say since when and why a dataset is gone, and what there is instead."""
    found = Dataset.objects.known().select_related("owner", "subject").get(slug=slug)
    context = {"dataset": found, "related": facts.related(found)}
    return shown(request, "portal/dataset/withdrawn.html", context, status=HTTPStatus.GONE)
