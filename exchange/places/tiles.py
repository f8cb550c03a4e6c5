"""Vector tiles: the points of a square of the map, thinned in SQL to one a cell with its count.

A cell is a 64th of the tile wide, so a tile has at most 4096 points however many rows there are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from psycopg import sql

from exchange.access import Head, Seen
from exchange.places import mvt
from exchange.records import located, reading
from exchange.records.areas import AreaRefused, Box
from exchange.records.compile import Scope, compiled, place_of
from exchange.records.query import RecordQuery

DEEPEST = 22
CELLS = 64
LAYER = "points"


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the web's map: zoom, column from the west, row from the north."""

    zoom: int
    x: int
    y: int

    def box(self) -> Box:
        """Return the square in degrees of WGS84."""
        return Box(self._west(0), self._north(1), self._west(1), self._north(0))

    def _west(self, more: int) -> float:
        return (self.x + more) / 2**self.zoom * 360 - 180

    def _north(self, more: int) -> float:
        return math.degrees(
            math.atan(math.sinh(math.pi * (1 - 2 * (self.y + more) / 2**self.zoom)))
        )

    def spot(self, longitude: float, latitude: float) -> tuple[int, int]:
        """Return where a point lies in the square, in units of the tile from its north-west."""
        east = (longitude + 180) / 360 * 2**self.zoom - self.x
        up = math.asinh(math.tan(math.radians(latitude)))
        south = (1 - up / math.pi) / 2 * 2**self.zoom - self.y
        return round(east * mvt.EXTENT), round(south * mvt.EXTENT)


@dataclass(frozen=True, slots=True)
class Cell:
    """So many rows at the middle of where they lie; `row` is the `_id` where it is one alone."""

    longitude: float
    latitude: float
    count: int
    row: int


def square(zoom: int, x: int, y: int) -> Square:
    """Return a square of the map. Raises AreaRefused where there is none."""
    if zoom > DEEPEST or not (x < 2**zoom and y < 2**zoom):
        raise AreaRefused(
            _("There is no tile %(zoom)s/%(x)s/%(y)s: zoom goes to %(most)s, x and y to 2^zoom.")
            % {"zoom": zoom, "x": x, "y": y, "most": DEEPEST}
        )
    return Square(zoom, x, y)


def cells(
    head: Head,
    fields: Seen,
    query: RecordQuery,
    box: Box,
    *,
    across: int = CELLS,
    scopes: Sequence[Scope] = (),
) -> list[Cell]:
    """Return the rows in a box, thinned to at most `across` times `across` cells.

    Raises NoPlace, FieldMasked, FieldWithheld, and what `reading.read` does.
    """
    reading.ready(head)
    settled = compiled(query, fields, scopes)
    point = place_of(fields).point
    statement = sql.SQL(
        "SELECT avg(p[0]), avg(p[1]), count(*), min(_id) FROM"
        " (SELECT {point} AS p, _id FROM {table}{where}) t"
        " GROUP BY floor((p[0] - {west}) / {wide}), floor((p[1] - {south}) / {high})"
        " ORDER BY 4"
    ).format(
        point=point,
        table=reading.relation(head),
        where=settled.where(located.in_box(box, point)),
        west=sql.Literal(box.west),
        south=sql.Literal(box.south),
        wide=sql.Literal(max(1e-9, (box.east - box.west) / across)),
        high=sql.Literal(max(1e-9, (box.north - box.south) / across)),
    )
    return [Cell(*row) for row in reading.timed(statement)]


def extent(
    head: Head, fields: Seen, query: RecordQuery, scopes: Sequence[Scope] = ()
) -> Box | None:
    """Return the smallest box that holds the places of a query's rows; None without one.

    Raises as `cells` does.
    """
    reading.ready(head)
    point = place_of(fields).point
    statement = sql.SQL(
        "SELECT min(p[0]), min(p[1]), max(p[0]), max(p[1]) FROM"
        " (SELECT {point} AS p FROM {table}{where}) t"
    ).format(
        point=point,
        table=reading.relation(head),
        where=compiled(query, fields, scopes).where(),
    )
    west, south, east, north = reading.timed(statement)[0]
    return None if west is None else Box(west, south, east, north)


def tile(
    head: Head, fields: Seen, query: RecordQuery, at: Square, scopes: Sequence[Scope] = ()
) -> tuple[bytes, int]:
    """Return a square's vector tile and how many points it has. Raises as `cells` does."""
    found = cells(head, fields, query, at.box(), scopes=scopes)
    spots = [
        mvt.Spot(
            *at.spot(one.longitude, one.latitude), one.count, one.row if one.count == 1 else 0
        )
        for one in found
    ]
    return mvt.encoded(LAYER, spots), len(spots)
