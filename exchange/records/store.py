"""Record tables of the shared zone: their shape, their hashes, their pointer.

A table is `<zone>.ds_<resource>_v<version>`; no table is ever renamed. A shared row has `_id` (a
number by arrival that stays with the row), `_seq` (moved by each change), `_hash` (of the declared
columns) and, where no key is declared, `_key` (two hashes of the whole row).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Max
from django.utils import timezone
from psycopg import sql

from exchange.models import RecordTable, Zone
from exchange.records.columns import Column
from exchange.records.statements import comma, idents, run

HASH_SEED = 0
KEY_SEEDS = (1, 2)
HASH_KEY = "_key"
READERS: Mapping[str, tuple[str, ...]] = {
    Zone.OPEN: ("city_open", "city_conditional"),
    Zone.CONDITIONAL: ("city_conditional",),
}
"""The roles of doors that only read a zone (exchange.database_roles)."""


def table_name(resource_id: int, version: int) -> str:
    """Return the immutable name of a version, the same in every zone."""
    return f"ds_{resource_id}_v{version}"


def relation(zone: str, name: str) -> sql.Composed:
    """Return schema and table, quoted."""
    return sql.SQL("{}.{}").format(sql.Identifier(zone), sql.Identifier(name))


def of(table: RecordTable) -> sql.Composed:
    """Return the relation a RecordTable row points at."""
    return relation(table.zone, table.table_name)


def live(resource_id: int, zone: str) -> RecordTable | None:
    """Return the version readers follow now, if there is one."""
    return RecordTable.objects.filter(resource_id=resource_id, zone=zone, live=True).first()


def next_version(resource_id: int, zone: str) -> int:
    """Return the number for a new version; numbers are never used again."""
    last = (
        RecordTable.objects.filter(resource_id=resource_id, zone=zone)
        .order_by("-version")
        .values_list("version", flat=True)
        .first()
    )
    return (last or 0) + 1


@dataclass(frozen=True, slots=True)
class Given:
    """The highest `_seq` and `_id` that any version of a table ever gave out."""

    seq: int
    last_id: int


def given_out(resource_id: int, zone: str) -> Given:
    """Return what must not be given out again, whether or not a version stands now."""
    found = RecordTable.objects.filter(resource_id=resource_id, zone=zone).aggregate(
        seq=Max("seq"), last_id=Max("last_id")
    )
    return Given(found["seq"] or 0, found["last_id"] or 0)


def hash_of(columns: Sequence[str], *, of: str = "", seed: int = HASH_SEED) -> sql.Composed:
    """Return the 64-bit hash of the named columns as one record.

    The same function on the same types gives the same number on every PostgreSQL from 14 on, so a
    PostgreSQL source can be asked for its own.
    """
    return sql.SQL("hash_record_extended(ROW({}), {})").format(
        comma(idents(columns, of=of)), sql.Literal(seed)
    )


def key_of(columns: Sequence[str], *, of: str = "") -> sql.Composed:
    """Return the 128-bit key of a row without a declared one."""
    halves = [
        sql.SQL("lpad(to_hex({}), 16, '0')").format(hash_of(columns, of=of, seed=seed))
        for seed in KEY_SEEDS
    ]
    return sql.SQL("({} || {})::uuid").format(*halves)


def hand_over(table: sql.Composed, *, zone: str) -> None:
    """Give a new table to the role that owns record tables, and let the doors read their zones.

    Worker and office both make and replace record tables, so neither may be left the only owner.
    """
    run(sql.SQL("ALTER TABLE {} OWNER TO city_records").format(table))
    for reader in READERS.get(zone, ()):
        run(sql.SQL("GRANT SELECT ON {} TO {}").format(table, sql.Identifier(reader)))


def definitions(columns: Sequence[Column]) -> list[sql.Composed]:
    """Return `name type` of each declared column."""
    return [sql.SQL("{} {}").format(c.ident, c.sql_type) for c in columns]


def create_shared(name: str, columns: Sequence[Column], key: Sequence[str]) -> None:
    """Create an empty shared table, without indexes: they come after the first load."""
    own_key = [sql.SQL("_key uuid NOT NULL")] if list(key) == [HASH_KEY] else []
    run(
        sql.SQL("CREATE TABLE {} ({})").format(
            relation(Zone.SHARED, name),
            comma(
                [
                    sql.SQL("_id bigint NOT NULL"),
                    sql.SQL("_seq bigint NOT NULL"),
                    sql.SQL("_hash bigint NOT NULL"),
                    *own_key,
                    *definitions(columns),
                ]
            ),
        )
    )
    hand_over(relation(Zone.SHARED, name), zone=Zone.SHARED)


def index_shared(table: sql.Composed, key: Sequence[str]) -> None:
    """Add the primary key, the feed's index and the pages' to a loaded shared table."""
    run(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(table, comma(idents(key))))
    run(sql.SQL("CREATE INDEX ON {} (_seq, _id)").format(table))
    run(sql.SQL("CREATE UNIQUE INDEX ON {} (_id)").format(table))
    run(sql.SQL("ANALYZE {}").format(table))


def index_pages(name: str) -> None:
    """Let departments page through a shared table that was loaded before they could."""
    index = sql.Identifier(f"{name}__id_idx")  # as PostgreSQL names that of `index_shared`
    run(
        sql.SQL("CREATE UNIQUE INDEX IF NOT EXISTS {} ON {} (_id)").format(
            index, relation(Zone.SHARED, name)
        )
    )


def tombstones(zone: str) -> sql.Composed:
    """Return the zone's table of deleted ids."""
    return relation(zone, "tombstone")


def bury(old: RecordTable, new: sql.Composed, *, seq: int) -> int:
    """Leave tombstones for rows of an old version that the new one has not; returns how many."""
    return run(
        sql.SQL(
            "INSERT INTO {} (resource_id, id, seq, at) SELECT {}, o._id, {}, now() FROM {} o"
            " WHERE NOT EXISTS (SELECT 1 FROM {} n WHERE n._id = o._id)"
        ).format(
            tombstones(old.zone), sql.Literal(old.resource_id), sql.Literal(seq), of(old), new
        )
    )


def retire(table: RecordTable) -> None:
    """Take a version out of readers' sight; `sweep` drops it after the last reader's deadline."""
    table.live = False
    table.retired_at = timezone.now()
    table.save(update_fields=["live", "retired_at"])
