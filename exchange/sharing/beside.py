"""What a decision on a request rests on beside it: what the asker holds or misused, the like."""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from exchange.models import Grant, ShareRequest, Stop
from exchange.stop_flow import SETTLED, StopState
from exchange.workflow import GrantState
from policy.terms import Channel

LATEST = 8
SETTLED_AT = Coalesce("decided_at", "answered_at")


def holds(request: ShareRequest, *, today: date) -> QuerySet[Grant]:
    """Return the live grants that who asks has on this dataset. One query."""
    rows = Grant.objects.live(today).filter(
        dataset=request.dataset_id, organization=request.organization_id, channel=request.channel
    )
    return rows.order_by("valid_until", "pk")


def held_up(dataset_id: int, organization_id: int, *, today: date) -> bool:
    """Whether the provider answers also what the law gives at once: `misused` or `stopped_on`."""
    return bool(
        misused(dataset_id, organization_id, today=today)
        or stopped_on([dataset_id], organization_id)
    )


def misused(
    dataset_id: int, organization_id: int, *, today: date, channel: Channel = Channel.SHARE
) -> list[Grant]:
    """Return a department's grants on a dataset whose misuse was not mended, the newest first.

    A suspended one counts as long as it is so. One that was suspended and is over, however it
    ended, counts until another was signed. While there is one, the provider answers also what is
    unconditional: a suspension that asking again, or waiting for the last day, got round would be
    none (Order 809 art 27). One query.
    """
    found = misused_on([dataset_id], organization_id, today=today, channel=channel)
    return found.get(dataset_id, [])


def misused_on(
    datasets: Collection[int],
    organization_id: int,
    *,
    today: date,
    channel: Channel = Channel.SHARE,
) -> dict[int, list[Grant]]:
    """Return what `misused` does of many datasets, those with nothing left out. One query."""
    rows = Grant.objects.filter(**_of(datasets, organization_id) | {"channel": channel})
    found: dict[int, list[Grant]] = {}
    signed: dict[int, datetime] = {}
    for one in rows.order_by("-pk"):
        last = signed.setdefault(one.dataset_id, one.created_at)
        if one.suspended_at is None:
            continue
        if last <= one.suspended_at or one.state(today) == GrantState.SUSPENDED:
            found.setdefault(one.dataset_id, []).append(one)
    return found


def stopped_on(datasets: Collection[int], organization_id: int) -> dict[int, Stop]:
    """Return by dataset the newest stop of a service to a department that was agreed or decided.

    It counts until the provider has signed a grant anew. Meanwhile the provider answers also what
    is unconditional: a stop for cause, agreed and on record, that asking again undid would be none
    (Order 809 art 27). A cause that holds for everybody belongs into the entry. Two queries.
    """
    kept = Q(state__in=(*SETTLED, StopState.DONE))
    # the grant ended before the day that was certain already: its last day had been moved
    lapsed = Q(state=StopState.LAPSED, grant__valid_until__lt=F("from_day"))
    stops = Stop.objects.filter(
        kept | lapsed, **_of(datasets, organization_id, "grant__")
    ).select_related("grant__dataset__owner")
    found = {one.grant.dataset_id: one for one in stops.order_by(SETTLED_AT, "pk")}
    made = Grant.objects.filter(**_of(found, organization_id)).values_list(
        "dataset_id", "created_at"
    )
    for dataset_id, created_at in made:
        stop = found.get(dataset_id)
        settled_at = None if stop is None else stop.decided_at or stop.answered_at
        if settled_at is not None and created_at > settled_at:
            del found[dataset_id]
    return found


def _of(datasets: Collection[int], organization_id: int, way: str = "") -> dict[str, object]:
    """Return what picks a department's grants on datasets, or by `way` what hangs at them."""
    return {
        f"{way}dataset__in": datasets,
        f"{way}organization": organization_id,
        f"{way}channel": Channel.SHARE,
    }


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
