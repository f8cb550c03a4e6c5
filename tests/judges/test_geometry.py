"""Geometries as shapely (GEOS) reads, measures and cuts them; strips as PROJ reckons them."""

import json
import math
import re

import pyproj
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from psycopg import sql
from shapely.geometry import (
    LineString,
    MultiLineString,
    MultiPoint,
    Point,
    Polygon,
    box,
    mapping,
    shape,
)
from shapely.geometry.base import BaseGeometry

from accounts.models import Region, RegionBoundary
from exchange.places import cutting, mvt, outlines
from exchange.places.cutting import Window
from exchange.places.outlines import Outline
from exchange.places.tiles import EDGE, STEP, Square
from exchange.records import areas, located, place_function, shape_function
from exchange.records.areas import Area, Box, Near, Within
from exchange.records.located import Location
from exchange.records.statements import one, rows
from policy import places
from policy.places import SYSTEMS, Method
from tests.exchange.shapes import GEOMETRIES, texts
from tests.factories import accounts
from tests.factories.exchange import NOW

pytestmark = pytest.mark.django_db

SPHERE = f"+proj=aeqd +R={areas.EARTH_RADIUS} +lon_0={{}} +lat_0={{}} +units=m"
STRIPS = sorted(code for code, one in SYSTEMS.items() if one.method == Method.GAUSS)


def read(declared: str, text: str) -> dict | str | None:
    """Return what the database makes of a text."""
    call = shape_function.call(places.axis(declared), sql.Literal(text))
    (told,) = one(sql.SQL("SELECT {}::text").format(call))
    return told and json.loads(told)


def held(text: str) -> sql.Composed:
    """Return a geometry of WGS84 as an expression."""
    return shape_function.call(places.axis("wgs84.wkt"), sql.Literal(text))


def lies(area: Area, text: str) -> bool:
    """Return whether the database finds a geometry in an area."""
    told = held(text)
    at = located.of_shape(told, shape_function.box(told))
    return one(sql.SQL("SELECT {}").format(located.condition(area, at)))[0]


def flat(found: BaseGeometry) -> list[float]:
    """Return the numbers of a geometry in their order, without heights."""
    return [float(part) for part in shapely.get_coordinates(found).ravel()]


def same(told: dict, judged: BaseGeometry) -> None:
    """Hold a geometry as it was read against shapely's reading, to the centimetre that is kept."""
    assert told["type"] == judged.geom_type
    assert shape(told).geom_type == judged.geom_type
    assert flat(shape(told)) == pytest.approx(flat(judged), abs=0.51e-7)
    spots = shapely.get_coordinates(judged)  # of holes too, which `bounds` takes to lie inside
    around = [*spots.min(axis=0), *spots.max(axis=0)]
    assert told["bbox"] == pytest.approx(around, abs=0.51e-7)
    if judged.is_valid:
        assert told["bbox"] == pytest.approx(judged.bounds, abs=0.51e-7)


def judged(form: str, text: str) -> BaseGeometry | None:
    """Return what shapely reads; None where it reads nothing."""
    reader = shapely.from_wkt if form == places.WKT else shapely.from_geojson
    return reader(text, on_invalid="ignore")


# --- reading ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", places.FORMS)
@given(data=st.data())
def test_a_text_is_read_as_shapely_reads_it(form, data):
    text, _geometry = data.draw(texts(form))

    same(read(f"wgs84.{form}", text), judged(form, text))


@given(GEOMETRIES, st.booleans())
def test_what_shapely_writes_is_read(geometry, is_high):
    kind, coordinates = geometry
    made = shape({"type": kind, "coordinates": coordinates})
    made = shapely.force_3d(made, 12.5) if is_high else made

    same(read("wgs84.wkt", shapely.to_wkt(made, rounding_precision=-1)), made)
    same(read("wgs84.geojson", shapely.to_geojson(made)), made)


