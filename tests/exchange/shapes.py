"""Geometries as hypothesis makes them up, written as texts: the reference that SQL is held to."""

import json

from hypothesis import strategies as st

from policy import places

SPOTS = st.tuples(
    st.integers(1_000_000_000, 1_050_000_000).map(lambda n: n / 1e7),
    st.integers(200_000_000, 450_000_000).map(lambda n: n / 1e7),
)
LINES = st.lists(SPOTS, min_size=2, max_size=6)
RINGS = st.lists(SPOTS, min_size=3, max_size=6).map(lambda ring: [*ring, ring[0]])
POLYGONS = st.lists(RINGS, min_size=1, max_size=3)
GEOMETRIES = st.one_of(
    st.tuples(st.just("Point"), SPOTS),
    st.tuples(st.just("MultiPoint"), st.lists(SPOTS, min_size=1, max_size=5)),
    st.tuples(st.just("LineString"), LINES),
    st.tuples(st.just("MultiLineString"), st.lists(LINES, min_size=1, max_size=3)),
    st.tuples(st.just("Polygon"), POLYGONS),
    st.tuples(st.just("MultiPolygon"), st.lists(POLYGONS, min_size=1, max_size=3)),
)
"""A kind and its coordinates, as GeoJSON nests them, to the seventh decimal."""


@st.composite
def texts(draw, form):
    """Return a text of a geometry, and the geometry."""
    kind, held = draw(GEOMETRIES)
    if form == places.GEOJSON:
        return json.dumps({"type": kind, "coordinates": held}), (kind, held)
    gap = st.sampled_from(["", " ", "\n\t "])
    head = draw(st.sampled_from([kind.upper(), kind, f"{kind.upper()} Z"]))
    high = " 12.5" if head.endswith("Z") else ""
    bare = kind == "MultiPoint" and draw(st.booleans())
    body = _wkt([held] if kind == "Point" else held, high, draw(gap), bare=bare, of=kind)
    return f"{draw(gap)}{head}{draw(gap)}{body}{draw(gap)}", (kind, held)


def _wkt(held, high, gap, *, bare, of):
    if isinstance(held, tuple):
        spot = f"{held[0]!r}{gap or ' '}{held[1]!r}{high}"
        return f"({spot})" if of == "MultiPoint" and not bare else spot
    inner = f",{gap}".join(_wkt(one, high, gap, bare=bare, of=of) for one in held)
    return f"({gap}{inner}{gap})"


def spots(held):
    """Return every spot of coordinates, in order."""
    if isinstance(held[0], int | float):
        return [tuple(held)]
    return [spot for one in held for spot in spots(one)]


def nested(held):
    """Return how coordinates are nested, with 0 for each number."""
    return [nested(one) for one in held] if isinstance(held, list | tuple) else 0
