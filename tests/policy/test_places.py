"""Coordinates of each reference system come to the same place in WGS84."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import places
from policy.places import SYSTEMS, Unplaced
from policy.terms import DataType

SPOT = (114.0579, 22.5431)
IN_CHINA = st.tuples(
    st.floats(places.WEST + 1, places.EAST - 1), st.floats(places.SOUTH + 1, places.NORTH - 1)
)


def test_the_check_point_is_shifted_as_published():
    assert places.shifted(*SPOT) == pytest.approx((114.06301400, 22.54038281), abs=1e-8)


# worked out by PROJ 9 (EPSG:4490 and 4326 to each), east before north
@pytest.mark.parametrize(
    ("code", "x", "y"),
    [
        ("epsg4547", 505955.84617369174, 2493941.2457406837),
        ("epsg4526", 38505955.84617369, 2493941.2457406837),
        ("epsg4508", 814655.0676988913, 2497161.2762360238),
        ("epsg3857", 12696867.348950118, 2576857.0340178334),
        ("cgcs2000", *SPOT),
    ],
)
def test_projected_coordinates_come_back_to_a_millimetre(code, x, y):
    assert places.to_wgs84(SYSTEMS[code], x, y) == pytest.approx(SPOT, abs=1e-8)


@given(IN_CHINA)
def test_what_is_shifted_comes_back_within_a_centimetre(point):
    once = places.shifted(*point)
    twice = places.shifted_again(*once)

    for code, there in (("gcj02", once), ("bd09", twice)):
        if places.unplaced(SYSTEMS[code], *there) is None:
            assert places.to_wgs84(SYSTEMS[code], *there) == pytest.approx(point, abs=1e-9)


@pytest.mark.parametrize(
    ("code", "x", "y", "why"),
    [
        ("wgs84", 0, 0, Unplaced.ZERO),
        ("gcj02", 22.54, 114.05, Unplaced.SWAPPED),
        ("wgs84", 22.54, 114.05, Unplaced.SWAPPED),
        ("bd09", 2.35, 48.85, Unplaced.OUTSIDE),
        ("epsg4547", 2493941, 505955, Unplaced.SWAPPED),
        ("wgs84", 400, 500, Unplaced.OUTSIDE),
        ("wgs84", float("nan"), 1, Unplaced.OUTSIDE),
        ("wgs84", 2.35, 48.85, None),
    ],
)
def test_why_two_numbers_are_no_place_is_told(code, x, y, why):
    assert places.unplaced(SYSTEMS[code], x, y) == why


def test_a_rounded_metre_is_the_fifth_decimal_of_a_degree():
    assert places.decimals(SYSTEMS["epsg4547"], 0) == 5
    assert places.decimals(SYSTEMS["gcj02"], 3) == 3
    assert places.decimals(SYSTEMS["gcj02"], None) == places.FINEST


@pytest.mark.parametrize("code", ["gcj02", "gcj02.z", "mars.x", "epsg9999.y"])
def test_what_is_no_axis_is_refused(code):
    with pytest.raises(ValueError, match=code):
        places.axis(code)


def test_a_geometry_is_declared_by_its_system_and_its_form():
    declared = places.axis("gcj02.wkt")

    assert (declared.system.code, declared.code, declared.is_geometry) == (
        "gcj02",
        "gcj02.wkt",
        True,
    )
    assert not places.axis("gcj02.x").is_geometry
    assert max(len(f"{code}.geojson") for code in SYSTEMS) <= 20


@pytest.mark.parametrize(
    ("codes", "is_one"),
    [
        (("gcj02.x", "gcj02.y"), True),
        (("wgs84.geojson",), True),
        (("gcj02.x", "wgs84.y"), False),
        (("gcj02.x",), False),
        (("gcj02.wkt", "gcj02.geojson"), False),
        (("gcj02.wkt", "gcj02.x", "gcj02.y"), False),
        ((), False),
    ],
)
def test_a_place_is_one_pair_or_one_geometry(codes, is_one):
    assert places.is_place([places.axis(code) for code in codes]) is is_one


@pytest.mark.parametrize("kind", DataType)
def test_an_axis_is_a_number_and_a_geometry_is_text(kind):
    assert places.fits("wgs84.x", kind) == (kind in places.NUMBERS)
    assert places.fits("wgs84.wkt", kind) == (kind == DataType.TEXT)
