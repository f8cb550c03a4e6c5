"""What a decision on a request rests on beside it: what the asker holds or misused, the like."""

from collections.abc import Collection
from datetime import date

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from exchange.models import Ending, Grant, ShareRequest
from exchange.workflow import GrantState
from policy.terms import Channel

LATEST = 8


def holds(request: ShareRequest, *, today: date) -> QuerySet[Grant]:
    """Return the live grants that the asking department has on this dataset. One query."""
    rows = Grant.objects.live(today).filter(
        dataset=request.dataset_id, organization=request.organization_id, channel=Channel.SHARE
    )
    return rows.order_by("valid_until", "pk")


def misused(dataset_id: int, organization_id: int, *, today: date) -> list[Grant]:
    """Return a department's suspended grants on a dataset, and its last if that ended for misuse.

    While there is one, the provider answers also what is unconditional: a suspension that could be
    got round by asking again would be none (Order 809 art 27). One query.
    """
    return misused_on([dataset_id], organization_id, today=today).get(dataset_id, [])


def misused_on(
    datasets: Collection[int], organization_id: int, *, today: date
) -> dict[int, list[Grant]]:
    """Return what `misused` does of many datasets, those with nothing left out. One query."""
    rows = Grant.objects.filter(
        dataset__in=datasets, organization=organization_id, channel=Channel.SHARE
    )
    found: dict[int, list[Grant]] = {}
    newest: set[int] = set()
    for one in rows.order_by("-pk"):
        last = one.dataset_id not in newest
        newest.add(one.dataset_id)
        over = last and one.ending == Ending.MISUSE
        if over or one.state(today) == GrantState.SUSPENDED:
            found.setdefault(one.dataset_id, []).append(one)
    return found


def similar(request: ShareRequest) -> QuerySet[ShareRequest]:
    """Return other requests to the same provider that help to answer alike, the nearest first.

    Nearest are those of the same department for the same dataset, then of others for it, then
    of the same department for other datasets of this provider. What the provider never received
    stays out, also where it was withdrawn. One query.
    """
    same_dataset = Q(dataset=request.dataset_id)
    same_asker = Q(organization=request.organization_id)
    rows = ShareRequest.objects.filter(
        dataset__owner=request.dataset.owner_id, received_at__isnull=False
    )
    near = Case(
        When(same_dataset & same_asker, then=Value(0)),
        When(same_dataset, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return (
        rows.filter(same_dataset | same_asker)
        .exclude(pk=request.pk)
        .select_related("dataset", "organization", "answered_by")
        .order_by(near, "-pk")[:LATEST]
    )
