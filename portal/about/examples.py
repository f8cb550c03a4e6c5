"""Datasets of this very city that the pages point to, so that what they say can be tried."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.models import Dataset, Field
from exchange.models import RecordTable, Zone
from exchange.records import place_columns
from policy.terms import DataType, Treatment

LOOKED_AT = 20
NUMBERS = frozenset({DataType.INTEGER, DataType.DECIMAL, DataType.DOUBLE})

Columns = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Example:
    """A dataset with rows for everybody, and names of its fields that are seen in clear.

    `group` is a field of text, `figure` one of numbers that is no key; "" where there is none.
    """

    dataset: Dataset
    first: str
    group: str
    figure: str
    has_place: bool

    @property
    def slug(self) -> str:
        """Its address."""
        return self.dataset.slug

    @property
    def title(self) -> str:
        """Its title, in the language now active."""
        return self.dataset.title


@dataclass(frozen=True, slots=True)
class Examples:
    """One to read, and one with coordinates, which may be the same; None where there is none."""

    rows: Example | None
    places: Example | None


def found() -> Examples:
    """Return the examples that show most, among the newest tables that everybody reads.

    Two queries.
    """
    known = list(_known())
    fullest = max(known, key=lambda one: (bool(one.group), bool(one.figure)), default=None)
    return Examples(fullest, next((one for one in known if one.has_place), None))


def _known() -> Iterator[Example]:
    published = Dataset.objects.published().filter(counting_rule=None)
    tables = RecordTable.objects.filter(
        zone=Zone.OPEN, live=True, rows__gt=0, resource__dataset__in=published
    )
    newest = tables.select_related("resource__dataset").order_by("-refreshed_at", "-pk")
    looked_at = list(newest[:LOOKED_AT])
    listed = Field.objects.filter(resource__in=[one.resource_id for one in looked_at]).live()
    fields = {one.pk: one for one in listed}
    for table in looked_at:
        shown = [one for one in table.columns if one["field"] in fields]
        clear = [fields[one["field"]] for one in shown if one["treatment"] == Treatment.CLEAR]
        if clear:
            yield _example(table.resource.dataset, shown, clear)


def _example(dataset: Dataset, shown: Columns, clear: Sequence[Field]) -> Example:
    told = [one for one in clear if not (one.is_key or one.coordinate)]
    return Example(
        dataset,
        first=clear[0].name,
        group=_first(told, frozenset({DataType.TEXT})),
        figure=_first(told, NUMBERS),
        has_place=place_columns.place(shown) is not None,
    )


def _first(fields: Sequence[Field], types: frozenset[DataType]) -> str:
    return next((one.name for one in fields if one.data_type in types), "")
