"""The first step of a run: from the source into staging. The worker only moves bytes."""

from dataclasses import dataclass, field, replace

import psycopg
from django.db import connection, transaction
from psycopg import sql

from exchange.connectors import database, files, sheets
from exchange.models import FILE_KINDS, Source, SourceKind, SyncMode
from exchange.records import store
from exchange.records.statements import comma, idents, one, rows, run
from exchange.sync.merge import Scope
from exchange.sync.plan import Plan
from exchange.sync.rejects import Basket
from exchange.sync.staging import Staging

KEYS_AT_ONCE = 10_000
WORTHWHILE = 0.5  # above this share of changed rows, reading all is cheaper than asking by key


@dataclass(slots=True)
class Intake:
    """What was read: rows, bytes, scope, the checkpoint reached, whether text waits for casts."""

    read: int = 0
    bytes: int = 0
    scope: Scope = Scope.ALL
    checkpoint: str = ""
    raw: bool = False
    parts: list[dict[str, object]] = field(default_factory=list)
    lines: files.Lines = field(default_factory=files.Lines)


@transaction.atomic
def stage(plan: Plan, staging: Staging, basket: Basket) -> Intake:
    """Read the source into the run's staging tables.

    Raises the SourceProblems of the connector. Nothing that readers see is touched.
    """
    if plan.binding.source.kind in FILE_KINDS:
        return _stage_files(plan, staging, basket)
    with database.connected(plan.binding.source) as source:
        return _Database(plan, staging, source).stage()


def _stage_files(plan: Plan, staging: Staging, basket: Basket) -> Intake:
    staging.create(plan.columns, raw=True)
    reading = files.Reading()
    names = ["_line", *(column.column for column in plan.columns)]
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        staging.raw, comma(idents(names))
    )
    connector = sheets if plan.binding.source.kind == SourceKind.EXCEL else files
    pieces = connector.records(plan.binding, plan.columns, reading=reading, aside=basket.add)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in pieces:
            copy.write(piece)
    parts: list[dict[str, object]] = [
        {"name": part.name, "first_line": part.first_line} for part in reading.parts
    ]
    return Intake(
        reading.read, reading.bytes, Scope.ALL, "", raw=True, parts=parts, lines=reading.lines
    )


@dataclass(frozen=True, slots=True)
class _Database:
    """One read of a PostgreSQL source inside one snapshot."""

    plan: Plan
    staging: Staging
    source: psycopg.Connection

    def stage(self) -> Intake:
        binding = self.plan.binding
        bound = database.bound(self.source, binding, self.plan.columns)
        raw = not all(part.fits for part in bound)
        self.staging.create(self.plan.columns, raw=raw)
        where, checkpoint = None, ""
        scope = Scope.ALL
        if binding.mode == SyncMode.CURSOR:
            held = "" if self.plan.whole else binding.checkpoint
            where, checkpoint = database.since(self.source, binding, held)
            scope = Scope.PART if where is not None else Scope.ALL
        if where is None and not raw and self._comparable():
            compared = self._compare(bound)
            if compared is not None:
                return replace(compared, checkpoint=checkpoint)
        read, size = self._copy(bound, where, raw=raw)
        return Intake(read, size, scope, checkpoint, raw=raw)

    def _copy(self, bound, where, *, raw: bool) -> tuple[int, int]:
        values = [part.text() if raw else part.typed(self._zone) for part in bound]
        return _pump(
            self.source,
            database.select(self.plan.binding, values, where=where),
            self.staging.raw if raw else self.staging.typed,
            [part.column.column for part in bound],
            binary=not raw,
        )

    @property
    def _zone(self) -> str:
        source: Source = self.plan.binding.source
        return source.time_zone

    def _comparable(self) -> bool:
        """Whether hashes computed at the source can be held against the standing table."""
        return (
            not self.plan.reshaped
            and self.plan.key != (store.HASH_KEY,)
            and database.knows_hashes(self.source)
        )

    def _compare(self, bound: list[database.SourceColumn]) -> Intake | None:
        """Fetch keys and hashes, then only the rows that differ; None where most do."""
        key = [part for part in bound if part.column.column in self.plan.key]
        read, size = self._fetch_keys(bound, key)
        changed = self._changed_keys(key)
        if read and len(changed) > read * WORTHWHILE:
            return None
        for start in range(0, len(changed), KEYS_AT_ONCE):
            where = database.matching(key, changed[start : start + KEYS_AT_ONCE])
            size += self._copy(bound, where, raw=False)[1]
        if self._fetched(key) < len(set(changed)):
            # some keys were not found again (NULL, or another text at the source): read all
            run(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(self.staging.typed))
            return None
        return Intake(read, size, Scope.CHANGED)

    def _fetched(self, key: list[database.SourceColumn]) -> int:
        """Return how many keys came with the rows that were asked for."""
        names = comma(idents([part.column.column for part in key]))
        return one(
            sql.SQL("SELECT count(*) FROM (SELECT DISTINCT {} FROM {}) AS found").format(
                names, self.staging.typed
            )
        )[0]

    def _fetch_keys(self, bound, key) -> tuple[int, int]:
        typed = [part.typed(self._zone) for part in bound]
        record_hash = sql.SQL("hash_record_extended(ROW({}), {})").format(
            comma(typed), sql.Literal(store.HASH_SEED)
        )
        names = [part.column.column for part in key]
        self.staging.create_keys([part.column for part in key])
        moved = _pump(
            self.source,
            database.select(
                self.plan.binding, [*(part.typed(self._zone) for part in key), record_hash]
            ),
            self.staging.keys,
            [*names, "_hash"],
            binary=True,
        )
        run(sql.SQL("ANALYZE {}").format(self.staging.keys))
        return moved

    def _changed_keys(self, key) -> list[tuple]:
        names = [part.column.column for part in key]
        assert self.plan.standing is not None  # noqa: S101 - `_comparable` has looked
        return rows(
            sql.SQL(
                "SELECT {} FROM {} k LEFT JOIN {} t USING ({})"
                " WHERE t._id IS NULL OR t._hash <> k._hash"
            ).format(
                comma([sql.SQL("k.{}::text").format(sql.Identifier(name)) for name in names]),
                self.staging.keys,
                store.of(self.plan.standing),
                comma(idents(names)),
            )
        )


def _pump(source, query, into, names, *, binary: bool) -> tuple[int, int]:
    """Copy a query's rows from the source into a staging table; return rows and bytes."""
    size = 0
    form = sql.SQL("(FORMAT binary)") if binary else sql.SQL("(FORMAT text)")
    statement = sql.SQL("COPY {} ({}) FROM STDIN {}").format(into, comma(idents(names)), form)
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for piece in database.copy_out(source, query, binary=binary):
                size += len(piece)
                copy.write(piece)
        return cursor.rowcount, size
