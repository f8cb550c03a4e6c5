"""Migrations expand only: the release that still runs writes rows without a column that is new."""

import pytest
from django.db import connection
from psycopg import sql

from catalog.models import Resource, SearchEntry
from catalog.terms import State
from tests.factories import catalog

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("model", "column", "other", "default"),
    [
        (Resource, "is_public", {"name": "again", "kind": "file"}, False),
        (SearchEntry, "formats", {}, 0),
    ],
)
def test_a_row_is_written_without_a_column_that_came_later(model, column, other, default):
    row = model.objects.get(dataset=catalog.dataset(State.DRAFT))
    columns = [one.column for one in model._meta.concrete_fields if one.column != column]
    taken = [sql.Literal(other[one]) if one in other else sql.Identifier(one) for one in columns]
    if model is Resource:
        taken[columns.index("id")] = sql.SQL("nextval(pg_get_serial_sequence('{}', 'id'))").format(
            sql.SQL(model._meta.db_table)
        )
    aside = sql.Identifier("aside")
    table = sql.Identifier(model._meta.db_table)

    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TEMP TABLE {} AS SELECT * FROM {}").format(aside, table))
        if model is SearchEntry:
            row.delete()
        cursor.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} RETURNING {}").format(
                table,
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.SQL(", ").join(taken),
                aside,
                sql.Identifier(column),
            )
        )
        written = cursor.fetchall()

    assert written == [(default,)]
