"""Figures of groups as people read them: labels of fields, measures, units and kinds."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import RegionBoundary
from catalog.models import Field
from exchange.access import Head, Seen
from exchange.records import counting
from exchange.records.aggregates import (
    DISTRICT,
    UNITS,
    AggregateQuery,
    Kind,
    Measure,
    Unit,
)

NUMBERS = counting.NUMBERS
TIMES = counting.TIMES
KINDS: Mapping[str, Promise] = {
    "bar": gettext_lazy("upright bars"),
    "line": gettext_lazy("a line of points"),
    "pie": gettext_lazy("pie, of up to eight parts"),
}
OFFERED = (Kind.SUM, Kind.AVERAGE, Kind.LEAST, Kind.MOST, "p50", "p90")
DIGITS = 4
"""Digits of an average or percentile that people are shown, beside all of its whole."""
DAY_LETTERS = {Unit.YEAR: 4, Unit.MONTH: 7, Unit.QUARTER: 7}


@dataclass(frozen=True, slots=True)
class Row:
    """One group: what it is of in words, its figures, and whether it stands for several.

    `figures` are exact, as files and the API have them; `told` are those that the page shows.
    """

    names: tuple[str, ...]
    figures: tuple[Any, ...]
    told: tuple[Any, ...]
    is_others: bool = False

    @property
    def cells(self) -> tuple[Any, ...]:
        """Names and figures; what there is no figure of is empty."""
        return (*self.names, *("" if one is None else one for one in self.figures))

    @property
    def name(self) -> str:
        """What it is of, in one."""
        return " · ".join(self.names)

    @property
    def first(self) -> Any:
        """The figure that is drawn."""
        return self.told[0]


@dataclass(frozen=True, slots=True)
class Chart:
    """A table of figures: heads of its columns, its rows, what all come to."""

    groups: tuple[str, ...]
    measures: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row
    found: int
    left_out: int | None
    smallest: int

    @property
    def has_others(self) -> bool:
        """Whether the last row stands for groups beyond the limit."""
        return bool(self.rows) and self.rows[-1].is_others

    @property
    def drawable(self) -> bool:
        """Whether there are figures to draw, and none is below zero or no number."""
        drawn = [one.first for one in self.rows if one.first is not None]
        return bool(drawn) and all(isinstance(one, int | float) and one >= 0 for one in drawn)

    @property
    def most(self) -> float:
        """The largest figure that is drawn, and never 0."""
        return max((one.first for one in self.rows if one.first), default=1)


def told(head: Head, fields: Seen, query: AggregateQuery, labels: Mapping[str, str]) -> Chart:
    """Count, and put into words. Raises what `counting.count` raises."""
    found = counting.count(head, fields, query)
    units = [found.units.get(one.field) for one in query.grouped]
    regions = _regions() if DISTRICT in (one.field for one in query.grouped) else {}
    rows = [
        _row(
            tuple(
                regions.get(value, "–") if field == DISTRICT else name(value, unit)
                for (field, value), unit in zip(one["by"].items(), units, strict=True)
            ),
            one["values"].values(),
            query.measures,
        )
        for one in json.loads(found.groups)
    ]
    total = json.loads(found.total).values()
    if found.others:
        rest = json.loads(found.others)
        word = _("%(number)s other groups") % {"number": rest["groups"]}
        names = (word, *("" for _more in units[1:]))
        rows.append(_row(names, rest["values"].values(), query.measures, is_others=True))
    whole = (_("All rows counted"), *("" for _more in units[1:]))
    return Chart(
        groups=tuple(
            grouped(one.field, found.units.get(one.field), labels) for one in query.grouped
        ),
        measures=tuple(measure(one, labels) for one in query.measures),
        rows=tuple(rows) if query.grouped else (_row(whole[:1], total, query.measures),),
        total=_row(whole, total, query.measures),
        found=found.found,
        left_out=found.left_out,
        smallest=head.smallest_group,
    )


def _row(
    names: tuple[str, ...],
    figures: Iterable[Any],
    kinds: Sequence[Measure],
    *,
    is_others: bool = False,
) -> Row:
    exact = tuple(figures)
    told = (
        rounded(one) if is_divided(kind) else one for one, kind in zip(exact, kinds, strict=True)
    )
    return Row(names, exact, tuple(told), is_others)


def is_divided(measure: Measure) -> bool:
    """Whether a figure has decimals that no row has: an average, or a point between two rows."""
    return measure.kind == Kind.AVERAGE or measure.percentile is not None


def rounded(number: float | None) -> float | None:
    """Return a number with DIGITS digits, or with its whole where that has more."""
    if not number:
        return number
    whole = math.floor(math.log10(abs(number))) + 1
    short = round(number, max(DIGITS - whole, 0))
    return int(short) if short == int(short) else short


def _regions() -> dict[str | None, str]:
    """Return the names of the regions that rows are counted by, and of lying in none of them."""
    found = RegionBoundary.objects.select_related("region")
    return {None: _("no place, or in none of them")} | {
        one.region.code: str(one.region) for one in found
    }


def name(value: Any, unit: Unit | None) -> str:
    """Return what a group is of: a value, or a piece of time by its beginning."""
    if value is None:
        return _("no value")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = str(value)
    if unit == Unit.QUARTER:
        quarter = (int(text[5:7]) + 2) // 3
        return f"{text[:4]} Q{quarter}"
    if unit == Unit.WEEK:
        return _("week from %(day)s") % {"day": text}
    return text[: DAY_LETTERS.get(unit, len(text))] if unit else text


def grouped(field: str, unit: Unit | None, labels: Mapping[str, str]) -> str:
    """Return the head of a column of groups."""
    label = _("district, by its boundary") if field == DISTRICT else labels.get(field, field)
    return f"{label} ({UNITS[unit]})" if unit else label


def measures(fields: Iterable[Field]) -> Sequence[Measure]:
    """Return the figures that can be chosen of fields of numbers."""
    numbers = [one.name for one in fields if one.data_type in NUMBERS and not one.is_key]
    return [Measure(str(kind), field) for field in numbers for kind in OFFERED]


def measure(one: Measure, labels: Mapping[str, str]) -> str:
    """Return a figure in words."""
    if one.kind == Kind.COUNT:
        return _("number of rows")
    field = labels.get(one.field, one.field)
    if one.percentile is not None:
        if one.percentile == 50:
            return _("median of %(field)s") % {"field": field}
        told = {"field": field, "percent": one.percentile}
        return _("percentile %(percent)s of %(field)s") % told
    return str(FIGURES[Kind(one.kind)]) % {"field": field}


FIGURES: Mapping[Kind, Promise] = {
    Kind.SUM: gettext_lazy("sum of %(field)s"),
    Kind.AVERAGE: gettext_lazy("average of %(field)s"),
    Kind.LEAST: gettext_lazy("least %(field)s"),
    Kind.MOST: gettext_lazy("greatest %(field)s"),
}
