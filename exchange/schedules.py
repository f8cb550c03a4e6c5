"""When bindings are synced, and how much may change before a person has to look."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog.models import Dataset
from exchange.models import Binding, RunState, SyncRun
from exchange.models.runs import RUNNING
from exchange.problems import Problem

LONGEST_DAYS = 3650


class ScheduleUnfit(Problem):
    """A number that no schedule can have."""

    code = "schedule-unfit"


class WithdrawnDataset(Problem):
    """What is withdrawn is not synced, neither by the clock nor by hand."""

    code = "dataset-withdrawn"
    status = 409


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a binding is synced. `every` in minutes, None only on request; limits in percent."""

    every: int | None
    paused: bool
    full_every_days: int
    max_rejected_percent: int
    max_shrink_percent: int


def may_be_synced(binding: Binding) -> None:
    """Return if rows may come in: a withdrawn dataset takes none. Raises WithdrawnDataset."""
    dataset = binding.resource.dataset
    if dataset.state == Dataset.State.WITHDRAWN:
        raise WithdrawnDataset(
            _("“%(dataset)s” is withdrawn, so it is not synced any more.") % {"dataset": dataset}
        )


@transaction.atomic
def reschedule(binding_id: int, wanted: Schedule, *, by: User, at: datetime) -> Binding:
    """Change when a binding is synced and what is let pass; its checkpoint stays.

    Raises NotAllowed, ScheduleUnfit, and WithdrawnDataset for a withdrawn dataset.
    """
    binding = (
        Binding.objects.select_for_update(of=("self",))
        .select_related("resource__dataset__owner")
        .get(pk=binding_id)
    )
    require(by, "exchange.reschedule_binding", organization=binding.resource.dataset.owner)
    may_be_synced(binding)
    _check(wanted)
    binding.schedule_minutes = wanted.every
    binding.paused = wanted.paused
    binding.full_every_days = wanted.full_every_days
    binding.max_rejected_percent = wanted.max_rejected_percent
    binding.max_shrink_percent = wanted.max_shrink_percent
    binding.save(
        update_fields=[
            "schedule_minutes",
            "paused",
            "full_every_days",
            "max_rejected_percent",
            "max_shrink_percent",
        ]
    )
    chain.record(
        "binding.schedule",
        f"binding:{binding_id}",
        by=by,
        at=at,
        dataset=binding.resource.dataset_id,
        every=wanted.every,
        paused=wanted.paused,
        full_every_days=wanted.full_every_days,
        max_rejected_percent=wanted.max_rejected_percent,
        max_shrink_percent=wanted.max_shrink_percent,
    )
    return binding


def _check(wanted: Schedule) -> None:
    percents = (wanted.max_rejected_percent, wanted.max_shrink_percent)
    if any(not 0 <= percent <= 100 for percent in percents):
        raise ScheduleUnfit(_("A limit is a share of the rows, from 0 to 100 per cent."))
    if wanted.every is not None and not 1 <= wanted.every <= LONGEST_DAYS * 24 * 60:
        raise ScheduleUnfit(_("A schedule is a number of minutes from 1 on, or nothing at all."))
    if not 0 <= wanted.full_every_days <= LONGEST_DAYS:
        raise ScheduleUnfit(
            _("A full compare comes every 1 to %(days)s days; 0 never compares.")
            % {"days": LONGEST_DAYS}
        )


@dataclass(frozen=True, slots=True)
class Next:
    """A binding and when it is synced next: `due_at` None where nothing will start it."""

    binding: Binding
    due_at: datetime | None
    running: bool
    held: bool


def upcoming(bindings: QuerySet[Binding], *, now: datetime) -> list[Next]:
    """Return when each of these bindings is due, the soonest first; those never due come last."""
    runs = SyncRun.objects.filter(binding=OuterRef("pk"))
    found = bindings.annotate(
        is_running=Exists(runs.filter(state__in=RUNNING)),
        is_held=Exists(runs.filter(state=RunState.HELD)),
    )
    listed = [
        Next(one, None if one.is_held else _due(one, now), one.is_running, one.is_held)
        for one in found
    ]
    return sorted(listed, key=lambda one: (one.due_at is None, one.due_at or now))


def _due(binding: Binding, now: datetime) -> datetime | None:
    if binding.paused or binding.schedule_minutes is None:
        return None
    if binding.attempted_at is None:
        return now
    return max(now, binding.attempted_at + timedelta(minutes=binding.schedule_minutes))
