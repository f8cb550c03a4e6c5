"""How a service that its provider wants to stop moves: a table to read aloud, and its function.

Order 809 art 27: a provider does not stop without cause; where it must, it agrees with the
department that uses the data and files a notice with the data authority. What the two do not agree
on, the data authority decides (art 28), as in a dispute.
"""

from collections.abc import Mapping
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.states import after_step
from exchange.workflow import StepRefused


class StopState(models.TextChoices):
    """Where an asked stop stands."""

    ASKED = "asked", gettext_lazy("before the head of the consumer")
    OBJECTED = "objected", gettext_lazy("objected to, before the data authority")
    AGREED = "agreed", gettext_lazy("agreed, ends on the day named")
    ORDERED = "ordered", gettext_lazy("decided by the data authority, ends on the day named")
    DONE = "done", gettext_lazy("carried out")
    KEPT = "kept", gettext_lazy("decided by the data authority: the service goes on")
    TAKEN_BACK = "taken_back", gettext_lazy("taken back by the provider")
    LAPSED = "lapsed", gettext_lazy("over: the grant ended otherwise")


class StopStep(StrEnum):
    """What can be done with an asked stop."""

    AGREE = "agree"
    OBJECT = "object"
    ORDER = "order"
    KEEP = "keep"
    TAKE_BACK = "take_back"
    CARRY_OUT = "carry_out"
    LAPSE = "lapse"


STOP_MOVES: Mapping[tuple[StopState, StopStep], StopState] = {
    # the consumer's head answers, and may still agree after an objection
    (StopState.ASKED, StopStep.AGREE): StopState.AGREED,
    (StopState.ASKED, StopStep.OBJECT): StopState.OBJECTED,
    (StopState.OBJECTED, StopStep.AGREE): StopState.AGREED,
    # objected to, or silent past the last day: the data authority decides
    (StopState.OBJECTED, StopStep.ORDER): StopState.ORDERED,
    (StopState.OBJECTED, StopStep.KEEP): StopState.KEPT,
    (StopState.ASKED, StopStep.ORDER): StopState.ORDERED,
    (StopState.ASKED, StopStep.KEEP): StopState.KEPT,
    # until then the provider may let it be
    (StopState.ASKED, StopStep.TAKE_BACK): StopState.TAKEN_BACK,
    (StopState.OBJECTED, StopStep.TAKE_BACK): StopState.TAKEN_BACK,
    # on the day named the grant has ended
    (StopState.AGREED, StopStep.CARRY_OUT): StopState.DONE,
    (StopState.ORDERED, StopStep.CARRY_OUT): StopState.DONE,
    # the grant ended first: its last day, its purpose, misuse, a renewal
    (StopState.ASKED, StopStep.LAPSE): StopState.LAPSED,
    (StopState.OBJECTED, StopStep.LAPSE): StopState.LAPSED,
    (StopState.AGREED, StopStep.LAPSE): StopState.LAPSED,
    (StopState.ORDERED, StopStep.LAPSE): StopState.LAPSED,
}
"""Order 809 arts 27 and 28. It sets no day for the answer: the limit is the platform's own."""

STOP_STEPS = {
    StopStep.AGREE: gettext_lazy("agreed to"),
    StopStep.OBJECT: gettext_lazy("objected to"),
    StopStep.ORDER: gettext_lazy("decided for the provider"),
    StopStep.KEEP: gettext_lazy("decided for the consumer"),
    StopStep.TAKE_BACK: gettext_lazy("taken back"),
    StopStep.CARRY_OUT: gettext_lazy("carried out"),
    StopStep.LAPSE: gettext_lazy("given up, since the grant is over"),
}

UNDECIDED = (StopState.ASKED, StopState.OBJECTED)
"""Somebody has to act, and the service goes on."""

SETTLED = (StopState.AGREED, StopState.ORDERED)
"""The day on which the grant ends is certain."""


def move_stop(state: str, step: StopStep, *, of: object) -> StopState:
    """Return an asked stop's state after a step. Raises StepRefused: when it is possible."""
    return after_step(
        STOP_MOVES,
        STOP_STEPS,
        StopState(state),
        step,
        refused=StepRefused,
        sentence=_(
            "Stop %(stop)s is %(state)s. It can be %(step)s only when it is: %(possible)s."
        ),
        stop=of,
    )
