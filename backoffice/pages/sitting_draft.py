"""The later steps of the sitting, at the draft: words, previews, a trial run, the signature."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import notices
from accounts.models import Organization
from accounts.roles import require
from backoffice import words
from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.forms import sitting as forms
from backoffice.pages.frame import number_of, office_page, shown
from backoffice.pages.sitting_steps import steps
from catalog import one_source, publishing
from catalog.models import Dataset, Resource
from catalog.terms import State
from exchange import previews, tasks, workers
from exchange.models import Binding, RunState, SyncRun
from exchange.models.runs import RUNNING
from exchange.previews import Eyes
from exchange.problems import SourceProblem
from exchange.sync import rejects

UPDATE = "catalog.update_dataset"
SUBMITTED = gettext_lazy("“%(dataset)s” is submitted and waits for review.")
ASKED = (
    publishing.ask_signature,
    gettext_lazy("“%(dataset)s” waits for the signature of the head, who has been told."),
)
EYES = {
    Eyes.PUBLIC: gettext_lazy("the public"),
    Eyes.COMPANY: gettext_lazy("a company"),
    Eyes.GRANTED: gettext_lazy("a company with a grant"),
    Eyes.DEPARTMENT: gettext_lazy("another department"),
}


@office_page(UPDATE)
def about(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Ask for the entry's words: the few that publication needs, and the others below."""
    dataset, person = _dataset(request, dataset_id), person_of(request)
    posted = request.POST if request.method == "POST" else None
    form = forms.AboutForm(posted, by=person, target=dataset)
    if posted is not None and form.is_valid():
        try:
            publishing.update_dataset(
                dataset.pk, **form.cleaned_data, by=person, at=timezone.now()
            )
        except REFUSALS as refusal:
            form.add_error(None, sentence(refusal))
        else:
            return redirect("admin:sitting_preview", dataset.pk)
    return _shown(request, dataset, "about", form=form)


