"""How a batch job moves: a table to read aloud, and the function that asks it."""

from collections.abc import Mapping
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.states import after_step
from exchange.workflow import StepRefused


class BatchState(models.TextChoices):
    """Where a batch job stands."""

    QUEUED = "queued", gettext_lazy("waiting for its turn")
    RUNNING = "running", gettext_lazy("being written")
    READY = "ready", gettext_lazy("ready to be fetched")
    FAILED = "failed", gettext_lazy("not written")
    EXPIRED = "expired", gettext_lazy("gone")


class BatchStep(StrEnum):
    """What can happen to a batch job."""

    BEGIN = "begin"
    FINISH = "finish"
    FAIL = "fail"
    EXPIRE = "expire"


BATCH_MOVES: Mapping[tuple[BatchState, BatchStep], BatchState] = {
    (BatchState.QUEUED, BatchStep.BEGIN): BatchState.RUNNING,
    # a worker died: another begins anew
    (BatchState.RUNNING, BatchStep.BEGIN): BatchState.RUNNING,
    (BatchState.RUNNING, BatchStep.FINISH): BatchState.READY,
    (BatchState.QUEUED, BatchStep.FAIL): BatchState.FAILED,
    (BatchState.RUNNING, BatchStep.FAIL): BatchState.FAILED,
    (BatchState.READY, BatchStep.EXPIRE): BatchState.EXPIRED,
}
"""docs/batches.md has it in words."""

BATCH_STEPS = {
    BatchStep.BEGIN: gettext_lazy("begun"),
    BatchStep.FINISH: gettext_lazy("finished"),
    BatchStep.FAIL: gettext_lazy("given up"),
    BatchStep.EXPIRE: gettext_lazy("taken away"),
}

UNFINISHED = (BatchState.QUEUED, BatchState.RUNNING)
"""A worker has to act."""


def move_batch(state: str, step: BatchStep, *, of: object) -> BatchState:
    """Return a job's state after a step. Raises StepRefused: when the step is possible."""
    return after_step(
        BATCH_MOVES,
        BATCH_STEPS,
        BatchState(state),
        step,
        refused=StepRefused,
        sentence=_(
            "Batch %(batch)s is %(state)s. It can be %(step)s only when it is: %(possible)s."
        ),
        batch=of,
    )
