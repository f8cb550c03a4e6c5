"""Undoing a bad load: the shared zone as it stood before the last run that changed it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import require
from audit import chain
from exchange.models import Binding, RecordTable, RunState, SyncRun, Zone
from exchange.problems import WrongRunState
from exchange.records import store, zones
from exchange.sync import corrected, correcting, engine, lease, outcome, undo
from exchange.sync.merge import Delta

MODE = "undo"


def undo_run(run_id: int, *, by: User, at: datetime, reason: str) -> SyncRun:
    """Take back what a run changed, in every zone, as a run of its own; returns that run.

    Only the last run that changed rows can be undone, while what it replaced is kept (UNDO_DAYS).
    The binding is paused, since the next sync would bring the same rows again, and that sync reads
    the source from the beginning. Raises NotAllowed, AlreadyRunning, and WrongRunState for any
    other run, such as a first load or one that brought another shape.
    """
    bad = SyncRun.objects.select_related("binding__resource__dataset__owner").get(pk=run_id)
    require(by, "exchange.undo_run", organization=bad.binding.resource.dataset.owner)
    with lease.held(bad.binding_id), transaction.atomic():
        return _undone(run_id, by=by, at=at, reason=reason)


def _undone(run_id: int, *, by: User, at: datetime, reason: str) -> SyncRun:
    bad = SyncRun.objects.select_for_update().get(pk=run_id)
    table = _undoable(bad)
    engine.with_memory()
    own = SyncRun.objects.create(
        binding_id=bad.binding_id,
        mode=MODE,
        state=RunState.DONE,
        started_at=at,
        heartbeat_at=at,
        requested_by=by,
        undoes=bad,
        reason=reason,
        checkpoint_before=bad.binding.checkpoint,
        before=table.rows,
        digest_before=table.digest,
    )
    inserted, updated, deleted = undo.put_back(bad, table)
    delta = Delta(inserted, updated, deleted, bad.digest_before - table.digest)
    table.seq += 1
    table.rows += inserted - deleted
    table.digest += delta.digest
    table.refreshed_at = _fresh_as_of(bad, table)
    table.save()
    own.read = inserted + updated
    engine.balance(own, table, delta, whole=True)
    own.merged_at = own.ended_at = at
    own.save()
    corrected.forget(table.resource_id, run_id=bad.pk)
    undo.forget(table.resource_id)
    engine.give_up(table.resource_id, by=by, at=at)  # it was compared with what is gone now
    _begin_anew(bad.binding_id)
    chain.record(
        "sync.undo",
        f"run:{run_id}",
        by=by,
        at=at,
        reason=reason,
        run=own.pk,
        inserted=inserted,
        updated=updated,
        deleted=deleted,
    )
    zones.refresh(table.resource_id, at=at)
    outcome.tell(own, at=at)
    return own


def _fresh_as_of(bad: SyncRun, table: RecordTable) -> datetime:
    """Return when the rows that are put back were last seen in the source."""
    before = (
        SyncRun.objects.filter(
            binding_id=bad.binding_id, pk__lt=bad.pk, merged_at__isnull=False, undoes=None
        )
        .exclude(mode=correcting.MODE)
        .order_by("-pk")
        .first()
    )
    found = before.merged_at if before else None
    return found or table.refreshed_at


def _undoable(bad: SyncRun) -> RecordTable:
    """Return the table a run can still be undone in, locked. Raises WrongRunState."""
    table = (
        RecordTable.objects.select_for_update()
        .filter(resource=bad.binding.resource_id, zone=Zone.SHARED, live=True)
        .first()
    )
    if bad.undo_until is None or table is None or table.seq != bad.seq:
        raise WrongRunState(_why_not(bad))
    if undo.lost(bad):
        raise WrongRunState(
            _(
                "What run %(run)s replaced was lost when the database server went down, so it can"
                " not be undone. Correct the source and run the sync again."
            )
            % {"run": bad.pk}
        )
    return table


def _why_not(bad: SyncRun) -> str:
    if SyncRun.objects.filter(undoes=bad).exists():
        return _("Run %(run)s was undone before.") % {"run": bad.pk}
    if bad.merged_at is None:
        return _("Run %(run)s did not go live, so there is nothing to undo.") % {"run": bad.pk}
    return _(
        "Run %(run)s can not be undone. Only the last run that changed rows can, for a few days,"
        " and not a first load or one that brought other fields or another key: there the source"
        " is corrected and synced again, or the dataset withdrawn if nobody may see it meanwhile."
    ) % {"run": bad.pk}


def why_not_now(run: SyncRun) -> str:
    """Return why a run that changed rows cannot be undone any more for a later run's sake, or "".

    A row corrected by hand is a run of its own, and only the last run that changed rows is kept.
    """
    standing = run.merged_at is not None and run.before
    if not standing or run.undo_until is not None or run.mode == MODE:
        return ""
    later = (
        SyncRun.objects.filter(binding_id=run.binding_id, pk__gt=run.pk, merged_at__isnull=False)
        .exclude(inserted=0, updated=0, deleted=0)
        .order_by("pk")
        .first()
    )
    if later is None or not (run.inserted or run.updated or run.deleted):
        return ""
    if SyncRun.objects.filter(undoes=run).exists():
        return ""
    if later.mode == correcting.MODE:
        return _(
            "Not to be undone any more: run %(later)s, a rejected row corrected by hand, changed"
            " rows after it, and only the last run that did can be undone. Undoing that one takes"
            " back the corrected row alone. To take back this load, correct the source and run the"
            " sync again: the corrected row stays until the source brings one with its key."
        ) % {"later": later.pk}
    return _(
        "Not to be undone any more: run %(later)s changed rows after it, and only the last run"
        " that did can be undone. Correct the source and run the sync again."
    ) % {"later": later.pk}


def _begin_anew(binding_id: int) -> None:
    """Pause the clock, and let the next run compare the whole source."""
    Binding.objects.filter(pk=binding_id).update(
        paused=True, checkpoint="", compared_at=None, rules_digest=""
    )


def can_undo(run: SyncRun) -> bool:
    """Whether the button is worth drawing; the verb looks again."""
    table = store.live(run.binding.resource_id, Zone.SHARED)
    return run.undo_until is not None and table is not None and table.seq == run.seq
