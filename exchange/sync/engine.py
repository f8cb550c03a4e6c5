"""All of ingestion: one run takes a source through staging and checks into the shared zone.

    read ──> check ──> merge ──> project
             (rows set aside)    (open, conditional)

Each step is a transaction. A process may die at any statement: what was staged is dropped by the
next run, what was merged stays merged, and a zone that lags catches up from its place in the feed.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from psycopg import sql

from accounts.models import User
from accounts.roles import require
from accounts.wording import said as _
from audit import chain
from catalog.models import Resource
from exchange.models import Binding, RecordTable, RejectedRow, RunState, SyncMode, SyncRun, Zone
from exchange.models.runs import RUNNING
from exchange.problems import LedgerUnbalanced, Problem, WrongRunState
from exchange.records import place_columns, store, zones
from exchange.records.statements import one
from exchange.schedules import may_be_synced
from exchange.sync import corrected, lease, outcome, plan, reading, undo
from exchange.sync.checking import check
from exchange.sync.merge import Delta, Merge, Scope
from exchange.sync.plan import Plan
from exchange.sync.rejects import Basket
from exchange.sync.staging import Staging

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Carry = Callable[[SyncRun, Plan, Basket, Clock], None]


class _HeldBack(Exception):
    """A run that a person has to look at before it goes live."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


def sync(
    binding_id: int, *, requested_by: User | None = None, clock: Clock = timezone.now
) -> SyncRun:
    """Run one sync of a binding to its end and return the run.

    A run that fails or is held back leaves everything readers see as it was, and says why in
    `problem`. Raises NotAllowed where `requested_by` may not, WithdrawnDataset,
    AlreadyRunning where another process syncs the same binding, and any
    SourceProblem after it has been written down.
    """
    return _run(binding_id, _carry, requested_by, clock)


def trial(binding_id: int, *, by: User, clock: Clock = timezone.now) -> SyncRun:
    """Read and check the whole source as a sync would, and let nothing of it go live.

    The run ends as TRIED with its counts and its rejected rows; where a sync would be held back,
    `problem` says why. A run that is held back goes on waiting. Raises as `sync` does.
    """
    return _run(binding_id, _try_out, by, clock)


def _run(binding_id: int, carry: Carry, requested_by: User | None, clock: Clock) -> SyncRun:
    """Start a run, take it through its steps, and write down how it ended."""
    with lease.held(binding_id) as held:
        binding = Binding.objects.select_related("source", "resource__dataset__owner").get(
            pk=binding_id
        )
        if requested_by is not None:
            require(requested_by, "exchange.run_sync", organization=binding.resource.dataset.owner)
        if carry is _carry:
            may_be_synced(binding)
        _clear_away(binding, clock(), held_back_too=carry is _carry)
        sync_run = _start(binding, requested_by, clock(), trial=carry is _try_out)
        held.beat_for(sync_run.pk)
        basket = Basket()
        try:
            carry(sync_run, plan.of(binding, now=clock()), basket, clock)
        except _HeldBack as held_back:
            _end(sync_run, RunState.HELD, clock(), "sync.hold", held_back.code, held_back.sentence)
        except Problem as problem:
            _end(sync_run, RunState.FAILED, clock(), "sync.fail", problem.code, problem.sentence)
            raise
        except BaseException as failure:
            sentence = _("The run stopped because of a fault of the platform: %(why)s.") % {
                "why": type(failure).__name__
            }
            _end(sync_run, RunState.FAILED, clock(), "sync.fail", "fault", sentence)
            raise
        finally:
            basket.close()
    return sync_run


def _carry(sync_run: SyncRun, settled: Plan, basket: Basket, clock: Clock) -> None:
    """Take a started run through its steps."""
    staging = Staging(sync_run.pk)
    scope = _stage_and_check(sync_run, settled, staging, basket)
    _enter(sync_run, RunState.MERGING)
    _hold_if_many_rejected(sync_run, settled.binding)
    _merge(sync_run, settled, staging, scope, at=clock(), limits=True)
    _project(sync_run, at=clock())


