"""The database's way from the text of a geometry to GeoJSON in WGS84, and what is asked of that.

One text becomes either a geometry (`type`, `coordinates` and its `bbox`) or, as a JSON string, the
reason why it is none (`policy.places.Unplaced`). Both forms are brought to one JSON of rings,
which is held to its shape before a number of it is read; each vertex then goes the way of a pair
(`place_function`). Every step is bounded by MOST_CHARACTERS and MOST_VERTICES, and no text makes
it fail: a run must not end at one odd cell.

Functions name each other with their schema, so that generated columns which rest on them come back
from any dump.
"""

from psycopg import sql

from exchange.records import place_function
from exchange.records.areas import EARTH_RADIUS
from policy import places
from policy.places import KINDS, Axis, Unplaced

SHAPE, BOX, DISTANCE = "exchange_shape", "exchange_box", "exchange_distance"
DRAWN = "exchange_drawn"
SCHEMA = "public"
FURTHEST = 1e9
"""No number of any system is so large; one that is would not fit a double."""
STEEPEST = 85.06
"""Degrees of latitude beyond which the web's map ends."""

_NAMES = "\n            ".join(f"WHEN '{kind.upper()}' THEN '{kind}'" for kind in KINDS)
_LISTED = ", ".join(f"'{kind}'" for kind in KINDS)


def _no(why: Unplaced) -> str:
    return f"RETURN to_jsonb('{why}'::text)"


PARTS = """CASE {of} WHEN 'MultiPolygon' THEN {held}
        WHEN 'Polygon' THEN jsonb_build_array({held})
        WHEN 'MultiLineString' THEN jsonb_build_array({held})
        WHEN 'Point' THEN jsonb_build_array(jsonb_build_array(jsonb_build_array({held})))
        ELSE jsonb_build_array(jsonb_build_array({held})) END"""
"""A geometry's coordinates as polygons of rings of vertices, whatever its kind."""