LOW = re.compile(r" ?Z(?=\s*\()|([(,]\s*[^(),\s]+\s+[^(),\s]+)\s+[^(),\s]+(?=\s*[,)])")
"""Where a text tells heights, which we leave alone: shapely wants them of all spots or of none."""
EDITS = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.integers(0, 4),
        st.sampled_from(
            [*"()[],. -+eEZ01", "", "Z ", " 7", "EMPTY", "MULTI", "114 22", "[114,22]", "),("]
        ),
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("form", places.FORMS)
@given(data=st.data())
def test_a_spoilt_text_is_read_as_shapely_reads_it_or_not_at_all(form, data):
    text, _geometry = data.draw(texts(form))
    for at, length, put in data.draw(EDITS):
        text = text[: at % len(text)] + put + text[at % len(text) + length :] or "x"

    told = read(f"wgs84.{form}", text)

    if isinstance(told, dict):
        found = judged(form, LOW.sub(r"\1", text) if form == places.WKT else text)
        assert found is not None, text
        same(told, found)


@pytest.mark.parametrize(
    ("text", "told", "is_valid"),
    [
        ("POLYGON ((114 22, 115 23, 115 22, 114 23, 114 22))", "Polygon", False),  # crosses itself
        ("POLYGON ((114 22, 114 22, 114 22, 114 22))", "Polygon", False),
        ("LINESTRING (114 22, 114 22)", "LineString", False),
        ("POLYGON ((114 22, 115 22, 115 23, 114 22), (9 9, 8 9, 9 8, 9 9))", "Polygon", False),
        ("POINT EMPTY", "unreadable", True),
        ("POINT ZM (114 22 1 2)", "unreadable", True),
        ("POINT (.5e2 22.)", "unreadable", True),
        ("GEOMETRYCOLLECTION (POINT (114 22))", "unreadable", True),
        ("LINESTRING (114 22 7, 115 23)", "LineString", None),
        ("POLYGON ((114 22, 115 22, 115 23, 114 22.5))", "unclosed", None),
    ],
)
def test_where_our_verdict_is_declared_to_be_another_than_shapely_s(text, told, is_valid):
    found, by_shapely = read("wgs84.wkt", text), judged(places.WKT, text)

    assert (found["type"] if isinstance(found, dict) else found) == told
    assert (None if by_shapely is None else by_shapely.is_valid) == is_valid


# --- areas ------------------------------------------------------------------------------------

AROUND = st.tuples(st.integers(-900, 900), st.integers(-900, 900))


@st.composite
def shapes(draw, unit):
    """Return a valid geometry around 114, 22.5, spots `unit` degrees apart."""
    spots = st.lists(AROUND, min_size=1, max_size=7, unique=True)
    parts = [
        [(round(114 + x * unit, 7), round(22.5 + y * unit, 7)) for x, y in draw(spots)]
        for _part in range(draw(st.integers(1, 2)))
    ]
    made = {
        "Point": lambda: Point(parts[0][0]),
        "MultiPoint": lambda: MultiPoint(parts[0]),
        "LineString": lambda: LineString(parts[0]),
        "MultiLineString": lambda: MultiLineString(parts),
        "Polygon": lambda: _areas(parts[:1]),
        "MultiPolygon": lambda: _areas(parts),
    }
    kind = draw(st.sampled_from(sorted(made)))
    least = {"LineString": 2, "MultiLineString": 2, "Polygon": 3, "MultiPolygon": 3}
    assume(all(len(part) >= least.get(kind, 1) for part in parts))
    found = shapely.set_precision(made[kind](), 1e-7)
    assume(found.geom_type in places.KINDS and not found.is_empty and found.is_valid)
    return found


def _areas(rings):
    """Return areas without crossings; what is twice inside is a hole."""
    return shapely.make_valid(Polygon(rings[0] if len(rings) == 1 else [*rings[0], *rings[1]]))


