"""A query that counts: by which fields, what of them, of which rows.

The grammar is closed, as that of rows is (`query`): names, the kinds and units below, numbers.
Only `counting` makes SQL of it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.wording import said as _
from exchange.records import areas
from exchange.records.areas import Area
from exchange.records.query import (
    Filter,
    QueryRefused,
    Sort,
    filters_of,
    last_of,
    names_of,
    sort_of,
)

MAX_GROUPED = 3
MAX_MEASURES = 10
MAX_GROUPS = 1000
DEFAULT_GROUPS = 100
RESERVED = frozenset(
    {"group", "bucket", "measure", "sort", "limit", "format", "lang"}
    | {areas.BBOX, areas.BOX_SYSTEM, areas.NEAR, areas.WITHIN}
)
DISTRICT = "@district"
"""What rows are grouped by that is no field: the smallest region whose boundary holds their place.
No field is called so."""
PERCENTILE = re.compile(r"p([1-9][0-9]?)", re.ASCII)


class Unit(StrEnum):
    """How much time one group takes up, by the clocks of the city; weeks begin on Monday."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"


UNITS: Mapping[Unit, Promise] = {
    Unit.YEAR: gettext_lazy("years"),
    Unit.QUARTER: gettext_lazy("quarters"),
    Unit.MONTH: gettext_lazy("months"),
    Unit.WEEK: gettext_lazy("weeks"),
    Unit.DAY: gettext_lazy("single days"),
    Unit.HOUR: gettext_lazy("hours"),
}
"""What groups of time are called."""


class Kind(StrEnum):
    """What is worked out of a group's rows, beside percentiles (`p1` to `p99`)."""

    COUNT = "count"
    SUM = "sum"
    AVERAGE = "avg"
    LEAST = "min"
    MOST = "max"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of each group: `kind` is one of Kind or a percentile; rows have no `field`."""

    kind: str
    field: str = ""

    @property
    def name(self) -> str:
        """What it is called in parameters and answers."""
        return f"{self.kind}:{self.field}" if self.field else self.kind

    @property
    def percentile(self) -> int | None:
        """Which percentile it is, None for another kind."""
        found = PERCENTILE.fullmatch(self.kind)
        return int(found[1]) if found else None


ROWS = Measure(Kind.COUNT)


@dataclass(frozen=True, slots=True)
class Grouped:
    """A field that rows are grouped by; days and moments in units of time where one is named."""

    field: str
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class AggregateQuery:
    """What a reader wants counted. No group: one figure of all rows. No sort: as `order` says."""

    grouped: tuple[Grouped, ...] = ()
    measures: tuple[Measure, ...] = (ROWS,)
    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    limit: int = DEFAULT_GROUPS
    areas: tuple[Area, ...] = ()

    @property
    def leaned_on(self) -> tuple[str, ...]:
        """Every field that the figures rest on, once; places are asked for beside."""
        names = [
            *(one.field for one in self.grouped if one.field != DISTRICT),
            *(one.field for one in self.measures if one.field),
            *(one.field for one in self.filters),
        ]
        return tuple(dict.fromkeys(names))

    @property
    def order(self) -> tuple[Sort, ...]:
        """The order of the groups: time goes on, else the first figure comes down."""
        if self.sort:
            return self.sort
        if any(one.unit for one in self.grouped):
            return tuple(Sort(one.field) for one in self.grouped)
        return (Sort(self.measures[0].name, descending=True),)

    @classmethod
    def parse(cls, params: Mapping[str, Sequence[str]]) -> "AggregateQuery":
        """Read our own dialect: `?group=district&bucket=month&measure=count,sum:amount&city=x`.

        `params` maps each name to all its values. `bucket` is a unit for every grouped day or
        moment, or `field:unit` by commas. Filters and areas are those of rows. Raises
        QueryRefused, AreaRefused.
        """
        names = names_of(last_of(params, "group"))
        if len(names) > MAX_GROUPED:
            raise QueryRefused(
                _("Rows can be grouped by at most %(most)s fields at once, not %(count)s.")
                % {"most": MAX_GROUPED, "count": len(names)}
            )
        measures = _measures(last_of(params, "measure"))
        sort = tuple(sort_of(part) for part in names_of(last_of(params, "sort")))
        _sortable(sort, names, measures)
        return cls(
            grouped=_grouped(names, last_of(params, "bucket")),
            measures=measures,
            filters=filters_of(params, RESERVED),
            sort=sort,
            limit=_limit(last_of(params, "limit")),
            areas=areas.parsed(params),
        )


def _grouped(names: Sequence[str], bucket: str) -> tuple[Grouped, ...]:
    """Give each grouped field its unit; one for all is given to all, and fits days and moments."""
    if ":" not in bucket:
        unit = _unit(bucket) if bucket else None
        return tuple(Grouped(name, unit) for name in names)
    units = {}
    for part in names_of(bucket):
        field, _colon, named = part.rpartition(":")
        if field not in names:
            raise QueryRefused(
                _("“bucket” speaks of “%(field)s”, which “group” does not name.")
                % {"field": field[:80]}
            )
        units[field] = _unit(named)
    return tuple(Grouped(name, units.get(name)) for name in names)


def _unit(text: str) -> Unit:
    try:
        return Unit(text)
    except ValueError:
        raise QueryRefused(
            _("“bucket” is %(given)s; it can be one of: %(allowed)s.")
            % {"given": text[:20], "allowed": ", ".join(Unit)}
        ) from None


def _measures(text: str) -> tuple[Measure, ...]:
    found = tuple(_measure(part) for part in names_of(text)) or (ROWS,)
    if len(found) > MAX_MEASURES:
        raise QueryRefused(
            _("“measure” names %(count)s figures; at most %(most)s can be had at once.")
            % {"count": len(found), "most": MAX_MEASURES}
        )
    return found


def _measure(part: str) -> Measure:
    kind, _colon, field = part.partition(":")
    known = kind in set(Kind) or PERCENTILE.fullmatch(kind)
    if not known or bool(field) == (kind == Kind.COUNT):
        raise QueryRefused(
            _(
                "“measure” has “%(given)s”; a figure is “count”, or one of %(kinds)s or p1 to p99"
                " with a field behind a colon, such as “sum:amount”."
            )
            % {"given": part[:80], "kinds": ", ".join(one for one in Kind if one != Kind.COUNT)}
        )
    return Measure(kind, field)


def _sortable(sort: Sequence[Sort], names: Sequence[str], measures: Sequence[Measure]) -> None:
    allowed = [*names, *(one.name for one in measures)]
    for one in sort:
        if one.field not in allowed:
            raise QueryRefused(
                _(
                    "“sort” names “%(given)s”, but groups are sorted by what they are of:"
                    " %(allowed)s."
                )
                % {"given": one.field[:80], "allowed": ", ".join(allowed)}
            )


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_GROUPS
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_GROUPS):
        raise QueryRefused(
            _("“limit” is %(given)s, but an answer holds from 1 to %(most)s groups.")
            % {"given": text[:20], "most": MAX_GROUPS}
        )
    return int(text)
