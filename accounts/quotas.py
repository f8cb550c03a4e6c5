"""How often a caller may call: a rate a minute and a quota a day, by one Lua call to Valkey.

The rate is a token bucket that holds one minute's calls. The day is a day in Asia/Shanghai (the
platform's time zone). A refused call costs nothing. Both are kept in one hash a caller; where that
hash is missing (Valkey came up empty, or the caller was away for two days) the day's count is made
again from what was delivered, so that a restart gives nobody a second quota.

A grant between departments has a quota a day of its own. A call under it is spent on the key and
on the grant in one go, on both or on neither.

Where Valkey does not answer, no call is let through: QuotaUnavailable, never "unlimited".
"""

import hashlib
import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import redis
from django.conf import settings
from django.utils import timezone

from accounts import days
from accounts.models import ApiKey
from accounts.wording import said as _
from audit import deliveries, stream

SCRIPT = Path(__file__).with_name("spend.lua").read_text(encoding="utf-8")
SCRIPT_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

MINUTE = 60
KEPT_SECONDS = 2 * 24 * 3600
TILES_TO_A_CALL = 10
"""How many tiles an anonymous caller may have for each call: one look at a map takes a dozen."""
UNCOUNTED = -1
SPENT, NO_TOKENS, NO_CALLS_LEFT, UNKNOWN_DAY = 1, 0, -1, -2
RETRY_SECONDS = 5
NO_BUCKET = 0
UNLIMITED = 10**15


@dataclass(frozen=True, slots=True)
class Limits:
    """What a caller may: calls a minute, calls a day."""

    per_minute: int
    per_day: int


@dataclass(frozen=True, slots=True)
class UnderGrant:
    """A grant that a call is made under: its number, its calls a day (None: the key's alone)."""

    number: int
    per_day: int | None


