"""How many entries there are by department, subject, grade, type, cycle and region."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import chain
from typing import Any
from urllib.parse import quote_plus

from django.db import connection, models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from accounts.models import Organization, Region
from catalog.bilingual import choose
from catalog.conditions import Conditions, Filters
from catalog.formats import Format
from catalog.labels import GRADES, OPEN_TYPES, SHARE_TYPES
from catalog.models import Subject
from catalog.terms import Category, State, UpdateCycle
from policy.terms import Grade, OpenType, ShareType

comma = sql.SQL(", ").join
SHOWN = 50
"""Options of one facet, the most frequent."""
COLUMNS = {
    "owner": "owner_id",
    "subject": "subject_id",
    "grade": "grade",
    "share": "sharing",
    "open": "opening",
    "cycle": "cycle",
    "region": "region_id",
    "category": "category",
    "format": "formats",
    "state": "state",
}
TITLES: Mapping[str, Promise] = {
    "owner": _("Department"),
    "subject": _("Subject"),
    "grade": _("Highest grade"),
    "share": _("Share type"),
    "open": _("Open type"),
    "cycle": _("Update cycle"),
    "region": _("Region"),
    "category": _("Category"),
    "format": _("Format"),
    "state": _("State"),
}
TOGETHER = (
    ("subject",),
    ("owner", "region"),
    ("grade", "share", "open", "cycle", "category", "format", "state"),
)
"""Which facets are counted in one go."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts as the table has them: for each facet by value, and of all."""

    total: int = 0
    by: dict[str, Counter[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet: as a filter takes it, as people read it, and how often it is there.

    `rest` is the query string of the search without a choice in this facet.
    """

    facet: str
    value: str
    label: str
    count: int
    chosen: bool
    rest: str

    @property
    def query(self) -> str:
        """The query string that narrows by it, or that widens again where it is chosen."""
        return self.rest if self.chosen else self.narrowing(self.rest)

    def narrowing(self, rest: str) -> str:
        """Return a query string with this choice added."""
        own = f"{self.facet}={quote_plus(self.value)}"
        return f"{rest}&{own}" if rest else own


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet with its options, the most frequent first."""

    name: str
    title: str
    options: tuple[Option, ...]

    @property
    def narrows(self) -> bool:
        """Whether there is something to choose, or to take back."""
        return len(self.options) > 1 or any(one.chosen for one in self.options)


def count(where: Conditions) -> Counted:
    """Count the entries under all conditions, by each facet and in all, in one statement.

    What has few values is counted together and parted here, which costs a third of counting each
    by itself; most regions follow from their department.
    """
    found = sql.SQL("catalog_searchentry WHERE {}").format(where.clause())
    with connection.cursor() as cursor:
        cursor.execute(grouped(found))
        return parted(cursor.fetchall())


def counted_columns() -> sql.Composed:
    """Return the columns of the search table that facets are counted by, in their order."""
    return comma(sql.Identifier(COLUMNS[name]) for name in chain.from_iterable(TOGETHER))


def grouped(found: sql.Composable) -> sql.Composed:
    """Return the statement that counts what is `found`: grouping, the columns, number of rows."""
    sets = [[sql.Identifier(COLUMNS[name]) for name in names] for names in TOGETHER]
    return sql.SQL(
        "SELECT GROUPING({columns}), {columns}, count(*) FROM {found}"
        " GROUP BY GROUPING SETS ({sets})"
    ).format(
        columns=counted_columns(),
        found=found,
        sets=comma(sql.SQL("({})").format(comma(names)) for names in sets),
    )


def parted(rows: Iterable[tuple[Any, ...]]) -> Counted:
    """Part the rows by what they were grouped by: PostgreSQL sets a bit for what they were not."""
    total = 0
    by: dict[str, Counter[Any]] = {name: Counter() for name in COLUMNS}
    names = list(chain.from_iterable(TOGETHER))
    for grouping, *values, number in rows:
        grouped = [
            (name, value)
            for place, (name, value) in enumerate(zip(names, values, strict=True))
            if not grouping >> (len(names) - 1 - place) & 1
        ]
        for name, value in grouped:
            by[name][value] += number
        total += number if grouped[0][0] == TOGETHER[0][0] else 0
    by["share"] = _each(by["share"], list(ShareType))
    by["open"] = _each(by["open"], list(OpenType))
    by["format"] = _each(by["format"], list(Format))
    return Counted(total, by)


def _each(sets: Counter[int], kinds: Sequence[Enum]) -> Counter[str]:
    """Count single types from sets of them, one bit a type."""
    single: Counter[str] = Counter()
    for bits, number in sets.items():
        for place, kind in enumerate(kinds):
            if bits >> place & 1:
                single[kind.value] += number
    return single


def named(counted: Counted, asked: Filters, q: str) -> tuple[Facet, ...]:
    """Return the facets as people read them, in the language now active. Two queries.

    A region counts what lies in it: that is what narrowing by it finds.
    """
    regions = _with_those_above(counted.by.get("region", Counter()))
    counted = replace(counted, by=counted.by | {"region": regions})
    most = {name: _most(counted.by[name]) for name in COLUMNS}
    places = _places(most)
    return tuple(
        Facet(name, str(TITLES[name]), tuple(_options(name, most[name], places, asked, q)))
        for name in COLUMNS
    )


def _with_those_above(counts: Counter[Any]) -> Counter[Any]:
    """Add the counts of regions to each region that holds them."""
    if not any(found is not None for found in counts):
        return counts
    above = dict(Region.objects.values_list("pk", "parent_id"))
    summed: Counter[Any] = Counter()
    for region, number in counts.items():
        summed.update(dict.fromkeys(_lineage(region, above), number))
    return summed


def _lineage(region: int | None, above: Mapping[int, int | None]) -> list[int]:
    """Return a region and those that hold it; a circle ends where it began."""
    found: list[int] = []
    while region is not None and region not in found:
        found.append(region)
        region = above.get(region)
    return found


Most = list[tuple[Any, int]]
Words = dict[Any, tuple[str, str]]


def _most(counts: Counter[Any]) -> Most:
    most = [(value, number) for value, number in counts.most_common() if value not in (None, "")]
    return most[:SHOWN]


def _options(
    name: str, most: Most, places: dict[str, Words], asked: Filters, q: str
) -> Iterator[Option]:
    words = places.get(name) or _words(name, [value for value, _number in most])
    rest = asked.query(q, **{name: ""})
    for found, number in most:
        if found in words:
            value, label = words[found]
            yield Option(name, value, label, number, value == getattr(asked, name), rest)


def _words(name: str, values: list[Any]) -> Words:
    """Return for each value how a filter takes it and how people read it."""
    if name in PLACES:  # all that there are were looked up
        return {}
    if name == "grade":
        return {value: (Grade(value).name, str(GRADES[value])) for value in values}
    labels: Mapping[str, Any] = {
        "share": SHARE_TYPES,
        "open": OPEN_TYPES,
        "cycle": dict(UpdateCycle.choices),
        "category": dict(Category.choices),
        "format": dict(Format.choices),
        "state": dict(State.choices),
    }[name]
    return {value: (value, str(labels.get(value, value))) for value in values}


PLACES: Mapping[str, tuple[type[models.Model], str]] = {
    "owner": (Organization, "slug"),
    "subject": (Subject, "code"),
    "region": (Region, "code"),
}
"""Facets whose values are rows of a table, with the column that a filter takes."""


def _places(most: Mapping[str, Most]) -> dict[str, Words]:
    """Return how filters take departments, subjects and regions, and how people read them."""
    first, *others = [
        model._default_manager.filter(pk__in=[value for value, _number in most[name]])  # noqa: SLF001 - Django's public-by-custom name
        .order_by()
        .values_list(models.Value(name), "pk", key, "name_zh", "name_en")
        for name, (model, key) in PLACES.items()
    ]
    found: dict[str, Words] = {}
    for name, pk, key, zh, en in first.union(*others, all=True):
        found.setdefault(name, {})[pk] = key, choose(zh, en)
    return found
