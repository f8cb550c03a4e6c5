"""What the law says of each field of a published dataset, for every kind of reader at once.

For who wants to know why something is not to be seen: the decisions of a day with their reasons,
without a key and without a grant of anybody's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from catalog import facts, history
from catalog.models import Dataset, Field, FieldTerms
from policy.comparison import Viewpoint, cases
from policy.decision import FieldDecision, decide_field


@dataclass(frozen=True, slots=True)
class Explained:
    """A field with its terms on a day, and what they come to from each viewpoint."""

    terms: Field | FieldTerms
    decided: Mapping[Viewpoint, FieldDecision]


def explained(fields: Sequence[Field], dataset: Dataset, *, day: date) -> list[Explained]:
    """Decide on the live fields of a dataset as they stand now. One query.

    What is concealed is left out: that it exists is not told.
    """
    return _decided(fields, facts.prohibitions(dataset), day)


def explained_then(dataset: Dataset, *, day: date) -> list[Explained]:
    """Decide by the terms and lines of a past day; empty where nothing was published by then.

    What is concealed today is left out of every day.
    """
    then = history.on(dataset.pk, day)
    told = [one for one in then if not one.field.concealed]
    return _decided(told, facts.prohibitions(dataset, then=then), day) if told else []


def _decided(
    fields: Sequence[Field] | Sequence[FieldTerms],
    lines: tuple[facts.Prohibition, ...],
    day: date,
) -> list[Explained]:
    asked = cases(day, lines)
    return [
        Explained(
            one,
            {
                viewpoint: decide_field(case, facts.field_facts(one))
                for viewpoint, case in asked.items()
            },
        )
        for one in fields
        if not one.concealed
    ]
