"""What a department would see of a dataset under what it asks for, and why, before it is granted.

The form at the desk and the API show the same: field by field now and then, and whether the head's
signature alone is enough.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext as _

from catalog.models import Dataset
from exchange import access
from exchange.problems import Ground
from exchange.sharing import beside, matrix
from exchange.sharing.matrix import PROPOSED, Line, Offer
from policy.decision import FieldDecision
from policy.sentences import Reason
from policy.terms import Because, Treatment


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The lines of a matrix that may be named. `at_once`: the head's signature grants it all.

    It would, but for a grant of the department that was `misused`, or a service that was
    `stopped`.
    """

    lines: tuple[Line, ...]
    wanted: tuple[Line, ...]
    at_once: bool
    misused: bool
    stopped: bool

    def asked(self, treatment: Treatment) -> list[Line]:
        """Return what is asked for and would be treated so."""
        return [line for line in self.wanted if line.proposed.treatment == treatment]


def foreseen(
    dataset: Dataset,
    organization_id: int,
    offer: Offer,
    *,
    wanted: Collection[int],
    today: date,
    besides: int | None = None,
) -> Foreseen:
    """Return what a department sees of a dataset now, and would under an offer. Nine queries.

    `wanted` are the fields asked for; `besides` is as for `matrix.matrix`. No concealed field is
    among them.
    """
    lines = tuple(
        replace(line, asked=line.field.pk in wanted)
        for line in matrix.matrix(dataset, organization_id, offer, today=today, besides=besides)
        if not line.field.concealed
    )
    asked = tuple(line for line in lines if line.asked)
    without = matrix.unconditionally(dataset, organization_id, offer.mode, today=today)
    given = matrix.needs_no_answer(lines, without=without, rows=offer.rows)
    misused = given and bool(beside.misused(dataset.pk, organization_id, today=today))
    stopped = given and bool(beside.stopped_on([dataset.pk], organization_id))
    return Foreseen(
        lines,
        asked,
        at_once=given and not (misused or stopped),
        misused=misused,
        stopped=stopped,
    )


def grounds(decision: FieldDecision) -> list[Ground]:
    """Return the reasons of a decision in words, each once; the request is named as what it is."""
    return list(dict.fromkeys(_ground(reason) for reason in decision.reasons))


def _ground(reason: Reason) -> Ground:
    if dict(reason.details).get("grant") != str(PROPOSED):
        return access.ground(reason)
    covered = reason.because == Because.GRANTED
    text = (
        _("The request covers it, once it is granted.")
        if covered
        else _("The request does not reach it: look at its period and way of use.")
    )
    return Ground(str(reason.because), text, reason.basis)
