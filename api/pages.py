"""A page of rows, from what a caller sent to what goes back: the address that is called most.

Knows neither Django's requests nor its responses, so that it can be answered with them and, where
nothing is out of the ordinary, without (config.lane).
"""

import contextlib
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from accounts import addresses, bounds, days, keys
from accounts.models import ApiKey
from accounts.quotas import QuotaExceeded
from api import kept, metering, rounds
from api.authentication import caller, presented
from api.kept import Kept, shelf
from api.rounds import Joined
from exchange import access
from exchange.access import Caller, Head, Seen
from exchange.records import reading
from exchange.records.query import RecordQuery
from exchange.records.reading import Page
from policy.terms import Mode


@dataclass(slots=True)
class Asked:
    """A call for a page: the path and the dataset in it, all values of each parameter, the WSGI
    environment; `meter` is what the answer tells of the quota once the call was charged, `limits`
    by which ones that was; `body` is what was sent."""

    path: str
    slug: str
    params: Mapping[str, Sequence[str]]
    environ: Mapping[str, str]
    meter: dict[str, str] | None = None
    limits: tuple[int | None, ...] | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answered:
    """What goes back: status 200 with a JSON body, or 304 without."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def answered(asked: Asked) -> Answered:
    """Read a page. Raises what the API's refusals are translated from.

    A table that was replaced between the look and the reading is looked up once more; the second
    try costs no second call.
    """
    raw = presented(asked.environ, asked.params)
    return reading.with_more_looks(
        lambda turn: _repeated(asked, raw) or _page(asked, raw, foresight=turn == 1)
    )


def _page(asked: Asked, raw: str, *, foresight: bool = True) -> Answered:
    """Find or read a page, and answer.

    Who asked alike before gets key, head and rows by one statement, or key and head alone where
    the page is kept. It counts for nothing where the look it made is another: then all is asked
    again, step by step.
    """
    began = time.monotonic()
    query = RecordQuery.parse(asked.params)
    digest = keys.digest(raw) if raw else ""
    address = addresses.of(asked.environ)
    at = timezone.now()
    today = timezone.localdate(at)
    look, ready = None, None
    ahead = reading.foreseen(asked.slug, digest, query) if foresight else None
    if ahead is not None:
        # a call that may not be made costs no reading; which refusal it gets is asked below
        with contextlib.suppress(QuotaExceeded):
            _charge(asked, ahead.key, caller(ahead.key, address))
            if shelf.find(_name(asked, ahead.head, ahead.fields, query)) is None:
                look, ready = reading.again(ahead, asked.slug, digest, query)
    head, key = access.entered(asked.slug, digest, at=at, look=look)
    who = caller(key, address)
    _charge(asked, key, who)
    head = access.granted(head, who, today, Mode.QUERY)
    fields = access.visible(head, who, today=today, mode=Mode.QUERY)
    name = _name(asked, head, fields, query)
    page = shelf.find(name)
    if page is None:
        at_once = ready if ahead and head is ahead.head and fields is ahead.fields else None
        found = at_once() if at_once else _read(asked, digest, key, head, who, fields, query)
        page = _made(asked, head, fields, found)
        if name and shelf.wanted(name) and (at_once or kept.unmoved(head)):
            shelf.put(name, page)
    elif name:
        _remember(asked, digest, Ahead(key, who, head, name, fields.digest, today))
    if reading.overtaken_since(head, began):
        return _page(asked, raw, foresight=False)
    metering.note(
        who, head, rows=page.count, size=len(page.body), fields=fields.digest, mode=Mode.QUERY
    )
    return _sent(page.body, page.tag, asked.environ, asked.meter or {})


def _charge(asked: Asked, key: ApiKey | None, who: Caller) -> None:
    """Charge a call once, however often it is looked up.

    One that is served by other limits than were foreseen is charged by those as well: what was
    set lower holds for the very next call.
    """
    limits = _limits(key)
    if asked.meter is None or asked.limits not in (None, limits):
        asked.meter = None  # where it is refused, nothing was paid
        asked.meter = metering.charge(key, who)
        asked.limits = limits


def _limits(key: ApiKey | None) -> tuple[int | None, ...] | None:
    return None if key is None else metering.limits(key, None)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a call came to whose page was kept: for the same reader who asks the same again."""

    key: ApiKey | None
    who: Caller
    head: Head
    name: kept.Name
    fields_digest: str
    today: date


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a call came to, and the texts of the look it rests on."""

    ahead: Ahead
    texts: access.Texts


@dataclass(frozen=True, slots=True)
class Looked:
    """What the last look at a key and a dataset told, and the state of the database it was of."""

    texts: access.Texts | None
    state: bytes | None


_ahead: dict[tuple[str, ...], Remembered] = {}
_looked: dict[tuple[str, str], Looked] = {}
KEPT_AHEAD = 4096


def _repeated(asked: Asked, raw: str) -> Answered | None:
    """Answer with a kept page where key and head have not moved; None where all is asked anew."""
    digest = keys.digest(raw) if raw else ""
    known = _ahead.get(_alike(asked, digest))
    page = None if known is None else shelf.find(known.ahead.name)
    if known is None or page is None:
        return None
    ahead = known.ahead
    at = timezone.now()
    address = addresses.of(asked.environ)
    if ahead.today != days.of(at).date or not _opens(ahead.key, address, at):
        return None
    who = ahead.who if ahead.key else caller(None, address)

    def note() -> None:
        size, fields = len(page.body), ahead.fields_digest
        metering.note(who, ahead.head, rows=page.count, size=size, fields=fields, mode=Mode.QUERY)

    looked = _looked.get((asked.slug, digest))
    state = looked.state if looked and looked.texts == known.texts else None
    call = Joined(state, ahead.key, who, note)
    if not (_stands_together(asked, call) or _stands_alone(asked, known, call, digest)):
        return None
    return _sent(page.body, page.tag, asked.environ, asked.meter or {})


class _Latest:
    """The state of the database that this process saw last: one that is over never comes again."""

    state: bytes | None = None


def _opens(key: ApiKey | None, address: str, at: datetime) -> bool:
    """Whether a key opens now and from there, where nothing that it tells has moved."""
    return key is None or (key.expires_at > at and bounds.admits(key, address))


def _stands_together(asked: Asked, call: Joined) -> bool:
    """Whether nothing at all was written since, in a round with all who ask just now.

    Not tried where a later state was seen already. Who was slower than the lease after that looks
    once more for itself: rather a read noted too many than one too few.
    """
    if asked.meter is not None or call.state is None or call.state != _Latest.state:
        return False
    rounds.ours.join(call)
    if call.meter is not None:
        asked.meter, asked.limits = call.meter, _limits(call.key)
    if call.found is not None:
        _Latest.state = call.found
    return call.stands and (_in_time(call.began) or access.state() == call.state)


def _stands_alone(asked: Asked, known: Remembered, call: Joined, digest: str) -> bool:
    """Whether a look at key and head tells what it told, for a call that is charged and noted.

    Looked up and compared as text: where nothing that the look tells has moved, neither has
    anything that was worked out from it on this day.
    """
    began = time.monotonic()
    if _look(asked.slug, digest).texts != known.texts:
        return False
    try:
        _charge(asked, call.key, call.who)
    except QuotaExceeded:  # which refusal it gets is asked step by step
        return False
    if not _in_time(began):
        return False
    call.note()
    return True


def _in_time(began: float) -> bool:
    return time.monotonic() - began <= reading.LEASE_SECONDS


def _alike(asked: Asked, digest: str) -> tuple[str, ...]:
    query = asked.environ.get("QUERY_STRING", "")
    return (asked.path, query, digest, get_language() or "")


def _remember(asked: Asked, digest: str, ahead: Ahead) -> None:
    """Remember what a call with a kept page came to, where one look told all that it rests on."""
    texts = _look(asked.slug, digest).texts
    if texts is None:
        return
    found = access.known(ahead.head.zone, texts)
    if found is None or found.head is not ahead.head or found.key is not ahead.key:
        return
    if len(_ahead) >= KEPT_AHEAD:
        _ahead.clear()
    _ahead[_alike(asked, digest)] = Remembered(ahead, texts)


def _look(slug: str, digest: str) -> Looked:
    """Look key and head up as texts, and keep what that told for all pages that rest on it."""
    found = Looked(*access.texts(slug, digest))
    if len(_looked) >= KEPT_AHEAD:
        _looked.clear()
    _looked[slug, digest] = found
    _Latest.state = found.state
    return found


def _name(asked: Asked, head: Head, fields: Seen, query: RecordQuery) -> kept.Name | None:
    return kept.name_of(asked.path, asked.environ.get("QUERY_STRING", ""), head, fields, query)


def _read(
    asked: Asked,
    digest: str,
    key: ApiKey | None,
    head: Head,
    who: Caller,
    fields: Seen,
    query: RecordQuery,
) -> Page:
    """Read step by step, and foresee that the same is asked again."""
    scopes = access.scopes(head, who, today=timezone.localdate(), mode=Mode.QUERY)
    page = reading.read(head, fields, query, scopes)
    if not head.grants:
        reading.foresee(asked.slug, digest, key, head, fields, query)
    return page


def _made(asked: Asked, head: Head, fields: Seen, page: Page) -> Kept:
    body = envelope(asked, head, fields, page)
    return Kept(body, tag_of(body), page.count)


def envelope(asked: Asked, head: Head, fields: Seen, page: Page) -> bytes:
    """Put the database's rows into the page's JSON without parsing them."""
    around = {
        "dataset": head.slug,
        "seq": page.seq,
        "moved": page.moved,
        "refreshed_at": _local(page.refreshed_at) if page.refreshed_at else None,
        "count": page.count,
        "total": None if page.total is None else {"value": page.total, "exact": page.exact},
        "masked": fields.masked,
        "withheld": fields.withheld,
        "next": link(asked.path, asked.params, cursor=page.cursor) if page.cursor else None,
    }
    text = json.dumps(around, ensure_ascii=False)
    return b'%b, "rows": %b}' % (text[:-1].encode(), page.rows)


def _local(moment: datetime) -> str:
    """Return a moment with the city's offset, as people there read it."""
    return timezone.localtime(moment).isoformat()


def link(path: str, params: Mapping[str, Sequence[str]], **changed: str) -> str:
    """Return this query's address with some parameters changed."""
    return f"{settings.PUBLIC_BASE_URL}{path}?{urlencode({**params, **changed}, doseq=True)}"


def tag_of(body: bytes) -> str:
    """Return a body's digest as an ETag."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def tagged(body: bytes, environ: Mapping[str, str], meter: Mapping[str, str]) -> Answered:
    """Return a body with its digest as ETag, or 304 where the caller has it already."""
    return _sent(body, tag_of(body), environ, meter)


def _sent(body: bytes, tag: str, environ: Mapping[str, str], meter: Mapping[str, str]) -> Answered:
    headers = {"ETag": tag, **metering.TO_THE_CALLER, **meter}
    known = [part.strip() for part in environ.get("HTTP_IF_NONE_MATCH", "").split(",")]
    if tag in known or "*" in known:
        return Answered(304, b"", headers)
    return Answered(200, body, {"Content-Type": "application/json", **headers})
