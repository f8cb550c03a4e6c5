"""How an entry moves from draft to published: one table, and the function that consults it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from catalog.refusals import StepRefused
from catalog.terms import LineState, State

S = TypeVar("S", bound=TextChoices)
T = TypeVar("T", bound=StrEnum)


def after_step(
    moves: Mapping[tuple[S, T], S],
    words: Mapping[T, Promise],
    state: S,
    step: T,
    *,
    refused: type[Exception],
    sentence: str,
    **named: object,
) -> S:
    """Return the state after a step, by a table of moves.

    Raises `refused` with `sentence`, which names `state`, `step` (by `words`), in which states it
    is `possible`, and what else is `named`.
    """
    after = moves.get((state, step))
    if after is None:
        possible = ", ".join(str(start.label) for start, taken in moves if taken == step)
        told = {"state": state.label, "step": words[step], "possible": possible}
        raise refused(sentence % {**named, **told})
    return after


class Step(StrEnum):
    """What can be done with a catalogue entry."""

    EDIT = "edit"
    ASK = "ask"
    SIGN = "sign"
    RECALL = "recall"
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    ACCEPT = "accept"
    REVISE = "revise"
    WITHDRAW = "withdraw"


MOVES: Mapping[tuple[State, Step], State] = {
    (State.DRAFT, Step.EDIT): State.DRAFT,
    (State.DRAFT, Step.ASK): State.DRAFT,
    (State.DRAFT, Step.SIGN): State.SIGNED,
    (State.SIGNED, Step.RECALL): State.DRAFT,
    (State.SIGNED, Step.SUBMIT): State.IN_REVIEW,
    (State.IN_REVIEW, Step.SEND_BACK): State.DRAFT,
    (State.IN_REVIEW, Step.ACCEPT): State.PUBLISHED,
    (State.PUBLISHED, Step.REVISE): State.PUBLISHED,
    (State.PUBLISHED, Step.WITHDRAW): State.WITHDRAWN,
}
"""Order of decision by Order 809 arts 13, 16 and 17: the department drafts, its head signs, the
competent department reviews, then it is published. A withdrawn entry stays withdrawn."""

STEPS = {
    Step.EDIT: gettext_lazy("changed"),
    Step.ASK: gettext_lazy("laid before the head"),
    Step.SIGN: gettext_lazy("signed"),
    Step.RECALL: gettext_lazy("taken back for changes"),
    Step.SUBMIT: gettext_lazy("submitted"),
    Step.SEND_BACK: gettext_lazy("sent back"),
    Step.ACCEPT: pgettext_lazy("step", "published"),
    Step.REVISE: gettext_lazy("revised"),
    Step.WITHDRAW: pgettext_lazy("step", "withdrawn"),
}


def move(state: str, step: Step, *, of: object) -> State:
    """Return the state after a step. Raises StepRefused, which says when the step is possible."""
    return after_step(
        MOVES,
        STEPS,
        State(state),
        step,
        refused=StepRefused,
        sentence=_("“%(entry)s” is %(state)s. It can be %(step)s only when it is: %(possible)s."),
        entry=of,
    )


class LineStep(StrEnum):
    """What can be done with a line of the negative list."""

    FORWARD = "forward"
    RETURN = "return"
    PUBLISH = "publish"
    RENEW = "renew"
    END = "end"


LINE_MOVES: Mapping[tuple[LineState, LineStep], LineState] = {
    (LineState.PROPOSED, LineStep.FORWARD): LineState.AUTHORITY_REVIEW,
    (LineState.PROPOSED, LineStep.RETURN): LineState.RETURNED,
    (LineState.AUTHORITY_REVIEW, LineStep.RETURN): LineState.RETURNED,
    (LineState.AUTHORITY_REVIEW, LineStep.PUBLISH): LineState.PUBLISHED,
    (LineState.PUBLISHED, LineStep.RENEW): LineState.PUBLISHED,
    (LineState.PUBLISHED, LineStep.END): LineState.ENDED,
}
"""The department proposes, its legal unit reviews, the data authority reviews and publishes
(domain.md §4). What was returned is proposed anew as another line."""

LINE_STEPS = {
    LineStep.FORWARD: gettext_lazy("forwarded to the data authority"),
    LineStep.RETURN: pgettext_lazy("step", "returned"),
    LineStep.PUBLISH: pgettext_lazy("step", "published"),
    LineStep.RENEW: gettext_lazy("kept after its review"),
    LineStep.END: gettext_lazy("ended"),
}


def move_line(state: str, step: LineStep, *, of: object) -> LineState:
    """Return a line's state after a step. Raises StepRefused, which says when it is possible."""
    return after_step(
        LINE_MOVES,
        LINE_STEPS,
        LineState(state),
        step,
        refused=StepRefused,
        sentence=_(
            "Line %(line)s is %(state)s. It can be %(step)s only when it is: %(possible)s."
        ),
        line=of,
    )
