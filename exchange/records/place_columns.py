"""Which columns of a record table are a place, and the point that is kept beside them.

The numbers stay as they came; `_place` is the same place in WGS84, made by the database from what
the zone holds: from rounded numbers comes a rounded place, and nothing finer is anywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from exchange.models import RecordTable
from exchange.records import masks, place_function, store
from exchange.records.statements import rows, run
from policy import places
from policy.places import System

POINT = "_place"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns that are a place, and to how many decimals of a degree it is known."""

    system: System
    x: str
    y: str
    digits: int

    def expression(self) -> sql.Composed:
        """Return the point in WGS84, from the columns."""
        return place_function.call(
            self.system, sql.Identifier(self.x), sql.Identifier(self.y), self.digits
        )


def pair(columns: Sequence[Mapping[str, Any]]) -> Pair | None:
    """Return the place among a table's columns: one x and one y of the same system."""
    held: dict[str, tuple[System, Mapping[str, Any]]] = {}
    for column in columns:
        if code := column.get("coordinate"):
            axis = places.axis(code)
            held.setdefault(axis.axis, (axis.system, column))
    if set(held) != set(places.AXES) or held["x"][0] != held["y"][0]:
        return None
    system = held["x"][0]
    digits = [
        places.decimals(system, column["mask"]["digits"] if column.get("mask") else None)
        for _system, column in held.values()
    ]
    return Pair(system, held["x"][1]["column"], held["y"][1]["column"], min(digits))


def told(code: str, data_type: str) -> dict[str, str]:
    """Return what a column tells of its axis: nothing where its values are no numbers any more."""
    return {"coordinate": code} if code and data_type in masks.NUMBERS else {}


def definition(table: RecordTable) -> list[sql.Composed]:
    """Return the column of the point for a new table, if it has a place."""
    found = pair(table.columns)
    if found is None:
        return []
    return [
        sql.SQL("{} point GENERATED ALWAYS AS ({}) STORED").format(
            sql.Identifier(POINT), found.expression()
        )
    ]


def index(table: RecordTable) -> None:
    """Let a filled table be asked by place, and for rows that have none."""
    if pair(table.columns) is None:
        return
    point = sql.Identifier(POINT)
    run(sql.SQL("CREATE INDEX ON {} USING gist ({})").format(store.of(table), point))
    run(sql.SQL("CREATE INDEX ON {} (_id) WHERE {} IS NULL").format(store.of(table), point))


def unplaced(table: RecordTable) -> dict[str, int]:
    """Count the rows whose numbers are no place, by reason; by index, over those alone."""
    found = pair(table.columns)
    if found is None:
        return {}
    x, y = sql.Identifier(found.x), sql.Identifier(found.y)
    statement = sql.SQL(
        "SELECT why, count(*) FROM (SELECT {} AS why FROM {} WHERE {} IS NULL) w"
        " WHERE why IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).format(place_function.why_not(found.system, x, y), store.of(table), sql.Identifier(POINT))
    return dict(rows(statement))