CREATE_SHAPE = rf"""
CREATE OR REPLACE FUNCTION {SCHEMA}.{SHAPE}(form text, raw text, method text, meridian float8,
    easting float8, is_chinese boolean, digits integer) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $shape$
DECLARE
    body text; head text; marks text; kind text; held jsonb; parts jsonb; wrong text; made jsonb;
BEGIN
    IF raw IS NULL OR raw !~ '[^ \t\r\n]' THEN RETURN NULL; END IF;
    IF length(raw) > {places.MOST_CHARACTERS} THEN {_no(Unplaced.TOO_LARGE)}; END IF;
    IF form = '{places.WKT}' THEN
        body := btrim(regexp_replace(upper(raw), '[ \t\r\n]+', ' ', 'g'));
        head := split_part(body, '(', 1);
        kind := CASE regexp_replace(head, ' ?Z? ?$', '')
            {_NAMES} END;
        body := regexp_replace(substr(body, length(head) + 1), ' ?([(),]) ?', '\1', 'g');
        IF kind IS NULL OR body !~ '^\([-0-9.E(),+ ]+\)$' THEN {_no(Unplaced.UNREADABLE)}; END IF;
        IF kind = 'MultiPoint' AND body LIKE '((%' THEN
            body := regexp_replace(body, '\(([^(),]+)\)', '\1', 'g');
        END IF;
        -- a height, the third number, is left to the text
        body := regexp_replace(body, '([^(), ]+) ([^(), ]+)( [^(), ]+)?', '[\1,\2]', 'g');
        body := translate(body, '()', '[]');
        marks := body;
    ELSE
        IF raw ~ '\\' THEN {_no(Unplaced.UNREADABLE)}; END IF;
        body := raw;
        marks := regexp_replace(raw, '"[^"]*"', '', 'g');
    END IF;
    -- neither numbers of a thousand digits nor brackets nested a thousandfold reach the parser
    IF marks ~* '[0-9.]e[-+]?[0-9]{{3}}' THEN {_no(Unplaced.UNREADABLE)}; END IF;
    marks := regexp_replace(marks, '[^][}}{{]+', '', 'g');
    FOR depth IN 1..8 LOOP
        marks := replace(replace(marks, '[]', ''), '{{}}', '');
    END LOOP;
    IF marks <> '' OR NOT pg_input_is_valid(body, 'jsonb') THEN
        {_no(Unplaced.UNREADABLE)};
    END IF;
    held := body::jsonb;
    IF form = '{places.WKT}' THEN
        IF kind = 'Point' THEN
            IF jsonb_array_length(held) <> 1 THEN {_no(Unplaced.UNREADABLE)}; END IF;
            held := held -> 0;
        END IF;
    ELSE
        kind := held ->> 'type';
        held := held -> 'coordinates';
        IF (kind IN ({_LISTED})) IS NOT TRUE OR (jsonb_typeof(held) = 'array') IS NOT TRUE THEN
            {_no(Unplaced.UNREADABLE)};
        END IF;
    END IF;
    parts := {PARTS.format(of="kind", held="held")};
    -- "strict" finds no array where one must be: the answer is then NULL
    IF jsonb_array_length(parts) = 0
        OR jsonb_path_exists(parts, 'strict $[*] ? (@.size() == 0)', '{{}}', true) IS NOT FALSE
        OR jsonb_path_exists(parts, 'strict $[*][*] ? (@.size() == 0)', '{{}}', true) IS NOT FALSE
        OR jsonb_path_exists(parts, 'strict $[*][*][*] ? (@.type() != "array" || @.size() < 2'
            ' || @.size() > 3)', '{{}}', true) IS NOT FALSE
        OR jsonb_path_exists(parts, 'strict $[*][*][*][*] ? (@.type() != "number")', '{{}}', true)
            IS NOT FALSE
    THEN {_no(Unplaced.UNREADABLE)}; END IF;
    SELECT CASE WHEN sum(jsonb_array_length(ring)) > {places.MOST_VERTICES}
            THEN '{Unplaced.TOO_LARGE}'
        WHEN kind LIKE '%LineString' AND min(jsonb_array_length(ring)) < 2
            THEN '{Unplaced.UNREADABLE}'
        WHEN kind LIKE '%Polygon' AND NOT bool_and(jsonb_array_length(ring) > 3
            AND ring -> 0 -> 0 = ring -> -1 -> 0 AND ring -> 0 -> 1 = ring -> -1 -> 1)
            THEN '{Unplaced.UNCLOSED}' END
        INTO wrong
        FROM jsonb_array_elements(parts) part, jsonb_array_elements(part) ring;
    IF wrong IS NOT NULL THEN RETURN to_jsonb(wrong); END IF;
    WITH numbers AS MATERIALIZED (
        SELECT i, j, k,
            round(greatest(-{FURTHEST!r}, least({FURTHEST!r}, (v -> 0)::numeric)), 12)::float8 x,
            round(greatest(-{FURTHEST!r}, least({FURTHEST!r}, (v -> 1)::numeric)), 12)::float8 y
        FROM jsonb_array_elements(parts) WITH ORDINALITY p(part, i),
            jsonb_array_elements(part) WITH ORDINALITY r(ring, j),
            jsonb_array_elements(ring) WITH ORDINALITY t(v, k)
    ), spots AS MATERIALIZED (
        SELECT *, {SCHEMA}.{place_function.NAME}(method, x, y, meridian, easting, is_chinese,
            digits) AS spot FROM numbers
    ), rings AS (
        SELECT i, j, jsonb_agg(jsonb_build_array(spot[0], spot[1]) ORDER BY k) AS ring
        FROM spots GROUP BY i, j
    ), polygons AS (
        SELECT i, jsonb_agg(ring ORDER BY j) AS rings FROM rings GROUP BY i
    ), whole AS (
        SELECT jsonb_agg(rings ORDER BY i) AS w FROM polygons
    ), around AS (
        SELECT min(spot[0]) AS west, min(spot[1]) AS south, max(spot[0]) AS east,
            max(spot[1]) AS north, bool_or(spot IS NULL) AS fails FROM spots
    )
    SELECT CASE WHEN fails THEN (
            SELECT to_jsonb(CASE WHEN x = 0 AND y = 0 THEN '{Unplaced.ZERO}'
                WHEN {SCHEMA}.{place_function.NAME}(method, y, x, meridian, easting, is_chinese,
                    0) IS NOT NULL THEN '{Unplaced.SWAPPED}'
                ELSE '{Unplaced.OUTSIDE}' END)
            FROM spots WHERE spot IS NULL ORDER BY i, j, k LIMIT 1)
        ELSE jsonb_build_object('type', kind,
            'bbox', jsonb_build_array(west, south, east, north),
            'coordinates', CASE kind WHEN 'MultiPolygon' THEN w
                WHEN 'Polygon' THEN w -> 0 WHEN 'MultiLineString' THEN w -> 0
                WHEN 'Point' THEN w #> '{{0,0,0}}' ELSE w #> '{{0,0}}' END) END
        INTO made FROM around, whole;
    RETURN made;
END
$shape$
"""  # noqa: S608 - made of constants of ours

