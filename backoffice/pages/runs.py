"""Runs as people watch them: live, with their ledger, what was turned away and what to do next."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.buttons import person_of
from backoffice.desk import Desk
from backoffice.pages import ledger
from backoffice.pages.frame import office_page, shown
from exchange import schedules
from exchange.models import Binding, RunState, SyncRun
from exchange.models.runs import RUNNING
from exchange.sync import engine, progress, rejects, undoing

LATEST = 20
TONES = {
    RunState.DONE: "good",
    RunState.HELD: "warn",
    RunState.FAILED: "bad",
    RunState.INTERRUPTED: "bad",
}


def desk_of(model: Any) -> Desk:
    """Return the desk of a model, which knows who may see which rows."""
    desk = admin.site.get_model_admin(model)
    if not isinstance(desk, Desk):
        raise TypeError(f"{model} has no desk of ours.")
    return desk


def seen_runs(request: HttpRequest) -> QuerySet[SyncRun]:
    """Return the runs this person may see."""
    return (
        desk_of(SyncRun)
        .get_queryset(request)
        .select_related("binding__source", "binding__resource__dataset__owner", "requested_by")
    )


@dataclass(frozen=True, slots=True)
class Live:
    """A running run and how far it is."""

    run: SyncRun
    progress: progress.Progress


def _running(request: HttpRequest) -> list[Live]:
    now = timezone.now()
    found = seen_runs(request).filter(state__in=RUNNING).order_by("-pk")
    return [Live(run, progress.of(run, now=now)) for run in found[:LATEST]]


@office_page("exchange.view_syncrun")
def runs(request: HttpRequest) -> HttpResponse:
    """Show what runs now, what waits for a person, what ended last and what is due next."""
    found = seen_runs(request)
    bindings = (
        desk_of(Binding)
        .get_queryset(request)
        .select_related("resource__dataset__owner", "source")
        .exclude(resource__dataset__state="withdrawn")
    )
    return shown(
        request,
        "backoffice/runs.html",
        title=_("Runs"),
        live=_running(request),
        held=found.filter(state=RunState.HELD).order_by("-pk")[:LATEST],
        latest=_toned(found.exclude(state__in=(*RUNNING, RunState.HELD)).order_by("-pk")[:LATEST]),
        upcoming=schedules.upcoming(bindings, now=timezone.now())[:LATEST],
    )


def _toned(found: QuerySet[SyncRun]) -> list[tuple[SyncRun, str]]:
    return [(run, TONES.get(RunState(run.state), "")) for run in found]


@office_page("exchange.view_syncrun")
def running(request: HttpRequest) -> HttpResponse:
    """Show the part of the page that asks again: what runs now."""
    return render(request, "backoffice/running.html", {"live": _running(request)})


@office_page("exchange.view_syncrun")
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show one run whole."""
    found = get_object_or_404(seen_runs(request), pk=run_id)
    return shown(
        request,
        "backoffice/run.html",
        title=_("Run %(run)s: %(dataset)s")
        % {"run": run_id, "dataset": found.binding.resource.dataset},
        **_state(request, found),
    )


@office_page("exchange.view_syncrun")
def last_run(request: HttpRequest, binding_id: int) -> HttpResponse:
    """Go to the last run of a binding, or to the binding where none has begun."""
    found = seen_runs(request).filter(binding_id=binding_id).order_by("-pk").first()
    if found is None:
        return redirect("admin:exchange_binding_change", binding_id)
    return redirect("admin:run", found.pk)


@office_page("exchange.view_syncrun")
def run_part(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show the part of a run's page that asks again until the run has ended."""
    found = get_object_or_404(seen_runs(request), pk=run_id)
    return render(request, "backoffice/run_part.html", _state(request, found))


def _state(request: HttpRequest, found: SyncRun) -> dict[str, Any]:
    live = found.state in RUNNING
    desk = desk_of(SyncRun)
    return {
        "run": found,
        "tone": TONES.get(RunState(found.state), ""),
        "live": live,
        "progress": progress.of(found, now=timezone.now()) if live else None,
        "picture": ledger.drawn(found) if found.merged_at else None,
        "not_undone": "" if live else undoing.why_not_now(found),
        "spared": 0 if live else engine.spared(found),
        "rejected": _rejected(found),
        "repeated": rejects.repeated(found),
        "may_read": person_of(request).has_perm(
            "exchange.view_rejectedrow", found.binding.resource.dataset.owner
        ),
        "previous": _previous(found),
        "buttons": desk.drawn(request, found),
    }


def _rejected(found: SyncRun) -> list[dict[str, Any]]:
    """Return how many rows each rule turned away, by field."""
    counted = found.rejected_rows.values("rule", "field").annotate(count=Count("pk"))
    return list(counted.order_by("-count", "rule", "field"))


def _previous(found: SyncRun) -> SyncRun | None:
    """Return the run that went live before this one."""
    return (
        SyncRun.objects.filter(
            binding_id=found.binding_id, pk__lt=found.pk, merged_at__isnull=False
        )
        .order_by("-pk")
        .first()
    )


ADDRESSES = [
    path("runs/", runs, name="runs"),
    path("runs/now/", running, name="runs_now"),
    path("runs/of/<int:binding_id>/", last_run, name="last_run"),
    path("runs/<int:run_id>/", run, name="run"),
    path("runs/<int:run_id>/now/", run_part, name="run_now"),
]
