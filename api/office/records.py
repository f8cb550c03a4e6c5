"""Rows under a grant: a page, and the changes since."""

import json

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import keys
from api import documents, errors, metering
from api.authentication import presented
from api.office import pages
from api.office.documents import (
    GRANT,
    PROBLEMS,
    TAG,
    OfficeChangePage,
    OfficeRecordPage,
)
from api.office.entry import Departments, grant_named
from api.pages import Asked, link, tagged
from api.views.records import CHANGES_LIMIT, PAID, response, since
from exchange.records import reading
from exchange.records.reading import Changes
from exchange.sharing import doubts, serving
from exchange.sharing.serving import Served
from policy.terms import Mode


class OfficeRecords(APIView):
    """Rows of a dataset under a grant. It goes past DRF's dispatch, as the open page does."""

    permission_classes = (Departments,)

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
        operation_id="list_office_records",
        summary="A page of rows, under a grant",
        tags=[TAG],
        parameters=[GRANT, *documents.RECORD_PARAMETERS],
        responses={200: OfficeRecordPage, **PROBLEMS},
    )
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Return a page of rows."""
        params = dict(request.GET.lists())
        asked = Asked(request.path, slug, params, request.META, request.META.get(PAID))
        return response(pages.answered(asked))


class OfficeChanges(APIView):
    """What changed since a place in the shared zone's feed, under a grant for all rows."""

    permission_classes = (Departments,)

    @extend_schema(
        operation_id="list_office_changes",
        summary="What changed since a place in the feed, under a grant for all rows",
        tags=[TAG],
        parameters=[GRANT, *documents.CHANGE_PARAMETERS],
        responses={200: OfficeChangePage, **PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return a piece of the change feed."""
        digest = keys.digest(presented(request.META, request.GET))
        number = grant_named(request.GET.dict())
        place = since(request.GET.get("since", "0"))
        entry = pages.entered(slug, digest, number)
        meter = metering.charge_under(entry.key, entry.served.grant if entry.served else None)
        served, found = reading.with_more_looks(
            lambda _turn: _feed(slug, digest, number, place, request.GET.get("cursor", ""))
        )
        params = dict(request.GET.lists()) | {"since": [str(place)]}
        envelope = {
            "dataset": served.head.slug,
            "seq": found.seq,
            "count": found.count,
            "next": link(request.path, params, cursor=found.cursor) if found.cursor else None,
        }
        text = json.dumps(envelope, ensure_ascii=False)
        rows = f'"rows": {found.rows}, "deleted": {found.deleted}'
        doubted = doubts.in_all(served)
        if doubted:
            rows = f'{rows}, "_flags": {json.dumps(doubted, ensure_ascii=False)}'
        body = f"{text[:-1]}, {rows}}}".encode()
        serving.used(served.grant, at=timezone.now())
        metering.deliver(served, rows=found.count, size=len(body), mode=Mode.QUERY)
        return response(tagged(body, request.META, meter))


def _feed(
    slug: str, digest: str, number: int | None, place: int, cursor: str
) -> tuple[Served, Changes]:
    """Read a piece of the feed; raises Revoked, to be read again, where it grew stricter."""
    served = pages.entered(slug, digest, number).at_hand()
    found = reading.changes(
        served.head,
        served.fields,
        served.scopes,
        since=place,
        cursor=cursor,
        limit=CHANGES_LIMIT,
    )
    if not pages.still_so(served, slug, digest, number):
        raise reading.Revoked(slug)
    return served, found
