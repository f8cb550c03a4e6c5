"""Coordinates of each reference system come to the same place in WGS84."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import places
from policy.places import SYSTEMS, Unplaced

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
