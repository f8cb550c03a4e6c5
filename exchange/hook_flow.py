"""How a webhook moves, what it can be told of, where a delivery stands: tables to read aloud."""

from collections.abc import Mapping
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.states import after_step
from exchange.workflow import StepRefused


class HookState(models.TextChoices):
    """Where a webhook stands."""

    NEW = "new", gettext_lazy("waits for its address to answer")
    LIVE = "live", gettext_lazy("is told of events")
    PAUSED = "paused", gettext_lazy("paused by its owner")
    OFF = "off", gettext_lazy("switched off after long failure")
    ENDED = "ended", gettext_lazy("ended")


class HookStep(StrEnum):
    """What can be done with a webhook."""

    CONFIRM = "confirm"
    CHANGE = "change"
    PAUSE = "pause"
    RESUME = "resume"
    SWITCH_OFF = "switch_off"
    END = "end"


HOOK_MOVES: Mapping[tuple[HookState, HookStep], HookState] = {
    # its address answered a ping with the challenge in it: whoever answers there wants events
    (HookState.NEW, HookStep.CONFIRM): HookState.LIVE,
    (HookState.OFF, HookStep.CONFIRM): HookState.LIVE,
    (HookState.LIVE, HookStep.CONFIRM): HookState.LIVE,
    (HookState.PAUSED, HookStep.CONFIRM): HookState.PAUSED,
    # its owner says what it is told of, and when it rests
    (HookState.NEW, HookStep.CHANGE): HookState.NEW,
    (HookState.LIVE, HookStep.CHANGE): HookState.LIVE,
    (HookState.PAUSED, HookStep.CHANGE): HookState.PAUSED,
    (HookState.OFF, HookStep.CHANGE): HookState.OFF,
    (HookState.LIVE, HookStep.PAUSE): HookState.PAUSED,
    (HookState.PAUSED, HookStep.RESUME): HookState.LIVE,
    # an address that fails for days is not asked any more
    (HookState.LIVE, HookStep.SWITCH_OFF): HookState.OFF,
    # its owner ends it
    (HookState.NEW, HookStep.END): HookState.ENDED,
    (HookState.LIVE, HookStep.END): HookState.ENDED,
    (HookState.PAUSED, HookStep.END): HookState.ENDED,
    (HookState.OFF, HookStep.END): HookState.ENDED,
}

HOOK_STEPS = {
    HookStep.CONFIRM: gettext_lazy("confirmed"),
    HookStep.CHANGE: gettext_lazy("changed or tried out"),
    HookStep.PAUSE: gettext_lazy("paused"),
    HookStep.RESUME: gettext_lazy("taken up again"),
    HookStep.SWITCH_OFF: gettext_lazy("switched off"),
    HookStep.END: gettext_lazy("ended"),
}


def move_hook(state: str, step: HookStep, *, of: object) -> HookState:
    """Return a webhook's state after a step. Raises StepRefused: when it is possible."""
    return after_step(
        HOOK_MOVES,
        HOOK_STEPS,
        HookState(state),
        step,
        refused=StepRefused,
        sentence=_(
            "Webhook no. %(hook)s: %(state)s. It can be %(step)s only while it: %(possible)s."
        ),
        hook=of,
    )


class EventKind(models.TextChoices):
    """What a webhook can be told of. `ping` is none of them: it comes when it is asked for."""

    ROWS_CHANGED = "rows.changed", gettext_lazy("rows changed")
    PUBLISHED = "dataset.published", gettext_lazy("published")
    CHANGED = "dataset.changed", gettext_lazy("description changed")
    WITHDRAWN = "dataset.withdrawn", gettext_lazy("withdrawn")
    POLICY_CHANGED = "policy.changed", gettext_lazy("what may be seen changed")
    GRANT_CHANGED = "grant.changed", gettext_lazy("own grant given or changed")
    GRANT_SUSPENDED = "grant.suspended", gettext_lazy("own grant suspended")
    GRANT_ENDED = "grant.ended", gettext_lazy("own grant ended")


PING = "ping"


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting", gettext_lazy("to be sent")
    DONE = "done", gettext_lazy("delivered")
    DEAD = "dead", gettext_lazy("given up")
