"""Several new fields of a published entry, proposed as one amendment; rows are added as needed."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.buttons import REFUSALS, person_of, sentence, status_of
from backoffice.desks.amendments import DONE, NOTE, RIGHT
from backoffice.forms.amendments import AddedFieldForm, ReasonedForm
from backoffice.forms.catalog import mask_of
from backoffice.forms.dressed import places_for
from backoffice.pages.frame import number_of, office_page, shown
from catalog import amending
from catalog.models import Dataset
from policy.terms import Grade, OpenType, ShareType

ROW = "row"
MOST_ROWS = 100


def _dataset(request: HttpRequest, dataset_id: int) -> Dataset:
    places = places_for(person_of(request), RIGHT)
    found = Dataset.objects.filter(pk=dataset_id, owner__in=places).first()
    if found is None:
        raise Http404
    return found


def _numbers(told: QueryDict) -> list[int]:
    """Return the numbers of the rows that the page has, in their order."""
    numbers = map(number_of, told.getlist(ROW))
    return list(dict.fromkeys(one for one in numbers if one is not None))[:MOST_ROWS]


def _next(numbers: list[int]) -> int:
    return max(numbers, default=-1) + 1


def _row(request: HttpRequest, number: int, *, bound: bool) -> AddedFieldForm:
    data = request.POST if bound else None
    return AddedFieldForm(data, by=person_of(request), prefix=f"{ROW}{number}")


@office_page(RIGHT)
def row(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Return one more row, for htmx to put below the others."""
    _dataset(request, dataset_id)
    number = _next(_numbers(request.GET))
    context = {"number": number, "form": _row(request, number, bound=False)}
    return TemplateResponse(request, "backoffice/new_field.html", context)


@office_page(RIGHT)
def new_fields(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Ask for new fields with their grades, and propose them as one change."""
    dataset = _dataset(request, dataset_id)
    posted = request.method == "POST"
    numbers = (_numbers(request.POST) if posted else []) or [0]
    rows = {number: _row(request, number, bound=posted) for number in numbers}
    why = ReasonedForm(request.POST if posted else None, by=person_of(request))
    told, status = "", 200
    if "more" in request.POST:  # where scripts do not run
        rows[_next(numbers)] = _row(request, _next(numbers), bound=False)
    elif posted and all([why.is_valid(), *(one.is_valid() for one in rows.values())]):
        try:
            _proposed(request, dataset, list(rows.values()), why.cleaned_data["reason"])
        except REFUSALS as refusal:
            told, status = sentence(refusal), status_of(refusal)
        else:
            messages.success(request, str(DONE))
            return redirect("admin:catalog_dataset_change", dataset.pk)
    return shown(
        request,
        "backoffice/new_fields.html",
        title=_("Propose fields"),
        status=status,
        dataset=dataset,
        note=NOTE,
        rows=rows.items(),
        why=why,
        told=told,
    )


def _proposed(
    request: HttpRequest, dataset: Dataset, rows: list[AddedFieldForm], reason: str
) -> None:
    added = [
        amending.AddedField(
            new=one.new(),
            grade=Grade(one.cleaned_data["grade"]),
            share_type=ShareType(one.cleaned_data["share_type"]),
            open_type=OpenType(one.cleaned_data["open_type"]),
            mask=mask_of(one.cleaned_data),
            reason=one.cleaned_data["reason"] or reason,
        )
        for one in rows
    ]
    amending.propose(
        dataset.pk, added=added, reason=reason, by=person_of(request), at=timezone.now()
    )


ADDRESSES = [
    path("catalogue/<int:dataset_id>/new-fields/", new_fields, name="new_fields"),
    path("catalogue/<int:dataset_id>/new-fields/row/", row, name="new_fields_row"),
]
