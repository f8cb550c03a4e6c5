"""Figures of a dataset's rows in groups."""

import json
import time

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from api import documents, metering
from api.calls import caller_of
from api.pages import tagged
from api.views.records import looked_up, response
from exchange.access import Caller, Head, Seen
from exchange.records import counting, reading
from exchange.records.aggregates import AggregateQuery
from exchange.records.counting import Counted
from policy.terms import Mode


class Aggregate(APIView):
    """Rows counted in groups, as far as the caller sees in clear what they are counted by."""

    @extend_schema(
        operation_id="aggregate_records",
        summary="Rows in groups: their number, sums, averages, percentiles",
        tags=["records"],
        parameters=documents.AGGREGATE_PARAMETERS,
        responses={200: documents.AggregateDocument, **documents.PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return figures of groups."""
        caller = caller_of(request)
        meter = metering.spend(request)
        query = AggregateQuery.parse(dict(request.GET.lists()))
        head, fields, place, found = reading.with_more_looks(
            lambda _turn: _counted(slug, caller, query)
        )
        body = envelope(head, query, found, place)
        metering.note(
            caller, head, rows=found.given, size=len(body), fields=fields.digest, mode=Mode.QUERY
        )
        return response(tagged(body, request.META, meter))


def _counted(
    slug: str, caller: Caller, query: AggregateQuery
) -> tuple[Head, Seen, int | None, Counted]:
    began = time.monotonic()
    head, fields, scopes = looked_up(slug, caller, Mode.QUERY)
    found = counting.count(head, fields, query, scopes)
    reading.hold(head, began)
    return head, fields, reading.place_told(head, scopes), found


def envelope(head: Head, query: AggregateQuery, found: Counted, place: int | None) -> bytes:
    """Put the database's groups into the answer without parsing them."""
    left_out = None
    if found.left_out is not None:
        left_out = {"smallest_group": head.smallest_group, "rows": found.left_out}
    around = {
        "dataset": head.slug,
        "seq": place,
        "refreshed_at": timezone.localtime(head.refreshed_at).isoformat(),
        "group": [one.field for one in query.grouped],
        "bucket": {name: str(unit) for name, unit in found.units.items()},
        "measures": [one.name for one in query.measures],
        "count": found.given,
        "found": found.found,
        "left_out": left_out,
    }
    text = json.dumps(around, ensure_ascii=False)
    others = found.others or "null"
    return (
        f'{text[:-1]}, "total": {found.total}, "groups": {found.groups}, "others": {others}}}'
    ).encode()
