"""Lines and outlines of geometries as a picture shows them, thinned in SQL.

What is smaller than a cell of the picture, or comes after the MOST largest, is left to its points
(`tiles.cells`). Of the others each spot is moved to a grid, and what repeats or is out of sight
goes, before a row leaves the database.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from exchange.access import Head, Seen
from exchange.places import cutting
from exchange.places.cutting import Spot, Window
from exchange.records import located, reading, shape_function
from exchange.records.areas import Box
from exchange.records.compile import Scope, compiled, place_of
from exchange.records.query import RecordQuery

MOST = 1000
"""Lines and outlines that a picture shows at most."""


@dataclass(frozen=True, slots=True)
class Plane:
    """How degrees become units of a picture of `width` by `height`.

    `corner` is its north-west, `scale` the units to the east and to the south; on Mercator's plane
    latitudes count in radians, as they do there. Spots lie on a grid of `step` units, and `edge`
    units around the picture are kept.
    """

    corner: tuple[float, float]
    scale: tuple[float, float]
    width: int
    height: int
    step: int
    edge: int
    is_mercator: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """The geometry of row `row` in units of a picture: polygons of rings, or lines."""

    row: int
    is_area: bool
    parts: tuple[tuple[tuple[Spot, ...], ...], ...]


def largest(
    head: Head,
    fields: Seen,
    query: RecordQuery,
    box: Box,
    plane: Plane,
    *,
    across: int,
    most: int = MOST,
    scopes: Sequence[Scope] = (),
) -> list[Outline]:
    """Return the largest geometries in a box, of those larger than its `across`th part.

    None where the dataset's places are points. Raises as `tiles.cells` does.
    """
    at = place_of(fields).at
    if at.shape is None or at.box is None:
        return []
    statement = sql.SQL(
        "SELECT _id, kind, {drawn}::text FROM"
        " (SELECT _id, shape, shape ->> 'type' AS kind, greatest(width(box) / {wide},"
        " height(box) / {high}) AS size FROM (SELECT _id, {shape} AS shape, {box} AS box"
        " FROM {table}{where}) t) s WHERE size > {least} AND kind NOT LIKE '%Point'"
        " ORDER BY size DESC, _id LIMIT {most}"
    ).format(
        drawn=_drawn(plane),
        shape=at.shape,
        box=at.box,
        table=reading.relation(head),
        where=compiled(query, fields, scopes).where(located.in_box(box, at)),
        wide=sql.Literal(max(1e-9, box.east - box.west)),
        high=sql.Literal(max(1e-9, box.north - box.south)),
        least=sql.Literal(1 / across),
        most=sql.Literal(most),
    )
    return [_outline(*row) for row in reading.timed(statement)]


def _drawn(plane: Plane) -> sql.Composed:
    return shape_function.drawn(
        sql.Identifier("shape"),
        corner=plane.corner,
        scale=plane.scale,
        is_mercator=plane.is_mercator,
        step=plane.step,
        edges=(-plane.edge, plane.width + plane.edge, plane.height + plane.edge),
    )


def _outline(row: int, kind: str, told: str) -> Outline:
    parts = json.loads(told)
    return Outline(
        row,
        kind.endswith("Polygon"),
        tuple(
            tuple(tuple((spot[0], spot[1]) for spot in ring) for ring in part) for part in parts
        ),
    )


def cut(outline: Outline, window: Window) -> Iterator[list[tuple[int, int]]]:
    """Yield what of an outline lies in a window: lines; or rings without their last spot.

    An outer ring runs clockwise, its holes the other way, as vector tiles want it.
    """
    for part in outline.parts:
        if not outline.is_area:
            for one in part:
                pieces = [list(one)] if window.holds(one) else list(cutting.line(one, window))
                yield from filter(_is_line, map(_whole, pieces))
            continue
        for place, one in enumerate(part):
            left = _whole(one[:-1] if window.holds(one) else cutting.ring(one, window))
            size = cutting.area(left)
            if size:
                yield left if (size > 0) == (place == 0) else left[::-1]
            elif place == 0:
                break  # without its outer ring there is nothing to have holes


def _whole(spots: Sequence[Spot]) -> list[tuple[int, int]]:
    """Return spots in whole units, none twice in a row."""
    found: list[tuple[int, int]] = []
    for x, y in spots:
        spot = round(x), round(y)
        if not found or found[-1] != spot:
            found.append(spot)
    return found


def _is_line(spots: Sequence[Spot]) -> bool:
    return len(spots) > 1
