"""Who is told while an entry is signed and reviewed, what is late, and what nobody can sign."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts import notices
from accounts.models import Membership, Organization
from accounts.roles import Role
from catalog import alarms, deadlines
from catalog.alarms import Alarm
from catalog.models import Dataset, Revision
from catalog.terms import ClockStep, RevisionState, State

KINDS = {
    Alarm.REMIND: "dataset.review_due",
    Alarm.LATE: "dataset.review_late",
    Alarm.CLIMB: "dataset.review_climbed",
}
CHANGE_KINDS = {
    Alarm.REMIND: "revision.review_due",
    Alarm.LATE: "revision.review_late",
    Alarm.CLIMB: "revision.review_climbed",
}
"""The notices by which the alarms of a review are told, to whom: `accounts.notices.KINDS`."""

ON_THE_WAY = (
    "dataset.signable",
    "dataset.signed",
    "dataset.unsignable",
    "dataset.submitted",
    "dataset.sent_back",
    *KINDS.values(),
)
"""What is told of an entry before it is published; each step settles all that came before it."""


def tell(
    kind: str,
    dataset: Dataset,
    *,
    to: Organization | None,
    at: datetime,
    due_on: date | None = None,
    **words: Any,
) -> None:
    """Tell of an entry, in one organisation or (None) in all."""
    notices.tell(
        kind,
        organization=to,
        target=dataset.address,
        at=at,
        due_on=due_on,
        dataset=dataset,
        owner=dataset.owner,
        **words,
    )


def settled(dataset: Dataset, *more: str, at: datetime) -> None:
    """Close what was told of an entry on its way, and `more` kinds."""
    notices.settle(dataset.address, *ON_THE_WAY, *more, at=at)


def _heads(of: str) -> Exists:
    return Exists(
        Membership.objects.live().filter(
            organization=OuterRef(of), role=Role.HEAD, user__is_active=True
        )
    )


def headless(owner: Organization) -> bool:
    """Return whether nobody can sign for a department now."""
    return not Organization.objects.filter(_heads("pk"), pk=owner.pk).exists()


def unsignable() -> QuerySet[Dataset]:
    """Return drafts laid before a head where there is none any more, the oldest first.

    A new head signs them; until then the security administrator and the authority are told.
    """
    asked = notices.open_targets("dataset.signable")
    ids = [int(target.partition(":")[2]) for target in asked]
    drafts = Dataset.objects.filter(pk__in=ids, state=State.DRAFT)
    return drafts.exclude(_heads("owner")).select_related("owner").order_by("pk")


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Tell of reviews that are near, late or very late, and of what nobody can sign.

    Each is told once, an alarm for its term: safe to repeat. Returns how many were told.
    """
    clocks = deadlines.clocks()
    return _of_entries(clocks, at) + _of_changes(clocks, at) + _of_unsignable(at)


def _of_entries(clocks: deadlines.Clocks, at: datetime) -> int:
    entries = {one.address: one for one in _in_review()}
    return alarms.ring(
        [_term(one.address, one.submitted_at, clocks, at) for one in entries.values()],
        lambda one, alarm: _ring_entry(entries[one.target], one, alarm, at),
        at=at,
    )


def _of_changes(clocks: deadlines.Clocks, at: datetime) -> int:
    signed = Revision.objects.filter(state=RevisionState.SIGNED, signed_at__isnull=False)
    rows = signed.select_related("dataset__owner").order_by("signed_at", "pk")
    changes = {one.address: one for one in rows}
    return alarms.ring(
        [_term(one.address, one.signed_at, clocks, at) for one in changes.values()],
        lambda one, alarm: _ring_change(changes[one.target], one, alarm, at),
        at=at,
    )


def _term(
    target: str, since: datetime | None, clocks: deadlines.Clocks, at: datetime
) -> alarms.Running:
    """Return the limit of a review that runs since then, as the alarms know it."""
    assert since is not None  # noqa: S101 - asked for above
    step, today = ClockStep.CATALOGUE_REVIEW, timezone.localdate(at)
    return alarms.Running(
        target=target,
        term=since.isoformat(),
        deadline=clocks.due_for(step, since, today=today),
        limit=clocks.limit(step),
    )


def _ring_entry(dataset: Dataset, one: alarms.Running, alarm: Alarm, at: datetime) -> None:
    if alarm != Alarm.REMIND:
        notices.settle(dataset.address, KINDS[Alarm.REMIND], at=at)
    due_on = one.deadline.due_on
    # who waits is told where the data authority is late itself
    to = dataset.owner if alarm == Alarm.CLIMB else None
    tell(KINDS[alarm], dataset, to=to, at=at, due_on=due_on, day=due_on)


def _ring_change(revision: Revision, one: alarms.Running, alarm: Alarm, at: datetime) -> None:
    if alarm != Alarm.REMIND:
        notices.settle(revision.address, CHANGE_KINDS[Alarm.REMIND], at=at)
    notices.tell(
        CHANGE_KINDS[alarm],
        organization=revision.dataset.owner,
        target=revision.address,
        at=at,
        due_on=one.deadline.due_on,
        dataset=revision.dataset,
        owner=revision.dataset.owner,
        day=one.deadline.due_on,
    )


def _of_unsignable(at: datetime) -> int:
    known, stuck = notices.open_targets("dataset.unsignable"), list(unsignable())
    for target in known - {dataset.address for dataset in stuck}:
        notices.settle(target, "dataset.unsignable", at=at)
    new = [dataset for dataset in stuck if dataset.address not in known]
    for dataset in new:
        tell("dataset.unsignable", dataset, to=None, at=at)
    return len(new)


def waiting(*, today: date) -> list[tuple[Dataset, deadlines.Deadline]]:
    """Return the entries in review with their deadlines, the oldest first. Three queries."""
    clocks = deadlines.clocks()
    return [
        (dataset, clocks.due_for(ClockStep.CATALOGUE_REVIEW, dataset.submitted_at, today=today))
        for dataset in _in_review()
        if dataset.submitted_at is not None
    ]


def _in_review() -> QuerySet[Dataset]:
    rows = Dataset.objects.filter(state=State.IN_REVIEW, submitted_at__isnull=False)
    return rows.select_related("owner").order_by("submitted_at", "pk")
