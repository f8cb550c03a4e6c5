"""What a call costs its caller, and the note of what was delivered to whom."""

import time
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from rest_framework.request import Request

from accounts import quotas
from accounts.models import ApiKey
from api.calls import caller_of, key_of
from audit import deliveries, stream, trace
from exchange.access import Caller, Head
from exchange.models import Grant
from exchange.sharing import delivered, serving
from exchange.sharing.serving import Served
from oversight import key_counts
from policy.terms import Channel, Mode

VARY = "X-API-Key, Authorization, Accept-Language, Accept-Encoding"
TO_THE_CALLER = {"Cache-Control": "private, no-cache", "Vary": VARY}
"""What each answer says to caches: it is as this caller may see it, and for nobody else."""


def spend(request: Request, *, tile: bool = False) -> dict[str, str]:
    """Spend one call, or one tile, of the caller's quota; returns the `RateLimit-*` headers.

    Raises QuotaExceeded, QuotaUnavailable.
    """
    return charge(key_of(request), caller_of(request), tile=tile)


def charge(key: ApiKey | None, caller: Caller, *, tile: bool = False) -> dict[str, str]:
    """Spend one call of a key, or of whoever calls without one; returns as `spend` does."""
    return quotas.spend(key or caller.address, at=timezone.now(), tile=tile).headers()


def charge_each(callers: Sequence[tuple[ApiKey | None, Caller]]) -> list[dict[str, str] | None]:
    """Charge a call of each of these in one go; None for who could not be charged."""
    named = [key or caller.address for key, caller in callers]
    left = quotas.spend_each(named, at=timezone.now())
    return [None if quota is None else quota.headers() for quota in left]


def charge_under(key: ApiKey, grant: Grant | None, *, cost: int = 1) -> dict[str, str]:
    """Spend one call of a key, and `cost` of the grant's day if the call is under one.

    On both or on neither; returns as `spend` does, with `Grant-*` where the grant has a quota.
    """
    under = None if grant is None else serving.meter(grant)
    quota = quotas.spend(key, at=timezone.now(), grant=under, grant_cost=cost)
    return quota.headers()


def limits(key: ApiKey, grant: Grant | None) -> tuple[int | None, ...]:
    """Return what a call under a grant is charged on, and by which limits."""
    own = (key.pk, key.rate_per_minute, key.daily_quota)
    return own if grant is None else (*own, grant.pk, grant.daily_quota)


def deliver(served: Served, *, rows: int, size: int, mode: Mode) -> None:
    """Write down who was given what under a grant, before the first byte."""
    told = delivered.told(served, mode=mode, at=timezone.now())
    deliveries.deliver(rows=rows, bytes=size, **told)


def _time(key_id: int | None, now: datetime) -> None:
    """Count how long a call with a key took until now, when its answer begins."""
    began = trace.began.get()
    if key_id is not None and began:
        key_counts.answered(key_id, time.perf_counter() - began, at=now)


def note(caller: Caller, head: Head, *, rows: int, size: int, fields: str, mode: Mode) -> None:
    """Write down who read what. Reads under a grant are in the table before the first byte.

    Under a grant with calls of its own a day one of them is spent. Raises QuotaExceeded,
    QuotaUnavailable.
    """
    now = timezone.now()
    told = {
        "at": now,
        "channel": str(Channel.OPEN),
        "mode": str(mode),
        "reader": str(caller.kind),
        "app": caller.app,
        "key_id": caller.key_id,
        "organization": caller.organization,
        "dataset": f"dataset:{head.dataset_id}",
        "fields_digest": fields,
        "rows": rows,
        "bytes": size,
        "zone_seq": head.seq,
    }
    if head.grants:
        number = head.grants[0][0]
        _time(caller.key_id, now)
        _spend_of(number)
        deliveries.deliver(grant_id=number, **told)
        return
    with stream.together():
        _time(caller.key_id, now)
        deliveries.note(**told)


def _spend_of(number: int) -> None:
    held = Grant.objects.only("daily_quota").get(pk=number)
    if held.daily_quota is not None:
        quotas.spend_under(serving.meter(held), at=timezone.now())
