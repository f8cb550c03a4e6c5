"""How often a caller may call: a rate a minute and a quota a day, by one Lua call to Valkey.

The rate is a token bucket that holds one minute's calls. The day is a day in Asia/Shanghai (the
platform's time zone). A refused call costs nothing. Both are kept in one hash a caller; where that
hash is missing (Valkey came up empty, or the caller was away for two days) the day's count is made
again from what was delivered, so that a restart gives nobody a second quota.

Where Valkey does not answer, no call is let through: QuotaUnavailable, never "unlimited".
"""

import hashlib
import ipaddress
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import redis
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey
from audit import deliveries, stream

SCRIPT = Path(__file__).with_name("spend.lua").read_text(encoding="utf-8")
SCRIPT_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

MINUTE = 60
KEPT_SECONDS = 2 * 24 * 3600
UNCOUNTED = -1
SPENT, NO_TOKENS, NO_CALLS_LEFT, UNKNOWN_DAY = 1, 0, -1, -2
RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What a caller may: calls a minute, calls a day."""

    per_minute: int
    per_day: int


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left to a caller after a call; times in whole seconds, rounded up.

    `limit`, `remaining` and `reset_seconds` (until the bucket is full again) speak of the minute;
    `retry_after` is None where the call was let through.
    """

    limit: int
    remaining: int
    reset_seconds: int
    day_limit: int
    day_remaining: int
    day_reset_seconds: int
    retry_after: int | None = None

    def headers(self) -> dict[str, str]:
        """Return the answer's `RateLimit-*` headers, and `Retry-After` where it was refused."""
        headers = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
            "RateLimit-Policy": f"{self.limit};w={MINUTE}, {self.day_limit};w=86400",
        }
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


def spend(caller: ApiKey | str, *, at: datetime, cost: int = 1) -> Quota:
    """Spend `cost` calls of a key, or of an anonymous caller by address, and say what is left.

    A cost of 0 only looks. Raises QuotaExceeded (codes rate-exceeded, quota-exceeded) and
    QuotaUnavailable.
    """
    name, limits = _caller(caller)
    try:
        state, tokens, count = _run(name, limits, at, cost, UNCOUNTED)
        if state == UNKNOWN_DAY:
            state, tokens, count = _run(name, limits, at, cost, _counted(caller, at))
    except redis.RedisError as down:
        text = _(
            "The platform cannot count calls at the moment, so it answers none. "
            "Try again in a few seconds."
        )
        raise QuotaUnavailable(text) from down
    quota = _quota(limits, at, tokens / 1000, count)
    if state == SPENT:
        return quota
    raise _exceeded(state, quota, cost, tokens / 1000)


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


def _caller(caller: ApiKey | str) -> tuple[str, Limits]:
    if isinstance(caller, ApiKey):
        return f"quota:k:{caller.pk}", Limits(caller.rate_per_minute, caller.daily_quota)
    anonymous = Limits(settings.ANONYMOUS_PER_MINUTE, settings.ANONYMOUS_PER_DAY)
    return f"quota:a:{by_address(caller)}", anonymous


def _counted(caller: ApiKey | str, at: datetime) -> int:
    """Return today's calls as delivered. Addresses are not written down, so theirs start at 0."""
    if isinstance(caller, ApiKey):
        return deliveries.counted_today(caller.pk, timezone.localdate(at))
    return 0


def _run(name: str, limits: Limits, at: datetime, cost: int, seed: int) -> tuple[int, int, int]:
    arguments = (
        int(at.timestamp() * 1000),
        cost,
        limits.per_minute,
        limits.per_day,
        _day(at.timestamp()).name,
        seed,
        KEPT_SECONDS,
    )
    try:
        answer = stream.call("EVALSHA", SCRIPT_SHA, 1, name, *arguments)
    except redis.exceptions.NoScriptError:
        answer = stream.call("EVAL", SCRIPT, 1, name, *arguments)
    return cast("tuple[int, int, int]", answer)


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


def _until_midnight(at: datetime) -> int:
    now = at.timestamp()
    return math.ceil(_day(now).end - now)


@dataclass(frozen=True, slots=True)
class Day:
    """A local day: its name (yyyymmdd) and where it begins and ends, in seconds since 1970."""

    name: str
    start: float
    end: float


_days: list[Day] = []


def _day(now: float) -> Day:
    """Return the local day of a moment; the last one asked for is kept."""
    for day in _days:
        if day.start <= now < day.end:
            return day
    local = timezone.localtime(datetime.fromtimestamp(now, UTC))
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    noon_after = start + timedelta(hours=36)  # whatever the clocks do at night
    end = noon_after.replace(hour=0)
    _days[:] = [Day(f"{local:%Y%m%d}", start.timestamp(), end.timestamp())]
    return _days[0]


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
