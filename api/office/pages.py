"""A page of rows under a grant: from what a department's app sent to what goes back.

As `api.pages`, the open one, it knows neither Django's requests nor its responses.
"""

import json
import time
from collections.abc import Mapping, Sequence

from django.utils import timezone

from accounts import keys
from accounts.quotas import QuotaExceeded
from api import metering
from api.authentication import presented
from api.office import entry
from api.pages import Answered, Asked, envelope, tagged
from exchange.records import reading
from exchange.records.query import RecordQuery
from exchange.records.reading import Page
from exchange.sharing import doubts, entering, serving
from exchange.sharing.entering import Entry
from exchange.sharing.serving import Served
from policy.terms import Mode


def answered(asked: Asked) -> Answered:
    """Read a page. Raises what the API's refusals are translated from."""
    raw = presented(asked.environ, asked.params)
    if not raw:
        raise entry.no_key()
    number = entry.grant_named(last(asked.params))
    digest = keys.digest(raw)
    return reading.with_more_looks(
        lambda turn: _answered(asked, digest, number, foresight=turn == 1)
    )


def _answered(asked: Asked, digest: str, number: int | None, *, foresight: bool) -> Answered:
    """Read and answer. What came to be stricter while it was read slowly is read again."""
    query = RecordQuery.parse({k: v for k, v in asked.params.items() if k != entry.GRANT})
    while True:
        began = time.monotonic()
        again = _again(asked, digest, query, number) if foresight else None
        found, page = again or _page(asked, digest, query, number)
        served = found.at_hand()
        in_time = time.monotonic() - began <= reading.LEASE_SECONDS
        if in_time or still_so(served, asked.slug, digest, number):
            break
    body = envelope(asked, served.head, served.fields, page)
    if found.doubted:
        body = _flagged(body, served, page.rows)
    serving.used(served.grant, at=timezone.now())
    if again is None:
        metering.deliver(served, rows=page.count, size=page.built, mode=Mode.QUERY)
    return tagged(body, asked.environ, asked.meter or {})


def _again(
    asked: Asked, digest: str, query: RecordQuery, number: int | None
) -> tuple[Entry, Page] | None:
    """Read by one statement for who asked alike before; None where not, or where it holds no more.

    What it brings is written down as delivered, by that very statement. A call that may not be
    made costs no reading; which refusal it gets is asked step by step.
    """
    ahead = entering.foreseen(asked.slug, digest, query, number)
    if ahead is None:
        return None
    try:
        _charge(asked, ahead.entry)
    except QuotaExceeded:
        return None
    page = entering.again(ahead, asked.slug, digest, query, at=timezone.now())
    return None if page is None else (ahead.entry, page())


def _page(asked: Asked, digest: str, query: RecordQuery, number: int | None) -> tuple[Entry, Page]:
    """Look up, charge and read, step by step."""
    found = entered(asked.slug, digest, number)
    _charge(asked, found)
    served = found.at_hand()
    page = reading.read(served.head, served.fields, query, served.scopes)
    entering.foresee(asked.slug, digest, query, number, found)
    return found, page


def _charge(asked: Asked, found: Entry) -> None:
    """Charge a call once, however often it is looked up.

    One that is served by other limits than were foreseen is charged by those as well: what was
    set lower holds for the very next call.
    """
    grant = found.served.grant if found.served else None
    limits = metering.limits(found.key, grant)
    foreseen = asked.limits or limits
    if asked.meter is None or (grant is not None and foreseen != limits):
        asked.meter = metering.charge_under(found.key, grant)
        asked.limits = limits


def _flagged(body: bytes, served: Served, rows: bytes) -> bytes:
    """Add which rows of the page somebody doubts; a page without one stays as it is."""
    doubted = doubts.on_page(served, rows)
    if not doubted:
        return body
    text = json.dumps(doubted, ensure_ascii=False)
    return b'%b, "_flags": %b}' % (body[:-1], text.encode())


def entered(slug: str, digest: str, number: int | None) -> Entry:
    """Look up who comes with the key, and what it is served on demand."""
    return entering.entered(
        slug,
        digest,
        mode=Mode.QUERY,
        at=timezone.now(),
        caller=entry.by_key,
        number=number,
    )


def still_so(served: Served, slug: str, digest: str, number: int | None) -> bool:
    """Whether what was served is served still: for who was slower than the lease.

    Raises the refusal where it is served no more.
    """
    return alike(served) == alike(entered(slug, digest, number).at_hand())


def alike(served: Served) -> tuple:
    """Return what two looks have in common where nothing became stricter in between."""
    head = served.head
    return (
        served.grant.pk,
        head.policy_version,
        head.table_id,
        served.fields.digest,
        served.scopes,
    )


def last(params: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the last value of each parameter."""
    return {name: values[-1] if values else "" for name, values in params.items()}
