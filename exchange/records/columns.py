"""How a declared field stands in a record table: its column and its PostgreSQL type.

A column is named for the field's permanent id (`f12`), so that a renamed field keeps its column.
"""

from dataclasses import dataclass

from psycopg import sql

from policy.terms import DataType

SQL_TYPES: dict[str, str] = {
    DataType.TEXT: "text",
    DataType.INTEGER: "bigint",
    DataType.DECIMAL: "numeric",
    DataType.DOUBLE: "double precision",
    DataType.DATE: "date",
    DataType.DATETIME: "timestamp with time zone",
    DataType.BOOLEAN: "boolean",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a record table. `sql_type` is one of SQL_TYPES' values."""

    field: int
    name: str
    data_type: str

    @property
    def column(self) -> str:
        """The column's name in every zone."""
        return f"f{self.field}"

    @property
    def ident(self) -> sql.Identifier:
        """The column's name, quoted."""
        return sql.Identifier(self.column)

    @property
    def sql_type(self) -> sql.SQL:
        """The column's PostgreSQL type."""
        return sql.SQL(SQL_TYPES[self.data_type])
