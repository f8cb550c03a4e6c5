"""Rows by place: as GeoJSON, and as vector tiles for maps."""

import time
from collections.abc import Mapping

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from api import documents, metering
from api.calls import caller_of
from api.pages import Answered, link, tagged
from api.views.records import Whole, looked_up, response, streamed
from exchange.access import Caller, Head, Seen
from exchange.places import features, kept, tiles
from exchange.places.features import Features
from exchange.places.tiles import Square
from exchange.records import reading
from exchange.records.compile import place_of
from exchange.records.query import RecordQuery
from policy.terms import Mode

TILE_TYPE = "application/vnd.mapbox-vector-tile"
NOT_OF_TILES = {"fields", "sort", "limit", "cursor", "total"}


class RecordsGeojson(APIView):
    """Rows as GeoJSON: with `limit` a page, without it all of them as one snapshot."""

    @extend_schema(
        operation_id="list_features",
        summary="Rows as GeoJSON: a page, or all",
        tags=["records"],
        parameters=documents.FEATURE_PARAMETERS,
        responses={
            (200, features.MEDIA_TYPE): OpenApiResponse(dict, description="GeoJSON (RFC 7946)"),
            **documents.PROBLEMS,
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Return a page of features, or stream all."""
        caller = caller_of(request)
        meter = metering.spend(request)
        params = dict(request.GET.lists())
        query = RecordQuery.parse({k: v for k, v in params.items() if k != "total"})
        if "limit" in params or "cursor" in params:
            return self._page(request, slug, caller, query, meter)
        whole = reading.with_more_looks(lambda _turn: _whole(slug, caller, query))
        whole.note(caller)
        return streamed(whole.stream, features.MEDIA_TYPE, f"{slug}.geojson", meter)

    def _page(
        self,
        request: Request,
        slug: str,
        caller: Caller,
        query: RecordQuery,
        meter: Mapping[str, str],
    ) -> HttpResponse:
        head, fields, place, found = reading.with_more_looks(
            lambda _turn: _page(slug, caller, query)
        )
        params = dict(request.GET.lists())
        more = link(request.path, params, cursor=found.cursor) if found.cursor else None
        opening = features.opened(
            place_of(fields), dataset=head.slug, seq=place, count=found.count, next=more
        )
        body = b"%b%b]}" % (opening, found.features)
        _note(caller, head, fields, found.count, len(body))
        return _typed(tagged(body, request.META, meter), features.MEDIA_TYPE)


class Tile(APIView):
    """A square of the map: points thinned to one a cell, each with how many rows it stands for.

    Of geometries the largest are drawn as they run.
    """

    @extend_schema(
        operation_id="get_tile",
        summary="A vector tile of the rows' places",
        tags=["records"],
        parameters=documents.TILE_PARAMETERS,
        responses={
            (200, TILE_TYPE): OpenApiResponse(bytes, description="Mapbox Vector Tile 2.1"),
            **documents.PROBLEMS,
        },
    )
    def get(self, request: Request, slug: str, zoom: int, x: int, y: int) -> HttpResponse:
        """Return a tile; one without anything is empty."""
        caller = caller_of(request)
        meter = metering.spend(request, tile=True)
        at = tiles.square(zoom, x, y)
        query = RecordQuery.parse(
            {k: v for k, v in dict(request.GET.lists()).items() if k not in NOT_OF_TILES}
        )
        head, fields, (body, count) = reading.with_more_looks(
            lambda _turn: _tile(slug, caller, query, at)
        )
        _note(caller, head, fields, count, len(body))
        return _typed(tagged(body, request.META, meter), TILE_TYPE)


def _whole(slug: str, caller: Caller, query: RecordQuery) -> Whole:
    head, fields, scopes = looked_up(slug, caller, Mode.BULK)
    rows = reading.rows_noted(head, fields, query, scopes)
    stream = features.whole(head, fields, query, scopes)
    return Whole(head, fields, rows, reading.place_told(head, scopes), stream)


def _page(
    slug: str, caller: Caller, query: RecordQuery
) -> tuple[Head, Seen, int | None, Features]:
    began = time.monotonic()
    head, fields, scopes = looked_up(slug, caller, Mode.QUERY)
    found = features.page(head, fields, query, scopes)
    reading.hold(head, began)
    return head, fields, reading.place_told(head, scopes), found


def _tile(
    slug: str, caller: Caller, query: RecordQuery, at: Square
) -> tuple[Head, Seen, tuple[bytes, int]]:
    """Return a tile; one that rests on nothing but what its name tells may have been kept."""
    began = time.monotonic()
    head, fields, scopes = looked_up(slug, caller, Mode.QUERY)

    def made() -> tuple[bytes, int]:
        return tiles.tile(head, fields, query, at, scopes)

    if scopes or query.areas:
        found = made()
    else:
        found = kept.kept(kept.name(head, fields, query, at), made)
    reading.hold(head, began)
    return head, fields, found


def _note(caller: Caller, head: Head, fields: Seen, rows: int, size: int) -> None:
    metering.note(caller, head, rows=rows, size=size, fields=fields.digest, mode=Mode.QUERY)


def _typed(answer: Answered, media_type: str) -> HttpResponse:
    made = response(answer)
    if answer.status == 200:
        made.headers["Content-Type"] = media_type
    return made