def _try_out(sync_run: SyncRun, settled: Plan, basket: Basket, clock: Clock) -> None:
    """Take a started run as far as a trial goes: all is read, as if no row stood here yet."""
    staging = Staging(sync_run.pk)
    _stage_and_check(sync_run, replace(settled, standing=None), staging, basket)
    staged = one(sql.SQL("SELECT count(*) FROM {}").format(staging.typed))[0]
    if staged != sync_run.accepted:
        raise LedgerUnbalanced(
            _(
                "The trial does not balance: of %(read)s rows, %(rejected)s were rejected and"
                " %(duplicates)s repeated others, but %(staged)s are left. Report it: this is a"
                " fault of the platform."
            )
            % {
                "read": sync_run.read,
                "rejected": sync_run.rejected,
                "duplicates": sync_run.duplicates,
                "staged": staged,
            }
        )
    try:
        _hold_if_many_rejected(sync_run, settled.binding)
    except _HeldBack as would_be:
        sync_run.tell_problem(would_be.code, would_be.sentence)
    with transaction.atomic():
        staging.drop()
        sync_run.state, sync_run.ended_at = RunState.TRIED, clock()
        sync_run.save()
        chain.record(
            "sync.try",
            f"run:{sync_run.pk}",
            by=sync_run.requested_by,
            at=clock(),
            dataset=settled.binding.resource.dataset_id,
            read=sync_run.read,
            rejected=sync_run.rejected,
            duplicates=sync_run.duplicates,
        )


def _stage_and_check(sync_run: SyncRun, settled: Plan, staging: Staging, basket: Basket) -> Scope:
    """Leave the sound rows of the source in staging; return how much of it they are."""
    if settled.whole:
        sync_run.mode, sync_run.because = SyncMode.FULL, settled.whole
        sync_run.save(update_fields=["mode", "because"])
    intake = reading.stage(settled, staging, basket)
    sync_run.read, sync_run.bytes = intake.read, intake.bytes
    sync_run.parts = intake.parts
    sync_run.checkpoint_after, sync_run.scope = intake.checkpoint, intake.scope
    _enter(sync_run, RunState.CHECKING)
    check(sync_run, settled, staging, intake, basket)
    return intake.scope


def release(run_id: int, *, by: User, at: datetime) -> SyncRun:
    """Let a held-back run go live as it was staged.

    Raises NotAllowed, WrongRunState, AlreadyRunning.
    """
    sync_run = SyncRun.objects.select_related("binding__resource__dataset__owner").get(pk=run_id)
    require(by, "exchange.release_run", organization=sync_run.binding.resource.dataset.owner)
    with lease.held(sync_run.binding_id):
        settled = plan.of(sync_run.binding, now=at)
        with transaction.atomic():
            sync_run = held_back(run_id)
            sync_run.state = RunState.MERGING
            sync_run.released_by = by
            sync_run.save(update_fields=["state", "released_by"])
            chain.record("sync.release", f"run:{run_id}", by=by, at=at)
            staging, scope = Staging(run_id), Scope(sync_run.scope)
            if staging.columns() != {column.column for column in settled.columns} or (
                settled.reshaped and scope != Scope.ALL  # what it did not read would be lost
            ):
                raise _other_fields(settled)
            _merge(sync_run, settled, staging, scope, at=at, limits=False)
        _project(sync_run, at=at)
    return sync_run


@transaction.atomic
def discard(run_id: int, *, by: User, at: datetime) -> SyncRun:
    """Throw away what a held-back run staged; its rejected rows stay.

    Raises NotAllowed, WrongRunState.
    """
    sync_run = held_back(run_id)
    require(by, "exchange.discard_run", organization=sync_run.binding.resource.dataset.owner)
    sync_run.state = RunState.DISCARDED
    sync_run.ended_at = at
    sync_run.save(update_fields=["state", "ended_at"])
    Staging(run_id).drop()
    chain.record("sync.discard", f"run:{run_id}", by=by, at=at)
    outcome.tell(sync_run, at=at)
    return sync_run


def held_back(run_id: int) -> SyncRun:
    """Return a run that is held back, locked. Raises WrongRunState for any other."""
    sync_run = SyncRun.objects.select_for_update().get(pk=run_id)
    if sync_run.state != RunState.HELD:
        raise WrongRunState(
            _("Run %(run)s is “%(state)s”; only a run that is held back can be decided on.")
            % {"run": run_id, "state": sync_run.get_state_display()}
        )
    return sync_run


@transaction.atomic
def forget(resource_id: int, *, at: datetime) -> None:
    """Throw away what is kept aside of a table: staged, replaced and rejected rows.

    For a table of which a field turned out to be such that it may not be on the platform.
    """
    give_up(resource_id, at=at)
    undo.forget(resource_id)
    RejectedRow.objects.filter(run__binding__resource_id=resource_id).delete()


@transaction.atomic
def give_up(resource_id: int, *, at: datetime, by: User | None = None) -> None:
    """Discard held-back runs of a table that read what is not wanted any more."""
    for left in SyncRun.objects.select_for_update().filter(
        binding__resource_id=resource_id, state=RunState.HELD
    ):
        left.state, left.ended_at = RunState.DISCARDED, at
        left.save(update_fields=["state", "ended_at"])
        Staging(left.pk).drop()
        chain.record("sync.discard", f"run:{left.pk}", by=by, at=at, state=str(left.state))
        outcome.tell(left, at=at)


