"""From staged rows to the shared zone: one delta, three statements, one transaction.

What a run staged has one of three scopes: ALL rows of the source; PART, those that a cursor
column says have changed; CHANGED, those whose hash differs, beside the keys of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from psycopg import sql

from exchange.models import RecordTable, Zone
from exchange.records import store
from exchange.records.columns import Column
from exchange.records.statements import comma, idents, one, run
from exchange.sync.staging import Staging


class Scope(StrEnum):
    """How much of the source a run staged."""

    ALL = "all"
    PART = "part"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Delta:
    """What a merge did, in rows, and by how much the order-free digest moved."""

    inserted: int
    updated: int
    deleted: int
    digest: Decimal


@dataclass(frozen=True, slots=True)
class Merge:
    """One run's way into one shared table. `key` names key columns, or the hash key alone."""

    staging: Staging
    table: sql.Composed
    columns: Sequence[Column]
    key: Sequence[str]

    @property
    def names(self) -> list[str]:
        """The declared columns' names."""
        return [column.column for column in self.columns]

    def staged(self) -> sql.Composed:
        """Return staged rows with their key and hash."""
        key = [] if list(self.key) != [store.HASH_KEY] else [self._hash_key()]
        return sql.SQL("(SELECT s.*, {} FROM {} s)").format(
            comma([sql.SQL("{} AS _hash").format(store.hash_of(self.names, of="s")), *key]),
            self.staging.typed,
        )

    def _hash_key(self) -> sql.Composed:
        return sql.SQL("{} AS _key").format(store.key_of(self.names, of="s"))

    def find_duplicates(self) -> None:
        """Mark every row but the first of each key as bad: `same` where all cells agree."""
        key = comma(idents(self.key))
        twice = one(
            sql.SQL("SELECT EXISTS (SELECT 1 FROM {} s GROUP BY {} HAVING count(*) > 1)").format(
                self.staged(), key
            )
        )[0]
        if not twice:
            return
        run(
            sql.SQL(
                "INSERT INTO {bad} (_line, rule, field)"
                " SELECT _line, CASE WHEN _hash = first THEN 'same' ELSE 'duplicate-key' END, ''"
                " FROM (SELECT _line, _hash, first_value(_hash) OVER w AS first,"
                "       row_number() OVER w AS place"
                "       FROM {staged} s WINDOW w AS (PARTITION BY {key} ORDER BY _line)) ranked"
                " WHERE place > 1"
            ).format(bad=self.staging.bad, staged=self.staged(), key=key)
        )

    def first(self, *, seq: int, base: int, old: RecordTable | None) -> tuple[Delta, int]:
        """Fill an empty table, then index it; returns what moved and how many rows were kept.

        New ids are `base` + line. Rows that stood in `old` under the same key keep their id; those
        whose row was turned away now stay as they were; rows that do not come again leave
        tombstones.
        """
        same_key = old is not None and list(old.key_columns) == list(self.key)
        if old is None or not same_key:
            filled = self._insert(sql.SQL("{} s").format(self.staged()), seq=seq, base=base)
            kept = 0
        else:
            join = sql.SQL("{} s LEFT JOIN {} o USING ({})").format(
                self.staged(), store.of(old), comma(idents(self.key))
            )
            filled = self._insert(join, seq=seq, base=base, standing=True)
            kept = one(
                sql.SQL("SELECT count(*) FROM {} WHERE _id <= {}").format(
                    self.table, sql.Literal(base)
                )
            )[0]
        store.index_shared(self.table, self.key)
        if old is not None and same_key and self.staging.has("_kept"):
            self._carry_over(old, seq=seq)
        deleted = 0 if old is None else store.bury(old, self.table, seq=seq)
        digest = one(sql.SQL("SELECT coalesce(sum(_hash), 0) FROM {}").format(self.table))[0]
        return Delta(filled - kept, 0, deleted, digest), kept

    def _carry_over(self, old: RecordTable, *, seq: int) -> None:
        """Take over old rows under the keys of rows that were turned away; new cells are NULL."""
        stood = {column["column"]: column["type"] for column in old.columns}
        cells = [
            sql.SQL("o.{}").format(column.ident)
            if stood.get(column.column) == column.data_type
            else sql.SQL("NULL::{} AS {}").format(column.sql_type, column.ident)
            for column in self.columns
        ]
        key = comma(idents(self.key))
        run(
            sql.SQL(
                "INSERT INTO {table} (_id, _seq, _hash, {names})"
                " SELECT s._id, {seq}, {hash}, {names} FROM (SELECT o._id, {cells} FROM {old} o"
                " WHERE ({of_o}) IN (SELECT {key} FROM {kept})"
                " AND NOT EXISTS (SELECT 1 FROM {table} n WHERE n._id = o._id)) s"
            ).format(
                table=self.table,
                names=comma(idents(self.names)),
                seq=sql.Literal(seq),
                hash=store.hash_of(self.names, of="s"),
                cells=comma(cells),
                old=store.of(old),
                of_o=comma(idents(self.key, of="o")),
                key=key,
                kept=self.staging.kept,
            )
        )

    def last_line(self) -> int:
        """Return the highest line staged: so many ids are used up."""
        return one(sql.SQL("SELECT coalesce(max(_line), 0) FROM {}").format(self.staging.typed))[0]

    def _insert(
        self,
        source: sql.Composable,
        *,
        seq: int,
        base: int,
        standing: bool = False,
        place: str = "_line",
    ) -> int:
        own_key = [store.HASH_KEY] if list(self.key) == [store.HASH_KEY] else []
        targets = ["_id", "_seq", "_hash", *own_key, *self.names]
        return run(
            sql.SQL("INSERT INTO {} ({}) SELECT {}, {}, {} FROM {}").format(
                self.table,
                comma(idents(targets)),
                sql.SQL("coalesce(o._id, {})" if standing else "{}").format(
                    sql.SQL("{} + s.{}").format(sql.Literal(base), sql.Identifier(place))
                ),
                sql.Literal(seq),
                comma(idents(targets[2:], of="s")),
                source,
            )
        )

    def find_changes(self, scope: Scope) -> None:
        """Make the temporary table `delta`: op, line, key, hashes old and new."""
        key = comma(idents(self.key))
        run(sql.SQL("DROP TABLE IF EXISTS delta"))
        join = sql.SQL("FULL JOIN" if scope == Scope.ALL else "LEFT JOIN")
        run(
            sql.SQL(
                "CREATE TEMP TABLE delta ON COMMIT DROP AS"
                " SELECT CASE WHEN t._id IS NULL THEN 'i' WHEN s._line IS NULL THEN 'd'"
                " ELSE 'u' END AS op, s._line, t._id, {key}, t._hash AS old, s._hash AS new"
                " FROM {staged} s {join} {table} t USING ({key})"
                " WHERE t._id IS NULL OR s._line IS NULL OR s._hash <> t._hash"
            ).format(key=key, staged=self.staged(), join=join, table=self.table)
        )
        if scope == Scope.CHANGED:
            self._find_vanished()
        if self.staging.has("_kept"):
            self._spare_rejected()
        run(sql.SQL("ANALYZE delta"))

    def _find_vanished(self) -> None:
        key = comma(idents(self.key))
        run(
            sql.SQL(
                "INSERT INTO delta (op, _id, {key}, old)"
                " SELECT 'd', t._id, {of_t}, t._hash FROM {table} t"
                " LEFT JOIN {keys} k USING ({key}) WHERE k._hash IS NULL"
            ).format(
                key=key,
                of_t=comma(idents(self.key, of="t")),
                table=self.table,
                keys=self.staging.keys,
            )
        )

    def _spare_rejected(self) -> None:
        """A row that is turned away leaves the version before it standing."""
        same = sql.SQL(" AND ").join(
            [sql.SQL("d.{0} = k.{0}").format(sql.Identifier(name)) for name in self.key]
        )
        run(
            sql.SQL("DELETE FROM delta d USING {} k WHERE d.op = 'd' AND {}").format(
                self.staging.kept, same
            )
        )

    def spare_all(self) -> None:
        """Delete nothing: among the records that could not be read may be any of these rows."""
        run(sql.SQL("DELETE FROM delta WHERE op = 'd'"))

    def not_again(self, old: RecordTable) -> sql.Composed:
        """Return a question for the ids in `old` whose key is neither staged nor turned away."""
        key = comma(idents(self.key))
        kept = (
            sql.SQL(" UNION ALL SELECT {} FROM {}").format(key, self.staging.kept)
            if self.staging.has("_kept")
            else sql.SQL("")
        )
        return sql.SQL(
            "SELECT o._id FROM {old} o WHERE NOT EXISTS"
            " (SELECT 1 FROM (SELECT {key} FROM {staged} s{kept}) n WHERE {same})"
        ).format(
            old=store.of(old),
            key=key,
            staged=self.staged(),
            kept=kept,
            same=sql.SQL(" AND ").join(
                [sql.SQL("n.{0} = o.{0}").format(sql.Identifier(name)) for name in self.key]
            ),
        )

    def deletions(self) -> int:
        """Return how many rows the found changes would delete."""
        return one(sql.SQL("SELECT count(*) FROM delta WHERE op = 'd'"))[0]

    def apply(self, table: RecordTable, *, seq: int) -> Delta:
        """Apply `delta` and leave tombstones for deleted rows; return what moved.

        New rows are numbered among themselves: their public ids may not tell how many others were
        staged because of changes that nobody sees.
        """
        order = ["_line"] if list(self.key) == [store.HASH_KEY] else self.key
        inserted = self._insert(
            sql.SQL(
                "(SELECT s.*, row_number() OVER (ORDER BY {}) AS place FROM {} s"
                " JOIN delta d USING (_line) WHERE d.op = 'i') s"
            ).format(comma(idents(order, of="s")), self.staged()),
            seq=seq,
            base=table.last_id,
            place="place",
        )
        same = sql.SQL(" AND ").join(
            [sql.SQL("t.{0} = d.{0}").format(sql.Identifier(name)) for name in self.key]
        )
        changes = [sql.SQL("{0} = s.{0}").format(column.ident) for column in self.columns]
        updated = run(
            sql.SQL(
                "UPDATE {} t SET _seq = {}, _hash = d.new, {} FROM delta d"
                " JOIN {} s USING (_line) WHERE d.op = 'u' AND {}"
            ).format(self.table, sql.Literal(seq), comma(changes), self.staging.typed, same)
        )
        deleted = run(
            sql.SQL("DELETE FROM {} t USING delta d WHERE d.op = 'd' AND {}").format(
                self.table, same
            )
        )
        run(
            sql.SQL(
                "INSERT INTO {} (resource_id, id, seq, at)"
                " SELECT {}, _id, {}, now() FROM delta WHERE op = 'd'"
            ).format(
                store.tombstones(Zone.SHARED),
                sql.Literal(table.resource_id),
                sql.Literal(seq),
            )
        )
        digest = one(sql.SQL("SELECT coalesce(sum(new), 0) - coalesce(sum(old), 0) FROM delta"))[0]
        return Delta(inserted, updated, deleted, digest)


def remove_bad(staging: Staging) -> int:
    """Take bad lines out of the typed rows; returns how many lines are bad."""
    run(
        sql.SQL("DELETE FROM {} s USING {} b WHERE s._line = b._line").format(
            staging.typed, staging.bad
        )
    )
    return one(sql.SQL("SELECT count(*) FROM {}").format(staging.bad))[0]


def keep_keys(staging: Staging, columns: Sequence[Column], key: Sequence[str]) -> None:
    """Remember the keys of bad typed rows, whose standing version is not to be deleted."""
    names = [column.column for column in columns]
    own_key = list(key) == [store.HASH_KEY]
    values = (
        [sql.SQL("{} AS _key").format(store.key_of(names, of="s"))]
        if own_key
        else idents(key, of="s")
    )
    kept = sql.SQL("SELECT {} FROM {} s JOIN {} b USING (_line)").format(
        comma(values), staging.typed, staging.bad
    )
    if staging.has("_kept"):
        run(sql.SQL("INSERT INTO {} {}").format(staging.kept, kept))
    else:
        staging.create_kept(kept)
