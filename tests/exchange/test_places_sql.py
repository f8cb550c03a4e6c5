"""The database comes to the same point as the reference, and to the same reason where to none."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg import sql

from exchange.records import place_function
from exchange.records.statements import one
from policy import places
from policy.places import SYSTEMS

pytestmark = pytest.mark.django_db

CODES = ["wgs84", "gcj02", "bd09", "cgcs2000", "epsg3857", "epsg4547", "epsg4526", "epsg4508"]
DEGREES = st.tuples(st.floats(60, 150), st.floats(-10, 70))
METRES = st.tuples(st.floats(-1e5, 1.2e6), st.floats(-1e5, 6.5e6))
NUMBERS = st.floats(allow_subnormal=False)


def asked(code, x, y):
    x, y = (sql.Literal(str(part)) + sql.SQL("::float8") for part in (x, y))
    system = SYSTEMS[code]
    return one(
        sql.SQL("SELECT p[0], p[1], {} FROM (SELECT {} AS p) q").format(
            place_function.why_not(system, x, y),
            place_function.call(system, x, y, places.FINEST),
        )
    )


@example("wgs84", (1e-200, 2.3e-308))
@example("epsg3857", (1e-307, 3.0))
@example("epsg4547", (500000.0, 1e-305))
@example("epsg4547", (100000.0, -2.8e-217))
@given(st.sampled_from(CODES), st.one_of(DEGREES, METRES, st.tuples(NUMBERS, NUMBERS)))
def test_the_database_finds_the_reference_s_point(code, pair):
    wanted = places.to_wgs84(SYSTEMS[code], *pair)

    longitude, latitude, why = asked(code, *pair)

    assert why == places.unplaced(SYSTEMS[code], *pair)
    if wanted is None:
        assert longitude is None
    else:  # a centimetre, since both round to one
        assert (longitude, latitude) == pytest.approx(wanted, abs=1.01e-7)