CREATE_BOX = f"""
CREATE OR REPLACE FUNCTION {SCHEMA}.{BOX}(shape jsonb) RETURNS box
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $box$
    SELECT CASE WHEN jsonb_typeof(shape) = 'object' THEN box(
        point((shape #>> '{{bbox,0}}')::float8, (shape #>> '{{bbox,1}}')::float8),
        point((shape #>> '{{bbox,2}}')::float8, (shape #>> '{{bbox,3}}')::float8)) END
$box$
"""

CREATE_DISTANCE = f"""
CREATE OR REPLACE FUNCTION {SCHEMA}.{DISTANCE}(shape jsonb, longitude float8, latitude float8)
RETURNS float8 LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $distance$
DECLARE
    kind text := shape ->> 'type'; held jsonb := shape -> 'coordinates';
    narrow float8 := cos(radians(latitude)); found float8;
BEGIN
    IF (jsonb_typeof(shape) = 'object') IS NOT TRUE THEN RETURN NULL; END IF;
    WITH spots AS (
        SELECT i, j, k, (v ->> 0)::float8 AS x, (v ->> 1)::float8 AS y
        FROM jsonb_array_elements({PARTS.format(of="kind", held="held")})
            WITH ORDINALITY p(part, i),
            jsonb_array_elements(part) WITH ORDINALITY r(ring, j),
            jsonb_array_elements(ring) WITH ORDINALITY t(v, k)
    ), sides AS (
        SELECT x, y,
            CASE WHEN kind LIKE '%Point' THEN x ELSE lead(x, 1, x) OVER along END AS x2,
            CASE WHEN kind LIKE '%Point' THEN y ELSE lead(y, 1, y) OVER along END AS y2
        FROM spots WINDOW along AS (PARTITION BY i, j ORDER BY k)
    ), measured AS (
        SELECT *, ((x2 - x) * narrow) * ((x2 - x) * narrow) + (y2 - y) * (y2 - y) AS squared
        FROM sides
    ), nearest AS (
        -- the nearest spot of each side, found on the plane that touches the earth at the point
        SELECT *, CASE WHEN squared < 1e-24 THEN 0 ELSE least(1, greatest(0,
            ((longitude - x) * narrow * (x2 - x) * narrow + (latitude - y) * (y2 - y)) / squared
            )) END AS share
        FROM measured
    ), spotted AS (
        SELECT x + share * (x2 - x) AS east, y + share * (y2 - y) AS north,
            (y > latitude) <> (y2 > latitude)
            AND longitude < (x2 - x) * (latitude - y) / nullif(y2 - y, 0) + x AS crossed
        FROM nearest
    )
    SELECT CASE WHEN kind LIKE '%Polygon' AND count(*) FILTER (WHERE crossed) % 2 = 1 THEN 0
        ELSE min(2 * {EARTH_RADIUS!r} * asin(least(1, sqrt(
            power(sin(radians(north - latitude) / 2), 2) + narrow * cos(radians(north))
            * power(sin(radians(east - longitude) / 2), 2))))) END
        INTO found FROM spotted;
    RETURN found;
END
$distance$
"""  # noqa: S608 - made of constants of ours

