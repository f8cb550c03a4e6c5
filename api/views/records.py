"""Rows of a dataset: a page, a whole download, the changes since."""

import hashlib
import json
from collections.abc import Iterator
from urllib.parse import urlencode

from django.conf import settings
from django.db import OperationalError, ProgrammingError, connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from api import documents, errors, metering
from api.authentication import caller, presented
from api.calls import caller_of
from exchange import access
from exchange.access import Caller, Head, Seen
from exchange.records import reading
from exchange.records.compile import Scope
from exchange.records.query import QueryRefused, RecordQuery
from exchange.records.reading import Page
from policy.terms import Mode

CHANGES_LIMIT = 1000


class Records(APIView):
    """Rows of one dataset, one page at a time, each field as the caller may see it.

    The address that is called most. It goes past DRF's dispatch, which has nothing to add here
    and takes a fifth of the time of a page: the key and the dataset are read by one statement,
    and errors are translated by the same function.
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
        raw = presented(request)
        try:
            return self._page(request, slug, raw, paid=False)
        except (ProgrammingError, OperationalError) as failure:
            if not reading.looked_up_again(failure):
                raise
            connection.close_if_unusable_or_obsolete()
            return self._page(request, slug, raw, paid=True)

    def _page(self, request: HttpRequest, slug: str, raw: str, *, paid: bool) -> HttpResponse:
        """Read and answer; a second try, after the table was replaced, costs no second call."""
        query = RecordQuery.parse(dict(request.GET.lists()))
        head, key = access.entered(slug, raw, at=timezone.now())
        who = caller(key, request)
        meter = {} if paid else metering.charge(key, who)
        today = timezone.localdate()
        head = access.granted(head, who, today)
        fields = access.visible(head, who, today=today, mode=Mode.QUERY)
        scopes = access.scopes(head, who, today=today, mode=Mode.QUERY)
        page = reading.read(head, fields, query, scopes)
        body = _envelope(request, head, fields, page)
        metering.note(
            who, head, rows=page.count, size=len(body), fields=fields.digest, mode=Mode.QUERY
        )
        return _answer(request, body, meter)


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
        given = {k: v for k, v in request.GET.lists() if k not in ("limit", "cursor", "total")}
        query = RecordQuery.parse(given)
        head, fields, scopes = _looked_up(slug, caller, Mode.BULK)
        stream = reading.stream_csv(head, fields, query, scopes)
        metering.note(caller, head, rows=head.rows, size=0, fields=fields.digest, mode=Mode.BULK)
        answer = StreamingHttpResponse(
            _guarded(stream), content_type="text/csv; charset=utf-8; header=present"
        )
        answer.headers["Content-Disposition"] = f'attachment; filename="{head.slug}.csv"'
        answer.headers["X-Seq"] = str(head.seq)
        _put(answer, meter)
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
        since = _since(request.GET.get("since", "0"))
        head, fields, scopes = _looked_up(slug, caller, Mode.QUERY)
        found = reading.changes(
            head,
            fields,
            scopes,
            since=since,
            cursor=request.GET.get("cursor", ""),
            limit=CHANGES_LIMIT,
        )
        envelope = {
            "dataset": head.slug,
            "seq": found.seq,
            "count": found.count,
            "next": _link(request, since=str(since), cursor=found.cursor)
            if found.cursor
            else None,
        }
        text = json.dumps(envelope, ensure_ascii=False)
        body = f'{text[:-1]}, "rows": {found.rows}, "deleted": {found.deleted}}}'.encode()
        metering.note(
            caller, head, rows=found.count, size=len(body), fields=fields.digest, mode=Mode.QUERY
        )
        return _answer(request, body, meter)


def _looked_up(slug: str, caller: Caller, mode: Mode) -> tuple[Head, Seen, list[Scope]]:
    """Return the dataset's head, its fields as the caller sees them, and their row scopes."""
    today = timezone.localdate()
    head = access.served(slug, caller, today)
    fields = access.visible(head, caller, today=today, mode=mode)
    return head, fields, access.scopes(head, caller, today=today, mode=mode)


def _envelope(request: HttpRequest, head: Head, fields: Seen, page: Page) -> bytes:
    """Put the database's rows into the page's JSON without parsing them."""
    around = {
        "dataset": head.slug,
        "seq": page.seq,
        "moved": page.moved,
        "refreshed_at": page.refreshed_at.isoformat() if page.refreshed_at else None,
        "count": page.count,
        "total": None if page.total is None else {"value": page.total, "exact": page.exact},
        "masked": fields.masked,
        "withheld": fields.withheld,
        "next": _link(request, cursor=page.cursor) if page.cursor else None,
    }
    text = json.dumps(around, ensure_ascii=False)
    return f'{text[:-1]}, "rows": {page.rows}}}'.encode()


def _link(request: HttpRequest | Request, **changed: str) -> str:
    """Return this query's address with some parameters changed."""
    params = {**{name: request.GET.getlist(name) for name in request.GET}, **changed}
    return f"{settings.PUBLIC_BASE_URL}{request.path}?{urlencode(params, doseq=True)}"


def _answer(request: HttpRequest | Request, body: bytes, meter: dict[str, str]) -> HttpResponse:
    """Return a body with its digest as ETag, or 304 where the caller has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = [part.strip() for part in request.META.get("HTTP_IF_NONE_MATCH", "").split(",")]
    if tag in known or "*" in known:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(body, content_type="application/json")
    answer.headers["ETag"] = tag
    answer.headers["Cache-Control"] = "private, no-cache"
    _put(answer, meter)
    answer.headers["Vary"] = "X-API-Key, Authorization, Accept-Language"
    return answer


def _guarded(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Pass chunks on; a stream ended by a stricter decision breaks off, so no client takes the
    part for the whole."""
    yield from stream


def _since(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise QueryRefused(
            _("“since” is %(given)s; it is a “seq” that this API gave out, or 0 for all.")
            % {"given": text[:20]}
        )
    return int(text)


def _put(answer: HttpResponseBase, headers: dict[str, str]) -> None:
    for name, value in headers.items():
        answer.headers[name] = value
