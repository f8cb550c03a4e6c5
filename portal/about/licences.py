"""The open licence in our own words, and those that the datasets of this city carry."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from catalog.models import Dataset
from portal.about.pages import text
from portal.dataset import words
from portal.dataset.words import Licence
from portal.frame import choose_language

YES, NO, SEE = _("yes"), _("no"), _("see its text")
FREE, ALIKE = _("under any licence"), _("databases made from it under the same licence")
ASKS: Mapping[str, tuple[Promise, Promise]] = {
    words.licence("CC-BY-4.0").text: (YES, FREE),
    words.licence("CC0-1.0").text: (NO, FREE),
    words.licence("ODbL-1.0").text: (YES, ALIKE),
}
"""By where its text stands: whether a licence asks for attribution, and what of derived works."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A licence, how many published datasets carry it, and what it asks."""

    name: str
    text: str
    count: int
    attribution: Promise
    derived: Promise


@require_safe
def licence(request: HttpRequest) -> HttpResponse:
    """Say what may be done with the data."""
    choose_language(request)  # names are said in it
    return text(request, "licence", {"licences": carried()})


def carried() -> tuple[Carried, ...]:
    """Return the licences of published datasets, the most frequent first. One query."""
    rows = Dataset.objects.published().order_by().values_list("license").annotate(Count("pk"))
    counted: Counter[Licence] = Counter()
    for told, number in rows:
        counted[words.licence(told.strip())] += number
    return tuple(_carried(one, number) for one, number in counted.most_common())


def _carried(one: Licence, number: int) -> Carried:
    attribution, derived = ASKS.get(one.text, (SEE, SEE)) if one.name else (YES, FREE)
    return Carried(one.name, one.text, number, attribution, derived)
