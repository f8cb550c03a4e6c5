"""The database's way from a pair of numbers to a point in WGS84: `policy.places` in SQL.

Made from the same constants; a property test holds it to the reference. One function that calls
none of ours, so that generated columns which rest on it come back from any dump.
"""

from psycopg import sql

from policy import places
from policy.places import Method, System, Unplaced

NAME = "exchange_place"
SETTLED = 1e-11  # degrees
LEAST = 1e-30


def _sum(kind: str, other: str, factors: tuple[float, ...], of: str, beside: str = "") -> str:
    terms = [
        f"{factor!r} * {kind}({2 * place} * {of})"
        + (f" * {other}({2 * place} * {beside})" if beside else "")
        for place, factor in enumerate(factors, start=1)
    ]
    return " + ".join(terms)


CREATE = f"""
CREATE OR REPLACE FUNCTION {NAME}(method text, x float8, y float8, meridian float8,
    easting float8, is_chinese boolean, digits integer) RETURNS point
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $place$
DECLARE
    lon float8 := x; lat float8 := y; east float8; north float8; dx float8; dy float8;
    waves float8; angle float8; flat float8; far float8; there_x float8; there_y float8;
    xi float8; eta float8; up float8; side float8; chi float8;
BEGIN
    IF x IS NULL OR y IS NULL OR (x = 0 AND y = 0) THEN RETURN NULL; END IF;
    -- PostgreSQL refuses a product that underflows: so near an axis a number keeps its sign alone
    IF x <> 0 AND abs(x) < {LEAST} THEN x := sign(x) * {LEAST}; lon := x; END IF;
    IF y <> 0 AND abs(y) < {LEAST} THEN y := sign(y) * {LEAST}; lat := y; END IF;
    IF method = '{Method.MERCATOR}' THEN
        IF NOT (abs(x) <= {places.PLANE!r} AND abs(y) <= {places.PLANE!r}) THEN
            RETURN NULL;
        END IF;
        lon := degrees(x / {places.AXIS!r});
        lat := degrees(atan(sinh(y / {places.AXIS!r})));
    ELSIF method = '{Method.GAUSS}' THEN
        IF NOT (abs(x - easting) <= {places.BESIDE!r} AND y >= 0 AND y <= {places.FURTHEST!r}) THEN
            RETURN NULL;
        END IF;
        xi := y / {places.RADIUS!r};
        eta := (x - easting) / {places.RADIUS!r};
        up := xi - ({_sum("sin", "cosh", places.BETA, "xi", "eta")});
        side := eta - ({_sum("cos", "sinh", places.BETA, "xi", "eta")});
        chi := asin(sin(up) / cosh(side));
        lat := degrees(chi + {_sum("sin", "", places.DELTA, "chi")});
        lon := meridian + degrees(atan2(sinh(side), cos(up)));
    ELSIF is_chinese THEN
        IF NOT (x BETWEEN {places.WEST!r} AND {places.EAST!r}
                AND y BETWEEN {places.SOUTH!r} AND {places.NORTH!r}) THEN
            RETURN NULL;
        END IF;
    ELSIF NOT (abs(x) <= 180 AND abs(y) <= 90) THEN
        RETURN NULL;
    END IF;
    IF method IN ('{Method.SHIFTED}', '{Method.SHIFTED_TWICE}') THEN
        FOR turn IN 1..{places.ROUNDS} LOOP
            there_x := lon; there_y := lat;
            IF lon BETWEEN {places.WEST!r} AND {places.EAST!r}
                    AND lat BETWEEN {places.SOUTH!r} AND {places.NORTH!r} THEN
                dx := lon - 105; dy := lat - 35;
                waves := (20 * sin(6 * dx * pi()) + 20 * sin(2 * dx * pi())) * 2 / 3;
                north := -100 + 2 * dx + 3 * dy + 0.2::float8 * dy * dy + 0.1::float8 * dx * dy
                    + 0.2::float8 * sqrt(abs(dx)) + waves
                    + (20 * sin(dy * pi()) + 40 * sin(dy / 3 * pi())) * 2 / 3
                    + (160 * sin(dy / 12 * pi()) + 320 * sin(dy * pi() / 30)) * 2 / 3;
                east := 300 + dx + 2 * dy + 0.1::float8 * dx * dx + 0.1::float8 * dx * dy
                    + 0.1::float8 * sqrt(abs(dx)) + waves
                    + (20 * sin(dx * pi()) + 40 * sin(dx / 3 * pi())) * 2 / 3
                    + (150 * sin(dx / 12 * pi()) + 300 * sin(dx / 30 * pi())) * 2 / 3;
                angle := radians(lat);
                flat := 1 - {places.SQUARED!r}::float8 * sin(angle) * sin(angle);
                there_x := lon + east * 180
                    / ({places.KRASOVSKY!r}::float8 / sqrt(flat) * cos(angle) * pi());
                there_y := lat + north * 180
                    / ({places.KRASOVSKY * (1 - places.SQUARED)!r}::float8
                       / (flat * sqrt(flat)) * pi());
            END IF;
            IF method = '{Method.SHIFTED_TWICE}' THEN
                far := sqrt(there_x * there_x + there_y * there_y)
                    + 0.00002::float8 * sin(there_y * {places.TURN!r}::float8);
                angle := atan2(there_y, there_x)
                    + 0.000003::float8 * cos(there_x * {places.TURN!r}::float8);
                there_x := far * cos(angle) + 0.0065::float8;
                there_y := far * sin(angle) + 0.006::float8;
            END IF;
            lon := lon - (there_x - x); lat := lat - (there_y - y);
            EXIT WHEN abs(there_x - x) < {SETTLED} AND abs(there_y - y) < {SETTLED};
        END LOOP;
    END IF;
    RETURN point(round(lon::numeric, digits)::float8, round(lat::numeric, digits)::float8);
END
$place$
"""


def call(system: System, x: sql.Composable, y: sql.Composable, digits: int) -> sql.Composed:
    """Return the point in WGS84 of two numeric expressions, to so many decimals; else NULL."""
    return sql.SQL("{}({}, ({})::float8, ({})::float8, {}, {}, {}, {})").format(
        sql.Identifier(NAME),
        sql.Literal(str(system.method)),
        x,
        y,
        sql.Literal(float(system.meridian)),
        sql.Literal(system.easting),
        sql.Literal(system.chinese),
        sql.Literal(digits),
    )


def why_not(system: System, x: sql.Composable, y: sql.Composable) -> sql.Composed:
    """Return why two numbers are no place, as `policy.places.unplaced` says it; NULL for one."""
    return sql.SQL(
        "CASE WHEN {x} IS NULL OR {y} IS NULL THEN NULL WHEN {x} = 0 AND {y} = 0 THEN {zero}"
        " WHEN {straight} IS NOT NULL THEN NULL"
        " WHEN {turned} IS NOT NULL THEN {swapped} ELSE {outside} END"
    ).format(
        x=x,
        y=y,
        straight=call(system, x, y, 0),
        turned=call(system, y, x, 0),
        zero=sql.Literal(str(Unplaced.ZERO)),
        swapped=sql.Literal(str(Unplaced.SWAPPED)),
        outside=sql.Literal(str(Unplaced.OUTSIDE)),
    )
