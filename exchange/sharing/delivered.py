"""What is written down of a call under a grant before its first byte goes out."""

from datetime import datetime
from typing import Any

from exchange.sharing.serving import Served
from policy.terms import Channel, Mode


def told(served: Served, *, mode: Mode, at: datetime) -> dict[str, Any]:
    """Return what `audit.deliveries` is told, but for how many rows and bytes there were."""
    head, caller = served.head, served.caller
    return {
        "at": at,
        "channel": str(Channel.SHARE),
        "mode": str(mode),
        "reader": str(caller.kind),
        "app": caller.app,
        "key_id": caller.key_id,
        "organization": caller.organization,
        "dataset": f"dataset:{head.dataset_id}",
        "grant_id": served.grant.pk,
        "fields_digest": served.fields.digest,
        "zone_seq": head.seq,
    }