def metres(made: BaseGeometry, longitude: float, latitude: float) -> float:
    """Return how far a geometry is on the sphere, by PROJ and shapely.

    Sides run straight in degrees, as maps draw them, so they are cut small first.
    """
    way = pyproj.Transformer.from_crs(
        f"+proj=longlat +R={areas.EARTH_RADIUS}",
        SPHERE.format(longitude, latitude),
        always_xy=True,
    )
    small = shapely.segmentize(made, 0.002)
    return shapely.transform(small, way.transform, interleaved=False).distance(Point(0, 0))


@given(shapes(0.0003), AROUND)
def test_a_geometry_is_as_far_as_shapely_measures_on_the_sphere(made, spot):
    here = 114 + spot[0] * 0.0005, 22.5 + spot[1] * 0.0005
    told = shape_function.distance(held(made.wkt), *here)

    far = one(sql.SQL("SELECT {}").format(told))[0]

    wanted = metres(made, *here)
    assert far == pytest.approx(wanted, abs=0.01 if wanted <= 10_000 else 5)
    near = Near(*here, max(1, math.floor(wanted)) + 10)
    assert lies(near, made.wkt)
    if wanted > 30:
        assert not lies(Near(*here, wanted - 10), made.wkt)


LATTICE = st.tuples(st.integers(0, 30), st.integers(0, 30))
HAIR = 1.1e-6
"""Degrees by which PostgreSQL lets boxes meet that do not: a tenth of a metre."""


@given(st.lists(LATTICE, min_size=2, max_size=4, unique=True), LATTICE, LATTICE)
def test_a_box_is_met_where_shapely_says_so_to_a_tenth_of_a_metre(spots, one_corner, other):
    made = LineString([(round(114 + x * 4e-7, 7), round(22.5 + y * 4e-7, 7)) for x, y in spots])
    (west, east), (south, north) = map(sorted, zip(one_corner, other, strict=True))
    asked = (114 + west * 4e-7, 22.5 + south * 4e-7, 114 + east * 4e-7, 22.5 + north * 4e-7)

    found = lies(Box(*asked), made.wkt)

    bounds = made.bounds
    assert found or not _meet(bounds, asked, 0)
    assert not found or _meet(bounds, asked, HAIR)


def _meet(one_box, other, apart):
    """Whether boxes come as near as that."""
    west, south, east, north = other
    return box(west - apart, south - apart, east + apart, north + apart).intersects(box(*one_box))


@st.composite
def boundaries(draw):
    """Return a region whose sides are as short as in a city: a ring, and perhaps a hole in it."""
    count = draw(st.integers(3, 24))
    far = draw(st.lists(st.integers(300, 2000), min_size=count, max_size=count))
    turns = [2 * math.pi * place / count for place in range(count)]
    ring = [
        (round(114 + r * 1e-6 * math.cos(t), 7), round(22.5 + r * 1e-6 * math.sin(t), 7))
        for r, t in zip(far, turns, strict=True)
    ]
    made = Polygon(ring)
    if draw(st.booleans()):
        inner = [(114 + (x - 114) / 2, 22.5 + (y - 22.5) / 2) for x, y in ring]
        made = Polygon(ring, [inner])
    assume(made.is_valid)
    return made


