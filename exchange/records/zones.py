"""The open and the conditional zone: consumers of the shared zone's feed, each with its ledger.

A withheld field has no column there; a masked one holds only masked values. A zone may lag behind
`shared` and can be rebuilt from it at any time.
"""

import json
from datetime import date, datetime

import psycopg
from django.db import OperationalError, transaction
from django.db.models import BooleanField, Func, Value
from django.utils import timezone
from psycopg import sql

from catalog import facts
from catalog.models import Dataset, Resource
from exchange.hooks import events
from exchange.models import RecordTable, Zone
from exchange.records import masks, place_columns, store
from exchange.records.columns import SQL_TYPES
from exchange.records.statements import comma, idents, one, run
from policy.decision import conditional_zone_case, decide, open_zone_case
from policy.terms import OpenType, Treatment

LOCK_CLASS = 0x5A4F4E45  # "ZONE"
LOCK_TRY = "200ms"  # how long readers who come may queue behind a verb that ends their version
PROJECTED = (Zone.OPEN, Zone.CONDITIONAL)
MASKED_OTHERWISE = '$[*].mask ? (@.type() == "object" && !(@.version == $today))'
CASES = {Zone.OPEN: open_zone_case, Zone.CONDITIONAL: conditional_zone_case}


@transaction.atomic
def refresh(resource_id: int, *, at: datetime) -> dict[str, RecordTable | None]:
    """Bring both zones of a resource to what the catalogue and the shared zone say now.

    Serialised for a resource by an advisory lock, taken before the grades are read: a projection
    that began before a regrade can not finish after it with the old grades.
    """
    one(
        sql.SQL("SELECT pg_advisory_xact_lock({}, {})").format(
            sql.Literal(LOCK_CLASS), sql.Literal(resource_id)
        )
    )
    resource = Resource.objects.select_related("dataset").get(pk=resource_id)
    standing = RecordTable.objects.filter(resource=resource, zone__in=PROJECTED, live=True)
    before = dict(standing.values_list("zone", "seq"))
    found = {str(zone): _project(resource, zone, at=at) for zone in PROJECTED}
    events.rows_changed(resource, before, found, at=at)
    return found


def wanted(resource: Resource, zone: str, today: date) -> list[dict[str, object]]:
    """Return the columns a zone is to hold: field, column, type, treatment, mask.

    Empty where the dataset is not published, or nothing of it may be in this zone.
    """
    dataset = resource.dataset
    if dataset.state != Dataset.State.PUBLISHED:
        return []
    listed = list(resource.fields.live())
    fields = [facts.field_facts(field) for field in listed]
    prohibitions = facts.prohibitions(dataset)
    if zone == Zone.CONDITIONAL and not any(
        field.open_type == OpenType.CONDITIONAL for field in fields
    ):
        return []  # without a conditional field nobody could get more than is open
    decision = decide(CASES[Zone(zone)](today, prohibitions), fields)
    columns: list[dict[str, object]] = []
    for field in listed:
        decided = decision.fields[field.name]
        mask = decided.mask if decided.treatment == Treatment.MASKED else None
        unmaskable = mask is None and decided.treatment == Treatment.MASKED
        if decided.treatment == Treatment.WITHHELD or unmaskable:
            continue
        held = masks.result_type(mask, field.data_type) if mask else field.data_type
        columns.append(
            {
                "field": field.pk,
                "column": f"f{field.pk}",
                "type": held,
                "treatment": int(decided.treatment),
                "mask": masks.as_json(mask, field.coordinate) if mask else None,
                **place_columns.told(field.coordinate, held, decided.treatment),
            }
        )
    return columns


def masked_otherwise() -> list[RecordTable]:
    """Return the live tables of the zones that hold what masks of another release left.

    The database looks, by the rule of `masks.is_of_today`: the clock asks every ten minutes, and
    hardly ever there is one.
    """
    today = json.dumps({"today": masks.VERSION})
    otherwise = Func(
        "columns",
        Value(MASKED_OTHERWISE),
        Value(today),
        function="jsonb_path_exists",
        output_field=BooleanField(),
    )
    standing = RecordTable.objects.filter(otherwise, zone__in=PROJECTED, live=True)
    return list(standing.select_related("resource").order_by("pk"))


