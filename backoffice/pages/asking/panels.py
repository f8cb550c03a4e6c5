"""The matrix of a request, field by field: how it stands now, and as it is asked for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise

from backoffice import words
from catalog.models import Dataset, Field
from exchange.sharing import foreseen
from exchange.sharing.matrix import Line, Offer
from policy.decision import FieldDecision
from policy.terms import Treatment

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
    """A dataset's matrix. `at_once`, `misused`, `stopped`: as `foreseen.Foreseen` has them."""

    dataset: Dataset
    rows: tuple[Row, ...]
    at_once: bool
    misused: bool
    stopped: bool
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
    """Return the matrix of a dataset for a department. Nine queries."""
    found = foreseen.foreseen(
        dataset, organization_id, offer, wanted=ticked, today=today, besides=besides
    )
    return Panel(
        dataset=dataset,
        rows=tuple(_row(line, ticked) for line in found.lines),
        at_once=found.at_once,
        misused=found.misused,
        stopped=found.stopped,
        masked=_labels(found.asked(Treatment.MASKED)),
        withheld=_labels(found.asked(Treatment.WITHHELD)),
    )


def _labels(lines: list[Line]) -> tuple[str, ...]:
    return tuple(line.field.label for line in lines)


def _row(line: Line, ticked: Collection[int]) -> Row:
    grade: Any = words.GRADES.get(line.field.grade or 0, "–")
    return Row(line.field, line.field.pk in ticked, cell(line.now), cell(line.proposed), grade)


def cell(decision: FieldDecision) -> Cell:
    """Return a decision in words."""
    return Cell(
        words.TREATMENTS[int(decision.treatment)],
        LEVELS[int(decision.treatment)],
        tuple(dict.fromkeys(ground.text for ground in foreseen.grounds(decision))),
    )
