"""Texts of geometries become GeoJSON in WGS84 in the database, or tell why they do not."""

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg import sql

from exchange.records import areas, shape_function
from exchange.records.statements import one
from policy import places
from policy.places import SYSTEMS
from tests.exchange.shapes import nested, spots, texts

pytestmark = pytest.mark.django_db

CODES = ["wgs84", "cgcs2000", "gcj02", "bd09"]
SQUARE = "POLYGON ((114 22, 115 22, 115 23, 114 23, 114 22))"
HOLED = SQUARE[:-1] + ", (114.4 22.4, 114.6 22.4, 114.6 22.6, 114.4 22.6, 114.4 22.4))"


def shape(declared, text):
    """Return what the database makes of a text, as JSON."""
    call = shape_function.call(places.axis(declared), sql.Literal(text))
    (told,) = one(sql.SQL("SELECT {}::text").format(call))
    return told and json.loads(told)


def metres(text, longitude, latitude):
    call = shape_function.call(places.axis("wgs84.wkt"), sql.Literal(text))
    told = shape_function.distance(call, longitude, latitude)
    return one(sql.SQL("SELECT {}").format(told))[0]


@pytest.mark.parametrize("form", places.FORMS)
@given(data=st.data(), code=st.sampled_from(CODES))
def test_every_vertex_goes_the_way_of_a_pair(form, data, code):
    text, (kind, held) = data.draw(texts(form))

    found = shape(f"{code}.{form}", text)

    assert found["type"] == kind
    assert nested(found["coordinates"]) == nested(held)
    wanted = [places.to_wgs84(SYSTEMS[code], *spot) for spot in spots(held)]
    got = spots(found["coordinates"])
    assert [part for spot in got for part in spot] == pytest.approx(
        [part for spot in wanted for part in spot], abs=1.01e-7
    )
    xs, ys = zip(*got, strict=True)
    assert found["bbox"] == [min(xs), min(ys), max(xs), max(ys)]


def test_the_check_point_of_gcj02_comes_back_as_published():
    found = shape("gcj02.wkt", "POINT (114.06301400 22.54038281)")

    assert found["coordinates"] == pytest.approx([114.0579, 22.5431], abs=2e-7)


def test_metres_of_a_strip_come_back_as_proj_has_them():
    found = shape(
        "epsg4547.geojson", '{"type": "Point", "coordinates": [505955.84617, 2493941.24574]}'
    )

    assert found["coordinates"] == pytest.approx([114.0579, 22.5431], abs=2e-7)


@pytest.mark.parametrize(
    ("declared", "text", "why"),
    [
        ("wgs84.wkt", None, None),
        ("wgs84.wkt", " \n ", None),
        ("wgs84.wkt", "待测绘", "unreadable"),
        ("wgs84.wkt", "POINT EMPTY", "unreadable"),
        ("wgs84.wkt", "POINT (114 22", "unreadable"),
        ("wgs84.wkt", "POINT (114 22))", "unreadable"),
        ("wgs84.wkt", "POINT (114)", "unreadable"),
        ("wgs84.wkt", "POINT (114 22, 114 23)", "unreadable"),
        ("wgs84.wkt", "POINT ZM (114 22 1 2)", "unreadable"),
        ("wgs84.wkt", "SRID=4326;POINT (114 22)", "unreadable"),
        ("wgs84.wkt", "POINT (114 NaN)", "unreadable"),
        ("wgs84.wkt", "POINT (1e999 22)", "unreadable"),
        ("wgs84.wkt", "LINESTRING (114 22)", "unreadable"),
        ("wgs84.wkt", "LINESTRING ((114 22, 115 23))", "unreadable"),
        ("wgs84.wkt", "POLYGON (114 22, 115 23, 114 23, 114 22)", "unreadable"),
        ("wgs84.wkt", "GEOMETRYCOLLECTION (POINT (114 22))", "unreadable"),
        ("wgs84.wkt", "CIRCULARSTRING (1 2, 3 4, 5 6)", "unreadable"),
        ("wgs84.wkt", "POLYGON ((114 22, 115 22, 115 23, 114 22.5))", "unclosed"),
        ("wgs84.wkt", "POLYGON ((114 22, 115 22, 114 22))", "unclosed"),
        ("wgs84.wkt", "LINESTRING (114 22, 0 0)", "zero"),
        ("gcj02.wkt", "LINESTRING (22.5 114, 22.6 114)", "swapped"),
        ("gcj02.wkt", "LINESTRING (114 22.5, 2.35 48.85)", "outside"),
        ("wgs84.wkt", "POINT (400 500)", "outside"),
        ("wgs84.wkt", "POINT (1e99 22)", "outside"),
        ("wgs84.wkt", "POINT (1e-99 22)", "point"),
        ("epsg4547.wkt", "POINT (2493941 505955)", "swapped"),
        ("wgs84.geojson", "{}", "unreadable"),
        ("wgs84.geojson", "[1, 2]", "unreadable"),
        ("wgs84.geojson", "7", "unreadable"),
        ("wgs84.geojson", "null", "unreadable"),
        ("wgs84.geojson", '{"type": "Point"}', "unreadable"),
        ("wgs84.geojson", '{"type": "Point", "coordinates": null}', "unreadable"),
        ("wgs84.geojson", '{"type": "Point", "coordinates": []}', "unreadable"),
        ("wgs84.geojson", '{"type": "Point", "coordinates": ["114", "22"]}', "unreadable"),
        ("wgs84.geojson", '{"type": "Point", "coordinates": [114, 22, 1, 2]}', "unreadable"),
        ("wgs84.geojson", '{"type": "Feature", "geometry": null}', "unreadable"),
        ("wgs84.geojson", '{"type": "MultiPolygon", "coordinates": []}', "unreadable"),
        ("wgs84.geojson", '{"type": "MultiPolygon", "coordinates": [[]]}', "unreadable"),
        ("wgs84.geojson", '{"type": "MultiPolygon", "coordinates": [[[]]]}', "unreadable"),
        ("wgs84.geojson", '{"type": "LineString", "coordinates": [[114, 22], 7]}', "unreadable"),
        ("wgs84.geojson", '{"type": "Point", "coordinates": [1e200000, 2]}', "unreadable"),
        ("wgs84.geojson", "[" * 100_000, "unreadable"),
        ("wgs84.geojson", '["]",' * 50_000, "unreadable"),
        ("wgs84.geojson", "x" * 1_000_001, "too-large"),
    ],
)
def test_why_a_text_is_no_geometry_is_told(declared, text, why):
    found = shape(declared, text)

    assert (found["type"].lower() if isinstance(found, dict) else found) == why


