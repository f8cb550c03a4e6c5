"""Departments, each with its figures, what is late of it, and what is asked for of its data."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.models import Organization
from catalog.models import Dataset
from oversight import figures
from oversight.figures import Figure
from oversight.models import Standing
from portal.frame import choose_language, shown

SHOWN_COLUMNS = ("open-share", "on-time", "used")
NEWEST = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """A department as the list shows it: its published datasets, and some of its figures."""

    department: Organization
    published: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """A dataset that was not refreshed in time, and since which day."""

    dataset: Dataset
    since: str


@require_safe
def departments(request: HttpRequest) -> HttpResponse:
    """List the departments that publish, by name, with their figures side by side."""
    choose_language(request)
    found = figures.standings()
    named = figures.departments([one.department for one in found])
    listed = [_listed(one, named[one.department]) for one in found if one.department in named]
    english = get_language() == "en"
    listed.sort(key=lambda one: one.department.name_en if english else one.department.slug)
    context = {
        "listed": listed,
        "columns": [one for one in figures.FIGURES if one.name in SHOWN_COLUMNS],
        "computed": found[0].computed_at if found else None,
    }
    return shown(request, "portal/figures/departments.html", context)


def _listed(standing: Standing, department: Organization) -> Listed:
    told = figures.together([standing])
    kept = tuple(one for one in told if one.definition.name in SHOWN_COLUMNS)
    return Listed(department, standing.published, kept)


@require_safe
def department(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a department: its figures, its use, its late datasets, its newest ones."""
    choose_language(request)
    found = Organization.objects.filter(slug=slug).first()
    published = Dataset.objects.published().filter(owner__slug=slug).select_related("owner")
    newest = list(published.order_by("-published_at", "-pk")[:NEWEST])
    standing = next((one for one in figures.standings() if one.department == slug), None)
    if found is None or not (newest or standing):
        raise Http404
    days = figures.window(timezone.localdate())
    context = {
        "department": found,
        "figures": figures.together([standing]) if standing else (),
        "capacity": standing.cells if standing else None,
        "defined": figures.CAPACITY,
        "computed": standing.computed_at if standing else None,
        "days": days,
        "use": tuple(figures.use(days, department=slug).items()),
        "most": figures.most_used(days, department=slug),
        "late": _late(standing),
        "newest": newest,
    }
    return shown(request, "portal/figures/department.html", context)


def _late(standing: Standing | None) -> list[Late]:
    since = dict(standing.late) if standing else {}
    datasets = Dataset.objects.published().filter(slug__in=since)
    return sorted((Late(one, since[one.slug]) for one in datasets), key=lambda one: one.since)