@transaction.atomic
def _clear_away(binding: Binding, at: datetime, *, held_back_too: bool) -> None:
    """End what a dead process left running, and give up a held-back run that this one replaces."""
    states = (*RUNNING, RunState.HELD) if held_back_too else RUNNING
    for left in SyncRun.objects.select_for_update().filter(binding=binding, state__in=states):
        held_back = left.state == RunState.HELD
        if left.merged_at is None or held_back:
            left.state = RunState.DISCARDED if held_back else RunState.INTERRUPTED
        else:
            left.state = RunState.DONE  # it went live; its zones catch up below
        left.ended_at = at
        left.save(update_fields=["state", "ended_at"])
        Staging(left.pk).drop()
        chain.record("sync.discard", f"run:{left.pk}", by=None, at=at, state=str(left.state))


@transaction.atomic
def _start(binding: Binding, requested_by: User | None, at: datetime, *, trial: bool) -> SyncRun:
    sync_run = SyncRun.objects.create(
        binding=binding,
        mode=binding.mode,
        trial=trial,
        checkpoint_before=binding.checkpoint,
        started_at=at,
        heartbeat_at=at,
        requested_by=requested_by,
    )
    Binding.objects.filter(pk=binding.pk).update(attempted_at=at)
    chain.record("sync.start", f"run:{sync_run.pk}", by=requested_by, at=at, mode=binding.mode)
    return sync_run


def _enter(sync_run: SyncRun, state: RunState) -> None:
    sync_run.state = state
    sync_run.save()


@transaction.atomic
def _end(
    sync_run: SyncRun, state: RunState, at: datetime, verb: str, code: str, sentence: object
) -> None:
    sync_run.refresh_from_db(fields=["merged_at"])
    sync_run.state = state
    sync_run.ended_at = None if state == RunState.HELD else at
    sync_run.tell_problem(code, sentence)
    sync_run.save()
    if state != RunState.HELD:
        Staging(sync_run.pk).drop()
    chain.record(verb, f"run:{sync_run.pk}", by=sync_run.requested_by, at=at, code=code)
    if not sync_run.trial:  # whoever tries something out sees on the page how it went
        outcome.tell(sync_run, at=at)
    log.warning("sync run %s: %s (%s)", sync_run.pk, state, code)


def _hold_if_many_rejected(sync_run: SyncRun, binding: Binding) -> None:
    if sync_run.scope == Scope.PART and sync_run.rejected < FEW_REJECTED:
        return  # one bad row of five that changed says nothing of the source
    if sync_run.rejected * 100 > sync_run.read * binding.max_rejected_percent:
        raise _HeldBack(
            "many-rejected",
            _(
                "%(rejected)s of %(read)s rows were rejected, more than the %(limit)s %% that this"
                " dataset allows. What is published stays as it was. Look at the rejected rows;"
                " then release the run or correct the source."
            )
            % {
                "rejected": sync_run.rejected,
                "read": sync_run.read,
                "limit": binding.max_rejected_percent,
            },
        )


def _hold_if_shrunk(binding: Binding, before: int, deletions: int) -> None:
    if before and deletions * 100 > before * binding.max_shrink_percent:
        raise _HeldBack(
            "shrunk",
            _(
                "The source lacks %(deletions)s of %(before)s rows, more than the %(limit)s %%"
                " that may vanish at once. Nothing was deleted. If they are really gone, release"
                " the run."
            )
            % {
                "deletions": deletions,
                "before": before,
                "limit": binding.max_shrink_percent,
            },
        )


def _hold_if_corrections_go(gone: int) -> None:
    if gone:
        raise _HeldBack(
            "corrected",
            _(
                "%(gone)s rows that were corrected by hand are not in the source, and a new shape"
                " holds only what the source has. Nothing was deleted. Correct the source, or"
                " release the run if the rows may go."
            )
            % {"gone": gone},
        )