@dataclass(frozen=True, slots=True)
class GrantLeft:
    """What was called under a grant today, and how often it may be (None: no limit of its own)."""

    limit: int | None
    calls: int

    @property
    def remaining(self) -> int | None:
        """Calls left today; None where the grant sets no limit."""
        return None if self.limit is None else max(0, self.limit - self.calls)


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left to a caller after a call; times in whole seconds, rounded up.

    `limit`, `remaining` and `reset_seconds` (until the bucket is full again) speak of the minute;
    `retry_after` is None where the call was let through; `grant` is None for a call under none.
    """

    limit: int
    remaining: int
    reset_seconds: int
    day_limit: int
    day_remaining: int
    day_reset_seconds: int
    retry_after: int | None = None
    grant: GrantLeft | None = None

    def headers(self) -> dict[str, str]:
        """Return the answer's `RateLimit-*` headers, and `Retry-After` where it was refused.

        Under a grant with a quota of its own also `Grant-Limit` and `Grant-Remaining`, of the day.
        """
        headers = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
            "RateLimit-Policy": f"{self.limit};w={MINUTE}, {self.day_limit};w=86400",
        }
        if self.grant is not None and self.grant.limit is not None:
            headers["Grant-Limit"] = str(self.grant.limit)
            headers["Grant-Remaining"] = str(self.grant.remaining)
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return headers


class QuotaExceeded(Exception):
    """The caller has called too often; `quota` says when to come again."""

    status = 429

    def __init__(self, code: str, sentence: str, quota: Quota):
        super().__init__(sentence)
        self.code = code
        self.quota = quota


class QuotaUnavailable(Exception):
    """Calls cannot be counted just now, so none is let through."""

    status = 503
    code = "quota-unavailable"
    retry_after = RETRY_SECONDS


@dataclass(frozen=True, slots=True)
class _Meter:
    """One hash in Valkey: what a call costs on it, and whose deliveries make its count again."""

    name: str
    limits: Limits
    cost: int
    caller: ApiKey | UnderGrant | None


def spend(
    caller: ApiKey | str,
    *,
    at: datetime,
    cost: int = 1,
    grant: UnderGrant | None = None,
    grant_cost: int | None = None,
    tile: bool = False,
) -> Quota:
    """Spend `cost` calls of a key, or of an anonymous caller by address, and say what is left.

    An anonymous caller's tiles are counted by themselves, TILES_TO_A_CALL times as many.
    Under a grant also `grant_cost` (as many, if None) of the grant's day. A cost of 0 only looks.
    Raises QuotaExceeded (codes rate-exceeded, quota-exceeded, grant-quota-exceeded) and
    QuotaUnavailable.
    """
    meters = [_of_caller(caller, cost, tile=tile)]
    if grant is not None:
        meters.append(_of_grant(grant, cost if grant_cost is None else grant_cost))
    state, refused, left = _run(meters, at)
    limits = meters[0].limits
    tokens, count = left[0] / 1000, left[1]
    quota = _quota(limits, at, tokens, count)
    if grant is not None:
        quota = replace(quota, grant=GrantLeft(grant.per_day, left[3]))
    if state == SPENT:
        return quota
    if refused > 1 and grant is not None:
        raise _grant_exceeded(grant, quota)
    raise _exceeded(state, quota, cost, tokens)


def spend_each(callers: Sequence[ApiKey | str], *, at: datetime) -> list[Quota | None]:
    """Spend one call of each caller, all in one go, and say what is left to each.

    None where it could not be spent, and nothing was: `spend` says why not.
    """
    meters = [_of_caller(caller, 1, tile=False) for caller in callers]
    try:
        answers = stream.call_each([_words([meter], [UNCOUNTED], at) for meter in meters])
    except redis.RedisError:
        return [None] * len(meters)
    return [_left(meter, answer, at) for meter, answer in zip(meters, answers, strict=True)]


def _left(meter: _Meter, answer: Any, at: datetime) -> Quota | None:
    if not isinstance(answer, list) or answer[0] != SPENT:
        return None
    _state, _refused, tokens, count = answer
    return _quota(meter.limits, at, tokens / 1000, count)


def spend_under(grant: UnderGrant, *, at: datetime) -> GrantLeft:
    """Spend one call of a grant's day alone, for who comes without a key: a person at a desk.

    Raises QuotaExceeded (grant-quota-exceeded) and QuotaUnavailable.
    """
    state, _refused, left = _run([_of_grant(grant, 1)], at)
    found = GrantLeft(grant.per_day, left[1])
    if state == SPENT:
        return found
    day = Limits(NO_BUCKET, grant.per_day or 0)
    raise _grant_exceeded(grant, _of_day(day, at, left[1], found))


def left_under(grants: Sequence[UnderGrant], *, at: datetime) -> dict[int, GrantLeft]:
    """Return what was called under each grant today, by its number. Costs nobody a call.

    One query and one call to Valkey, however many. Raises QuotaUnavailable.
    """
    if not grants:
        return {}
    meters = [_of_grant(grant, 0) for grant in grants]
    day = timezone.localdate(at)
    seeds = deliveries.counted_under([grant.number for grant in grants], day)
    _state, _refused, left = _run(meters, at, [seeds[grant.number] for grant in grants])
    return {
        grant.number: GrantLeft(grant.per_day, left[2 * place + 1])
        for place, grant in enumerate(grants)
    }


def by_address(address: str) -> str:
    """Return what an anonymous caller is counted under: an IPv4 address, or an IPv6 network of 64.

    Anything that is no address is counted together.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    # one household gets a /64: a limit on single addresses would be none
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)


def _of_caller(caller: ApiKey | str, cost: int, *, tile: bool) -> _Meter:
    if isinstance(caller, ApiKey):
        limits = Limits(caller.rate_per_minute, caller.daily_quota)
        return _Meter(f"quota:k:{caller.pk}", limits, cost, caller)
    kind, times = ("t", TILES_TO_A_CALL) if tile else ("a", 1)
    anonymous = Limits(settings.ANONYMOUS_PER_MINUTE * times, settings.ANONYMOUS_PER_DAY * times)
    return _Meter(f"quota:{kind}:{by_address(caller)}", anonymous, cost, None)


def _of_grant(grant: UnderGrant, cost: int) -> _Meter:
    per_day = UNLIMITED if grant.per_day is None else grant.per_day
    return _Meter(f"quota:g:{grant.number}", Limits(NO_BUCKET, per_day), cost, grant)


def _counted(meter: _Meter, at: datetime) -> int:
    """Return today's calls as delivered. Addresses are not written down, so theirs start at 0."""
    day = timezone.localdate(at)
    if isinstance(meter.caller, ApiKey):
        return deliveries.counted_today(meter.caller.pk, day)
    if isinstance(meter.caller, UnderGrant):
        return deliveries.counted_under([meter.caller.number], day)[meter.caller.number]
    return 0


