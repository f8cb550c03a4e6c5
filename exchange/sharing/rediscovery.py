"""Finding leaked rows in their dataset again, by what is left of them.

Columns are known by their names, or, where none is, by their values. Rows are looked for by all
known columns together, as a grant shows them, and, where that finds few, by each column alone: of
a value that stands in one row only, the row is known.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from exchange.models import RecordTable
from exchange.records import masks, store
from exchange.records.statements import comma, rows, run
from exchange.sharing.leaks import Leak
from policy.terms import DataType, MaskKind

COMPARABLE = (DataType.TEXT, DataType.INTEGER, DataType.DECIMAL, DataType.DATE)
"""Types that are written alike as CSV and as JSON."""

ENOUGH = 0.5
"""The part of the rows that has to be found by all columns together."""

Pair = tuple[int, sql.Composable]
"""A column of the leak, by its place, and what stands in a row of the dataset for it."""


@transaction.atomic
def numbers(
    leak: Leak,
    table: RecordTable,
    names: Mapping[str, int],
    shown: Sequence[Sequence[Mapping[str, Any]]],
) -> list[int]:
    """Return the numbers (`_id`) of the leak's rows that were found, in the leak's order.

    `names` are the dataset's fields with their permanent ids; `shown` says, of each file that was
    made, how fields were shown: {"name", "treatment", "mask"}.
    """
    _laid_out(leak)
    best: list[int] = []
    for fields in _different(shown):
        known = _comparable(fields, table, names)
        named = [(leak.names.index(name), value) for name, value in known if name in leak.names]
        if named:
            best = max(best, _found(table, named), key=len)
        if len(best) >= ENOUGH * len(leak.rows):
            continue
        every = named or [(place, one) for place in range(len(leak.names)) for _n, one in known]
        for pair in every:
            best = max(best, _found(table, [pair]), key=len)
    run(sql.SQL("DROP TABLE leaked"))
    return best


def _laid_out(leak: Leak) -> None:
    """Put the leak into a table of texts, `n` its order."""
    columns = [sql.Identifier(f"c{place}") for place in range(len(leak.names))]
    run(sql.SQL("DROP TABLE IF EXISTS leaked"))
    run(
        sql.SQL("CREATE TEMP TABLE leaked (n integer, {}) ON COMMIT DROP").format(
            comma([sql.SQL("{} text").format(column) for column in columns])
        )
    )
    with connection.cursor() as cursor, cursor.copy("COPY leaked FROM STDIN") as copy:
        for number, row in enumerate(leak.rows):
            copy.write_row((number, *row))
    run(sql.SQL("ANALYZE leaked"))


def _different(shown: Sequence[Sequence[Mapping[str, Any]]]) -> list[Sequence[Mapping[str, Any]]]:
    return list({repr(fields): fields for fields in shown}.values())


def _comparable(
    fields: Sequence[Mapping[str, Any]], table: RecordTable, names: Mapping[str, int]
) -> list[tuple[str, sql.Composable]]:
    """Return the fields by which rows can be found, each as its text in a file.

    Pseudonyms are left out: their key does not come to the database.
    """
    stored = {column["field"]: column for column in table.columns}
    found = []
    for field in fields:
        column, mask = stored.get(names.get(field["name"], 0)), field["mask"]
        if column is None or column["type"] not in COMPARABLE:
            continue
        if mask and MaskKind(mask["kind"]) == MaskKind.PSEUDONYM:
            continue
        value = sql.Identifier(column["column"])
        found.append((field["name"], masks.expression(mask, value, column["type"])))
    return found


def _found(table: RecordTable, pairs: Sequence[Pair]) -> list[int]:
    """Return the numbers of rows that agree in all pairs, and with one row only."""
    values = [
        sql.SQL("coalesce(({})::text, '') AS {}").format(value, sql.Identifier(f"v{place}"))
        for place, value in pairs
    ]
    alike = [
        sql.SQL("{} = {}").format(_of_dataset(place), _of_leak(place)) for place, _value in pairs
    ]
    if len(pairs) == 1:  # that a value is missing tells nothing of which row it is
        alike.append(sql.SQL("{} <> ''").format(_of_leak(pairs[0][0])))
    statement = sql.SQL(
        "SELECT min(t._id) FROM leaked s JOIN (SELECT _id, {} FROM {}) t ON {}"
        " GROUP BY s.n HAVING count(*) = 1 ORDER BY s.n"
    ).format(comma(values), store.of(table), sql.SQL(" AND ").join(alike))
    return [number for (number,) in rows(statement)]


def _of_dataset(place: int) -> sql.Identifier:
    return sql.Identifier("t", f"v{place}")


def _of_leak(place: int) -> sql.Identifier:
    return sql.Identifier("s", f"c{place}")
