"""The catalogue as a signed-in person may find it: what is published, and the own drafts."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from backoffice.buttons import person_of
from backoffice.pages.frame import office_page, shown
from catalog import search
from catalog.labels import GRADES
from catalog.models import Dataset
from catalog.search import Filters, Reader
from catalog.terms import State

PAGE = 20
MOST_CHARACTERS = 200
LIGHTS = {State.PUBLISHED: "good", State.IN_REVIEW: "warn", State.WITHDRAWN: "bad"}


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found. `place` is its desk, "" for who may not open it there."""

    dataset: Dataset
    place: str
    grade: str
    light: str
    is_public: bool


@office_page()
def find(request: HttpRequest) -> HttpResponse:
    """Show a page of entries for the words and facets in the address, and the facets' counts."""
    reader = search.reader_of(person_of(request))
    words = request.GET.get("q", "")[:MOST_CHARACTERS]
    after = request.GET.get("after", "")
    found = search.find(
        words,
        filters=Filters.parse(request.GET.dict()),
        reader=reader,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 18 else None,
        limit=PAGE,
        facets=True,
    )
    chosen = [(facet, one) for facet in found.facets for one in facet.options if one.chosen]
    return shown(
        request,
        "backoffice/search.html",
        title=_("Search in the catalogue"),
        words=words,
        found=found,
        facets=[facet for facet in found.facets if facet.narrows],
        chosen=chosen,
        hits=[_hit(dataset, reader) for dataset in found.datasets],
        ranked=search.RANKED if words.strip() and (found.total or 0) > search.RANKED else 0,
    )


def _hit(dataset: Dataset, reader: Reader) -> Hit:
    grade = dataset.search_entry.grade
    own = reader.everywhere or dataset.owner_id in reader.organizations
    return Hit(
        dataset,
        reverse("admin:catalog_dataset_change", args=[dataset.pk]) if own else "",
        str(GRADES[grade]) if grade else "",
        LIGHTS.get(State(dataset.state), ""),
        dataset.state == State.PUBLISHED,
    )


ADDRESSES = [path("search/", find, name="search")]
