"""Rows as GeoJSON (RFC 7946): the place in WGS84, and beside it the fields as they came.

Rows without a place have a null geometry: none is dropped. The order is that of arrival.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from accounts.wording import said as _
from exchange.access import Head, Seen
from exchange.records import cursors, pseudonyms, reading
from exchange.records.compile import Compiled, Place, Scope, compiled, place_of
from exchange.records.cursors import Position
from exchange.records.query import QueryRefused, RecordQuery
from exchange.records.statements import comma
from exchange.records.wholes import LINES
from policy import places

MEDIA_TYPE = "application/geo+json"
POINTS = (
    "CASE WHEN p._at IS NULL THEN NULL ELSE json_build_object('type', 'Point',"
    " 'coordinates', json_build_array((p._at)[0], (p._at)[1])) END"
)
SHAPES = "CASE WHEN jsonb_typeof(p._at) = 'object' THEN p._at END"


@dataclass(frozen=True, slots=True)
class Features:
    """A page of features: a JSON array, how many, and the cursor to go on with, "" at the end."""

    features: bytes
    count: int
    cursor: str


def page(head: Head, fields: Seen, query: RecordQuery, scopes: Sequence[Scope] = ()) -> Features:
    """Return one page of a dataset's rows as features.

    Raises what `reading.read` does, NoPlace, and QueryRefused for an order: features come as they
    arrived.
    """
    reading.ready(head)
    _unsorted(query)
    bound_to = f"{head.dataset_id}:{query.digest()}:features"
    start = cursors.opened(query.cursor, bound_to=bound_to) if query.cursor else None
    after = [sql.SQL("_id > {}").format(sql.Literal(int(start.after[-1])))] if start else []
    statement = sql.SQL(
        "SELECT coalesce(string_agg(f, ',' ORDER BY i) FILTER (WHERE n <= {limit}), ''), count(*),"
        " max(i) FILTER (WHERE n <= {limit})"
        " FROM (SELECT r.*, row_number() OVER (ORDER BY i) AS n FROM ({rows}) r) o"
    ).format(
        limit=sql.Literal(query.limit),
        rows=_rows(head, fields, query, scopes, after, limit=query.limit + 1),
    )
    text, count, last = reading.timed(statement)[0]
    more = count > query.limit
    return Features(
        pseudonyms.put(text.encode(), fields),
        min(count, query.limit),
        # no place in the feed: a page of features does not say whether rows moved
        cursors.sealed(Position((last,), 0), bound_to=bound_to) if more else "",
    )


def whole(
    head: Head, fields: Seen, query: RecordQuery, scopes: Sequence[Scope] = ()
) -> Iterator[bytes]:
    """Return all rows of a query as one feature collection, 64 kB at a time, of one snapshot.

    Raises as `page` does.
    """
    reading.ready(head)
    _unsorted(query)
    rows = _rows(head, fields, query, scopes, [], limit=None)
    statement = sql.SQL("COPY (SELECT ',' || f FROM ({}) r) TO STDOUT ({})").format(
        rows, sql.SQL(LINES)
    )
    opening = opened(place_of(fields))
    stream = reading.streamed(head, statement)
    return (pseudonyms.put(chunk, fields) for chunk in _enclosed(stream, opening))


def _enclosed(stream: Iterator[bytes], opening: bytes) -> Iterator[bytes]:
    """Put the collection around its features, each of which comes behind a comma."""
    first = True
    for chunk in stream:
        if chunk:
            yield opening + chunk[1:] if first else chunk
            first = False
    yield b"]}" if not first else opening + b"]}"


def opened(place: Place, **more: Any) -> bytes:
    """Return a feature collection up to its features: what the place is, and `more`.

    GeoJSON is WGS84; what the source declares is told as foreign members.
    """
    around = {"type": "FeatureCollection", "place": told(place), **more}
    return json.dumps(around, ensure_ascii=False)[:-1].encode() + b', "features": ['


def told(place: Place) -> dict[str, Any]:
    """Say in which system the geometry is, and the fields that it was made of."""
    return {
        "geometry": {"system": "WGS84", "order": "longitude, latitude", "decimals": place.digits},
        "raw": {"system": place.system.name, **_fields(place), "rounded": place.rounded},
    }


def _fields(place: Place) -> dict[str, str]:
    if not place.is_geometry:
        return dict(zip(("east", "north"), place.names, strict=True))
    (field,) = place.fields
    return {"field": field.name, "form": places.axis(field.coordinate).axis}


def _unsorted(query: RecordQuery) -> None:
    if query.sort:
        raise QueryRefused(
            _("Features come in the order of their arrival. Leave “sort” out, or ask for records.")
        )


def _rows(
    head: Head,
    fields: Seen,
    query: RecordQuery,
    scopes: Sequence[Scope],
    more: Sequence[sql.Composable],
    *,
    limit: int | None,
) -> sql.Composed:
    """Return the statement for features `f` by their `_id`, `i`."""
    settled: Compiled = compiled(query, fields, scopes)
    place = place_of(fields)
    return sql.SQL(
        "SELECT p._id AS i, json_build_object('type', 'Feature', 'id', p._id, 'geometry',"
        " {geometry}, 'properties', (SELECT row_to_json(x) FROM (SELECT {out}) x))::text AS f"
        " FROM (SELECT *, {place} AS _at FROM {table}{where} ORDER BY _id{limit}) p"
    ).format(
        geometry=sql.SQL(SHAPES if place.is_geometry else POINTS),
        out=comma([reading.selected(one, fields.pseudonym_key) for one in settled.fields]),
        place=place.point if place.at.shape is None else place.at.shape,
        table=reading.relation(head),
        where=settled.where(*more),
        limit=sql.SQL("") if limit is None else sql.SQL(" LIMIT {}").format(sql.Literal(limit)),
    )
