"""What is told to webhooks: each event is one row, written where and when it happens.

A verb or sync calls these in its own transaction, so an event is there if and only if what it
tells of is. Where nobody listens no row is written; who listens is worked out later
(`exchange.hooks.spreading`). An event says that something happened and where to look, and never
holds a row of data.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac
from psycopg import sql

from catalog.models import Dataset, Resource
from exchange import vault
from exchange.hook_flow import EventKind
from exchange.models import (
    CountingRule,
    Grant,
    RecordTable,
    WebhookDelivery,
    WebhookEvent,
    Zone,
)
from exchange.records.statements import one
from exchange.workflow import GrantState

LISTENED = sql.SQL(
    "SELECT EXISTS (SELECT FROM exchange_webhooksubscription s"
    " JOIN exchange_webhook w ON w.id = s.webhook_id"
    " WHERE s.dataset_id = %s AND w.state = 'live' AND w.kinds @> to_jsonb(%s::text))"
)
LISTENED_TO_ALL = sql.SQL(
    "SELECT EXISTS (SELECT FROM exchange_webhook w"
    " WHERE w.state = 'live' AND w.kinds @> to_jsonb(%s::text))"
)

OF_DELIVERIES = "exchange.hooks.delivery"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

OF_GRANTS: Mapping[GrantState, EventKind] = {
    GrantState.LIVE: EventKind.GRANT_CHANGED,
    GrantState.SUSPENDED: EventKind.GRANT_SUSPENDED,
    GrantState.ENDED: EventKind.GRANT_ENDED,
    GrantState.DISPOSED: EventKind.GRANT_ENDED,
}


def published(dataset_id: int, *, at: datetime) -> None:
    """Tell that a dataset is in the catalogue: to all who listen for that, of any dataset."""
    _of_entry(EventKind.PUBLISHED, dataset_id, at=at)


def changed(dataset_id: int, *, at: datetime) -> None:
    """Tell that what the catalogue says of a published dataset changed."""
    _of_entry(EventKind.CHANGED, dataset_id, at=at)


def withdrawn(dataset_id: int, *, at: datetime, reason: str) -> None:
    """Tell that a dataset is gone, with the reason that everybody is given."""
    _of_entry(EventKind.WITHDRAWN, dataset_id, at=at, reason=reason)


def policy_changed(dataset_id: int, *, at: datetime) -> None:
    """Tell that what may be seen of a published dataset is decided anew."""
    if not _listened(EventKind.POLICY_CHANGED, dataset_id):
        return
    dataset = Dataset.objects.only("slug", "policy_version").get(pk=dataset_id)
    told = {
        "dataset": dataset.slug,
        "policy_version": dataset.policy_version,
        "explain": f"{_address(dataset)}/explain",
    }
    _tell(EventKind.POLICY_CHANGED, dataset_id, told, at=at)


def rows_changed(
    resource: Resource,
    before: Mapping[str, int],
    now: Mapping[str, RecordTable | None],
    *,
    at: datetime,
) -> None:
    """Tell of each zone of a table whose `seq` moved; `before` has it by zone.

    A change that a zone cannot show moves nothing in it and is told to nobody there. Of a dataset
    that is open by counts alone no change of rows is told: it would tell of single ones.
    """
    for zone, table in now.items():
        since = before.get(zone, 0)
        if table is None or table.seq == since:
            continue
        if not _listened(EventKind.ROWS_CHANGED, resource.dataset_id):
            return
        if zone == Zone.OPEN and _by_counts_alone(resource.dataset_id):
            continue
        told = {
            "dataset": resource.dataset.slug,
            "zone": str(zone),
            "since": since,
            "seq": table.seq,
            "changes": f"{_address(resource.dataset)}/changes?since={since}",
        }
        _tell(EventKind.ROWS_CHANGED, resource.dataset_id, told, at=at, zone=str(zone))


def grant(found: Grant, *, at: datetime) -> None:
    """Tell whose grant it is that it was given, changed, suspended or ended: as it stands now."""
    state = found.state(timezone.localdate(at))
    kind = OF_GRANTS[state]
    if not _listened(kind, found.dataset_id):
        return
    told = {
        "grant": found.pk,
        "dataset": found.dataset.slug,
        "state": str(state),
        "valid_from": f"{found.valid_from:%Y-%m-%d}",
        "valid_until": f"{found.valid_until:%Y-%m-%d}",
    }
    _tell(kind, found.dataset_id, told, at=at, grant=found)


def name_of(event: WebhookEvent) -> str:
    """Return the `webhook-id` of an event: the same at each try, so that one counts it once.

    Not its number: a gap between two would tell that something else happened, also what its reader
    may not know of, such as a change of rows in the conditional zone.
    """
    digest = salted_hmac("exchange.hooks.event", str(event.pk), algorithm="sha256").hexdigest()
    return f"evt_{digest[:24]}"


def handle_of(delivery: WebhookDelivery) -> str:
    """Return by what its owner names a delivery.

    Not its number: a gap between two would tell of what went to others meanwhile.
    """
    return vault.seal_alike(delivery.pk.to_bytes(8), purpose=OF_DELIVERIES).hex()


def number_of(handle: str) -> int | None:
    """Return the number of the delivery that is so named; None for what is no such name."""
    try:
        return int.from_bytes(vault.unseal_alike(bytes.fromhex(handle), purpose=OF_DELIVERIES))
    except (ValueError, vault.SealBroken):
        return None


def body_of(event: WebhookEvent) -> bytes:
    """Return what is sent of an event, byte for byte the same at each try."""
    told = {
        "type": event.kind,
        "timestamp": timezone.localtime(event.at).isoformat(timespec="milliseconds"),
        "sequence": (event.at - EPOCH) // MICROSECOND,
        "data": event.data,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _of_entry(kind: EventKind, dataset_id: int, *, at: datetime, **more: str) -> None:
    if not _listened(kind, dataset_id):
        return
    dataset = Dataset.objects.only("slug").get(pk=dataset_id)
    _tell(kind, dataset_id, {"dataset": dataset.slug, "url": _address(dataset), **more}, at=at)


def _tell(
    kind: EventKind,
    dataset_id: int,
    data: Mapping[str, Any],
    *,
    at: datetime,
    grant: Grant | None = None,
    zone: str = "",
) -> None:
    WebhookEvent.objects.create(
        kind=kind, dataset_id=dataset_id, grant=grant, zone=zone, data=dict(data), at=at
    )


def _listened(kind: EventKind, dataset_id: int) -> bool:
    if kind == EventKind.PUBLISHED:  # nobody can name a dataset that is not there yet
        return bool(one(LISTENED_TO_ALL, [str(kind)])[0])
    return bool(one(LISTENED, [dataset_id, str(kind)])[0])


def _by_counts_alone(dataset_id: int) -> bool:
    return CountingRule.objects.filter(dataset_id=dataset_id, smallest_group__gt=1).exists()


def _address(dataset: Dataset) -> str:
    return f"{settings.PUBLIC_BASE_URL}/api/v1/datasets/{dataset.slug}"