@transaction.atomic
def _merge(
    sync_run: SyncRun,
    settled: Plan,
    staging: Staging,
    scope: Scope,
    *,
    at: datetime,
    limits: bool,
) -> None:
    """Make the staged rows live, whole or not at all, and write the ledger."""
    _fence(sync_run)
    with_memory()
    _still_wanted(settled, at)
    step = _reshape if settled.reshaped else change
    table, delta = step(sync_run, settled, staging, scope, at=at, limits=limits)
    balance(sync_run, table, delta, whole=scope != Scope.PART)
    _still_wanted(settled, at)  # and again: a regrade may have come while rows were moved
    sync_run.merged_at = at
    sync_run.save()
    _move_checkpoint(sync_run, settled, whole=scope != Scope.PART, at=at)
    chain.record(
        "sync.finish",
        f"run:{sync_run.pk}",
        by=sync_run.requested_by,
        at=at,
        dataset=settled.binding.resource.dataset_id,
        **{name: getattr(sync_run, name) for name in LEDGER},
    )


FEW_REJECTED = 10
"""Rejected rows up to which a run by cursor is never held back, whatever their share."""


def _still_wanted(settled: Plan, at: datetime) -> None:
    """Refuse to go live with columns that were wanted when the run began and are not any more.

    A field may turn out to be secret while its values are on their way.
    """
    if plan.of(settled.binding, now=at).columns != settled.columns:
        raise _other_fields(settled)


def _other_fields(settled: Plan) -> WrongRunState:
    return WrongRunState(
        _(
            "The fields of “%(resource)s” changed while its source was read, so what was read"
            " did not go live. Run the sync again."
        )
        % {"resource": settled.binding.resource}
    )


UNREADABLE = ("field-count", "nul", "encoding", "cell-too-long")
"""Rules that a record broke before its key could be read: any standing row may be the one it was,
so a run with such a record deletes nothing."""


def unreadable(sync_run: SyncRun) -> bool:
    """Whether a run turned records away that could not be read so far as to know their key."""
    return sync_run.rejected_rows.filter(rule__in=UNREADABLE).exists()


def spared(sync_run: SyncRun) -> int:
    """Return how many rows did not come again and stay, since a run was partly unreadable."""
    if sync_run.merged_at is None or sync_run.scope != Scope.ALL or not unreadable(sync_run):
        return 0
    kept = sync_run.before - sync_run.unchanged - sync_run.updated - sync_run.deleted
    return max(0, kept)


LEDGER = (
    "read",
    "inserted",
    "updated",
    "unchanged",
    "rejected",
    "duplicates",
    "deleted",
    "before",
    "after",
)


def with_memory() -> None:
    """Give this transaction's sorts and hashes room; a worker runs few of them at once."""
    one(sql.SQL("SELECT set_config('work_mem', '64MB', true)"))
    one(sql.SQL("SELECT set_config('maintenance_work_mem', '256MB', true)"))


def _move_checkpoint(sync_run: SyncRun, settled: Plan, *, whole: bool, at: datetime) -> None:
    """Write down how far was read, unless the table was bound to something else meanwhile."""
    binding = settled.binding
    compared = {"compared_at": at, "rules_digest": settled.rules_digest} if whole else {}
    moved = Binding.objects.filter(
        pk=binding.pk,
        source_id=binding.source_id,
        object=binding.object,
        cursor_column=binding.cursor_column,
    ).update(checkpoint=sync_run.checkpoint_after, **compared)
    if not moved:
        raise WrongRunState(
            _("Run %(run)s read what the table is not bound to any more, so it did not go live.")
            % {"run": sync_run.pk}
        )


def _fence(sync_run: SyncRun) -> None:
    """Refuse a writer whose run was ended by another: it lost its lease without noticing."""
    current = SyncRun.objects.select_for_update().get(pk=sync_run.pk)
    if current.state != RunState.MERGING:
        raise WrongRunState(
            _("Run %(run)s was ended by another process and can not go live.")
            % {"run": sync_run.pk}
        )


def _reshape(
    sync_run: SyncRun, settled: Plan, staging: Staging, scope: Scope, *, at: datetime, limits: bool
) -> tuple[RecordTable, Delta]:
    """Fill a new version; rows that stand in the old one under the same key keep their `_id`."""
    del scope  # a new shape is always read whole
    resource_id, old = settled.binding.resource_id, settled.standing
    name = store.table_name(resource_id, store.next_version(resource_id, Zone.SHARED))
    given = store.given_out(resource_id, Zone.SHARED)
    store.create_shared(name, settled.columns, settled.key)
    table = RecordTable(
        resource_id=resource_id,
        zone=Zone.SHARED,
        version=store.next_version(resource_id, Zone.SHARED),
        table_name=name,
        columns=plan.described(settled.columns),
        key_columns=list(settled.key),
        seq=given.seq + 1,
        last_id=given.last_id,
        tombstones_from=old.tombstones_from if old else given.seq,
        built_at=at,
        refreshed_at=at,
    )
    merge = Merge(staging, store.of(table), settled.columns, settled.key)
    delta, kept = merge.first(seq=table.seq, base=table.last_id, old=old)
    sync_run.before = old.rows if old else 0
    if limits:
        lost = delta.deleted
        if not settled.knows_again:  # only their number tells
            lost = max(0, sync_run.before - delta.inserted - kept)
        _hold_if_shrunk(settled.binding, sync_run.before, lost)
        if lost and unreadable(sync_run):
            raise _HeldBack(
                "unreadable",
                _(
                    "%(lost)s rows did not come again, and records that could not be read may be"
                    " some of them. Nothing was deleted. Correct the source, or release the run if"
                    " the rows are really gone."
                )
                % {"lost": lost},
            )
        _hold_if_corrections_go(corrected.missing(table))
    corrected.forget(resource_id)
    sync_run.unchanged, sync_run.digest_before = kept, 0
    table.last_id += merge.last_line()
    table.rows = sync_run.before + delta.inserted - delta.deleted
    table.digest = delta.digest
    undo.forget(resource_id)
    if old:
        store.retire(old)
    table.live = True
    table.save()
    return table, delta


