"""What a decision on a request is compared with: what the asker holds, and similar requests."""

from datetime import date

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from exchange.models import Grant, ShareRequest
from exchange.workflow import HIDDEN_FROM_PROVIDER
from policy.terms import Channel

LATEST = 8


def holds(request: ShareRequest, *, today: date) -> QuerySet[Grant]:
    """Return the live grants that the asking department has on this dataset. One query."""
    rows = Grant.objects.live(today).filter(
        dataset=request.dataset_id, organization=request.organization_id, channel=Channel.SHARE
    )
    return rows.order_by("valid_until", "pk")


def similar(request: ShareRequest) -> QuerySet[ShareRequest]:
    """Return other requests to the same provider that help to answer alike, the nearest first.

    Nearest are those of the same department for the same dataset, then of others for it, then
    of the same department for other datasets of this provider. Drafts stay out. One query.
    """
    same_dataset = Q(dataset=request.dataset_id)
    same_asker = Q(organization=request.organization_id)
    rows = ShareRequest.objects.filter(dataset__owner=request.dataset.owner_id)
    near = Case(
        When(same_dataset & same_asker, then=Value(0)),
        When(same_dataset, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return (
        rows.filter(same_dataset | same_asker)
        .exclude(pk=request.pk)
        .exclude(state__in=HIDDEN_FROM_PROVIDER)
        .select_related("dataset", "organization", "answered_by")
        .order_by(near, "-pk")[:LATEST]
    )