@office_page(UPDATE)
def preview(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Show the first rows as the public, a company or another department would see them."""
    dataset, person = _dataset(request, dataset_id), person_of(request)
    asked = request.GET.get("as", Eyes.PUBLIC.value)
    eyes = Eyes(asked) if asked in set(Eyes) else Eyes.PUBLIC
    others = Organization.objects.open().exclude(pk=dataset.owner_id).order_by("slug")
    others = others.filter(kind__in=("department", "district", "authority"))
    number = number_of(request.GET.get("department", ""))
    department = others.first() if number is None else others.filter(pk=number).first()
    now = timezone.now()
    context: dict[str, Any] = {}
    try:
        context["seen"] = previews.preview(
            _table(dataset),
            eyes,
            department=department if eyes == Eyes.DEPARTMENT else None,
            by=person,
            at=now,
            today=timezone.localdate(now),
        )
    except SourceProblem as found:
        context["problem"] = str(found)
    return _shown(
        request,
        dataset,
        "preview",
        eyes=eyes.value,
        all_eyes=[(one.value, label) for one, label in EYES.items()],
        departments=others[:200],
        department=department,
        **context,
    )


@office_page(UPDATE)
def trial(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Show the latest trial run with what it turned away; htmx asks for its part alone."""
    dataset = _dataset(request, dataset_id)
    context = _trial(_table(dataset).binding, request.GET.get("after", ""))
    draft = dataset.state == Dataset.State.DRAFT
    context["waits"] = _waits_for_head(dataset)
    asks = draft and not context["waits"]
    context["complete"] = asks and not publishing.publication_defects(dataset)
    if request.headers.get("HX-Request"):
        return TemplateResponse(
            request, "backoffice/sitting/trial_part.html", context | {"dataset": dataset}
        )
    return _shown(request, dataset, "trial", **context)


def _trial(binding: Binding, after: str) -> dict[str, Any]:
    runs = SyncRun.objects.filter(binding=binding).order_by("-pk")
    number = number_of(after)
    asked = number is not None
    last = (runs.filter(pk__gt=number) if asked else runs).first()
    return {
        "run": last,
        "waiting": asked and (last is None or last.state in RUNNING),
        "nobody": asked and last is None and not workers.listening(),
        "after": after,
        "rejected": [] if last is None else rejects.by_rule(last),
        "tried": last is not None and last.state == RunState.TRIED,
    }


@office_page("exchange.run_sync")
@require_POST
def run_trial(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Ask a worker for a trial run."""
    dataset, person = _dataset(request, dataset_id), person_of(request)
    binding = _table(dataset).binding
    require(person, "exchange.run_sync", dataset.owner)
    last = SyncRun.objects.filter(binding=binding).order_by("-pk").values_list("pk", flat=True)
    after = last.first() or 0
    tasks.trial.delay(binding.pk, person.pk)
    place = redirect("admin:sitting_trial", dataset.pk)
    place["Location"] += f"?after={after}"
    return place


@office_page(UPDATE)
def ready(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Show everything that is still missing; complete, the draft is laid before the head."""
    dataset, person = _dataset(request, dataset_id), person_of(request)
    if request.method == "POST":
        submits = "submit" in request.POST
        verb, done = (publishing.submit, SUBMITTED) if submits else ASKED
        told = {"collected_again": request.POST.get("collected_again", "")} if submits else {}
        try:
            verb(dataset.pk, by=person, at=timezone.now(), **told)
        except REFUSALS as refusal:
            messages.warning(request, sentence(refusal))
        else:
            messages.success(request, str(done) % {"dataset": dataset})
        return redirect("admin:sitting_ready", dataset.pk)
    resource = _table(dataset)
    tried = SyncRun.objects.filter(binding=resource.binding, state=RunState.TRIED)
    return _shown(
        request,
        dataset,
        "ready",
        defects=publishing.publication_defects(dataset),
        findings=_elsewhere(dataset),
        waits=_waits_for_head(dataset),
        tried=tried.order_by("-pk").first(),
        graded=[
            (one, words.GRADES.get(one.grade or 0), words.OPEN_TYPES.get(one.open_type))
            for one in resource.fields.live()
        ],
    )


def _waits_for_head(dataset: Dataset) -> bool:
    """Whether the signature of the head was asked for."""
    signable = notices.open_targets("dataset.signable")
    return dataset.state == State.DRAFT and dataset.address in signable


def _elsewhere(dataset: Dataset) -> list[one_source.Finding]:
    return one_source.for_publisher(dataset) if dataset.state == State.SIGNED else []


def _dataset(request: HttpRequest, dataset_id: int) -> Dataset:
    """Return an entry of the person's own department. Raises Http404, NotAllowed."""
    dataset = get_object_or_404(Dataset.objects.select_related("owner"), pk=dataset_id)
    require(person_of(request), UPDATE, dataset.owner)
    return dataset


def _table(dataset: Dataset) -> Resource:
    """Return the bound table of an entry. Raises Http404 where there is none."""
    table = dataset.resources.filter(kind=Resource.Kind.TABLE, binding__isnull=False).first()
    if table is None:
        raise Http404
    return table


def _shown(request: HttpRequest, dataset: Dataset, step: str, **context: Any) -> HttpResponse:
    return shown(
        request,
        f"backoffice/sitting/{step}.html",
        title=dataset.title,
        steps=steps(step, dataset.pk),
        dataset=dataset,
        **context,
    )


ADDRESSES = [
    path("sitting/<int:dataset_id>/about/", about, name="sitting_about"),
    path("sitting/<int:dataset_id>/preview/", preview, name="sitting_preview"),
    path("sitting/<int:dataset_id>/trial/", trial, name="sitting_trial"),
    path("sitting/<int:dataset_id>/trial/run/", run_trial, name="sitting_run_trial"),
    path("sitting/<int:dataset_id>/ready/", ready, name="sitting_ready"),
]
