"""Lines and rings cut at the edges of a tile."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.places import cutting, mvt, outlines
from exchange.places.cutting import Window
from exchange.places.outlines import Outline
from tests.api.decoded import layers

WINDOW = Window(-64, 4160)
PARTS = st.one_of(st.integers(-9000, 13_000), st.sampled_from([-64, 4160, 0]))
SPOTS = st.tuples(PARTS, PARTS)


@given(st.lists(SPOTS, min_size=2, max_size=8))
def test_what_is_left_of_a_line_lies_in_the_window(spots):
    for piece in cutting.line(spots, WINDOW):
        assert len(piece) > 1
        assert all(-64.001 <= part <= 4160.001 for spot in piece for part in spot)


@given(st.lists(SPOTS, min_size=2, max_size=8))
def test_nothing_of_a_line_in_the_window_is_lost(spots):
    def inside(x, y):
        return -60 < x < 4156 and -60 < y < 4156

    pieces = list(cutting.line(spots, WINDOW))

    for (x, y), (x2, y2) in pairwise(spots):
        for share in (0.05, 0.31, 0.5, 0.77, 0.95):
            spot = x + share * (x2 - x), y + share * (y2 - y)
            if inside(*spot) and (x, y) != (x2, y2):
                assert min(_far(spot, *side) for one in pieces for side in pairwise(one)) < 0.01


def _far(spot, start, end):
    """Return how far a spot is from a side."""
    way = end[0] - start[0], end[1] - start[1]
    size = way[0] ** 2 + way[1] ** 2
    off = spot[0] - start[0], spot[1] - start[1]
    share = max(0, min(1, (off[0] * way[0] + off[1] * way[1]) / size)) if size else 0
    return ((off[0] - share * way[0]) ** 2 + (off[1] - share * way[1]) ** 2) ** 0.5


@pytest.mark.parametrize(
    ("ring", "area"),
    [
        ([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)], 2 * 100 * 100),
        ([(-999, 0), (100, 0), (100, 100), (-999, 100), (-999, 0)], 2 * 164 * 100),
        (
            [(-9999, -9999), (9999, -9999), (9999, 9999), (-9999, 9999), (-9999, -9999)],
            2 * 4224**2,
        ),
        ([(5000, 0), (6000, 0), (6000, 100), (5000, 0)], 0),
    ],
)
def test_a_ring_is_left_with_what_of_it_lies_in_the_window(ring, area):
    assert cutting.area(cutting.ring(ring, WINDOW)) == pytest.approx(area)
    assert cutting.area(cutting.ring(ring[::-1], WINDOW)) == pytest.approx(-area)


def test_an_outer_ring_runs_clockwise_and_a_hole_the_other_way():
    outer = ((0, 0), (0, 1000), (1000, 1000), (1000, 0), (0, 0))
    hole = ((100, 100), (100, 200), (200, 200), (200, 100), (100, 100))
    outline = Outline(7, True, ((outer, hole),))

    body = mvt.outlined("areas", mvt.AREAS, [(7, list(outlines.cut(outline, WINDOW)))])

    ((number, kind, rings),) = layers(body)["areas"]
    assert (number, kind) == (7, 3)
    assert [ring.pop() for ring in rings] == ["Z", "Z"]
    assert [cutting.area(ring) > 0 for ring in rings] == [True, False]
    assert {frozenset(ring) for ring in rings} == {frozenset(outer), frozenset(hole)}


def test_what_shrinks_to_nothing_is_not_drawn():
    speck = Outline(1, True, ((((5, 5), (5, 5), (5, 5), (5, 5)),),))
    dot = Outline(2, False, ((((5, 5),),),))

    assert list(outlines.cut(speck, WINDOW)) == list(outlines.cut(dot, WINDOW)) == []
    assert mvt.outlined("lines", mvt.LINES, [(2, [])]) == b""
