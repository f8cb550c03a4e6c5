"""The whole public catalogue as one file: every published dataset, a line each.

A file is made once for each state of all that its lines are made of, and kept in this process for
who asks again: the database adds that state up for every call (`State`), so no byte of yesterday's
is given, and nothing is to be invalidated. Nobody's taking it is counted.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from threading import Lock
from typing import Any

from django.conf import settings
from django.db.models import Aggregate, Count, DecimalField, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog import codes, exports
from catalog.formats import Format
from catalog.labels import GRADES, OPEN_TYPES, SHARE_TYPES
from catalog.models import Dataset, Resource
from exchange.models import RecordTable, Zone
from policy.terms import OpenType, ShareType
from portal.frame import choose_language
from portal.listing import FRESHNESS, ROWLESS, Listed, listed

BATCH = 500
AGAIN_SECONDS = 10
"""After how long to ask again for a file that is being made."""
NAME = "datasets"
SHOWN = (
    *("code", "slug", "title_zh", "title_en", "category", "keywords_zh", "keywords_en"),
    *("abstract_zh", "abstract_en", "update_cycle", "license", "published_at"),
    *("owner__name_zh", "owner__name_en", "subject__name_zh", "subject__name_en"),
    *("search_entry__sharing", "search_entry__opening", "search_entry__grade"),
    "search_entry__formats",
)
TURNING = {cycle: limit for cycle, limit in codes.LATE_AFTER.items() if limit is not None}


class Digest(Aggregate):
    """A sum of the rows' hashes: the same for the same rows, in whatever order they are read."""

    template = "sum(hashtextextended(ROW(%(expressions)s)::text, 0)::numeric)"
    output_field = DecimalField(max_digits=40, decimal_places=0)


State = tuple[Any, ...]
"""What tells apart two states of all that lines come from: entries, offers and tables."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it goes out, its tag, and the state that it was made of."""

    state: State
    body: bytes
    tag: str


_kept: dict[tuple[str, str], Kept] = {}
_making = {kind: Lock() for kind in exports.TYPES}


@require_safe
def catalogue(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Give all published datasets as CSV or XLSX."""
    choose_language(request)
    if kind not in exports.TYPES:
        raise Http404
    language = translation.get_language() or settings.LANGUAGE_CODE
    found = file(kind, language, timezone.now())
    if found is None:
        return _awaited()
    response = HttpResponse(found.body, exports.TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{NAME}.{kind}"'
    response.headers["Cache-Control"] = "no-cache"
    response.headers["ETag"] = found.tag
    return get_conditional_response(request, etag=found.tag, response=response) or response


def file(kind: str, language: str, now: datetime) -> Kept | None:
    """Return the file as it is now: the one that is kept, if nothing has changed since.

    None while another request makes one: a process makes one of a kind at a time, and keeps one
    for each kind and language.
    """
    state = state_of(now)
    kept = _kept.get((kind, language))
    if kept is not None and kept.state == state:
        return kept
    if not _making[kind].acquire(blocking=False):
        return None
    try:
        body = _made(kind, language, now)
        made = Kept(state, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        if state_of(now) == state:  # else lines of two states may stand in it
            _kept[kind, language] = made
        return made
    finally:
        _making[kind].release()


def state_of(now: datetime) -> State:
    """Return the state of all that the lines are made of. Three queries, whatever the catalogue.

    When an entry was indexed last stands in it, so that what is changed and changed back is
    another state; and how many tables are late, for time alone moves that.
    """
    entries = Dataset.objects.published().exclude(search_entry=None)
    tables = RecordTable.objects.filter(zone=Zone.OPEN, live=True)
    late = {
        f"late_{cycle}": Count(
            "pk",
            filter=Q(resource__dataset__update_cycle=cycle, refreshed_at__lt=now - limit),
        )
        for cycle, limit in TURNING.items()
    }
    held = (
        entries.aggregate(Count("pk"), of=Digest("pk", *SHOWN, "search_entry__indexed_at")),
        tables.aggregate(of=Digest("pk", "resource__dataset", "refreshed_at", "rows"), **late),
        Resource.objects.filter(ended_at=None).aggregate(of=Digest("dataset", "kind")),
    )
    return tuple(tuple(one.values()) for one in held)


def _made(kind: str, language: str, now: datetime) -> bytes:
    with translation.override(language):
        title = _("Datasets")
    made = exports.content(kind, title, _head(language), rows(language, now))
    return made.encode() if isinstance(made, str) else made


def _awaited() -> HttpResponse:
    told = _("The file is being made for somebody else. Try again in %(count)s seconds.")
    return HttpResponse(
        told % {"count": AGAIN_SECONDS},
        "text/plain; charset=utf-8",
        503,
        headers={"Retry-After": str(AGAIN_SECONDS), "Cache-Control": "no-store"},
    )


def _head(language: str) -> list[str]:
    with translation.override(language):
        return [
            _("Code"),
            _("Title"),
            _("Title in the other language"),
            _("Department"),
            _("Subject"),
            _("Category"),
            _("Keywords"),
            _("Description"),
            _("Share type"),
            _("Open type"),
            _("Highest grade"),
            _("Format"),
            _("Update cycle"),
            _("Freshness"),
            _("Last refreshed"),
            _("Rows"),
            _("Licence"),
            _("Published"),
            _("Address"),
        ]


def rows(language: str, now: datetime) -> Iterator[Sequence[Any]]:
    """Yield a line for each published dataset, in the order of publication's numbers.

    Three queries for each five hundred. No language is left spoken between two lines.
    """
    last = 0
    while batch := _batch(last):
        last = batch[-1].pk
        with translation.override(language):
            lines = [_row(one) for one in listed(batch, now=now)]
        yield from lines


def _batch(last: int) -> list[Dataset]:
    found = Dataset.objects.published().filter(pk__gt=last).order_by("pk")
    return list(
        found.exclude(search_entry=None)
        .select_related("owner", "subject", "search_entry")
        .only(*SHOWN)[:BATCH]
    )


def _row(one: Listed) -> list[Any]:
    dataset, entry = one.dataset, one.dataset.search_entry
    english = translation.get_language() == "en"
    return [
        dataset.code,
        dataset.title,
        dataset.title_zh if english else dataset.title_en,
        dataset.owner,
        dataset.subject and dataset.subject.name,
        dataset.get_category_display(),
        "; ".join(map(str, (dataset.keywords_en if english else []) or dataset.keywords_zh)),
        dataset.abstract,
        _named_of(entry.sharing, ShareType, SHARE_TYPES),
        _named_of(entry.opening, OpenType, OPEN_TYPES),
        "" if entry.grade is None else GRADES[entry.grade],
        _named_of(entry.formats, Format, dict(Format.choices)),
        one.cycle,
        FRESHNESS[one.freshness],
        one.refreshed_at,
        None if one.freshness in ROWLESS else one.rows,
        dataset.license,
        timezone.localdate(dataset.published_at) if dataset.published_at else None,
        f"{settings.PUBLIC_BASE_URL}{one.address}",
    ]


def _named_of(bits: int, kinds: Iterable[Enum], labels: dict[str, Any]) -> str:
    """Return a set of the search table in words."""
    found = (labels[kind.value] for place, kind in enumerate(kinds) if bits >> place & 1)
    return "; ".join(map(str, found))
