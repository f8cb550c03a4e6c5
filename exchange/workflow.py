"""How a share request and a grant move: two tables to read aloud, and the functions that ask them.

Order 809 art 20: the head of the asking department's sharing office signs the request, the head of
the providing one's signs the answer. Art 21: what is missing is told once and is no refusal.
"""

from collections.abc import Mapping
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from catalog.states import after_step
from exchange.problems import Problem


class State(models.TextChoices):
    """Where a share request stands."""

    DRAFT = "draft", gettext_lazy("draft")
    TO_SIGN = "to_sign", gettext_lazy("before the head of the asking department")
    RECEIVED = "received", gettext_lazy("received")
    IN_CHECK = "in_check", gettext_lazy("in formal check")
    IN_REVIEW = "in_review", gettext_lazy("with the provider")
    SUPPLEMENT = "supplement", gettext_lazy("to be completed by the applicant")
    TO_ANSWER = "to_answer", gettext_lazy("before the head of the provider")
    GRANTED = "granted", gettext_lazy("granted")
    REFUSED = "refused", gettext_lazy("refused")
    WITHDRAWN = "withdrawn", gettext_lazy("withdrawn by the applicant")


class Step(StrEnum):
    """What can be done with a share request."""

    EDIT = "edit"
    SUBMIT = "submit"
    RETURN = "return"
    SIGN = "sign"
    HAND_IN = "hand_in"
    GRANT_AT_ONCE = "grant_at_once"
    CHECK = "check"
    FORWARD = "forward"
    PASS = "pass"  # noqa: S105 - a step, no password
    ASK_MORE = "ask_more"
    SUPPLY = "supply"
    PROPOSE = "propose"
    RECONSIDER = "reconsider"
    AGREE = "agree"
    REFUSE = "refuse"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


MOVES: Mapping[tuple[State, Step], State] = {
    # the asking department drafts, and its head signs or gives back
    (State.DRAFT, Step.EDIT): State.DRAFT,
    (State.DRAFT, Step.SUBMIT): State.TO_SIGN,
    (State.TO_SIGN, Step.RETURN): State.DRAFT,
    (State.TO_SIGN, Step.SIGN): State.RECEIVED,
    # a company hands its application in: who answers for it signs, and nobody there besides
    (State.DRAFT, Step.HAND_IN): State.RECEIVED,
    (State.SUPPLEMENT, Step.HAND_IN): State.RECEIVED,
    # what was received goes on at once, in the same transaction as the signature
    (State.RECEIVED, Step.GRANT_AT_ONCE): State.GRANTED,
    (State.RECEIVED, Step.CHECK): State.IN_CHECK,
    (State.RECEIVED, Step.FORWARD): State.IN_REVIEW,
    # the data authority looks at the form only, where the body of rules has such a step
    (State.IN_CHECK, Step.PASS): State.IN_REVIEW,
    (State.IN_CHECK, Step.ASK_MORE): State.SUPPLEMENT,
    # the provider's reviewer proposes an answer, its head signs it or has it thought over
    (State.IN_REVIEW, Step.ASK_MORE): State.SUPPLEMENT,
    (State.IN_REVIEW, Step.PROPOSE): State.TO_ANSWER,
    (State.TO_ANSWER, Step.RECONSIDER): State.IN_REVIEW,
    (State.TO_ANSWER, Step.AGREE): State.GRANTED,
    (State.TO_ANSWER, Step.REFUSE): State.REFUSED,
    # what was completed is signed anew: it is another request than the one that was signed
    (State.SUPPLEMENT, Step.EDIT): State.SUPPLEMENT,
    (State.SUPPLEMENT, Step.SUPPLY): State.TO_SIGN,
    # a dispute settled for the asking department puts a refusal, or an answer in part, back
    (State.REFUSED, Step.REOPEN): State.IN_REVIEW,
    (State.GRANTED, Step.REOPEN): State.IN_REVIEW,
    # whoever asks may stop asking, until there is an answer
    (State.DRAFT, Step.WITHDRAW): State.WITHDRAWN,
    (State.TO_SIGN, Step.WITHDRAW): State.WITHDRAWN,
    (State.IN_CHECK, Step.WITHDRAW): State.WITHDRAWN,
    (State.IN_REVIEW, Step.WITHDRAW): State.WITHDRAWN,
    (State.SUPPLEMENT, Step.WITHDRAW): State.WITHDRAWN,
    (State.TO_ANSWER, Step.WITHDRAW): State.WITHDRAWN,
}
"""Order 809 arts 20, 21 and 28; the formal check is of a local body of rules (law.md §4)."""

