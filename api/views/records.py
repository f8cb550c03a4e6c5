"""Rows of a dataset: a page, a whole download, the changes since."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.wording import said as _
from api import documents, errors, metering
from api.calls import caller_of
from api.pages import Answered, Asked, answered, link, tagged
from exchange import access
from exchange.access import Caller, Head, Seen
from exchange.records import reading
from exchange.records.compile import Scope
from exchange.records.query import QueryRefused, RecordQuery
from exchange.records.reading import Changes
from policy.terms import Mode

CHANGES_LIMIT = 1000
OF_PAGES = ("limit", "cursor", "total")
SPREADSHEET = "spreadsheet"
"""A parameter of downloads: true for a file that a spreadsheet opens as it is."""
PAID = "city.paid"
"""In the environment of a call that was charged before Django saw it: its `RateLimit-*`."""


class Records(APIView):
    """Rows of one dataset, one page at a time, each field as the caller may see it.

    The address that is called most (api.pages). It goes past DRF's dispatch, which has nothing to
    add here and takes a fifth of the time of a page; errors are translated by the same function.
    """

    def dispatch(self, request: HttpRequest, slug: str) -> HttpResponseBase:
        """Answer a page or a problem."""
        if request.method not in ("GET", "HEAD"):
            refused = MethodNotAllowed(request.method or "")
            return errors.handle(refused, {"request": request})
        try:
            return self.get(request, slug)
        except Exception as failure:  # noqa: BLE001 - translated as everywhere in the API
            return errors.handle(failure, {"request": request})

    @extend_schema(
        operation_id="list_records",
        summary="A page of rows",
        tags=["records"],
        parameters=documents.RECORD_PARAMETERS,
        responses={200: documents.RecordPage, **documents.PROBLEMS},
    )
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Return a page of rows."""
        params = dict(request.GET.lists())
        asked = Asked(request.path, slug, params, request.META, request.META.get(PAID))
        return response(answered(asked))


class RecordsCsv(APIView):
    """A whole dataset, or what a query selects of it, as CSV: one consistent snapshot."""

    @extend_schema(
        operation_id="download_records",
        summary="All rows, or those of a query, as CSV",
        tags=["records"],
        parameters=documents.DOWNLOAD_PARAMETERS,
        responses={
            (200, "text/csv"): OpenApiResponse(str, description="CSV (RFC 4180), UTF-8"),
            **documents.PROBLEMS,
        },
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """Stream the rows; the header row names the fields."""
        caller = caller_of(request)
        meter = metering.spend(request)
        given = {k: v for k, v in request.GET.lists() if k not in OF_PAGES}
        spreadsheet = _whether(SPREADSHEET, given.pop(SPREADSHEET, ["false"])[-1])
        query = RecordQuery.parse(given)
        whole = reading.with_more_looks(
            lambda _turn: _download(slug, caller, query, spreadsheet=spreadsheet)
        )
        whole.note(caller)
        answer = streamed(
            whole.stream, "text/csv; charset=utf-8; header=present", f"{slug}.csv", meter
        )
        if whole.place is not None:
            answer.headers["X-Seq"] = str(whole.place)
        return answer


class RecordChanges(APIView):
    """What changed since a place in the feed: rows to put, ids to drop."""

    @extend_schema(
        operation_id="list_changes",
        summary="What changed since a place in the feed",
        tags=["records"],
        parameters=documents.CHANGE_PARAMETERS,
        responses={200: documents.ChangePage, **documents.PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return a piece of the change feed."""
        caller = caller_of(request)
        meter = metering.spend(request)
        place = since(request.GET.get("since", "0"))
        params = dict(request.GET.lists()) | {"since": [str(place)]}
        cursor = request.GET.get("cursor", "")
        head, fields, found = reading.with_more_looks(
            lambda _turn: _feed(slug, caller, place, cursor)
        )
        envelope = {
            "dataset": head.slug,
            "seq": found.seq,
            "count": found.count,
            "next": link(request.path, params, cursor=found.cursor) if found.cursor else None,
        }
        text = json.dumps(envelope, ensure_ascii=False)
        body = f'{text[:-1]}, "rows": {found.rows}, "deleted": {found.deleted}}}'.encode()
        metering.note(
            caller, head, rows=found.count, size=len(body), fields=fields.digest, mode=Mode.QUERY
        )
        return response(tagged(body, request.META, meter))


@dataclass(frozen=True, slots=True)
class Whole:
    """A download that begins: with how many rows it is noted, its place in the feed if told."""

    head: Head
    fields: Seen
    rows: int
    place: int | None
    stream: Iterator[bytes]

    def note(self, caller: Caller) -> None:
        """Write down who read it. Raises as `metering.note` does."""
        fields = self.fields.digest
        metering.note(caller, self.head, rows=self.rows, size=0, fields=fields, mode=Mode.BULK)


def _download(slug: str, caller: Caller, query: RecordQuery, *, spreadsheet: bool) -> Whole:
    head, fields, scopes = looked_up(slug, caller, Mode.BULK)
    rows = reading.rows_noted(head, fields, query, scopes)
    stream = reading.stream_csv(head, fields, query, scopes, spreadsheet=spreadsheet)
    return Whole(head, fields, rows, reading.place_told(head, scopes), stream)


def _whether(name: str, given: str) -> bool:
    """Return what a parameter says that is true or false. Raises QueryRefused."""
    if given not in ("true", "false"):
        raise QueryRefused(
            _("“%(name)s” is %(given)s; it can be one of: %(allowed)s.")
            % {"name": name, "given": given[:20], "allowed": "true, false"}
        )
    return given == "true"


def _feed(slug: str, caller: Caller, since: int, cursor: str) -> tuple[Head, Seen, Changes]:
    began = time.monotonic()
    head, fields, scopes = looked_up(slug, caller, Mode.QUERY)
    found = reading.changes(head, fields, scopes, since=since, cursor=cursor, limit=CHANGES_LIMIT)
    reading.hold(head, began)
    return head, fields, found


def looked_up(slug: str, caller: Caller, mode: Mode) -> tuple[Head, Seen, list[Scope]]:
    """Return the dataset's head, its fields as the caller sees them, and their row scopes."""
    today = timezone.localdate()
    head = access.served(slug, caller, today, mode)
    fields = access.visible(head, caller, today=today, mode=mode)
    return head, fields, access.scopes(head, caller, today=today, mode=mode)


def response(answer: Answered) -> HttpResponse:
    """Return an answer as Django's response."""
    made = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    if answer.status == HTTPStatus.NOT_MODIFIED:
        del made.headers["Content-Type"]  # Django's own, of a body that there is not
    return made


def since(text: str) -> int:
    """Return the place in a feed that a caller names. Raises QueryRefused."""
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise QueryRefused(
            _("“since” is %(given)s; it is a “seq” that this API gave out, or 0 for all.")
            % {"given": text[:20]}
        )
    return int(text)


def streamed(
    stream: Iterator[bytes], media_type: str, filename: str, meter: Mapping[str, str]
) -> StreamingHttpResponse:
    """Return a whole dataset on its way. A stream that a stricter decision ends breaks off, so no
    client takes the part for the whole."""
    told = {"Content-Disposition": f'attachment; filename="{filename}"'}
    headers = {**told, **metering.TO_THE_CALLER, **meter}
    return StreamingHttpResponse(stream, content_type=media_type, headers=headers)
