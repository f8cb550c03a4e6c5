"""Rejected rows of a run, for the department they come from: look, take out, correct, discard."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.roles import require
from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.pages.frame import office_page, shown
from backoffice.pages.runs import desk_of, seen_runs
from exchange import quarantine
from exchange.models import RejectedRow, SyncRun
from exchange.sync import correcting, plan, rejects

SHOWN = 200


class DiscardForm(forms.Form):
    """Which rows are thrown away, and why."""

    rows = forms.ModelMultipleChoiceField(RejectedRow.objects.none(), required=False)
    everything = forms.BooleanField(required=False)
    reason = forms.CharField(max_length=500)


def _seen_rows(request: HttpRequest) -> QuerySet[RejectedRow]:
    return desk_of(RejectedRow).get_queryset(request)


def _run(request: HttpRequest, run_id: int) -> SyncRun:
    """Return a run whose rejected rows are this person's to see. Raises Http404, NotAllowed."""
    run = get_object_or_404(seen_runs(request), pk=run_id)
    owner = run.binding.resource.dataset.owner
    require(person_of(request), "exchange.view_rejectedrow", organization=owner)
    return run


def _chosen(request: HttpRequest, run: SyncRun) -> QuerySet[RejectedRow]:
    found = _seen_rows(request).filter(run=run)
    for name in ("rule", "field"):
        if name in request.GET:
            found = found.filter(**{name: request.GET[name]})
    return found.order_by("line", "pk")


@office_page("exchange.view_rejectedrow")
def rejected(request: HttpRequest, run_id: int) -> HttpResponse:
    """List a run's rejected rows, all or those of one rule and field; values are not among it."""
    return _listed(request, _run(request, run_id))


def _listed(request: HttpRequest, run: SyncRun, refusal: str = "", status: int = 200):
    pages = Paginator(_chosen(request, run), SHOWN)
    page = pages.get_page(request.GET.get("page"))
    asked = {name: request.GET[name] for name in ("rule", "field") if name in request.GET}
    return shown(
        request,
        "backoffice/rejected.html",
        title=_("Rejected rows of run %(run)s: %(dataset)s")
        % {"run": run.pk, "dataset": run.binding.resource.dataset},
        status=status,
        run=run,
        rows=page.object_list,
        page=page,
        count=pages.count,
        repeated=0 if asked else rejects.repeated(run),
        asked=urlencode(asked),
        rule=asked.get("rule", ""),
        refusal=refusal,
    )


@office_page("exchange.discard_rejected")
@require_POST
def discard(request: HttpRequest, run_id: int) -> HttpResponse:
    """Throw the chosen rows away."""
    run = _run(request, run_id)
    form = DiscardForm(request.POST)
    form.fields["rows"].queryset = _seen_rows(request).filter(run=run)  # type: ignore[attr-defined]  # it is a choice of rows
    if not form.is_valid():
        return _listed(request, run, _("Choose rows that are still there, and say why."), 400)
    listed = _chosen(request, run) if form.cleaned_data["everything"] else None
    rows = form.cleaned_data["rows"] if listed is None else listed
    chosen = list(rows.values_list("pk", flat=True))
    try:
        count = quarantine.discard(
            run_id,
            chosen,
            reason=form.cleaned_data["reason"],
            by=person_of(request),
            at=timezone.now(),
        )
    except REFUSALS as refusal:
        return _listed(request, run, sentence(refusal), getattr(refusal, "status", 400))
    messages.success(request, _("%(count)s rows are discarded.") % {"count": count})
    return redirect("admin:rejected", run_id)


@office_page("exchange.read_rejected")
@require_POST
@never_cache
def export(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Send all rejected rows of a run as a CSV file."""
    run = _run(request, run_id)
    try:
        lines = quarantine.export(run_id, by=person_of(request), at=timezone.now())
    except REFUSALS as refusal:
        return _listed(request, run, sentence(refusal), getattr(refusal, "status", 400))
    answer = StreamingHttpResponse(
        (line.encode() for line in lines), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="rejected-{run_id}.csv"'
    return answer


class CellsForm(forms.Form):
    """The cells of one row, one input for each field of the table."""

    def __init__(self, names: list[str], *args: Any, **kwargs: Any) -> None:
        """Ask for a text for each of these fields."""
        super().__init__(*args, **kwargs)
        for name in names:
            self.fields[f"cell_{name}"] = forms.CharField(
                label=name, required=False, strip=False, widget=forms.TextInput
            )

    @property
    def told(self) -> dict[str, str]:
        """The cells by field name."""
        return {name.removeprefix("cell_"): text for name, text in self.cleaned_data.items()}


@office_page("exchange.correct_rejected")
@never_cache
@sensitive_post_parameters()
def correct(request: HttpRequest, row_id: int) -> HttpResponse:
    """Show a row's cells, which is a look that is written down, and let it go live corrected."""
    person, now = person_of(request), timezone.now()
    found = _seen_rows(request).select_related("run__binding__source")
    row = get_object_or_404(found, pk=row_id)
    owner = row.run.binding.resource.dataset.owner
    require(person, "exchange.correct_rejected", organization=owner)
    refusal, status = "", 200
    names: list[str] = []
    try:
        names = [column.name for column in plan.of(row.run.binding, now=now).columns]
    except REFUSALS as why_not:
        refusal, status = sentence(why_not), 409
    if request.method == "POST" and not refusal:
        form = CellsForm(names, request.POST)
        if form.is_valid():
            try:
                run = correcting.correct(row_id, form.told, by=person, at=now)
            except REFUSALS as why_not:
                refusal, status = sentence(why_not), getattr(why_not, "status", 400)
            else:
                messages.success(request, _("The row is live."))
                return redirect("admin:run", run.pk)
        cells: dict[str, str] = {}
    else:
        cells = quarantine.look(row_id, by=person, at=now)
        first = {f"cell_{name}": text for name, text in cells.items()}
        form = CellsForm(names, initial=first)
    return shown(
        request,
        "backoffice/correct.html",
        title=_("Correct a rejected row"),
        status=status,
        row=row,
        form=form,
        refusal=refusal,
        others=[(name, text) for name, text in cells.items() if name not in names],
    )


ADDRESSES = [
    path("runs/<int:run_id>/rejected/", rejected, name="rejected"),
    path("runs/<int:run_id>/rejected/discard/", discard, name="rejected_discard"),
    path("runs/<int:run_id>/rejected/file/", export, name="rejected_file"),
    path("rejected/<int:row_id>/correct/", correct, name="rejected_correct"),
]