@given(boundaries(), st.lists(AROUND, min_size=5, max_size=20))
def test_a_region_holds_what_shapely_says_that_it_holds(made, spots):
    region = Region.objects.filter(code="JUDGED").first() or accounts.region(code="JUDGED")
    RegionBoundary.objects.update_or_create(
        region=region, defaults={"rings": [mapping(made)["coordinates"]], "entered_at": NOW}
    )
    here = [(round(114 + x * 2.5e-6, 7), round(22.5 + y * 2.5e-6, 7)) for x, y in spots]
    judged = [
        made.covers(Point(spot)) for spot in here if made.boundary.distance(Point(spot)) > 1e-9
    ]
    assume(len(judged) == len(here))

    at = Location(sql.SQL("point(s[1], s[2])"))
    statement = sql.SQL(
        "SELECT {}, {} FROM unnest({}::float8[], {}::float8[]) WITH ORDINALITY t(x, y, n),"
        " LATERAL (SELECT ARRAY[x, y] AS s) a ORDER BY n"
    ).format(
        located.condition(Within(region.code), at),
        located.district(at.point),
        *(sql.Literal([spot[axis] for spot in here]) for axis in (0, 1)),
    )
    found = rows(statement)

    assert [inside for inside, _code in found] == judged
    assert [code == region.code for _inside, code in found] == judged


def test_nothing_is_sought_across_the_meridian_of_180_degrees():
    here = "POINT (-179.9999 10)"

    assert metres(Point(-179.9999, 10), 179.9999, 10) < 25
    assert not lies(Near(179.9999, 10, 1000), here)
    assert lies(Near(-179.9998, 10, 1000), here)


# --- tiles ------------------------------------------------------------------------------------

WINDOW = Window(-EDGE, mvt.EXTENT + EDGE)
SEEN = box(WINDOW.least, WINDOW.least, WINDOW.most, WINDOW.most)
UNITS = st.tuples(st.integers(-9000, 13_000), st.integers(-9000, 13_000))


@given(st.lists(UNITS, min_size=3, max_size=9, unique=True))
def test_a_ring_is_cut_to_the_area_that_shapely_cuts(spots):
    for made in shapely.get_parts(shapely.make_valid(Polygon(spots))):
        if made.geom_type == "Polygon":
            ring = cutting.ring(list(made.exterior.coords), WINDOW)

            wanted = Polygon(made.exterior).intersection(SEEN).area
            assert abs(cutting.area(ring)) / 2 == pytest.approx(wanted, abs=0.01)


@given(st.lists(UNITS, min_size=2, max_size=9, unique=True))
def test_a_line_is_cut_to_what_shapely_leaves_of_it(spots):
    pieces = MultiLineString(list(cutting.line(spots, WINDOW)))

    wanted = LineString(spots).intersection(SEEN)

    assert pieces.difference(wanted.buffer(0.01)).length == pytest.approx(0, abs=0.01)
    assert wanted.difference(pieces.buffer(0.01)).length == pytest.approx(0, abs=0.01)


SQUARE = Square(11, 1672, 892)
FAR = STEP + 1
"""Units: a spot goes half a step to each side, a cut half a unit."""
WIDE = 2 * places.PLANE / 2**SQUARE.zoom


def in_tile(made: BaseGeometry) -> BaseGeometry:
    """Return a geometry in units of SQUARE, by PROJ."""
    way = pyproj.Transformer.from_crs(4326, 3857, always_xy=True)

    def units(x, y):
        east, north = way.transform(x, y)
        return (
            ((east + places.PLANE) / WIDE - SQUARE.x) * mvt.EXTENT,
            ((places.PLANE - north) / WIDE - SQUARE.y) * mvt.EXTENT,
        )

    return shapely.transform(made, units, interleaved=False)


def drawn(text: str, *, is_area: bool) -> list[list[tuple[int, int]]]:
    """Return lines or rings of a text in SQUARE, as its tile has them."""
    plane = SQUARE.plane()
    asked = shape_function.drawn(
        held(text),
        corner=plane.corner,
        scale=plane.scale,
        is_mercator=True,
        step=plane.step,
        edges=(-plane.edge, plane.width + plane.edge, plane.height + plane.edge),
    )
    (told,) = one(sql.SQL("SELECT {}::text").format(asked))
    parts = json.loads(told or "[]")
    outline = Outline(1, is_area, tuple(tuple(tuple(map(tuple, r)) for r in p) for p in parts))
    return list(outlines.cut(outline, WINDOW))