STEPS = {
    Step.EDIT: gettext_lazy("changed"),
    Step.SUBMIT: gettext_lazy("laid before the head"),
    Step.RETURN: gettext_lazy("given back by the head"),
    Step.SIGN: gettext_lazy("signed"),
    Step.HAND_IN: gettext_lazy("handed in by the company"),
    Step.GRANT_AT_ONCE: gettext_lazy("granted by the platform"),
    Step.CHECK: gettext_lazy("taken into the formal check"),
    Step.FORWARD: gettext_lazy("passed on to the provider"),
    Step.PASS: gettext_lazy("passed by the formal check"),
    Step.ASK_MORE: gettext_lazy("sent back to be completed"),
    Step.SUPPLY: gettext_lazy("completed"),
    Step.PROPOSE: gettext_lazy("given a proposed answer"),
    Step.RECONSIDER: gettext_lazy("given back to the reviewer"),
    Step.AGREE: gettext_lazy("agreed to"),
    Step.REFUSE: gettext_lazy("refused"),
    Step.REOPEN: gettext_lazy("opened again"),
    Step.WITHDRAW: pgettext_lazy("share request", "withdrawn"),
}


class Aside(StrEnum):
    """What happens to a request without moving it."""

    COMMENT = "comment"
    ASSIGN = "assign"
    ASK_EXTENSION = "ask_extension"
    EXTEND = "extend"
    ORDER = "order"


ASIDES = {
    Aside.COMMENT: gettext_lazy("comment"),
    Aside.ASSIGN: gettext_lazy("given to a person"),
    Aside.ASK_EXTENSION: gettext_lazy("more time asked for"),
    Aside.EXTEND: gettext_lazy("more time given"),
    Aside.ORDER: gettext_lazy("last day named in a dispute"),
}

OPEN_STATES = (
    State.TO_SIGN,
    State.RECEIVED,
    State.IN_CHECK,
    State.IN_REVIEW,
    State.SUPPLEMENT,
    State.TO_ANSWER,
)
"""Somebody has to act."""

WITH_PROVIDER = (State.IN_REVIEW, State.TO_ANSWER)
"""The provider's clock runs."""


class StepRefused(Problem):
    """The request or grant is not in a state that allows this step."""

    code = "wrong-state"
    status = 409


def move(state: str, step: Step, *, of: object) -> State:
    """Return a request's state after a step. Raises StepRefused: when the step is possible."""
    return after_step(
        MOVES,
        STEPS,
        State(state),
        step,
        refused=StepRefused,
        sentence=_(
            "Request %(request)s is %(state)s. It can be %(step)s only when it is: %(possible)s."
        ),
        request=of,
    )


class GrantState(models.TextChoices):
    """Where a grant stands, beside the days on which it holds."""

    LIVE = "live", gettext_lazy("in force")
    SUSPENDED = "suspended", gettext_lazy("suspended")
    ENDED = "ended", gettext_lazy("ended")
    DISPOSED = "disposed", gettext_lazy("ended, and what was received is disposed of")


class GrantStep(StrEnum):
    """What can be done with a grant."""

    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"
    DISPOSE = "dispose"


GRANT_MOVES: Mapping[tuple[GrantState, GrantStep], GrantState] = {
    (GrantState.LIVE, GrantStep.SUSPEND): GrantState.SUSPENDED,
    (GrantState.SUSPENDED, GrantStep.RESUME): GrantState.LIVE,
    (GrantState.LIVE, GrantStep.END): GrantState.ENDED,
    (GrantState.SUSPENDED, GrantStep.END): GrantState.ENDED,
    (GrantState.ENDED, GrantStep.DISPOSE): GrantState.DISPOSED,
}
"""Order 809 art 27: misuse suspends at once and sets a term, what is not mended may be ended; a
purpose that is reached, out of reach or no longer needed ends the grant, and what was received is
disposed of as the provider asks."""

GRANT_STEPS = {
    GrantStep.SUSPEND: gettext_lazy("suspended"),
    GrantStep.RESUME: gettext_lazy("resumed"),
    GrantStep.END: gettext_lazy("ended"),
    GrantStep.DISPOSE: gettext_lazy("noted as disposed of"),
}


def move_grant(state: str, step: GrantStep, *, of: object) -> GrantState:
    """Return a grant's state after a step. Raises StepRefused: when the step is possible."""
    return after_step(
        GRANT_MOVES,
        GRANT_STEPS,
        GrantState(state),
        step,
        refused=StepRefused,
        sentence=_(
            "Grant %(grant)s is %(state)s. It can be %(step)s only when it is: %(possible)s."
        ),
        grant=of,
    )


class DisputeState(models.TextChoices):
    """Where a dispute between two departments stands."""

    NEGOTIATION = "negotiation", gettext_lazy("between the two departments")
    AUTHORITY = "authority", gettext_lazy("before the data authority")
    SUPERIOR = "superior", gettext_lazy("before the common superior authority")
    GOVERNMENT = "government", gettext_lazy("before the government")
    FOR_ASKER = "for_asker", gettext_lazy("settled for the asking department")
    STANDS = "stands", gettext_lazy("settled: what the provider did stands")
    DROPPED = "dropped", gettext_lazy("given up by the asking department")


