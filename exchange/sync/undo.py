"""What the last merge of a binding replaced, kept for a while so that a bad load can be undone.

`undo.run_<id>` holds each row that run changed or deleted, whole, as it stood before. What it
inserted needs no copy: those are the rows above the run's `base_id`. There is one such table for a
binding at most, that of the last run which changed rows. It is unlogged: it costs half, and a
crash of the database server empties it, which `lost` notices.
"""

from datetime import datetime, timedelta

from django.conf import settings
from psycopg import sql

from exchange.models import RecordTable, SyncRun, Zone
from exchange.records import store
from exchange.records.statements import comma, idents, one, run

SCHEMA = "undo"


def _kept(sync_run: SyncRun) -> sql.Composed:
    return store.relation(SCHEMA, f"run_{sync_run.pk}")


def keep(sync_run: SyncRun, table: RecordTable, *, at: datetime) -> None:
    """Keep what the found `delta` is about to replace; a delta of nothing leaves all as it was.

    Marks the run with the place it starts from. To be called within the merge's transaction.
    """
    if not one(sql.SQL("SELECT EXISTS (SELECT 1 FROM delta)"))[0]:
        return
    forget(sync_run.binding.resource_id)
    if not settings.UNDO_DAYS:
        return
    run(
        sql.SQL(
            "CREATE UNLOGGED TABLE {} AS SELECT t.* FROM {} t JOIN delta d USING ({})"
            " WHERE d.op <> 'i'"
        ).format(_kept(sync_run), store.of(table), comma(idents(table.key_columns)))
    )
    store.hand_over(_kept(sync_run), zone=SCHEMA)
    sync_run.base_id = table.last_id
    sync_run.seq = table.seq + 1
    sync_run.undo_until = at + timedelta(days=settings.UNDO_DAYS)


def forget(resource_id: int) -> None:
    """Throw away what is kept of a table's runs: it can not, or may not, be put back any more."""
    _drop(SyncRun.objects.filter(binding__resource_id=resource_id, undo_until__isnull=False))


def sweep(*, at: datetime) -> None:
    """Throw away what was kept long enough."""
    _drop(SyncRun.objects.filter(undo_until__lte=at))


def _drop(runs) -> None:
    for old in runs:
        run(sql.SQL("DROP TABLE IF EXISTS {}").format(_kept(old)))
        SyncRun.objects.filter(pk=old.pk).update(undo_until=None)


def lost(sync_run: SyncRun) -> bool:
    """Whether what was kept is not whole: a crash emptied it, or it came not back from a dump."""
    found = one(sql.SQL("SELECT to_regclass(%s)"), [f"{SCHEMA}.run_{sync_run.pk}"])[0]
    if found is None:
        return True
    count = one(sql.SQL("SELECT count(*) FROM {}").format(_kept(sync_run)))[0]
    return count != sync_run.updated + sync_run.deleted


def put_back(sync_run: SyncRun, table: RecordTable) -> tuple[int, int, int]:
    """Bring a table back to how it stood before the run, as the next `_seq` of its feed.

    Rows get their old cells and their old `_id`; what the run inserted leaves tombstones. Returns
    rows inserted, updated and deleted. The table's ledger is the caller's to write.
    """
    words = {
        "table": store.of(table),
        "kept": _kept(sync_run),
        "gone": store.tombstones(Zone.SHARED),
        "resource": sql.Literal(table.resource_id),
        "seq": sql.Literal(table.seq + 1),
        "base": sql.Literal(sync_run.base_id),
        "same": sql.SQL(" AND ").join(
            [sql.SQL("t.{0} = k.{0}").format(sql.Identifier(name)) for name in table.key_columns]
        ),
    }
    deleted = run(
        sql.SQL(
            "WITH new AS (DELETE FROM {table} WHERE _id > {base} RETURNING _id)"
            " INSERT INTO {gone} (resource_id, id, seq, at)"
            " SELECT {resource}, _id, {seq}, now() FROM new"
        ).format(**words)
    )
    names = ["_hash", *(column["column"] for column in table.columns)]
    updated = run(
        sql.SQL("UPDATE {table} t SET _seq = {seq}, {cells} FROM {kept} k WHERE {same}").format(
            cells=comma([sql.SQL("{0} = k.{0}").format(sql.Identifier(name)) for name in names]),
            **words,
        )
    )
    own_key = [store.HASH_KEY] if table.key_columns == [store.HASH_KEY] else []
    columns = [*own_key, *names]
    inserted = run(
        sql.SQL(
            "INSERT INTO {table} (_id, _seq, {columns}) SELECT k._id, {seq}, {cells} FROM {kept} k"
            " WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE {same})"
        ).format(columns=comma(idents(columns)), cells=comma(idents(columns, of="k")), **words)
    )
    # whoever has not read of these deletions yet is not to read of them after the rows
    run(
        sql.SQL(
            "DELETE FROM {gone} d USING {kept} k WHERE d.resource_id = {resource} AND d.id = k._id"
        ).format(**words)
    )
    return inserted, updated, deleted
