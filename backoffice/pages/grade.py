"""Why a field has its grade: what was found, who graded it and why, and what it means for whom."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Organization
from audit.verbs import VERBS
from backoffice import words
from backoffice.buttons import person_of
from backoffice.forms.dressed import places_for
from backoffice.pages.frame import number_of, office_page, shown
from backoffice.pages.sheets_out import sheet
from catalog import exports, facts, grading_history
from catalog.models import Field
from policy.comparison import cases
from policy.decision import decide_field
from policy.evidence import Evidence
from policy.sentences import Reason
from policy.terms import Because, Grade


def evidence_of(field: Field, language: str) -> list[str]:
    """Return what speaks for a field's suggestion, in a language.

    What an older release kept was written in English, and is shown as it was.
    """
    kept = field.suggestion.get("found")
    if kept is None:
        return [str(text) for text in field.suggestion.get("evidence", ())]
    return [Evidence.from_data(one).text(language) for one in kept]


@office_page("catalog.view_field")
@require_safe
def why(request: HttpRequest, field_id: int) -> HttpResponse:
    """Show one field's grade with all that is behind it."""
    person = person_of(request)
    field = (
        Field.objects.filter(
            pk=field_id, resource__dataset__owner__in=places_for(person, "catalog.view_field")
        )
        .select_related("resource__dataset__owner", "graded_by")
        .first()
    )
    if field is None:
        raise Http404
    language = get_language() or "zh"
    return shown(
        request,
        "backoffice/grade.html",
        title=_("Why this grade"),
        field=field,
        dataset=field.resource.dataset,
        grade=words.GRADES.get(field.grade or 0, ""),
        suggested=words.GRADES.get(field.suggested_grade or 0, ""),
        share_type=words.SHARE_TYPES[field.share_type],
        open_type=words.OPEN_TYPES[field.open_type],
        mask=words.MASKS[field.mask_kind],
        evidence=evidence_of(field, language),
        table=field.suggestion.get("table"),
        means=_means(field, language),
        steps=_steps(field, language),
    )


def _means(field: Field, language: str) -> list[dict[str, Any]]:
    """Return the decision for each kind of reader today, with its reasons."""
    dataset = field.resource.dataset
    asked = cases(timezone.localdate(), facts.prohibitions(dataset))
    decided = {view: decide_field(case, facts.field_facts(field)) for view, case in asked.items()}
    return [
        {
            "viewpoint": words.VIEWPOINTS[view.value],
            "treatment": words.TREATMENTS[int(one.treatment)],
            "level": ("good", "warn", "bad")[int(one.treatment)],
            "reasons": [_reason(reason, language) for reason in one.reasons],
        }
        for view, one in decided.items()
    ]


def _reason(reason: Reason, language: str) -> str:
    """Return a reason; "as if granted" leans on a grant that is nobody's and has no number."""
    if reason.because == Because.GRANTED:
        return _("A grant that names it shows it so.")
    return reason.text(language)


def _steps(field: Field, language: str) -> list[dict[str, Any]]:
    chosen = 0 if language.lower().startswith("zh") else 1
    return [
        {
            "step": step,
            "verb": VERBS[step.verb][chosen],
            "told": [_told(name, value) for name, value in step.told.items()],
        }
        for step in grading_history.steps(field)
    ]


def _told(name: str, value: str) -> Any:
    known: Mapping[str, Mapping[Any, Any]] = {
        "grade": {str(int(grade)): words.GRADES[int(grade)] for grade in Grade}
        | {grade.name: words.GRADES[int(grade)] for grade in Grade},
        "share_type": words.SHARE_TYPES,
        "open_type": words.OPEN_TYPES,
        "mask_kind": words.MASKS,
    }
    return known[name].get(value, value)


@office_page("catalog.view_field")
@require_safe
def grades(request: HttpRequest, kind: str) -> HttpResponse:
    """Give the grades of a department (`?of=`, the person's own without it) as a file."""
    places = places_for(person_of(request), "catalog.view_field")
    asked = number_of(request.GET.get("of", ""))
    if asked is not None:
        places = places.filter(pk=asked)
    place = places.first()
    if place is None or kind not in exports.TYPES:
        raise Http404
    head = [
        _("Dataset"),
        _("Resource code"),
        _("Field"),
        _("Label"),
        _("Grade"),
        _("Share type"),
        _("Open type"),
        _("Mask"),
        _("Graded by"),
        _("Graded at"),
        _("Reason"),
        _("Suggested"),
        _("Version of the table"),
        _("Evidence"),
    ]
    return sheet(kind, f"grades-{place.slug}", _("Grades"), head, _lines(place))


def _lines(place: Organization) -> Iterator[list[Any]]:
    language = get_language() or "zh"
    fields = (
        Field.objects.filter(resource__dataset__owner=place, ended_at=None)
        .select_related("resource__dataset", "graded_by")
        .order_by("resource__dataset_id", "position", "pk")
    )
    for field in fields.iterator(chunk_size=2000):
        dataset = field.resource.dataset
        yield [
            dataset.title,
            dataset.code,
            field.name,
            field.label,
            Grade(field.grade).name if field.grade else "",
            words.SHARE_TYPES[field.share_type],
            words.OPEN_TYPES[field.open_type],
            words.MASKS[field.mask_kind],
            field.graded_by,
            field.graded_at,
            field.grade_reason,
            Grade(field.suggested_grade).name if field.suggested_grade else "",
            field.suggestion.get("table", ""),
            "; ".join(evidence_of(field, language)),
        ]


ADDRESSES = [
    path("grading/field/<int:field_id>/", why, name="field_grade"),
    path("grading/grades.<str:kind>", grades, name="grades"),
]
