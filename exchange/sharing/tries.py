"""How often a department may guess: misses of its verifications, by one Lua call to Valkey.

Counted for a department and a dataset, under whichever of its grants and keys: a few misses on one
subject, and misses on a bounded number of subjects, a day (Asia/Shanghai). Whether a claim is
answered rests on what was counted before it and never on its own outcome, so a refusal tells
nothing. A subject is kept as an HMAC of its key, for two days.

Where Valkey does not answer, nothing is verified: QuotaUnavailable. Where it came up empty, the
day's count begins anew: there is nowhere else that says who was asked about.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cache
from json.encoder import encode_basestring_ascii as in_json
from pathlib import Path
from typing import cast

import redis
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.quotas import QuotaUnavailable
from audit import stream
from exchange.models import Grant

SCRIPT = Path(__file__).with_name("tries.lua").read_text(encoding="utf-8")
SCRIPT_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
ON_HOW_MANY = """
local found = {}
for place, name in ipairs(KEYS) do found[place] = redis.call('HLEN', name) end
return found
"""
"""On how many subjects claims missed, of each budget's hash."""
KEPT_SECONDS = 2 * 24 * 3600
DIGEST_BYTES = 16


class Verdict(IntEnum):
    """Whether a claim is answered, and if not, what is used up."""

    ANSWERED = 0
    SUBJECT = 1
    SUBJECTS = 2


VERDICTS = {ord(str(int(one))): one for one in Verdict}
HELD, MISSED = b"01"


@dataclass(frozen=True, slots=True)
class Budget:
    """Whose misses are counted on which dataset; how many a subject may have, and how many may."""

    organization_id: int
    dataset_id: int
    tries: int
    subjects: int

    def digest(self, subject: Sequence[str]) -> bytes:
        """Return what a subject, by the values of its key, is counted under."""
        return self.digests([subject])[0]

    def digests(self, subjects: Iterable[Sequence[str]]) -> list[bytes]:
        """Return what each subject is counted under: an HMAC of the three as a JSON array."""
        inner, outer = _halves(settings.FIELD_KEY)
        place = f"[{self.organization_id}, {self.dataset_id}, "
        made = []
        for subject in subjects:
            told, whole = inner.copy(), outer.copy()
            told.update(f"{place}{', '.join(map(in_json, subject))}]".encode())
            whole.update(told.digest())
            made.append(whole.digest()[:DIGEST_BYTES])
        return made


def of_grant(grant: Grant) -> Budget:
    """Return the budget that a verification under a grant is counted on."""
    most, quota = settings.VERIFY_SUBJECTS, grant.daily_quota
    return Budget(
        organization_id=grant.organization_id,
        dataset_id=grant.dataset_id,
        tries=settings.VERIFY_TRIES,
        subjects=most if quota is None else min(quota, most),
    )


def subjects_left(budgets: Sequence[Budget], *, at: datetime) -> list[int]:
    """Return about how many further subjects each budget's claims may miss today. Counts nothing.

    A department is told of its own alone, and of no subject: what it knows from its answers, added
    up. One call to Valkey. Raises QuotaUnavailable.
    """
    if not budgets:
        return []
    names = [_name(one, at) for one in budgets]
    try:
        missed = stream.call("EVAL", ON_HOW_MANY, len(names), *names)
    except redis.RedisError as down:
        raise _uncounted() from down
    pairs = zip(budgets, cast("list[int]", missed), strict=True)
    return [max(0, one.subjects - count) for one, count in pairs]


def look(budget: Budget, subjects: Sequence[bytes], *, at: datetime) -> list[Verdict]:
    """Return for each subject whether a claim about it would be answered now; counts nothing."""
    return _run(budget, subjects, b"0" * len(subjects), at)


def settle(
    budget: Budget, subjects: Sequence[bytes], missed: Sequence[bool], *, at: datetime
) -> list[Verdict]:
    """Count the claims that missed, one after the other, and say which may be answered.

    As if each had been made alone. Raises QuotaUnavailable.
    """
    return _run(budget, subjects, bytes(MISSED if one else HELD for one in missed), at)


def _run(
    budget: Budget, subjects: Sequence[bytes], outcomes: bytes, at: datetime
) -> list[Verdict]:
    name = _name(budget, at)
    told = (budget.tries, budget.subjects, KEPT_SECONDS, DIGEST_BYTES)
    claims = (b"".join(subjects), outcomes)
    try:
        try:
            answer = stream.call("EVALSHA", SCRIPT_SHA, 1, name, *told, *claims)
        except redis.exceptions.NoScriptError:
            answer = stream.call("EVAL", SCRIPT, 1, name, *told, *claims)
    except redis.RedisError as down:
        raise _uncounted() from down
    return [VERDICTS[one] for one in cast("bytes", answer)]


def _name(budget: Budget, at: datetime) -> str:
    day = f"{timezone.localdate(at):%Y%m%d}"
    return f"verify:{budget.organization_id}:{budget.dataset_id}:{day}"


def _uncounted() -> QuotaUnavailable:
    return QuotaUnavailable(
        _(
            "The platform cannot count verifications at the moment, so it answers none. "
            "Try again in a few seconds."
        )
    )


def seconds_left(at: datetime) -> int:
    """Return how many seconds the local day still has: then the count begins anew."""
    now = timezone.localtime(at)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1, int((midnight - now).total_seconds()) + 1)


@cache
def _halves(secret: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """Return HMAC-SHA-256 (RFC 2104) begun with our key, to be copied: half of `hmac.digest`."""
    key = HKDF(SHA256(), 32, salt=None, info=b"subjects of verifications").derive(secret)
    block = key.ljust(hashlib.sha256().block_size, b"\0")
    inner, outer = (hashlib.sha256(bytes(one ^ pad for one in block)) for pad in (0x36, 0x5C))
    return inner, outer
