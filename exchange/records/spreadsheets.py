"""Values as a spreadsheet may open them: none of them is reckoned as a formula."""

from psycopg import sql

from catalog import exports
from exchange.records.compile import VisibleField
from policy.terms import DataType

BOM = exports.BOM.encode()
"""In front of a CSV, or spreadsheets read Chinese as something else."""


def harmless(field: VisibleField, value: sql.Composable) -> sql.Composable:
    """Return a value in SQL as `catalog.exports.harmless` has it: text that begins like a formula
    gets an apostrophe before it. Numbers and days stay as they are."""
    if field.data_type != DataType.TEXT and field.mask is None:
        return value
    return sql.SQL(
        "CASE WHEN left(ltrim({value}, ' '), 1) = ANY({starts})"
        " THEN '''' || {value} ELSE {value} END"
    ).format(value=value, starts=sql.Literal(list(exports.STARTS)))