def _project(resource: Resource, zone: str, *, at: datetime) -> RecordTable | None:
    shared = store.live(resource.pk, Zone.SHARED)
    standing = store.live(resource.pk, zone)
    columns = wanted(resource, zone, timezone.localdate(at)) if shared else []
    if shared:  # a field that was never read from the source has no column to project
        stored = {column["field"] for column in shared.columns}
        columns = [column for column in columns if column["field"] in stored]
        if shared.key_columns == [store.HASH_KEY] and _hides(columns, stored):
            columns = []
    if not shared or not columns:
        if standing:
            end(standing, at=at)
        return None
    if (
        standing
        and standing.columns == columns
        and standing.source_version == shared.version
        and standing.source_seq >= shared.tombstones_from  # else deletions are forgotten
    ):
        return _catch_up(standing, shared, at=at)
    return _rebuild(resource, zone, shared, standing, columns, at=at)


def _hides(columns: list[dict[str, object]], stored: set[int]) -> bool:
    """Whether some stored cells are not shown as they are.

    Rows without a declared key are told apart by all their cells. A change of a hidden cell would
    show as one row that went and another that came, so such rows are in no zone (design.md §4.6).
    """
    clear = {column["field"] for column in columns if column["treatment"] == Treatment.CLEAR}
    return clear != stored


def _values(columns, shared: RecordTable, *, of: str) -> list[sql.Composed]:
    """Return each column's value as the zone holds it, from shared rows called `of`."""
    types = {column["field"]: column["type"] for column in shared.columns}
    return [
        sql.SQL("{} AS {}").format(
            masks.expression(
                column["mask"],
                sql.SQL(of + ".") + sql.Identifier(column["column"]),
                types[column["field"]],
            ),
            sql.Identifier(column["column"]),
        )
        for column in columns
    ]


