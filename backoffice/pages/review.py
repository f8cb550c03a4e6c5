"""The review of an entry: everything in view on one page, and the two decisions."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice import handed_in, lights, words
from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.forms.catalog import ORDER
from backoffice.forms.review import SendBackForm
from backoffice.pages.frame import office_page, shown
from catalog import as_seen, deadlines, one_source, publishing
from catalog.models import Dataset, Field
from catalog.remarks import remarks
from catalog.returns import last_return
from catalog.terms import ClockStep, State
from exchange import counted, opening
from exchange.models import CountingRule
from policy.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Row:
    """A field as the reviewer sees it."""

    field: Field
    grade: object
    suggested: object
    share: object
    open: object
    mask: object
    kind: object
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline in words, with its colour and who says so."""

    light: str
    words: str
    citation: str
    certainty: object
    estimated: bool


@office_page("catalog.review_dataset")
def review(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Show an entry with all that a decision on it rests on."""
    return _page(request, _entry(dataset_id))


@office_page("catalog.review_dataset")
@require_POST
def publish(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Publish the entry, or show why not (409)."""
    dataset = _entry(dataset_id)
    try:
        projection = opening.publish(
            dataset.pk,
            seen=request.POST.get("seen", ""),
            by=person_of(request),
            at=timezone.now(),
        )
    except REFUSALS as refusal:
        return _refused(request, refusal, dataset_id)
    text = _("The dataset is published; %(rows)s rows are open to everyone.")
    messages.success(request, text % {"rows": projection.rows})
    return redirect("admin:catalog_dataset_change", dataset.pk)


@office_page("catalog.review_dataset")
@require_POST
def send_back(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Send the entry back with the whole list of defects, or show why not."""
    dataset = _entry(dataset_id)
    form = SendBackForm(request.POST, found=_asked(dataset))
    if not form.is_valid():
        return _page(request, dataset, form=form, status=400)
    try:
        publishing.send_back(
            dataset.pk, by=person_of(request), at=timezone.now(), defects=form.defects
        )
    except REFUSALS as refusal:
        return _refused(request, refusal, dataset_id, form=form)
    messages.success(request, _("The entry is sent back with all that is missing."))
    return redirect("admin:catalog_dataset_change", dataset.pk)


def _refused(
    request: HttpRequest, refusal: Exception, dataset_id: int, *, form: SendBackForm | None = None
) -> HttpResponse:
    status = getattr(refusal, "status", 422)
    entry = _entry(dataset_id)  # as it stands now: a colleague may have decided
    return _page(request, entry, form=form, status=status, refusal=sentence(refusal))


def _entry(dataset_id: int) -> Dataset:
    rows = Dataset.objects.select_related(
        "owner", "subject", "source_authority", "signed_by", "submitted_by"
    )
    try:
        return rows.get(pk=dataset_id)
    except Dataset.DoesNotExist as gone:
        raise Http404 from gone


def _fields(dataset: Dataset) -> list[Field]:
    rows = Field.objects.filter(resource__dataset=dataset).live()
    return list(rows.select_related("code_list", "graded_by"))


def _found(dataset: Dataset, fields: list[Field], findings: list[one_source.Finding]) -> list[str]:
    """Return what the platform finds wanting: what bars publication, then what is only said."""
    defects = [defect.sentence for defect in publishing.publication_defects(dataset)]
    return [*defects, *remarks(dataset, fields), *_unanswered(dataset, findings)]


def _asked(dataset: Dataset) -> list[str]:
    return _found(dataset, _fields(dataset), one_source.for_reviewer(dataset))


def _unanswered(dataset: Dataset, findings: list[one_source.Finding]) -> list[str]:
    if not findings or dataset.collected_again:
        return []
    return [
        _("“%(other)s” of %(owner)s seems to hold the same. Say why it is collected again.")
        % {"other": one.dataset, "owner": one.dataset.owner}
        for one in findings
    ]


def _page(
    request: HttpRequest,
    dataset: Dataset,
    *,
    form: SendBackForm | None = None,
    status: int = 200,
    refusal: str = "",
) -> HttpResponse:
    fields = _fields(dataset)
    findings = one_source.for_reviewer(dataset)
    found = _found(dataset, fields, findings)
    return shown(
        request,
        "backoffice/review.html",
        title=_("Review: %(entry)s") % {"entry": dataset},
        status=status,
        refusal=refusal,
        dataset=dataset,
        state=State(dataset.state).label,
        open=dataset.state == State.IN_REVIEW,
        seen=as_seen.digest(dataset),
        clock=_clock(dataset),
        metadata=_metadata(dataset),
        checklist=[(text, dataset.checklist.get(name)) for name, text in CHECKLIST],
        rows=[_row(field) for field in fields],
        offers=handed_in.offers(dataset),
        counting=_counting(dataset, fields),
        found=found,
        returned=last_return(dataset, fields),
        findings=findings,
        form=form or SendBackForm(found=found),
    )


def _counting(dataset: Dataset, fields: list[Field]) -> dict[str, object] | None:
    """Return the rule of a dataset that will be open by counts alone, in words."""
    rule = CountingRule.objects.filter(dataset=dataset).select_related("set_by").first()
    if rule is None:
        return None
    labels = {one.pk: f"{one.label} [{one.name}]" for one in fields}
    return {"rule": rule, "by": counted.in_words(rule.counted_by, labels)}


CHECKLIST = tuple(publishing.CHECKLIST.items())


def _clock(dataset: Dataset) -> Clock | None:
    if dataset.state != State.IN_REVIEW or dataset.submitted_at is None:
        return None
    due = deadlines.due_for(
        ClockStep.CATALOGUE_REVIEW, dataset.submitted_at, today=timezone.localdate()
    )
    certainty = words.CERTAINTIES[due.certainty]
    return Clock(due.light, lights.told(due), due.citation, certainty, due.estimated)


def _metadata(dataset: Dataset) -> list[tuple[object, object]]:
    """Return each element by its name, with a closed set's value in words."""
    told: list[tuple[object, object]] = [(_("provider"), dataset.owner), (_("code"), dataset.code)]
    for name in ORDER:
        column = Dataset._meta.get_field(name)  # noqa: SLF001 - Django's public-by-custom name
        display = getattr(dataset, f"get_{name}_display", None)
        value = display() if display else getattr(dataset, name)
        label = _("subject") if name == "subject" else getattr(column, "verbose_name", name)
        told.append((label, _plain(value)))
    return told


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return "\n".join(f"{name}: {one}" for name, one in value.items())
    return "，".join(map(str, value)) if isinstance(value, list) else value


def _row(field: Field) -> Row:
    language = get_language() or "zh-hans"
    found = field.suggestion.get("found", ()) if isinstance(field.suggestion, dict) else ()
    return Row(
        field=field,
        grade=words.GRADES.get(field.grade) if field.grade else _("not graded"),
        suggested=words.GRADES.get(field.suggested_grade) if field.suggested_grade else "",
        share=words.SHARE_TYPES[field.share_type],
        open=words.OPEN_TYPES[field.open_type],
        mask=words.MASKS[field.mask_kind],
        kind=words.DATA_TYPES[field.data_type],
        evidence=tuple(Evidence.from_data(one).text(language) for one in found),
    )


ADDRESSES = [
    path("review/<int:dataset_id>/", review, name="review"),
    path("review/<int:dataset_id>/publish/", publish, name="review_publish"),
    path("review/<int:dataset_id>/send-back/", send_back, name="review_send_back"),
]
