"""Which columns of a record table are a place, and what is kept beside them in WGS84.

Numbers and texts stay as they came; the database makes the place of what the zone holds, so that
nothing finer is anywhere. A pair of numbers has `_place`, a point. A geometry has `_shape`,
GeoJSON or the reason why it is none, and `_box`, the box around it, by which it is found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from exchange.models import RecordTable
from exchange.records import place_function, shape_function, store
from exchange.records.statements import one, rows, run
from policy import places
from policy.places import Axis, System
from policy.terms import Treatment

POINT, SHAPE, BOX = "_place", "_shape", "_box"

Column = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns that are a place, and to how many decimals of a degree it is known."""

    system: System
    x: str
    y: str
    digits: int

    def definition(self) -> sql.Composed:
        """Return the column of the point."""
        x, y = sql.Identifier(self.x), sql.Identifier(self.y)
        point = place_function.call(self.system, x, y, self.digits)
        return sql.SQL("{} point GENERATED ALWAYS AS ({}) STORED").format(
            sql.Identifier(POINT), point
        )

    def why_not(self) -> sql.Composed:
        """Return why a row's numbers are no place; NULL without numbers."""
        return place_function.why_not(self.system, sql.Identifier(self.x), sql.Identifier(self.y))

    @property
    def indexed(self) -> str:
        """The column by which rows are found."""
        return POINT


@dataclass(frozen=True, slots=True)
class Geometry:
    """A column of text whose values are geometries."""

    declared: Axis
    column: str

    def definition(self) -> sql.Composed:
        """Return the columns of the geometry and of its box."""
        shape = shape_function.call(self.declared, sql.Identifier(self.column))
        return sql.SQL(
            "{} jsonb GENERATED ALWAYS AS ({}) STORED, {} box GENERATED ALWAYS AS ({}) STORED"
        ).format(sql.Identifier(SHAPE), shape, sql.Identifier(BOX), shape_function.box(shape))

    def why_not(self) -> sql.Composed:
        """Return why a row's text is no geometry; NULL without text."""
        return sql.SQL("{} #>> '{{}}'").format(sql.Identifier(SHAPE))

    @property
    def indexed(self) -> str:
        """The column by which rows are found."""
        return BOX


def place(columns: Sequence[Column]) -> Pair | Geometry | None:
    """Return the place among a table's columns: one x and one y of a system, or a geometry."""
    held: dict[str, tuple[Axis, Column]] = {}
    for column in columns:
        if code := column.get("coordinate"):
            declared = places.axis(code)
            held.setdefault(declared.axis, (declared, column))
    for form in places.FORMS:
        if form in held:
            return Geometry(held[form][0], held[form][1]["column"])
    if set(held) != set(places.AXES) or held["x"][0].system != held["y"][0].system:
        return None
    return _pair(*held["x"], held["y"][1])


def _pair(declared: Axis, x: Column, y: Column) -> Pair:
    digits = [
        places.decimals(declared.system, one["mask"]["digits"] if one.get("mask") else None)
        for one in (x, y)
    ]
    return Pair(declared.system, x["column"], y["column"], min(digits))


def told(code: str, data_type: str, treatment: Treatment) -> dict[str, str]:
    """Return what a column tells of its place.

    Nothing where its values are no numbers any more, or no geometries: a mask leaves none.
    """
    if not code or not places.fits(code, data_type):
        return {}
    if places.is_geometry(code) and treatment != Treatment.CLEAR:
        return {}
    return {"coordinate": code}


def definition(table: RecordTable) -> list[sql.Composed]:
    """Return the columns of the place for a new table, if it has one."""
    found = place(table.columns)
    return [found.definition()] if found else []


def index(table: RecordTable) -> None:
    """Let a filled table be asked by place, and for rows that have none."""
    found = place(table.columns)
    if found is None:
        return
    column = sql.Identifier(found.indexed)
    run(sql.SQL("CREATE INDEX ON {} USING gist ({})").format(store.of(table), column))
    run(sql.SQL("CREATE INDEX ON {} (_id) WHERE {} IS NULL").format(store.of(table), column))


def index_shared(table: RecordTable, declared: Mapping[str, str]) -> None:
    """Let departments ask a shared table by its geometries without each text being read.

    `declared` is what fields declare of a place, by column. A shared table keeps no geometry: what
    is found by the index of boxes is made of the text with each call.
    """
    for column in table.columns:
        code = declared.get(column["column"], "")
        if not (code and places.is_geometry(code) and places.fits(code, column["type"])):
            continue
        name = f"{table.table_name}_{column['column']}_{code.replace('.', '_')}"
        if one(sql.SQL("SELECT to_regclass({})").format(sql.Literal(f"{table.zone}.{name}")))[0]:
            continue  # asking for the index "if not exists" would wait for who writes
        shape = shape_function.call(places.axis(code), sql.Identifier(column["column"]))
        run(
            sql.SQL("CREATE INDEX {} ON {} USING gist ({})").format(
                sql.Identifier(name), store.of(table), shape_function.box(shape)
            )
        )


def unplaced(table: RecordTable) -> dict[str, int]:
    """Count the rows whose values are no place, by reason; by index, over those alone."""
    found = place(table.columns)
    if found is None:
        return {}
    statement = sql.SQL(
        "SELECT why, count(*) FROM (SELECT {} AS why FROM {} WHERE {} IS NULL) w"
        " WHERE why IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).format(found.why_not(), store.of(table), sql.Identifier(found.indexed))
    return dict(rows(statement))