def change(
    sync_run: SyncRun, settled: Plan, staging: Staging, scope: Scope, *, at: datetime, limits: bool
) -> tuple[RecordTable, Delta]:
    """Apply what changed to the standing version."""
    if settled.standing is None:
        raise LookupError("Only a standing version can be changed.")
    table = RecordTable.objects.select_for_update().get(pk=settled.standing.pk)
    merge = Merge(staging, store.of(table), settled.columns, settled.key)
    merge.find_changes(scope)
    corrected.spare(table, merge, scope)
    if unreadable(sync_run):
        merge.spare_all()
    sync_run.before, sync_run.digest_before = table.rows, table.digest
    if limits:
        _hold_if_shrunk(settled.binding, table.rows, merge.deletions())
    undo.keep(sync_run, table, at=at)
    delta = merge.apply(table, seq=table.seq + 1)
    staged = sync_run.read - sync_run.rejected - sync_run.duplicates
    sync_run.unchanged = staged - delta.inserted - delta.updated
    if delta.inserted or delta.updated or delta.deleted:
        table.seq += 1
        table.last_id += delta.inserted
    table.rows += delta.inserted - delta.deleted
    table.digest += delta.digest
    table.refreshed_at = at
    table.save()
    return table, delta


def balance(sync_run: SyncRun, table: RecordTable, delta: Delta, *, whole: bool) -> None:
    """Fill the ledger; where the whole source was read, count and digest the table itself."""
    sync_run.inserted, sync_run.updated, sync_run.deleted = (
        delta.inserted,
        delta.updated,
        delta.deleted,
    )
    sync_run.after, sync_run.digest_after = table.rows, table.digest
    balanced = (
        sync_run.read
        == sync_run.inserted
        + sync_run.updated
        + sync_run.unchanged
        + sync_run.rejected
        + sync_run.duplicates
        and sync_run.unchanged >= 0
        and sync_run.after == sync_run.before + sync_run.inserted - sync_run.deleted
    )
    if balanced and whole:
        counted = one(
            sql.SQL("SELECT count(*), coalesce(sum(_hash), 0) FROM {}").format(store.of(table))
        )
        balanced = counted == (table.rows, table.digest)
    if not balanced:
        raise LedgerUnbalanced(
            _(
                "The run does not balance (read %(read)s, inserted %(inserted)s, updated"
                " %(updated)s, unchanged %(unchanged)s, rejected %(rejected)s, duplicates"
                " %(duplicates)s, deleted %(deleted)s, before %(before)s, after %(after)s), so it"
                " did not go live. Report it: this is a fault of the platform."
            )
            % {name: getattr(sync_run, name) for name in LEDGER}
        )


def _index_places(resource: Resource) -> None:
    """Let departments ask by the geometries that the resource's fields hold, if they do."""
    shared = store.live(resource.pk, Zone.SHARED)
    listed = resource.fields.live().exclude(coordinate="")
    if shared:
        place_columns.index_shared(shared, {f"f{one.pk}": one.coordinate for one in listed})


def _project(sync_run: SyncRun, *, at: datetime) -> None:
    """Bring the zones up to the shared zone's feed, then end the run."""
    _enter(sync_run, RunState.PROJECTING)
    _index_places(sync_run.binding.resource)
    zones.refresh(sync_run.binding.resource_id, at=at)
    with transaction.atomic():  # a run that has ended leaves nothing staged, however it dies
        Staging(sync_run.pk).drop()
        sync_run.state = RunState.DONE
        sync_run.ended_at = at
        sync_run.save()
        outcome.tell(sync_run, at=at)
