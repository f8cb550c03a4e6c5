"""The way into the shared zone: key, dataset and grants in one look, and what rests on it kept.

Each call of the department API asks this first. Suspended, ended or changed, a grant, a key or a
grade is another text, and what was kept under the old one is not found again: the very next call
is decided anew.

Who asked for a page alike before gets look and page by one statement (`foreseen`, `again`). Its
page counts only where the look it made finds the same texts as before: rows and what they rest on
are of one snapshot. The delivery is written by that statement too, where the look holds and only
there, and is committed before libpq hands the rows over: before the first byte goes out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language

from accounts import keys
from accounts.models import ApiKey
from audit import deliveries
from audit.prepared import first_row
from exchange import access
from exchange.access import Caller
from exchange.models import Zone
from exchange.problems import Problem
from exchange.records import reading
from exchange.records.query import RecordQuery
from exchange.records.reading import Page
from exchange.sharing import delivered, serving
from exchange.sharing.serving import Served
from policy.terms import Mode

KEPT = 4096
# All grants of the key's department on the dataset, as text: whatever changes in one shows. And
# whether a row is doubted, as exchange.sharing.doubts marks them.
TOLD = """
k::text, h::text, g.held, EXISTS (SELECT FROM exchange_correction c
    WHERE c.resource_id = h.h3 AND c.lifted_at IS NULL AND c."row" IS NOT NULL)
"""
FROM = f"""
{access.LOOK}
LEFT JOIN LATERAL (SELECT string_agg(o::text, chr(10) ORDER BY o.id) AS held
                   FROM exchange_grant o WHERE o.dataset_id = h.h0 AND o.channel = 'share'
                   AND o.organization_id = k.k{keys.ORGANIZATION}) g ON true
"""  # noqa: S608 - made of constants
LOOK = f"SELECT {TOLD} {FROM}"
LOOKED = ("key", "head", "held", "doubted")


@dataclass(frozen=True, slots=True)
class Entry:
    """Who came with which key, and what it is served: `served`, or why not: `refused`.

    `doubted` says whether somebody doubts a row of the dataset. `texts` are those of the look by
    which it is kept, and `today` the day; none where it is not kept.
    """

    key: ApiKey
    caller: Caller
    served: Served | None
    refused: Problem | None = None
    doubted: bool = False
    texts: tuple[bytes | None, ...] = ()
    today: date | None = None

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
    values = _values(slug, digest)
    texts = first_row(LOOK, values)
    entry = _kept.get(_name(texts, mode, number, today))
    if entry is not None:
        keys.usable(entry.key, at=at)
        return entry
    key = keys.usable(keys.by_digest(digest), at=at)
    who = caller(key)
    try:
        served = serving.under_grant(slug, who, mode=mode, today=today, number=number)
    except Problem as refused:
        return Entry(key, who, None, refused)
    entry = Entry(key, who, served, doubted=texts[-1] == b"t")
    if first_row(LOOK, values) == texts:  # nothing changed while it was being decided
        entry = replace(entry, texts=tuple(texts), today=today)
        if len(_kept) >= KEPT:
            _kept.clear()
        _kept[_name(texts, mode, number, today)] = entry
    return entry


def _values(slug: str, digest: str) -> list[bytes]:
    return [digest.encode(), str(Zone.SHARED).encode(), slug.encode()]


def _name(texts: Sequence[bytes | None], mode: Mode, number: int | None, today: date) -> tuple:
    return (*texts, mode, number, today, get_language())


# --- what is asked again ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A page statement joined to the look that it rests on, and the entry that look found."""

    name: tuple
    text: str
    entry: Entry
    served: Served


_foreseen: dict[tuple, Foreseen] = {}


def foreseen(slug: str, digest: str, query: RecordQuery, number: int | None) -> Foreseen | None:
    """Return the one statement that brings look and page, if this was asked before.

    Not within a transaction, which a table that is gone by now would end.
    """
    if connection.in_atomic_block:
        return None
    return _foreseen.get(_asked(slug, digest, query, number))


def foresee(slug: str, digest: str, query: RecordQuery, number: int | None, entry: Entry) -> None:
    """Keep one statement for the next call that asks alike, where it is for a plain page."""
    served = entry.served
    if served is None or served.scopes or not (query.plain and entry.texts):
        return
    name = _asked(slug, digest, query, number)
    if len(_foreseen) >= KEPT:
        _foreseen.clear()
    _foreseen[name] = Foreseen(name, _statement(served, query), entry, served)


def again(
    ahead: Foreseen,
    slug: str,
    digest: str,
    query: RecordQuery,
    *,
    at: datetime,
) -> Callable[[], Page] | None:
    """Run the statement; return what makes the page, None where its look found something else.

    Then nothing was delivered, and it is forgotten. Raises CursorBroken, TooSlow.
    """
    served, entry = ahead.served, ahead.entry
    if entry.today == timezone.localdate(at) and _usable(entry.key, at):
        told = deliveries.given(**delivered.told(served, mode=Mode.QUERY, at=at))
        texts, page = reading.run_joined(
            ahead.text,
            _values(slug, digest),
            served.head,
            served.fields,
            query,
            (*entry.texts, *told),
        )
        if tuple(texts) == entry.texts:
            return page
    _foreseen.pop(ahead.name, None)
    return None


def _usable(key: ApiKey, at: datetime) -> bool:
    try:
        keys.usable(key, at=at)
    except keys.KeyRefused:
        return False
    return True


def _statement(served: Served, query: RecordQuery) -> str:
    """Return look, page and delivery as one statement: $1 to $3 are the look's, then the cursor if
    there is one, the texts that the look has to find, and what is told of the delivery."""
    page = reading.joined(TOLD, FROM, served.head, served.fields, query)
    kept = ("delivered", page, query.limit)
    text = served.fields.statements.get(kept)
    if text is None:
        first = 5 if query.cursor else 4
        same = ", ".join(f"${place}" for place in range(first, first + len(LOOKED)))
        insert = deliveries.inserted_from(
            "looked",
            rows=reading.count_sent(query.limit),
            size=reading.size_built(),
            first=first + len(LOOKED),
        )
        text = (
            f"WITH looked({', '.join(LOOKED)}, rows, found) AS MATERIALIZED ({page}),"  # noqa: S608 - constants, and what `joined` made
            f" given AS ({insert} WHERE ({', '.join(LOOKED)}) IS NOT DISTINCT FROM ({same}))"
            " SELECT * FROM looked"
        )
        if len(served.fields.statements) < reading.KEPT_STATEMENTS:
            served.fields.statements[kept] = text
    return text


def _asked(slug: str, digest: str, query: RecordQuery, number: int | None) -> tuple:
    language = get_language()
    return (
        slug,
        digest,
        query.fields,
        query.limit,
        not query.cursor,
        query.plain,
        number,
        language,
    )
