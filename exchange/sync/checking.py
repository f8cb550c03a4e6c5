"""The second step of a run: casts, domain rules and duplicates, each in one pass of PostgreSQL."""

from django.db import transaction
from psycopg import sql

from exchange.models import SyncRun
from exchange.records import store
from exchange.records.statements import comma, idents, one, run
from exchange.sync import rejects, rules
from exchange.sync.merge import Merge, keep_keys, remove_bad
from exchange.sync.plan import Plan
from exchange.sync.reading import Intake
from exchange.sync.staging import Staging

SAME = "same"


@transaction.atomic
def check(
    sync_run: SyncRun, plan: Plan, staging: Staging, intake: Intake, basket: rejects.Basket
) -> None:
    """Leave only sound rows in staging; set the run's `rejected` and `duplicates`.

    Every row turned away is kept as a RejectedRow, but for repetitions that are the same in every
    cell: they are counted only, since nothing of them is lost.
    """
    rejected = _cast(sync_run, plan, staging, intake) if intake.raw else 0
    rejected += _hold_to_rules(sync_run, plan, staging, intake)
    sync_run.duplicates = _single_out(sync_run, plan, staging, intake)
    basket.write(sync_run)
    sync_run.rejected = rejected + basket.count
    if plan.standing is not None:  # with whose rows they are joined; a first load only reads them
        run(sql.SQL("ANALYZE {}").format(staging.typed))


def _cast(sync_run: SyncRun, plan: Plan, staging: Staging, intake: Intake) -> int:
    """Cast raw text into typed rows; rows with a cell that does not fit are kept aside."""
    _mark(
        staging, sql.SQL("{} r").format(staging.raw), rules.first_misfit(plan.columns, plan.nulls)
    )
    rejects.keep(sync_run, staging, plan.columns, raw=True, lines=intake.lines)
    names = [column.column for column in plan.columns]
    before = _set_zone(plan.binding.source.time_zone)
    run(
        sql.SQL(
            "INSERT INTO {typed} (_line, {names}) SELECT r._line, {casts} FROM {raw} r"
            " LEFT JOIN {bad} b USING (_line) WHERE b._line IS NULL"
        ).format(
            typed=staging.typed,
            names=comma(idents(names)),
            casts=comma([rules.cast(column, plan.nulls) for column in plan.columns]),
            raw=staging.raw,
            bad=staging.bad,
        )
    )
    _keep_castable_keys(plan, staging)
    _set_zone(before)
    return _forget_bad(staging)


def _set_zone(name: str) -> str:
    """Read times without a zone in this one from here on; returns the zone that was set before.

    Only while text is cast: Django reads and writes its own times in the connection's zone.
    """
    before = one(sql.SQL("SELECT current_setting('TimeZone')"))[0]
    one(sql.SQL("SELECT set_config('TimeZone', {}, true)").format(sql.Literal(name)))
    return before


def _keep_castable_keys(plan: Plan, staging: Staging) -> None:
    """Remember the keys of uncast rows where at least the key could be read."""
    if plan.key == (store.HASH_KEY,):
        return
    key = [column for column in plan.columns if column.column in plan.key]
    fits: list[sql.Composable] = [
        sql.SQL("NOT coalesce({}, false)").format(condition)
        for column in key
        if (condition := rules.misfit(column, plan.nulls)) is not None
    ]
    readable = sql.SQL(" AND ").join(fits or [sql.SQL("true")])
    values = [
        sql.SQL("CASE WHEN {} THEN {} END AS {}").format(
            readable, rules.cast(column, plan.nulls), column.ident
        )
        for column in key
    ]
    staging.create_kept(
        sql.SQL("SELECT {} FROM {} r JOIN {} b USING (_line)").format(
            comma(values), staging.raw, staging.bad
        )
    )


def _hold_to_rules(sync_run: SyncRun, plan: Plan, staging: Staging, intake: Intake) -> int:
    """Turn typed rows away that break a rule of the catalogue."""
    _mark(staging, sql.SQL("{} s").format(staging.typed), rules.first_violation(plan.rules))
    bad = one(sql.SQL("SELECT count(*) FROM {}").format(staging.bad))[0]
    if bad:
        rejects.keep(sync_run, staging, plan.columns, raw=False, lines=intake.lines)
        keep_keys(staging, plan.columns, plan.key)
        remove_bad(staging)
        _forget_bad(staging)
    return bad


def _single_out(sync_run: SyncRun, plan: Plan, staging: Staging, intake: Intake) -> int:
    """Of rows with one key let the first pass; returns how many did not."""
    Merge(staging, staging.typed, plan.columns, plan.key).find_duplicates()
    bad = one(sql.SQL("SELECT count(*) FROM {}").format(staging.bad))[0]
    if not bad:
        return 0
    run(
        sql.SQL("DELETE FROM {} s USING {} b WHERE s._line = b._line AND b.rule = {}").format(
            staging.typed, staging.bad, sql.Literal(SAME)
        )
    )
    rejects.keep(sync_run, staging, plan.columns, raw=False, lines=intake.lines)
    remove_bad(staging)
    _forget_bad(staging)
    return bad


def _mark(staging: Staging, source: sql.Composable, broken: sql.Composable) -> None:
    """Write line, rule and field of each row for which `broken` says `rule:field`."""
    run(
        sql.SQL(
            "INSERT INTO {bad} (_line, rule, field)"
            " SELECT _line, split_part(broken, ':', 1), split_part(broken, ':', 2)"
            " FROM (SELECT _line, {broken} AS broken FROM {source}) marked"
            " WHERE broken IS NOT NULL"
        ).format(bad=staging.bad, broken=broken, source=source)
    )


def _forget_bad(staging: Staging) -> int:
    """Empty the list of bad lines; returns how many it held."""
    return run(sql.SQL("DELETE FROM {}").format(staging.bad))
