"""Vector tiles: the points of a square of the map, thinned in SQL to one a cell with its count.

A cell is a 64th of the tile wide, so a tile has at most 4096 points however many rows there are.
Of geometries the largest are drawn as they run (`outlines`), the others as points.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from accounts.wording import said as _
from exchange.access import Head, Seen
from exchange.places import mvt, outlines
from exchange.places.cutting import Window
from exchange.places.outlines import Outline, Plane
from exchange.records import located, reading
from exchange.records.areas import AreaRefused, Box
from exchange.records.compile import Place, Scope, compiled, place_of
from exchange.records.located import Location
from exchange.records.query import RecordQuery

DEEPEST = 22
CELLS = 64
LAYER, LINES, AREAS = "points", "lines", "areas"
STEP, EDGE = 4, 64
"""Units of a tile: on which grid lines run, and how far beyond its edge they are kept."""


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the web's map: zoom, column from the west, row from the north."""

    zoom: int
    x: int
    y: int

    def box(self) -> Box:
        """Return the square in degrees of WGS84."""
        return Box(self._west(0), self._north(1), self._west(1), self._north(0))

    def plane(self) -> Plane:
        """Return how degrees become units of the tile."""
        wide = mvt.EXTENT * 2**self.zoom
        top = math.pi * (1 - 2 * self.y / 2**self.zoom)
        return Plane(
            corner=(self._west(0), top),
            scale=(wide / 360, wide / (2 * math.pi)),
            width=mvt.EXTENT,
            height=mvt.EXTENT,
            step=STEP,
            edge=EDGE,
            is_mercator=True,
        )

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
    drawn: Sequence[Outline] = (),
) -> list[Cell]:
    """Return the rows in a box, thinned to at most `across` times `across` cells.

    A geometry counts where its middle is; what is `drawn` as it runs is left out. Raises NoPlace,
    FieldMasked, FieldWithheld, and what `reading.read` does.
    """
    reading.ready(head)
    settled = compiled(query, fields, scopes)
    place = place_of(fields)
    statement = sql.SQL(
        "SELECT avg(p[0]), avg(p[1]), count(*), min(_id) FROM"
        " (SELECT {point} AS p, _id FROM {table}{where}) t"
        " GROUP BY floor((p[0] - {west}) / {wide}), floor((p[1] - {south}) / {high})"
        " ORDER BY 4"
    ).format(
        point=place.point,
        table=reading.relation(head),
        where=settled.where(*_in_cells(place, box, drawn)),
        west=sql.Literal(box.west),
        south=sql.Literal(box.south),
        wide=sql.Literal(max(1e-9, (box.east - box.west) / across)),
        high=sql.Literal(max(1e-9, (box.north - box.south) / across)),
    )
    return [Cell(*row) for row in reading.timed(statement)]


def _in_cells(place: Place, box: Box, drawn: Sequence[Outline]) -> list[sql.Composable]:
    """Return the conditions of rows that are points in a box."""
    inside = [located.in_box(box, Location(place.point))]
    if place.is_geometry:
        inside.append(located.in_box(box, place.at))  # by index
    if drawn:
        inside.append(
            sql.SQL("_id <> ALL({}::bigint[])").format(sql.Literal([one.row for one in drawn]))
        )
    return inside


def extent(
    head: Head, fields: Seen, query: RecordQuery, scopes: Sequence[Scope] = ()
) -> Box | None:
    """Return the smallest box that holds the places of a query's rows; None without one.

    Raises as `cells` does.
    """
    reading.ready(head)
    at = place_of(fields).at
    # a box has its north-east first
    low, high = ("p", "p") if at.box is None else ("p[1]", "p[0]")
    statement = sql.SQL(
        "SELECT min(({low})[0]), min(({low})[1]), max(({high})[0]), max(({high})[1]) FROM"
        " (SELECT {place} AS p FROM {table}{where}) t"
    ).format(
        low=sql.SQL(low),
        high=sql.SQL(high),
        place=at.point if at.box is None else at.box,
        table=reading.relation(head),
        where=compiled(query, fields, scopes).where(),
    )
    west, south, east, north = reading.timed(statement)[0]
    return None if west is None else Box(west, south, east, north)


def tile(
    head: Head, fields: Seen, query: RecordQuery, at: Square, scopes: Sequence[Scope] = ()
) -> tuple[bytes, int]:
    """Return a square's vector tile and how many features it has. Raises as `cells` does."""
    reading.ready(head)
    box = at.box()
    drawn = outlines.largest(head, fields, query, box, at.plane(), across=CELLS, scopes=scopes)
    found = cells(head, fields, query, box, scopes=scopes, drawn=drawn)
    spots = [
        mvt.Spot(
            *at.spot(one.longitude, one.latitude), one.count, one.row if one.count == 1 else 0
        )
        for one in found
    ]
    layers = _layer(LINES, mvt.LINES, drawn) + _layer(AREAS, mvt.AREAS, drawn)
    return mvt.encoded(LAYER, spots) + layers, len(spots) + len(drawn)


def _layer(name: str, kind: int, drawn: Sequence[Outline]) -> bytes:
    """Return a layer of those that are lines, or areas."""
    window = Window(-EDGE, mvt.EXTENT + EDGE)
    chosen = [one for one in drawn if one.is_area == (kind == mvt.AREAS)]
    return mvt.outlined(name, kind, ((one.row, list(outlines.cut(one, window))) for one in chosen))
