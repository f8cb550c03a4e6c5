"""Many rows at once, as copies of one that was made through the verbs."""

from django.db import connection
from django.db.models import Model
from psycopg import sql

FIRST = 1_000_000


def copies(row: Model, many: int, *, begin: int = FIRST, **changed: str) -> None:
    """Add copies of a row with ids from `begin` on; `changed` gives SQL over the number `i`."""
    table = sql.Identifier(row._meta.db_table)
    parts = [sql.SQL("{}, {}").format(sql.Literal("id"), sql.SQL("{} + i").format(begin))]
    parts += [sql.SQL("{}, {}").format(name, sql.SQL(text)) for name, text in changed.items()]
    statement = sql.SQL(
        "INSERT INTO {table} SELECT made.* FROM {table} pattern, generate_series(1, {many}) i,"
        " jsonb_populate_record(pattern, jsonb_build_object({changed})) made"
        " WHERE pattern.id = {pk}"
    ).format(table=table, many=many, changed=sql.SQL(", ").join(parts), pk=row.pk)
    with connection.cursor() as cursor:
        cursor.execute(statement)
