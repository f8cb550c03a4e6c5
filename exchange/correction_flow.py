"""How a report of something wrong moves: a table to read aloud, and the function that asks it."""

from collections.abc import Mapping
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.states import after_step
from exchange.workflow import StepRefused


class CorrectionState(models.TextChoices):
    """Where a report stands."""

    OPEN = "open", gettext_lazy("with the provider")
    SUPPLEMENT = "supplement", gettext_lazy("to be completed by the reporter")
    CORRECTED = "corrected", gettext_lazy("found wrong, and corrected")
    NOT_WRONG = "not_wrong", gettext_lazy("found right")


class CorrectionStep(StrEnum):
    """What can be done with a report."""

    CORRECT = "correct"
    DISMISS = "dismiss"
    ASK_MORE = "ask_more"
    SUPPLY = "supply"
    EVALUATE = "evaluate"


CORRECTION_MOVES: Mapping[tuple[CorrectionState, CorrectionStep], CorrectionState] = {
    (CorrectionState.OPEN, CorrectionStep.CORRECT): CorrectionState.CORRECTED,
    (CorrectionState.OPEN, CorrectionStep.DISMISS): CorrectionState.NOT_WRONG,
    (CorrectionState.OPEN, CorrectionStep.ASK_MORE): CorrectionState.SUPPLEMENT,
    # what was completed is a report anew: its limit begins again
    (CorrectionState.SUPPLEMENT, CorrectionStep.SUPPLY): CorrectionState.OPEN,
    # the reporter says whether that helped
    (CorrectionState.CORRECTED, CorrectionStep.EVALUATE): CorrectionState.CORRECTED,
    (CorrectionState.NOT_WRONG, CorrectionStep.EVALUATE): CorrectionState.NOT_WRONG,
}
"""Order 809 art 26."""

CORRECTION_STEPS = {
    CorrectionStep.CORRECT: gettext_lazy("answered as corrected"),
    CorrectionStep.DISMISS: gettext_lazy("answered as right"),
    CorrectionStep.ASK_MORE: gettext_lazy("sent back to be completed"),
    CorrectionStep.SUPPLY: gettext_lazy("completed"),
    CorrectionStep.EVALUATE: gettext_lazy("evaluated"),
}


def move_correction(state: str, step: CorrectionStep, *, of: object) -> CorrectionState:
    """Return a report's state after a step. Raises StepRefused: when the step is possible."""
    return after_step(
        CORRECTION_MOVES,
        CORRECTION_STEPS,
        CorrectionState(state),
        step,
        refused=StepRefused,
        sentence=_(
            "Report %(report)s is %(state)s. It can be %(step)s only when it is: %(possible)s."
        ),
        report=of,
    )