def test_more_vertices_than_the_limit_are_not_read():
    spot = [114, 22]
    most = {"type": "LineString", "coordinates": [spot] * places.MOST_VERTICES}
    more = {"type": "LineString", "coordinates": [spot] * (places.MOST_VERTICES + 1)}

    assert shape("wgs84.geojson", json.dumps(most))["type"] == "LineString"
    assert shape("wgs84.geojson", json.dumps(more)) == "too-large"


@example('{"type":"Point","coordinates":[114,22]}')
@given(
    st.one_of(
        st.text(alphabet='{}[]()",:0123456789eE.+-\\ \n\tnultrefasPOINTZypcodi', max_size=60),
        st.text(max_size=40).filter(lambda text: "\0" not in text),
    )
)
def test_no_text_makes_it_fail(text):
    text = text.encode("utf-8", "ignore").decode()

    for form in places.FORMS:
        found = shape(f"wgs84.{form}", text)
        assert found is None or isinstance(found, str | dict)


@pytest.mark.parametrize(
    ("text", "spot", "wanted"),
    [
        (SQUARE, (114.5, 22.5), 0),
        (HOLED, (114.5, 22.5), 0.1 * math.cos(math.radians(22.5))),
        ("LINESTRING (114 22, 114 23)", (114.1, 22.5), 0.1 * math.cos(math.radians(22.5))),
        ("LINESTRING (114 22, 114 22.4)", (114, 22.5), 0.1),
        ("MULTIPOINT (114 22.4, 114 22.7)", (114, 22.5), 0.1),
        ("POINT (114 22.4)", (114, 22.5), 0.1),
        ("POINT (114 22.5)", (114, 22.5), 0),
    ],
)
def test_how_far_a_geometry_is_is_measured_to_its_nearest_spot(text, spot, wanted):
    assert metres(text, *spot) == pytest.approx(wanted * areas.DEGREE, rel=1e-4, abs=1e-6)


def test_what_is_drawn_is_seen_the_same_without_what_lies_out_of_sight():
    far = [(114 - n, 22 + (n % 2) / 10) for n in range(1, 60)]
    line = [(114.5, 22.5), *far, (114.6, 22.6), (114.60001, 22.60001)]
    text = f"LINESTRING ({', '.join(f'{x} {y}' for x, y in line)})"
    call = shape_function.call(places.axis("wgs84.wkt"), sql.Literal(text))
    drawn = shape_function.drawn(
        call,
        corner=(114.0, 23.0),
        scale=(1000, 1000),
        is_mercator=False,
        step=2,
        edges=(-10, 1010, 1010),
    )

    ((ring,),) = json.loads(one(sql.SQL("SELECT {}::text").format(drawn))[0])

    assert ring == [[500, 500], [-1000, 900], [-59000, 900], [600, 400]]