def _rebuild(
    resource: Resource,
    zone: str,
    shared: RecordTable,
    standing: RecordTable | None,
    columns: list[dict[str, object]],
    *,
    at: datetime,
) -> RecordTable:
    """Fill a new version from the shared zone and turn the pointer.

    Rows that look the same as in the standing version keep their `_seq`.
    """
    version = store.next_version(resource.pk, zone)
    last = store.given_out(resource.pk, zone).seq
    table = RecordTable(
        resource=resource,
        zone=zone,
        version=version,
        table_name=store.table_name(resource.pk, version),
        columns=columns,
        seq=last + 1,
        source_seq=shared.seq,
        source_version=shared.version,
        # without a standing version nobody was told of what went away in between
        tombstones_from=standing.tombstones_from if standing else last,
        policy_version=resource.dataset.policy_version,
        built_at=at,
        refreshed_at=shared.refreshed_at,
        changed_at=at,
    )
    _create(table)
    table.rows = _fill(table, shared, standing)
    relation = store.of(table)
    run(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (_id)").format(relation))
    run(sql.SQL("CREATE INDEX ON {} (_seq, _id)").format(relation))
    place_columns.index(table)
    run(sql.SQL("ANALYZE {}").format(relation))
    table.unplaced = place_columns.unplaced(table)
    if standing:
        store.bury(standing, store.of(table), seq=table.seq)
        end(standing, at=at) if _shows_less(table, standing) else store.retire(standing)
    table.live = True
    table.save()
    return table


def _create(table: RecordTable) -> None:
    definitions = [
        sql.SQL("{} {}").format(
            sql.Identifier(column["column"]), sql.SQL(SQL_TYPES[column["type"]])
        )
        for column in table.columns
    ]
    run(
        sql.SQL("CREATE TABLE {} (_id bigint NOT NULL, _seq bigint NOT NULL, {})").format(
            store.of(table), comma([*definitions, *place_columns.definition(table)])
        )
    )
    store.hand_over(store.of(table), zone=table.zone)


def _fill(table: RecordTable, shared: RecordTable, standing: RecordTable | None) -> int:
    names = [column["column"] for column in table.columns]
    comparable = standing is not None and standing.columns == table.columns
    values = sql.SQL("(SELECT t._id, {} FROM {} t)").format(
        comma(_values(table.columns, shared, of="t")), store.of(shared)
    )
    if standing is not None and comparable:
        seq: sql.Composable = sql.SQL(
            "CASE WHEN o._id IS NOT NULL AND ROW({}) IS NOT DISTINCT FROM ROW({})"
            " THEN o._seq ELSE {} END"
        ).format(
            comma(idents(names, of="o")), comma(idents(names, of="p")), sql.Literal(table.seq)
        )
        source = sql.SQL("{} p LEFT JOIN {} o USING (_id)").format(values, store.of(standing))
    else:
        seq = sql.Literal(table.seq)
        source = sql.SQL("{} p").format(values)
    return run(
        sql.SQL("INSERT INTO {} (_id, _seq, {}) SELECT p._id, {}, {} FROM {}").format(
            store.of(table), comma(idents(names)), seq, comma(idents(names, of="p")), source
        )
    )


def _shows_less(table: RecordTable, standing: RecordTable) -> bool:
    """Whether a column of the standing version is gone or differently shown in the new one."""
    now = {column["field"]: column for column in table.columns}
    return any(now.get(column["field"]) != column for column in standing.columns)


def _catch_up(table: RecordTable, shared: RecordTable, *, at: datetime) -> RecordTable:
    """Apply what the shared feed holds since the ledger's place; cost follows what changed.

    How fresh rows are is the same whether or not what changed can be seen in this zone.
    """
    table.refreshed_at = shared.refreshed_at
    if table.source_seq == shared.seq:
        table.save(update_fields=["refreshed_at"])
        return table
    seq = table.seq + 1
    names = [column["column"] for column in table.columns]
    _find_changes(table, shared, names)
    inserted = run(
        sql.SQL(
            "INSERT INTO {} (_id, _seq, {}) SELECT _id, {}, {} FROM projected WHERE fresh"
        ).format(store.of(table), comma(idents(names)), sql.Literal(seq), comma(idents(names)))
    )
    changes = [sql.SQL("{0} = p.{0}").format(sql.Identifier(name)) for name in names]
    updated = run(
        sql.SQL(
            "UPDATE {} o SET _seq = {}, {} FROM projected p WHERE NOT p.fresh AND o._id = p._id"
        ).format(store.of(table), sql.Literal(seq), comma(changes))
    )
    deleted = _delete_gone(table, seq)
    if inserted or updated or deleted:
        table.seq, table.changed_at = seq, at
    table.rows += inserted - deleted
    table.source_seq = shared.seq
    table.unplaced = place_columns.unplaced(table)
    table.save()
    return table


def _find_changes(table: RecordTable, shared: RecordTable, names: list[str]) -> None:
    """Make `projected`: rows that are new to the zone or look different in it."""
    run(sql.SQL("DROP TABLE IF EXISTS projected"))
    run(
        sql.SQL(
            "CREATE TEMP TABLE projected ON COMMIT DROP AS"
            " SELECT p.*, o._id IS NULL AS fresh FROM"
            " (SELECT t._id, {values} FROM {shared} t WHERE t._seq > {since}) p"
            " LEFT JOIN {zone} o USING (_id)"
            " WHERE o._id IS NULL OR ROW({old}) IS DISTINCT FROM ROW({new})"
        ).format(
            values=comma(_values(table.columns, shared, of="t")),
            shared=store.of(shared),
            since=sql.Literal(table.source_seq),
            zone=store.of(table),
            old=comma(idents(names, of="o")),
            new=comma(idents(names, of="p")),
        )
    )
    run(sql.SQL("ANALYZE projected"))


def _delete_gone(table: RecordTable, seq: int) -> int:
    return run(
        sql.SQL(
            "WITH gone AS (DELETE FROM {zone} o USING {buried} d WHERE d.resource_id = {resource}"
            " AND d.seq > {since} AND o._id = d.id RETURNING o._id)"
            " INSERT INTO {tombstones} (resource_id, id, seq, at)"
            " SELECT {resource}, _id, {seq}, now() FROM gone"
        ).format(
            zone=store.of(table),
            buried=store.tombstones(Zone.SHARED),
            resource=sql.Literal(table.resource_id),
            since=sql.Literal(table.source_seq),
            tombstones=store.tombstones(table.zone),
            seq=sql.Literal(seq),
        )
    )


def end(table: RecordTable, *, at: datetime) -> None:
    """End a version at once: whoever reads it is cut off, and its rows are gone."""
    _take(table)
    run(sql.SQL("DROP TABLE {}").format(store.of(table)))
    table.live = False
    table.retired_at = table.revoked_at = table.dropped_at = at
    table.save(update_fields=["live", "retired_at", "revoked_at", "dropped_at"])


def _take(table: RecordTable) -> None:
    """Lock a version for ourselves, ending its readers, and those who come while we do so.

    `exchange_end_readers` is a function of the database, since roles may not end each other's
    sessions. The lock is asked for in short tries: behind a pending one, readers who come would
    queue up.
    """
    name = sql.Literal(f"{table.zone}.{table.table_name}")
    while True:
        run(sql.SQL("SELECT exchange_end_readers({}::regclass)").format(name))
        try:
            with transaction.atomic():
                run(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_TRY)))
                run(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(store.of(table)))
                run(sql.SQL("SET LOCAL lock_timeout TO DEFAULT"))
        except OperationalError as failure:
            if not isinstance(failure.__cause__, psycopg.errors.LockNotAvailable):
                raise
        else:
            return


