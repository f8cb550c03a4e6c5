"""The catalogue as a signed-in person may find it: what is published, and the own drafts."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from backoffice.buttons import person_of
from backoffice.forms.dressed import places_for
from backoffice.pages.asking.sitting import ASK
from backoffice.pages.frame import office_page, shown
from catalog import ranking, search
from catalog.labels import GRADES
from catalog.models import Dataset
from catalog.search import Filters, Reader
from catalog.terms import State
from exchange.sharing import finding
from exchange.sharing.finding import Standing

PAGE = 20
MOST_CHARACTERS = 200
LIGHTS = {State.PUBLISHED: "good", State.IN_REVIEW: "warn", State.WITHDRAWN: "bad"}


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found. `place` is its desk, "" for who may not open it there; `address`
    where everybody reads its description, "" where it is not published."""

    dataset: Dataset
    place: str
    grade: str
    light: str
    address: str
    standing: Standing | None
    why: tuple[str, ...]


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
    standings = _standings(person_of(request), found.datasets)
    chosen = [(facet, one) for facet in found.facets for one in facet.options if one.chosen]
    return shown(
        request,
        "backoffice/search.html",
        title=_("Search in the catalogue"),
        words=words,
        found=found,
        facets=[facet for facet in found.facets if facet.narrows],
        chosen=chosen,
        hits=[_hit(dataset, reader, standings.get(dataset.pk)) for dataset in found.datasets],
        may_ask=bool(standings),
        ranked=ranking.RANKED if words.strip() and (found.total or 0) > ranking.RANKED else 0,
    )


def _standings(person: User, datasets: Sequence[Dataset]) -> dict[int, Standing]:
    """Return what the person's department may have anyway of others' published datasets."""
    place = places_for(person, ASK).first()
    if place is None:
        return {}
    others = [one for one in datasets if one.state == State.PUBLISHED and one.owner_id != place.pk]
    return finding.standing(others, place.pk, today=timezone.localdate())


def _hit(dataset: Dataset, reader: Reader, standing: Standing | None) -> Hit:
    grade = dataset.search_entry.grade
    own = reader.everywhere or dataset.owner_id in reader.organizations
    return Hit(
        dataset,
        reverse("admin:catalog_dataset_change", args=[dataset.pk]) if own else "",
        str(GRADES[grade]) if grade else "",
        LIGHTS.get(State(dataset.state), ""),
        _address(dataset) if dataset.state == State.PUBLISHED else "",
        standing,
        _why(standing) if standing is not None else (),
    )


def _address(dataset: Dataset) -> str:
    """Return the entry's page where the open door stands, and what programs read elsewhere."""
    name = "portal-dataset" if "open" in settings.DOORS else "api:dataset"
    return reverse(name, args=[dataset.slug])


def _why(standing: Standing) -> tuple[str, ...]:
    language = get_language() or "zh"
    return tuple(one.reasons[0].text(language) for one in standing.refusals)


ADDRESSES = [path("search/", find, name="search")]
