"""Whether what was agreed to is shared in time, and who is told where it is not.

Order 809 art 22: within twenty working days of the answer. The limit of a grant runs until its
rows are on the platform; where they were there already, none runs.
"""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts import notices
from catalog import alarms, deadlines
from catalog.alarms import Alarm
from catalog.terms import ClockStep, State
from exchange.models import Grant, RecordTable, Zone
from exchange.sharing import lifecycle

KINDS = {
    Alarm.REMIND: "grant.deliver_due",
    Alarm.LATE: "grant.deliver_late",
    Alarm.CLIMB: "grant.deliver_climbed",
}
"""The notices by which the alarms of a delivery are told, to whom: `accounts.notices.KINDS`."""


def waiting(today: date) -> QuerySet[Grant]:
    """Return the grants whose rows have to be shared and are not there, the most urgent first.

    One that is suspended or over waits for nothing, nor does one of a withdrawn dataset.
    """
    there = RecordTable.objects.filter(
        resource__dataset=OuterRef("dataset"), zone=Zone.SHARED, live=True
    )
    rows = Grant.objects.filter(
        deliver_by__isnull=False,
        suspended_at=None,
        revoked_at=None,
        valid_until__gte=today,
        dataset__state=State.PUBLISHED,
    )
    return rows.exclude(Exists(there)).order_by("deliver_by", "pk")


def days(grants: Collection[Grant], today: date) -> dict[int, date | None]:
    """Return by grant until when its rows are shared, those with nothing to wait for left out."""
    rows = waiting(today).filter(pk__in=[one.pk for one in grants])
    return dict(rows.values_list("pk", "deliver_by"))


def due(
    grant: Grant, clocks: deadlines.Clocks, *, today: date | None = None
) -> deadlines.Deadline:
    """Return until when the rows of a grant are shared, by the rules that it was asked under."""
    limits = clocks.under("" if grant.request is None else grant.request.profile)
    return limits.due_for(ClockStep.DELIVER, grant.created_at, today=today)


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Work every running limit out anew, and tell of near, late and very late deliveries.

    Each alarm is told once; what was told of rows that came, or of a grant that is over, is
    closed. Safe to repeat. Returns how many were told.
    """
    clocks, today = deadlines.clocks(), timezone.localdate(at)
    rows = waiting(today).select_related("dataset__owner", "organization", "request")
    grants = {one.address: one for one in rows}
    found = [_running(one, clocks, today) for one in grants.values()]
    for one in found:
        grant, due_on = grants[one.target], one.deadline.due_on
        if due_on != grant.deliver_by:
            Grant.objects.filter(pk=grant.pk).update(deliver_by=due_on)
    for over in notices.open_targets(*KINDS.values()) - grants.keys():
        notices.settle(over, *KINDS.values(), at=at)
    return alarms.ring(found, lambda one, alarm: _tell(grants[one.target], one, alarm, at), at=at)


def _running(grant: Grant, clocks: deadlines.Clocks, today: date) -> alarms.Running:
    deadline = due(grant, clocks, today=today)
    limits = clocks.under("" if grant.request is None else grant.request.profile)
    return alarms.Running(
        target=grant.address,
        term=grant.created_at.isoformat(),
        deadline=deadline,
        limit=limits.limit(ClockStep.DELIVER),
    )


def _tell(grant: Grant, running: alarms.Running, alarm: Alarm, at: datetime) -> None:
    if alarm != Alarm.REMIND:
        notices.settle(grant.address, KINDS[Alarm.REMIND], at=at)
    day = running.deadline.due_on
    lifecycle.tell(KINDS[alarm], grant, to=grant.dataset.owner, at=at, due_on=day, day=day)
