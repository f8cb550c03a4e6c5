"""The way into the shared zone: key, dataset and grants in one look, and what rests on it kept.

Each call of the department API asks this first. Suspended, ended or changed, a grant, a key or a
grade is another text, and what was kept under the old one is not found again: the very next call
is decided anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import get_language

from accounts import keys
from accounts.models import ApiKey
from exchange import access
from exchange.access import Caller
from exchange.models import Zone
from exchange.problems import Problem
from exchange.records.statements import first_row
from exchange.sharing import serving
from exchange.sharing.serving import Served
from policy.terms import Mode

KEPT = 4096
# All grants of the key's department on the dataset, as text: whatever changes in one shows.
LOOK = f"""
SELECT k::text, h::text, g.held {access.LOOK}
LEFT JOIN LATERAL (SELECT string_agg(o::text, chr(10) ORDER BY o.id) AS held
                   FROM exchange_grant o WHERE o.dataset_id = h.h0 AND o.channel = 'share'
                   AND o.organization_id = k.k{keys.ORGANIZATION}) g ON true
"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Entry:
    """Who came with which key, and what it is served: `served`, or why not: `refused`."""

    key: ApiKey
    caller: Caller
    served: Served | None
    refused: Problem | None = None

    def at_hand(self) -> Served:
        """Return what is served. Raises the refusal if there is one."""
        if self.served is None:
            raise self.refused or LookupError("An entry without answer.")
        return self.served


_kept: dict[tuple, Entry] = {}


def entered(
    slug: str,
    digest: str,
    *,
    mode: Mode,
    at: datetime,
    caller: Callable[[ApiKey], Caller],
    number: int | None = None,
) -> Entry:
    """Look a key (by its digest), a dataset and the grants of the key's department up at once.

    `caller` says whom a key stands for; what it raises comes through. Raises KeyRefused. What
    `serving.under_grant` raises is in the entry, so that the call can be charged first.
    """
    today = timezone.localdate(at)
    values = [digest.encode(), str(Zone.SHARED).encode(), slug.encode()]
    texts = tuple(first_row(LOOK, values))
    asked = (*texts, mode, number, today, get_language())
    entry = _kept.get(asked)
    if entry is not None:
        keys.usable(entry.key, at=at)
        return entry
    key = keys.usable(keys.by_digest(digest), at=at)
    who = caller(key)
    try:
        served = serving.under_grant(slug, who, mode=mode, today=today, number=number)
    except Problem as refused:
        return Entry(key, who, None, refused)
    entry = Entry(key, who, served)
    if tuple(first_row(LOOK, values)) == texts:  # nothing changed while it was being decided
        if len(_kept) >= KEPT:
            _kept.clear()
        _kept[asked] = entry
    return entry
