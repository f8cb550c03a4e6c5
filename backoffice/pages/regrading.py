"""Fields below a newer suggestion: a department takes it over, or keeps its grade and says why."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from backoffice import words
from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.forms.dressed import places_for
from backoffice.pages.frame import number_of, office_page, shown
from backoffice.pages.grade import evidence_of
from catalog import regrading
from catalog.models import Dataset, Field
from catalog.terms import State
from exchange import regrading as desk

SHOWN = 50


@office_page("catalog.view_field")
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """List what waits in the departments that a person sees, by dataset."""
    person = person_of(request)
    seen = set(places_for(person, "catalog.view_field").values_list("pk", flat=True))
    fields = regrading.waiting(seen).select_related("resource__dataset__owner")
    page = Paginator(fields, SHOWN).get_page(request.GET.get("page", 1))
    acts = set(places_for(person, "catalog.grade_field").values_list("pk", flat=True))
    return shown(
        request,
        "backoffice/regrading.html",
        title=_("To be graded anew"),
        page=page,
        groups=_groups(list(page.object_list), acts),
    )


def _groups(fields: list[Field], acts: set[int]) -> list[dict[str, Any]]:
    groups: dict[int, dict[str, Any]] = {}
    for field in fields:
        dataset = field.resource.dataset
        group = groups.setdefault(
            dataset.pk,
            {
                "dataset": dataset,
                "fields": [],
                "acts": dataset.owner_id in acts,
                "under_review": dataset.state not in (State.DRAFT, State.PUBLISHED),
            },
        )
        group["fields"].append(_waiting(field))
    return list(groups.values())


def _waiting(field: Field) -> dict[str, Any]:
    return {
        "field": field,
        "grade": words.GRADES[field.grade or 1],
        "suggested": words.GRADES[field.suggested_grade or 1],
        "evidence": evidence_of(field, get_language() or "zh"),
    }


@office_page("catalog.grade_field")
@require_POST
def accept(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Take the suggestion over for the fields that the form names."""
    told = map(number_of, request.POST.getlist("field"))
    ids = [number for number in told if number is not None]
    try:
        revision = desk.accept(dataset_id, ids, by=person_of(request), at=timezone.now())
    except Dataset.DoesNotExist as gone:
        raise Http404 from gone
    except REFUSALS as refusal:
        messages.warning(request, sentence(refusal))
        return redirect("admin:regrading")
    if revision is None:
        messages.success(request, _("The suggestion is the grade now; stricter acts at once."))
    else:
        text = _("Part of it shows more than before: a second person decides (%(number)s).")
        messages.warning(request, text % {"number": revision.pk})
    return redirect("admin:regrading")


@office_page("catalog.grade_field")
@require_POST
def keep(request: HttpRequest, field_id: int) -> HttpResponse:
    """Keep a field's grade, with the reason of the form."""
    reason = request.POST.get("reason", "")
    try:
        desk.keep(field_id, reason=reason, by=person_of(request), at=timezone.now())
    except Field.DoesNotExist as gone:
        raise Http404 from gone
    except REFUSALS as refusal:
        messages.warning(request, sentence(refusal))
    else:
        messages.success(request, _("The grade stays; your reason is kept with it."))
    return redirect("admin:regrading")


ADDRESSES = [
    path("regrading/", queue, name="regrading"),
    path("regrading/accept/<int:dataset_id>/", accept, name="regrading_accept"),
    path("regrading/keep/<int:field_id>/", keep, name="regrading_keep"),
]
