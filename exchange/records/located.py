"""Areas as conditions of SQL on where rows lie: the index finds a box, the rest is reckoned in it.

A point is in an area or not. A geometry is in a box where its own box meets that one, near a point
by its nearest spot, and in a region where the middle of its box is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from accounts.models import RegionBoundary
from accounts.wording import said as _
from exchange.records import shape_function
from exchange.records.areas import EARTH_RADIUS, Area, AreaRefused, Box, Near, Within

NAMED = 20
FINE = 1e7
"""By what degrees are multiplied before a polygon is asked. PostgreSQL takes 1e-6 for nothing, of
a product of two differences too: beside a side of 1e-3 degrees, a hundred metres, that is as far.
"""


@dataclass(frozen=True, slots=True)
class Location:
    """Where rows lie, as expressions: the point, or of geometries the middle; their box and shape.

    `shape` is GeoJSON, or a JSON string where there is none; `box` is then NULL.
    """

    point: sql.Composable
    box: sql.Composable | None = None
    shape: sql.Composable | None = None


def of_shape(shape: sql.Composable, box: sql.Composable) -> Location:
    """Return where geometries lie, as `shape_function` makes them, each within its box."""
    return Location(sql.SQL("(@@ {})").format(box), box, shape)


def condition(area: Area, at: Location) -> sql.Composable:
    """Return whether a row lies in an area. Raises AreaRefused for a region without boundary."""
    return CONDITIONS[type(area)](area, at)


def in_box(area: Box, at: Location) -> sql.Composable:
    """Return whether a point lies in a box, its edges too, or the box of a geometry meets it."""
    held, meets = (at.point, "<@") if at.box is None else (at.box, "&&")
    return sql.SQL("{} {} box(point({}, {}), point({}, {}))").format(
        held,
        sql.SQL(meets),
        *map(sql.Literal, (area.east, area.north, area.west, area.south)),
    )


def _near(area: Near, at: Location) -> sql.Composable:
    """Return whether a row is near: by the haversine, which does not fail at small distances."""
    if at.shape is not None:
        return sql.SQL("({} AND {} <= {})").format(
            in_box(area.box(), at),
            shape_function.distance(at.shape, area.longitude, area.latitude),
            sql.Literal(area.metres),
        )
    return sql.SQL(
        "({box} AND 2 * {radius} * asin(least(1, sqrt("
        "power(sin(radians(({point})[1] - {latitude}) / 2), 2) + cos(radians({latitude}))"
        " * cos(radians(({point})[1])) * power(sin(radians(({point})[0] - {longitude}) / 2), 2)"
        "))) <= {metres})"
    ).format(
        box=in_box(area.box(), at),
        point=at.point,
        radius=sql.Literal(EARTH_RADIUS),
        longitude=sql.Literal(area.longitude),
        latitude=sql.Literal(area.latitude),
        metres=sql.Literal(area.metres),
    )


def _within(area: Within, at: Location) -> sql.Composable:
    polygons = boundary(area.code).rings
    inside = [_in_polygon(rings, at.point) for rings in polygons]
    found = sql.SQL("({})").format(sql.SQL(" OR ").join(inside))
    return sql.SQL("({} AND {})").format(in_box(_box(polygons), at), found)


def _in_polygon(rings: Sequence[Any], point: sql.Composable) -> sql.Composable:
    """Return whether a point lies in a polygon and in none of its holes, edges of both too."""
    outer, *holes = (
        sql.SQL("{} * point({}, 0) <@ {}::polygon").format(
            point, sql.Literal(FINE), sql.Literal(_written(ring))
        )
        for ring in rings
    )
    without = [sql.SQL("NOT {}").format(hole) for hole in holes]
    return sql.SQL("({})").format(sql.SQL(" AND ").join([outer, *without]))


def _written(ring: Sequence[Sequence[float]]) -> str:
    return ",".join(
        f"({float(corner[0]) * FINE!r},{float(corner[1]) * FINE!r})" for corner in ring
    )


def district(point: sql.Composable) -> sql.Composable:
    """Return the code of the smallest region, by its box, whose boundary holds a point; NULL in
    none. Raises AreaRefused where no boundary was entered."""
    known = [
        (_box(one.rings), one) for one in RegionBoundary.objects.select_related("region").all()
    ]
    if not known:
        raise AreaRefused(
            _("No boundary of a region was entered here, so rows cannot be counted by district.")
        )
    known.sort(key=lambda pair: (_size(pair[0]), pair[1].region.code))
    cases = [
        sql.SQL("WHEN {} AND ({}) THEN {}").format(
            in_box(box, Location(point)),
            sql.SQL(" OR ").join([_in_polygon(rings, point) for rings in one.rings]),
            sql.Literal(one.region.code),
        )
        for box, one in known
    ]
    return sql.SQL("CASE {} END").format(sql.SQL(" ").join(cases))


def _box(polygons: Sequence[Any]) -> Box:
    corners = [corner for rings in polygons for corner in rings[0]]
    east, north = (max(float(corner[axis]) for corner in corners) for axis in (0, 1))
    west, south = (min(float(corner[axis]) for corner in corners) for axis in (0, 1))
    return Box(west, south, east, north)


def _size(box: Box) -> float:
    return (box.east - box.west) * (box.north - box.south)


def boundary(code: str) -> RegionBoundary:
    """Return a region's boundary. Raises AreaRefused, which names those that there are."""
    found = RegionBoundary.objects.filter(region__code=code).select_related("region").first()
    if found is not None:
        return found
    known = RegionBoundary.objects.order_by("region__code").values_list("region__code", flat=True)
    raise AreaRefused(
        _("There is no boundary of a region “%(code)s” here. There are: %(known)s.")
        % {"code": code, "known": ", ".join(known[:NAMED]) or "–"}
    )


CONDITIONS: Mapping[type, Callable[..., sql.Composable]] = {
    Box: in_box,
    Near: _near,
    Within: _within,
}
