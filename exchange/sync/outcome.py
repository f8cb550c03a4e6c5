"""Whom the end of a run is told: once for a trouble, however often it is tried again."""

from datetime import datetime

from django.utils.functional import lazy

from accounts import notices
from exchange import freshness
from exchange.models import RunState, SyncRun

TROUBLES = {RunState.FAILED: "sync.failed", RunState.HELD: "sync.held"}


def tell(run: SyncRun, *, at: datetime) -> None:
    """Tell of a run that failed or is held back, and close what a run that went well settles.

    The notices are about the binding, so that the next try of the same trouble is not told again.
    """
    dataset, target = run.binding.resource.dataset, f"binding:{run.binding_id}"
    kind = TROUBLES.get(RunState(run.state))
    if kind is not None:
        notices.tell(
            kind,
            organization=dataset.owner,
            target=target,
            at=at,
            once=True,
            dataset=dataset,
            problem=lazy(lambda: run.problem, str)(),
        )
    others = set(TROUBLES.values()) - {kind}
    if SyncRun.objects.filter(binding_id=run.binding_id, state=RunState.HELD).exists():
        others.discard("sync.held")  # a trial leaves a held-back run waiting
    notices.settle(target, *others, at=at)
    if run.state == RunState.DONE:
        freshness.settle_if_fresh(dataset, at=at)
