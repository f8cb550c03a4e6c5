"""Runs that need somebody, or are under way."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from backoffice.waiting.piles import Asked, Pile, Thing, list_of, page_of, pile
from exchange import freshness
from exchange.models import Binding, RunState, SyncMode, SyncRun
from exchange.models.runs import RUNNING


def _run(run: SyncRun) -> Thing:
    place = reverse("admin:run", args=[run.pk])
    return Thing(title=str(run.binding.resource.dataset), place=place, note=run.problem)


def held(asked: Asked) -> Pile:
    """Runs that wait for a decision."""
    rows = asked.own(
        SyncRun.objects.filter(state=RunState.HELD), "binding__resource__dataset__owner"
    )
    return pile(
        gettext_lazy("Runs that are held back"),
        rows.select_related("binding__resource__dataset").order_by("pk"),
        _run,
        place=list_of(SyncRun, state__exact=RunState.HELD),
        urgent=True,
    )


def failed(asked: Asked) -> Pile:
    """The last run of a binding, where it failed; a trial is not among them."""
    runs = SyncRun.objects.filter(trial=False)
    later = runs.filter(
        binding=OuterRef("binding"), pk__gt=OuterRef("pk"), mode__in=SyncMode.values
    )
    rows = asked.own(runs.filter(state=RunState.FAILED), "binding__resource__dataset__owner")
    return pile(
        gettext_lazy("Syncs that failed"),
        rows.exclude(Exists(later)).select_related("binding__resource__dataset").order_by("-pk"),
        _run,
        place=list_of(SyncRun, state__exact=RunState.FAILED),
        urgent=True,
    )


def late(asked: Asked) -> Pile:
    """Published entries that were not refreshed in time, the latest first."""

    def thing(entry: Any) -> Thing:
        due_on = timezone.localdate(entry.due_at)
        return Thing(
            title=str(entry),
            place=page_of(entry),
            note=str(entry.owner),
            due_on=due_on,
            light="bad" if due_on < asked.today else "warn",
        )

    rows = asked.own(freshness.late(asked.now), "owner")
    return pile(gettext_lazy("Datasets later than promised"), rows, thing, urgent=True)


def under_way(asked: Asked) -> Pile:
    """Runs that have not ended."""
    rows = asked.own(
        SyncRun.objects.filter(state__in=RUNNING), "binding__resource__dataset__owner"
    )
    return pile(
        gettext_lazy("Syncs under way"),
        rows.select_related("binding__resource__dataset").order_by("pk"),
        _run,
        place=reverse("admin:runs"),
    )


def paused(asked: Asked) -> Pile:
    """Bindings that no schedule runs."""
    rows = asked.own(Binding.objects.filter(paused=True), "resource__dataset__owner")
    return pile(
        gettext_lazy("Bindings that are paused"),
        rows.select_related("source", "resource").order_by("pk"),
        lambda binding: Thing(title=str(binding), place=page_of(binding)),
        place=list_of(Binding, paused__exact=1),
    )
