"""The whole public catalogue as one file: every published dataset, a line each.

Made in batches, so that memory does not grow with the catalogue; a workbook, which takes seconds
to make, is kept until an entry changes, ten minutes at most. Nobody's taking it is counted.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from threading import Lock
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog import exports
from catalog.formats import Format
from catalog.labels import GRADES, OPEN_TYPES, SHARE_TYPES
from catalog.models import Dataset, SearchEntry
from policy.terms import OpenType, ShareType
from portal.frame import choose_language
from portal.listing import FRESHNESS, ROWLESS, Listed, listed

BATCH = 500
KEPT = timedelta(minutes=10)
AGAIN_SECONDS = 10
"""After how long to ask again for a workbook that is being made."""
CHUNK = 64 * 1024
NAME = "datasets"
SHOWN = (
    *("code", "slug", "title_zh", "title_en", "category", "keywords_zh", "keywords_en"),
    *("abstract_zh", "abstract_en", "update_cycle", "license", "published_at"),
    *("owner__name_zh", "owner__name_en", "subject__name_zh", "subject__name_en"),
    *("search_entry__sharing", "search_entry__opening", "search_entry__grade"),
    "search_entry__formats",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A workbook, when it was made, and when the last entry had changed by then."""

    changed: datetime | None
    made_at: datetime
    body: bytes


_kept: dict[str, Kept] = {}
_making = Lock()


@require_safe
def catalogue(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Give all published datasets as CSV or XLSX."""
    choose_language(request)
    if kind not in exports.TYPES:
        raise Http404
    now, language = timezone.now(), translation.get_language() or settings.LANGUAGE_CODE
    if kind == "csv":
        return _named(StreamingHttpResponse(_csv(language, now), exports.TYPES[kind]), kind)
    body = _workbook(language, now)
    if body is None:
        return _awaited()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = _named(HttpResponse(body, exports.TYPES[kind]), kind)
    response.headers["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def _awaited() -> HttpResponse:
    told = _("The workbook is being made for somebody else. Try again in %(count)s seconds.")
    return HttpResponse(
        told % {"count": AGAIN_SECONDS},
        "text/plain; charset=utf-8",
        503,
        headers={"Retry-After": str(AGAIN_SECONDS), "Cache-Control": "no-store"},
    )


def _named(response: Any, kind: str) -> Any:
    response.headers["Content-Disposition"] = f'attachment; filename="{NAME}.{kind}"'
    response.headers["Cache-Control"] = "no-cache"
    return response


def _csv(language: str, now: datetime) -> Iterator[bytes]:
    """Yield the lines, 64 kB at a time."""
    waiting, size = [], 0
    for line in exports.csv_lines(_head(language), rows(language, now)):
        waiting.append(line)
        size += len(line)
        if size >= CHUNK:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    yield "".join(waiting).encode()


def _workbook(language: str, now: datetime) -> bytes | None:
    """Return the workbook, kept for as long as no entry changes; None while another request
    makes one: a process makes one at a time, and keeps one for each language."""
    changed = SearchEntry.objects.aggregate(at=Max("indexed_at"))["at"]
    kept = _kept.get(language)
    if kept and kept.changed == changed and now - kept.made_at < KEPT:
        return kept.body
    if not _making.acquire(blocking=False):
        return None
    try:
        with translation.override(language):
            title = _("Datasets")
        body = exports.xlsx(title, _head(language), rows(language, now))
        _kept[language] = Kept(changed, now, body)
        return body
    finally:
        _making.release()


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
