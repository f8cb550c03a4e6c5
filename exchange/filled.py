"""How full the fields of a dataset are, counted over its first rows as everybody may have them."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from exchange.access import Head
from exchange.records import reading
from exchange.records.compile import VisibleField
from exchange.records.statements import comma, one
from policy.terms import Treatment

COUNTED_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Filled:
    """Of how many rows was counted, and in how many of them each field is not empty."""

    rows: int
    by_field: Mapping[str, int]


def filled(head: Head, fields: Mapping[str, VisibleField]) -> Filled:
    """Count values of the fields that a reader sees in clear, in the first COUNTED_ROWS rows.

    Statistics lean on nothing else, as a query does not. One query; raises NoTable, RowsNotReady.
    """
    reading.ready(head)
    clear = [field for field in fields.values() if field.treatment == Treatment.CLEAR]
    if not clear:
        return Filled(0, {})
    statement = sql.SQL(
        "SELECT count(*), {counts}"
        " FROM (SELECT {columns} FROM {table} ORDER BY _id LIMIT {most}) s"
    ).format(
        counts=comma([sql.SQL("count({})").format(field.ident) for field in clear]),
        columns=comma([field.ident for field in clear]),
        table=reading.relation(head),
        most=sql.Literal(COUNTED_ROWS),
    )
    rows, *counted = one(statement)
    return Filled(rows, dict(zip([field.name for field in clear], counted, strict=True)))