class DisputeStep(StrEnum):
    """What can be done in a dispute."""

    OPEN = "open"
    SAY = "say"
    CONCEDE = "concede"
    TO_AUTHORITY = "to_authority"
    TO_SUPERIOR = "to_superior"
    TO_GOVERNMENT = "to_government"
    FOR_ASKER = "for_asker"
    STAND = "stand"
    DROP = "drop"


DISPUTE_MOVES: Mapping[tuple[DisputeState, DisputeStep], DisputeState] = {
    # the two departments talk first, and the provider may give in
    (DisputeState.NEGOTIATION, DisputeStep.SAY): DisputeState.NEGOTIATION,
    (DisputeState.NEGOTIATION, DisputeStep.CONCEDE): DisputeState.FOR_ASKER,
    # one level: their data authority; across levels or regions: the common superior one
    (DisputeState.NEGOTIATION, DisputeStep.TO_AUTHORITY): DisputeState.AUTHORITY,
    (DisputeState.NEGOTIATION, DisputeStep.TO_SUPERIOR): DisputeState.SUPERIOR,
    # an authority hears both and settles it, or the provider gives in after all
    (DisputeState.AUTHORITY, DisputeStep.SAY): DisputeState.AUTHORITY,
    (DisputeState.AUTHORITY, DisputeStep.CONCEDE): DisputeState.FOR_ASKER,
    (DisputeState.AUTHORITY, DisputeStep.FOR_ASKER): DisputeState.FOR_ASKER,
    (DisputeState.AUTHORITY, DisputeStep.STAND): DisputeState.STANDS,
    (DisputeState.SUPERIOR, DisputeStep.SAY): DisputeState.SUPERIOR,
    (DisputeState.SUPERIOR, DisputeStep.CONCEDE): DisputeState.FOR_ASKER,
    (DisputeState.SUPERIOR, DisputeStep.FOR_ASKER): DisputeState.FOR_ASKER,
    (DisputeState.SUPERIOR, DisputeStep.STAND): DisputeState.STANDS,
    # no agreement there: one step up, and the government decides in the end
    (DisputeState.AUTHORITY, DisputeStep.TO_SUPERIOR): DisputeState.SUPERIOR,
    (DisputeState.AUTHORITY, DisputeStep.TO_GOVERNMENT): DisputeState.GOVERNMENT,
    (DisputeState.SUPERIOR, DisputeStep.TO_GOVERNMENT): DisputeState.GOVERNMENT,
    (DisputeState.GOVERNMENT, DisputeStep.FOR_ASKER): DisputeState.FOR_ASKER,
    (DisputeState.GOVERNMENT, DisputeStep.STAND): DisputeState.STANDS,
    # who opened it may give it up
    (DisputeState.NEGOTIATION, DisputeStep.DROP): DisputeState.DROPPED,
    (DisputeState.AUTHORITY, DisputeStep.DROP): DisputeState.DROPPED,
    (DisputeState.SUPERIOR, DisputeStep.DROP): DisputeState.DROPPED,
    (DisputeState.GOVERNMENT, DisputeStep.DROP): DisputeState.DROPPED,
}
"""Order 809 art 28."""

DISPUTE_STEPS = {
    DisputeStep.OPEN: gettext_lazy("opened"),
    DisputeStep.SAY: gettext_lazy("talked over"),
    DisputeStep.CONCEDE: gettext_lazy("ended by the provider giving in"),
    DisputeStep.TO_AUTHORITY: gettext_lazy("taken to the data authority"),
    DisputeStep.TO_SUPERIOR: gettext_lazy("taken to the common superior authority"),
    DisputeStep.TO_GOVERNMENT: gettext_lazy("taken to the government"),
    DisputeStep.FOR_ASKER: gettext_lazy("settled for the asking department"),
    DisputeStep.STAND: gettext_lazy("settled for the provider"),
    DisputeStep.DROP: gettext_lazy("given up"),
}

OPEN_DISPUTES = (
    DisputeState.NEGOTIATION,
    DisputeState.AUTHORITY,
    DisputeState.SUPERIOR,
    DisputeState.GOVERNMENT,
)
"""Not settled yet."""


def move_dispute(state: str, step: DisputeStep, *, of: object) -> DisputeState:
    """Return a dispute's state after a step. Raises StepRefused: when the step is possible."""
    return after_step(
        DISPUTE_MOVES,
        DISPUTE_STEPS,
        DisputeState(state),
        step,
        refused=StepRefused,
        sentence=_(
            "Dispute %(dispute)s is %(state)s. It can be %(step)s only when it is: %(possible)s."
        ),
        dispute=of,
    )
