"""Who is told while an entry is signed and reviewed, what is late, and what nobody can sign."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts import notices
from accounts.models import Membership, Organization
from accounts.roles import Role
from catalog import deadlines
from catalog.models import Dataset, Revision
from catalog.terms import ClockStep, RevisionState, State

ON_THE_WAY = (
    "dataset.signable",
    "dataset.signed",
    "dataset.unsignable",
    "dataset.submitted",
    "dataset.sent_back",
    "dataset.review_due",
    "dataset.review_late",
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
    """Tell of reviews due on the next working day, of late ones, and of what nobody can sign.

    Each is told once for as long as it is open: safe to repeat. Returns how many were told.
    """
    known = {
        kind: notices.open_targets(kind)
        for kind in ("dataset.review_due", "dataset.review_late", "dataset.unsignable")
    }
    told = 0
    for dataset, deadline in waiting(today=timezone.localdate(at)):
        if deadline.days_left > 1:
            break  # the others are younger
        kind = "dataset.review_late" if deadline.days_left < 0 else "dataset.review_due"
        if dataset.address not in known[kind]:
            notices.settle(dataset.address, "dataset.review_due", at=at)
            tell(kind, dataset, to=None, at=at, due_on=deadline.due_on, day=deadline.due_on)
            told += 1
    told += _remind_of_changes(at)
    stuck = list(unsignable())
    for target in known["dataset.unsignable"] - {dataset.address for dataset in stuck}:
        notices.settle(target, "dataset.unsignable", at=at)
    for dataset in stuck:
        if dataset.address not in known["dataset.unsignable"]:
            tell("dataset.unsignable", dataset, to=None, at=at)
            told += 1
    return told


def _remind_of_changes(at: datetime) -> int:
    clocks, today = deadlines.clocks(), timezone.localdate(at)
    known = notices.open_targets("revision.review_due")
    told = 0
    signed = Revision.objects.filter(state=RevisionState.SIGNED, signed_at__isnull=False)
    for revision in signed.select_related("dataset__owner").order_by("signed_at"):
        due = clocks.due_for(ClockStep.CATALOGUE_REVIEW, revision.signed_at or at, today=today)
        if due.days_left > 1:
            break  # the others are younger
        if revision.address not in known:
            notices.tell(
                "revision.review_due",
                organization=revision.dataset.owner,
                target=revision.address,
                at=at,
                due_on=due.due_on,
                dataset=revision.dataset,
                day=due.due_on,
            )
            told += 1
    return told


def waiting(*, today: date) -> list[tuple[Dataset, deadlines.Deadline]]:
    """Return the entries in review with their deadlines, the oldest first. Three queries."""
    clocks = deadlines.clocks()
    rows = Dataset.objects.filter(state=State.IN_REVIEW).select_related("owner")
    return [
        (dataset, clocks.due_for(ClockStep.CATALOGUE_REVIEW, dataset.submitted_at, today=today))
        for dataset in rows.order_by("submitted_at", "pk")
        if dataset.submitted_at is not None
    ]