def _run(
    meters: Sequence[_Meter], at: datetime, seeds: Sequence[int] = ()
) -> tuple[int, int, list[int]]:
    """Spend on all meters or on none; returns state, who refused, tokens and count of each.

    Raises QuotaUnavailable.
    """
    known = list(seeds) or [UNCOUNTED] * len(meters)
    try:
        while True:
            state, place, *left = _asked(meters, known, at)
            if state != UNKNOWN_DAY:
                return state, place, left
            known[place - 1] = _counted(meters[place - 1], at)
    except redis.RedisError as down:
        text = _(
            "The platform cannot count calls at the moment, so it answers none. "
            "Try again in a few seconds."
        )
        raise QuotaUnavailable(text) from down


def _asked(meters: Sequence[_Meter], seeds: Sequence[int], at: datetime) -> list[int]:
    words = _words(meters, seeds, at)
    try:
        answer = stream.call(*words)
    except redis.exceptions.NoScriptError:
        answer = stream.call("EVAL", SCRIPT, *words[2:])
    return cast("list[int]", answer)


def _words(meters: Sequence[_Meter], seeds: Sequence[int], at: datetime) -> stream.Words:
    """Return the command that spends on all of these meters or on none."""
    arguments: list[int | str] = [int(at.timestamp() * 1000), days.of(at).name, KEPT_SECONDS]
    for meter, seed in zip(meters, seeds, strict=True):
        arguments += [meter.cost, meter.limits.per_minute, meter.limits.per_day, seed]
    names = [meter.name for meter in meters]
    return ("EVALSHA", SCRIPT_SHA, len(names), *names, *arguments)


def _quota(limits: Limits, at: datetime, tokens: float, count: int) -> Quota:
    refill = (limits.per_minute - tokens) * MINUTE / limits.per_minute
    return Quota(
        limit=limits.per_minute,
        remaining=max(0, math.floor(tokens)),
        reset_seconds=max(0, math.ceil(refill)),
        day_limit=limits.per_day,
        day_remaining=max(0, limits.per_day - count),
        day_reset_seconds=_until_midnight(at),
    )


def _of_day(limits: Limits, at: datetime, count: int, grant: GrantLeft) -> Quota:
    """Return what is left of a day that has no limit a minute."""
    return Quota(
        limit=limits.per_minute,
        remaining=0,
        reset_seconds=0,
        day_limit=limits.per_day,
        day_remaining=max(0, limits.per_day - count),
        day_reset_seconds=_until_midnight(at),
        grant=grant,
    )


def _until_midnight(at: datetime) -> int:
    return math.ceil(days.of(at).end - at.timestamp())


def _grant_exceeded(grant: UnderGrant, quota: Quota) -> QuotaExceeded:
    seconds = quota.day_reset_seconds
    text = _(
        "Today's %(limit)s calls under grant no. %(grant)s are used up. The count starts again at"
        " midnight (in %(seconds)s seconds). Ask for more with a new request if they are needed."
    )
    terms = {"limit": grant.per_day, "grant": grant.number, "seconds": seconds}
    return QuotaExceeded("grant-quota-exceeded", text % terms, replace(quota, retry_after=seconds))


def _exceeded(state: int, quota: Quota, cost: int, tokens: float) -> QuotaExceeded:
    if state == NO_CALLS_LEFT:
        seconds = quota.day_reset_seconds
        text = _(
            "Today's %(limit)s calls are used up. The count starts again at midnight "
            "(in %(seconds)s seconds). Ask the data authority if you need more."
        )
        terms = {"limit": quota.day_limit, "seconds": seconds}
        return QuotaExceeded("quota-exceeded", text % terms, replace(quota, retry_after=seconds))
    missing = min(cost, quota.limit) - tokens
    seconds = max(1, math.ceil(missing * MINUTE / quota.limit))
    text = _(
        "More than %(limit)s calls in a minute. Wait %(seconds)s seconds; the header "
        "RateLimit-Remaining of each answer says how many calls are left."
    )
    terms = {"limit": quota.limit, "seconds": seconds}
    return QuotaExceeded("rate-exceeded", text % terms, replace(quota, retry_after=seconds))
