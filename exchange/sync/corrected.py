"""Rows that a person corrected by hand, so that the next sync does not undo them in silence.

`shared.corrected` names them by `_id`. Such a row is not deleted while the source goes on without
its key, or delivers it broken; once the source delivers the key soundly, its row stands as the
source has it and the mark is gone.
"""

from psycopg import sql

from exchange.models import RecordTable, Zone
from exchange.records import store
from exchange.records.statements import comma, idents, one, run
from exchange.sync.merge import Merge, Scope


def _marks() -> sql.Composed:
    return store.relation(Zone.SHARED, "corrected")


def mark(table: RecordTable, *, run_id: int) -> None:
    """Mark what the run that reached the table's present `_seq` inserted or updated."""
    run(
        sql.SQL(
            "INSERT INTO {} (resource_id, id, run_id, at) SELECT {}, _id, {}, now() FROM {}"
            " WHERE _seq = {} ON CONFLICT (resource_id, id)"
            " DO UPDATE SET run_id = excluded.run_id, at = excluded.at"
        ).format(
            _marks(),
            sql.Literal(table.resource_id),
            sql.Literal(run_id),
            store.of(table),
            sql.Literal(table.seq),
        )
    )


def count(resource_id: int) -> int:
    """Return how many rows of a table stand as somebody corrected them."""
    return one(
        sql.SQL("SELECT count(*) FROM {} WHERE resource_id = {}").format(
            _marks(), sql.Literal(resource_id)
        )
    )[0]


def spare(table: RecordTable, merge: Merge, scope: Scope) -> None:
    """Take marks off rows whose key the source delivers, and delete no row still marked.

    To be called between the merge's `find_changes` and `apply`.
    """
    if not count(table.resource_id):
        return
    words = {
        "marks": _marks(),
        "resource": sql.Literal(table.resource_id),
        "table": merge.table,
        "delivered": merge.staging.keys if scope == Scope.CHANGED else merge.staged(),
        "key": comma(idents(merge.key)),
    }
    run(
        sql.SQL(
            "DELETE FROM {marks} c WHERE c.resource_id = {resource} AND c.id IN"
            " (SELECT t._id FROM {table} t JOIN {delivered} s USING ({key}))"
        ).format(**words)
    )
    run(
        sql.SQL(
            "DELETE FROM delta d USING {marks} c"
            " WHERE d.op = 'd' AND c.resource_id = {resource} AND c.id = d._id"
        ).format(**words)
    )


def missing(table: RecordTable) -> int:
    """Return how many marked rows a new version does not have."""
    return one(
        sql.SQL(
            "SELECT count(*) FROM {} c WHERE c.resource_id = {}"
            " AND NOT EXISTS (SELECT 1 FROM {} t WHERE t._id = c.id)"
        ).format(_marks(), sql.Literal(table.resource_id), store.of(table))
    )[0]


def forget(resource_id: int, *, run_id: int | None = None) -> None:
    """Take the marks off a table's rows: all, or those of one run that is undone."""
    run(
        sql.SQL("DELETE FROM {} WHERE resource_id = {} AND (run_id = {} OR {} IS NULL)").format(
            _marks(), sql.Literal(resource_id), sql.Literal(run_id), sql.Literal(run_id)
        )
    )
