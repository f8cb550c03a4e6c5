"""The chain of a department: its duties, the datasets that serve them, their tables."""

from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.roles import CITY_WIDE, PERMISSIONS
from backoffice.buttons import person_of
from backoffice.pages.frame import number_of, office_page, shown
from catalog.models import Dataset, Duty, Resource

SHOWN = 200
"""Duties and datasets on one page; a department has tens of them."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A department with its duties, and its datasets that serve none of them."""

    place: Organization
    duties: list[Duty]
    unlinked: list[Dataset]


def _places(request: HttpRequest) -> QuerySet[Organization]:
    seeing = [
        (role, place)
        for role, place in person_of(request).live_roles()
        if "catalog.view_duty" in PERMISSIONS[role]
    ]
    everything = Organization.objects.filter(datasets__isnull=False).distinct()
    if any(role in CITY_WIDE for role, _place in seeing):
        return everything.order_by("slug")
    return Organization.objects.filter(pk__in=[place for _role, place in seeing]).order_by("slug")


@office_page("catalog.view_duty")
def chain(request: HttpRequest) -> HttpResponse:
    """Show one department's chain; `?of=` names which, for who sees several."""
    places = _places(request)
    asked = number_of(request.GET.get("of", ""))
    place = places.filter(pk=asked).first() if asked is not None else None
    place = place or places.first()
    return shown(
        request,
        "backoffice/duties.html",
        title=_("Duties, datasets, tables"),
        places=list(places[:SHOWN]),
        chain=_chain(place) if place else None,
    )


def _chain(place: Organization) -> Chain:
    tables = Resource.objects.live().select_related("binding__source")
    datasets = Dataset.objects.order_by("title_zh").prefetch_related(Prefetch("resources", tables))
    duties = Duty.objects.filter(organization=place).order_by("code")
    unlinked = datasets.filter(owner=place, duties=None)
    return Chain(
        place,
        list(duties.prefetch_related(Prefetch("datasets", datasets))[:SHOWN]),
        list(unlinked[:SHOWN]),
    )


ADDRESSES = [path("catalogue/duties/", chain, name="catalogue_duties")]
