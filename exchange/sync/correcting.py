"""A rejected row, corrected by a person: held to the same rules, merged as a run of its own."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from psycopg import sql

from accounts.models import User
from accounts.roles import require
from accounts.wording import said as _
from audit import chain
from exchange.models import Binding, RecordTable, RejectedRow, RunState, SyncRun
from exchange.problems import Problem, WrongRunState
from exchange.records import zones
from exchange.records.statements import comma, idents, run
from exchange.sync import corrected, engine, lease, plan
from exchange.sync.checking import check
from exchange.sync.merge import Scope
from exchange.sync.plan import Plan
from exchange.sync.reading import Intake
from exchange.sync.rejects import Basket
from exchange.sync.staging import Staging

MODE = "correct"


class StillBroken(Problem):
    """The corrected row breaks a rule of the catalogue too."""

    code = "still-broken"


def correct(row_id: int, cells: Mapping[str, str], *, by: User, at: datetime) -> SyncRun:
    """Let a rejected row go live with these cells, by field name; returns the run that did it.

    An absent or empty cell is "no value". The row is cast and checked as a sync would, inserted or
    put in the place of the row with its key, and then no rejected row any more. What the source
    brings later goes first (exchange.sync.corrected). Raises NotAllowed, StillBroken,
    AlreadyRunning, RejectedRow.DoesNotExist, and WrongRunState while the table does not stand in
    its present shape.
    """
    row = RejectedRow.objects.select_related("run__binding__resource__dataset__owner").get(
        pk=row_id
    )
    binding = row.run.binding
    require(by, "exchange.correct_rejected", organization=binding.resource.dataset.owner)
    with lease.held(binding.pk), transaction.atomic():
        row = RejectedRow.objects.select_for_update().get(pk=row_id)
        return _corrected(row, binding, cells, by=by, at=at)


def _corrected(
    row: RejectedRow, binding: Binding, cells: Mapping[str, str], *, by: User, at: datetime
) -> SyncRun:
    settled = plan.of(binding, now=at)
    if settled.reshaped or settled.standing is None:
        raise WrongRunState(
            _(
                "The rows of “%(resource)s” do not stand in their present shape yet. Run a sync"
                " first, then correct what it turns away."
            )
            % {"resource": binding.resource}
        )
    own = SyncRun.objects.create(
        binding=binding,
        mode=MODE,
        scope=Scope.PART,
        state=RunState.DONE,
        started_at=at,
        heartbeat_at=at,
        ended_at=at,
        requested_by=by,
        checkpoint_before=binding.checkpoint,
        checkpoint_after=binding.checkpoint,
        read=1,
    )
    staging = Staging(own.pk)
    _stage(staging, settled, cells)
    _check(own, settled, staging)
    table = _merge(own, settled, staging, at=at)
    staging.drop()
    row_id = row.pk
    row.delete()
    chain.record(
        "rejected.correct",
        f"rejected:{row_id}",
        by=by,
        at=at,
        run=row.run_id,
        correction=own.pk,
        line=row.line,
        rule=row.rule,
        inserted=own.inserted,
        updated=own.updated,
    )
    zones.refresh(table.resource_id, at=at)
    return own


def _stage(staging: Staging, settled: Plan, cells: Mapping[str, str]) -> None:
    """Put the one row into staging as text, as a file would have brought it."""
    staging.create(settled.columns, raw=True)
    values = [cells.get(column.name) or None for column in settled.columns]
    if any("\0" in value for value in values if value):
        raise StillBroken(_("A cell holds a NUL character. Take it out."))
    run(
        sql.SQL("INSERT INTO {} (_line, {}) VALUES (1, {})").format(
            staging.raw,
            comma(idents([column.column for column in settled.columns])),
            comma([sql.Placeholder()] * len(values)),
        ),
        values,
    )


def _check(own: SyncRun, settled: Plan, staging: Staging) -> None:
    """Hold the row to the rules of a sync. Raises StillBroken with the first one it breaks."""
    basket = Basket()
    try:
        check(own, settled, staging, Intake(read=1, raw=True, scope=Scope.PART), basket)
    finally:
        basket.close()
    broken = own.rejected_rows.first()
    if broken is not None:
        raise StillBroken(
            _("The row still breaks the rule “%(rule)s” of the field “%(field)s”. Correct it.")
            % {"rule": broken.rule, "field": broken.field or "–"}
        )


def _merge(own: SyncRun, settled: Plan, staging: Staging, *, at: datetime) -> RecordTable:
    engine.with_memory()
    standing = settled.standing
    table, delta = engine.change(own, settled, staging, Scope.PART, at=at, limits=False)
    if standing is not None:  # one row by hand does not make the others fresh
        table.refreshed_at = standing.refreshed_at
        table.save(update_fields=["refreshed_at"])
    engine.balance(own, table, delta, whole=False)
    own.merged_at = at
    own.save()
    if own.inserted or own.updated:
        corrected.mark(table, run_id=own.pk)
    return table
