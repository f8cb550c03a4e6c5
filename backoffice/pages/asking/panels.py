"""The matrix of a request, field by field: how it stands now, and as it is asked for."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice import words
from catalog.models import Dataset, Field
from exchange.sharing import matrix
from exchange.sharing.matrix import PROPOSED, Line, Offer
from policy.decision import FieldDecision
from policy.sentences import Reason
from policy.terms import Because, Treatment

LEVELS = ("good", "warn", "bad")


@dataclass(frozen=True, slots=True)
class Cell:
    """What is seen of a field, with its colour and its reasons."""

    treatment: str | Promise
    level: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A field with what is seen of it now and as asked."""

    field: Field
    ticked: bool
    now: Cell
    then: Cell
    grade: str | Promise


@dataclass(frozen=True, slots=True)
class Panel:
    """A dataset's matrix. `at_once`: the head's signature alone grants all that is ticked."""

    dataset: Dataset
    rows: tuple[Row, ...]
    at_once: bool
    masked: tuple[str, ...]
    withheld: tuple[str, ...]

    @property
    def ticked(self) -> int:
        """How many fields are asked for."""
        return sum(row.ticked for row in self.rows)


def panel(
    dataset: Dataset,
    organization_id: int,
    offer: Offer,
    *,
    ticked: Collection[int],
    today: date,
    besides: int | None = None,
) -> Panel:
    """Return the matrix of a dataset for a department. Six queries."""
    lines = [
        line
        for line in matrix.matrix(dataset, organization_id, offer, today=today, besides=besides)
        if not line.field.concealed
    ]
    chosen = [replace(line, asked=line.field.pk in ticked) for line in lines]
    wanted = [line for line in chosen if line.asked]
    without = matrix.unconditionally(dataset, organization_id, offer.mode, today=today)
    return Panel(
        dataset=dataset,
        rows=tuple(_row(line, ticked) for line in lines),
        at_once=matrix.needs_no_answer(chosen, without=without, rows=offer.rows),
        masked=_labels(wanted, Treatment.MASKED),
        withheld=_labels(wanted, Treatment.WITHHELD),
    )


def _labels(lines: list[Line], treatment: Treatment) -> tuple[str, ...]:
    return tuple(line.field.label for line in lines if line.proposed.treatment == treatment)


def _row(line: Line, ticked: Collection[int]) -> Row:
    grade: Any = words.GRADES.get(line.field.grade or 0, "–")
    return Row(line.field, line.field.pk in ticked, cell(line.now), cell(line.proposed), grade)


def cell(decision: FieldDecision) -> Cell:
    """Return a decision in words."""
    language = get_language() or "zh"
    return Cell(
        words.TREATMENTS[int(decision.treatment)],
        LEVELS[int(decision.treatment)],
        tuple(dict.fromkeys(_reason(one, language) for one in decision.reasons)),
    )


def _reason(reason: Reason, language: str) -> str:
    if dict(reason.details).get("grant") != str(PROPOSED):
        return reason.text(language)
    if reason.because == Because.GRANTED:
        return _("The request covers it, once it is granted.")
    return _("The request does not reach it: look at its period and way of use.")