CREATE_DRAWN = f"""
CREATE OR REPLACE FUNCTION {SCHEMA}.{DRAWN}(shape jsonb, west float8, top float8, across float8,
    down float8, is_mercator boolean, step integer, low integer, most_x integer, most_y integer)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $drawn$
DECLARE
    kind text := shape ->> 'type'; held jsonb := shape -> 'coordinates'; found jsonb;
BEGIN
    IF (jsonb_typeof(shape) = 'object') IS NOT TRUE THEN RETURN NULL; END IF;
    WITH degrees AS (
        SELECT i, j, k, (v ->> 0)::float8 AS lon,
            least({STEEPEST!r}, greatest(-{STEEPEST!r}, (v ->> 1)::float8)) AS lat
        FROM jsonb_array_elements({PARTS.format(of="kind", held="held")})
            WITH ORDINALITY p(part, i),
            jsonb_array_elements(part) WITH ORDINALITY r(ring, j),
            jsonb_array_elements(ring) WITH ORDINALITY t(v, k)
    ), spots AS (
        SELECT i, j, k, (round((lon - west) * across / step) * step)::bigint AS x,
            (round((top - CASE WHEN is_mercator THEN asinh(tan(radians(lat))) ELSE lat END)
                * down / step) * step)::bigint AS y
        FROM degrees
    ), sided AS (
        SELECT *, (x < low)::int + 2 * (x > most_x)::int + 4 * (y < low)::int
            + 8 * (y > most_y)::int AS side FROM spots
    ), neighboured AS (
        SELECT *, lag(x) OVER along = x AND lag(y) OVER along = y AS repeats,
            coalesce(lag(side) OVER along, 0) AS before,
            coalesce(lead(side) OVER along, 0) AS after
        FROM sided WINDOW along AS (PARTITION BY i, j ORDER BY k)
    ), rings AS (
        -- beyond an edge, a spot between two that lie beyond the same one is not missed; in a
        -- corner, beyond two, only between two in that corner: a line past it may come in sight
        SELECT i, j, jsonb_agg(jsonb_build_array(x, y) ORDER BY k) AS ring FROM neighboured
        WHERE repeats IS NOT TRUE AND (side = 0
            OR NOT (before = side AND after = side
                OR side IN (1, 2, 4, 8) AND before & side > 0 AND after & side > 0))
        GROUP BY i, j
    ), polygons AS (
        SELECT i, jsonb_agg(ring ORDER BY j) AS rings FROM rings GROUP BY i
    )
    SELECT jsonb_agg(rings ORDER BY i) INTO found FROM polygons;
    RETURN found;
END
$drawn$
"""  # noqa: S608 - made of constants of ours

CREATE = (place_function.CREATE, CREATE_SHAPE, CREATE_BOX, CREATE_DISTANCE, CREATE_DRAWN)
"""Every function that places rest on, in the order in which they are made."""


def call(declared: Axis, raw: sql.Composable) -> sql.Composed:
    """Return the geometry in WGS84 of an expression of text, or the reason why it is none."""
    system = declared.system
    return sql.SQL("{}({}, {}, {}, {}, {}, {}, {})").format(
        sql.Identifier(SCHEMA, SHAPE),
        sql.Literal(declared.axis),
        raw,
        sql.Literal(str(system.method)),
        sql.Literal(float(system.meridian)),
        sql.Literal(system.easting),
        sql.Literal(system.chinese),
        sql.Literal(places.FINEST),
    )


def box(shape: sql.Composable) -> sql.Composed:
    """Return the box around a geometry in WGS84; NULL for a reason."""
    return sql.SQL("{}({})").format(sql.Identifier(SCHEMA, BOX), shape)


def distance(shape: sql.Composable, longitude: float, latitude: float) -> sql.Composed:
    """Return how many metres a geometry is from a point at its nearest; 0 inside an outline."""
    return sql.SQL("{}({}, {}, {})").format(
        sql.Identifier(SCHEMA, DISTANCE), shape, sql.Literal(longitude), sql.Literal(latitude)
    )


def drawn(
    shape: sql.Composable,
    *,
    corner: tuple[float, float],
    scale: tuple[float, float],
    is_mercator: bool,
    step: int,
    edges: tuple[int, int, int],
) -> sql.Composed:
    """Return the polygons of rings of a geometry, in units of a picture, thinned.

    `corner` is the picture's north-west, `scale` units to the east and to the south; on Mercator's
    plane a latitude counts as it does there, in radians. Spots lie on a grid of `step` units.
    `edges` are the least x and y that is seen, the most x, the most y: of what lies beyond one of
    them only so much is left that what is seen is the same.
    """
    return sql.SQL("{}({}, {}, {}, {}, {}, {}, {}, {}, {}, {})").format(
        sql.Identifier(SCHEMA, DRAWN),
        shape,
        *map(sql.Literal, (*corner, *scale, is_mercator, step, *edges)),
    )