@given(shapes(0.0003))
def test_a_tile_shows_what_shapely_cuts_to_a_step_of_its_grid(made):
    assume(made.geom_type.endswith(("LineString", "Polygon")))
    is_area = made.geom_type.endswith("Polygon")
    made = shapely.transform(made, lambda spots: spots - (0.05, 0.0))

    parts = drawn(shapely.to_wkt(made, rounding_precision=7), is_area=is_area)

    whole = in_tile(made)
    well_inside = whole.intersection(SEEN.buffer(-FAR, join_style="mitre"))
    assert all(SEEN.covers(Point(spot)) for part in parts for spot in part)
    if is_area:
        shown = Polygon()
        for ring in parts:
            shown = shown.symmetric_difference(shapely.make_valid(Polygon(ring)))
        assert shown.difference(whole.buffer(FAR)).area == pytest.approx(0, abs=0.1)
        assert well_inside.buffer(-FAR).difference(shown).area == pytest.approx(0, abs=0.1)
    else:
        shown = MultiLineString(parts)
        assert shown.difference(whole.buffer(FAR)).length == pytest.approx(0, abs=0.1)
        assert well_inside.difference(shown.buffer(FAR)).length < 2 * FAR


# --- reference systems ------------------------------------------------------------------------


@pytest.mark.parametrize("code", STRIPS)
def test_a_strip_has_the_meridian_and_the_easting_that_its_code_stands_for(code):
    found = pyproj.CRS.from_user_input(code.replace("epsg", "EPSG:"))

    told = {one.name: one.value for one in found.coordinate_operation.params}
    system = SYSTEMS[code]
    assert found.geodetic_crs.to_epsg() == 4490
    assert told["Longitude of natural origin"] == system.meridian
    assert told["False easting"] == system.easting
    assert (told["False northing"], told["Scale factor at natural origin"]) == (0, 1)
    named = found.name.replace("3-degree Gauss-Kruger", "3° Gauss-Krüger")
    assert system.name.startswith(named.replace("/ Gauss-Kruger", "/ 6° Gauss-Krüger"))


@given(
    st.sampled_from(STRIPS),
    st.floats(-places.BESIDE, places.BESIDE),
    st.floats(0, places.FURTHEST),
)
def test_metres_of_a_strip_are_degrees_to_a_millimetre_as_by_proj(code, east, north):
    system = SYSTEMS[code]
    way = pyproj.Transformer.from_crs(code.replace("epsg", "EPSG:"), 4490, always_xy=True)
    wanted = way.transform(system.easting + east, north)

    assert places.to_wgs84(system, system.easting + east, north) == pytest.approx(wanted, abs=1e-8)
    assert in_database(code, system.easting + east, north) == pytest.approx(wanted, abs=0.6e-7)


@given(st.floats(-2.0037508e7, 2.0037508e7), st.floats(-2.0037508e7, 2.0037508e7))
def test_metres_of_the_web_s_map_are_degrees_as_by_proj(east, north):
    assume((east, north) != (0, 0))
    wanted = pyproj.Transformer.from_crs(3857, 4326, always_xy=True).transform(east, north)

    system = SYSTEMS[places.MERCATOR]
    assert places.to_wgs84(system, east, north) == pytest.approx(wanted, abs=1e-8)
    assert in_database(system.code, east, north) == pytest.approx(wanted, abs=0.6e-7)


def test_every_system_with_a_code_is_judged():
    codes = {code for code in SYSTEMS if code.startswith("epsg")}

    assert codes == {*STRIPS, places.MERCATOR}


def in_database(code: str, x: float, y: float) -> tuple[float, float]:
    numbers = (sql.Literal(str(part)) + sql.SQL("::float8") for part in (x, y))
    told = place_function.call(SYSTEMS[code], *numbers, places.FINEST)
    return one(sql.SQL("SELECT p[0], p[1] FROM (SELECT {} AS p) q").format(told))