def forget(resource_id: int, field_id: int) -> None:
    """Drop a field's column from the shared zone, in every version that still stands.

    Whoever reads such a version is cut off: a whole copy being written would be waited for. The
    next sync reads the source in its new shape. A table that had the field in its key is
    dropped whole.
    """
    for table in RecordTable.objects.select_for_update().filter(
        resource_id=resource_id, zone=Zone.SHARED, dropped_at=None
    ):
        gone = [column for column in table.columns if column["field"] == field_id]
        if not gone:
            continue
        if gone[0]["column"] in table.key_columns:
            end(table, at=timezone.now())
            continue
        _take(table)
        run(
            sql.SQL("ALTER TABLE {} DROP COLUMN {}").format(
                store.of(table), sql.Identifier(gone[0]["column"])
            )
        )
        table.columns = [column for column in table.columns if column["field"] != field_id]
        table.save(update_fields=["columns"])


def sweep(*, readers_done_by: datetime, tombstones_before: datetime, at: datetime) -> int:
    """Drop versions retired before the last reader's deadline, and old tombstones.

    Returns how many tables were dropped. The feed of a zone then begins after the last tombstone
    that was dropped, which is kept in `tombstones_from`.
    """
    dropped = 0
    for table in RecordTable.objects.filter(
        live=False, dropped_at=None, retired_at__lte=readers_done_by
    ):
        with transaction.atomic():
            _take(table)  # a reader who stalled past his deadline does not hold the sweep up
            run(sql.SQL("DROP TABLE {}").format(store.of(table)))
            table.dropped_at = at
            table.save(update_fields=["dropped_at"])
        dropped += 1
    for zone in Zone.values:
        _sweep_tombstones(zone, tombstones_before)
    return dropped


@transaction.atomic
def _sweep_tombstones(zone: str, before: datetime) -> None:
    run(
        sql.SQL(
            "WITH old AS (DELETE FROM {} WHERE at < {} RETURNING resource_id, seq),"
            " last AS (SELECT resource_id, max(seq) AS seq FROM old GROUP BY resource_id)"
            " UPDATE exchange_recordtable t SET tombstones_from = greatest(t.tombstones_from,"
            " last.seq) FROM last WHERE t.resource_id = last.resource_id AND t.zone = {}"
            " AND t.live"
        ).format(store.tombstones(zone), sql.Literal(before), sql.Literal(zone))
    )
