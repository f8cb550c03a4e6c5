"""The figures that are published, each with numerator, denominator and definition.

They follow the indicators that assessments of data departments ask for; docs/figures.md has a
script that recomputes each from the downloads.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Max, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from catalog.models import Dataset
from oversight.models import Daily, Door, Standing
from oversight.standings import NUMBERS, USED_DAYS

COUNTS = ("views", "downloads", "calls", "rows")
MOST = 20


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure: what it is called and means, and which numbers of a standing make it."""

    name: str
    title: Promise
    means: Promise
    numerator: str
    denominator: str


FIGURES = (
    Definition(
        "open-share",
        _("Open share"),
        _("Published datasets with rows that everybody may have ÷ all published datasets."),
        "opened",
        "published",
    ),
    Definition(
        "connected",
        _("Connected"),
        _("Published tables whose rows a sync has brought ÷ all published datasets with a table."),
        "filled",
        "tables",
    ),
    Definition(
        "on-time",
        _("Refreshed in time"),
        _(
            "Datasets refreshed within their promised cycle and its margin ÷ all with rows and a"
            " promised cycle. What is updated irregularly or never promises nothing and is left"
            " out."
        ),
        "on_time",
        "promised",
    ),
    Definition(
        "used",
        _("Used within 30 days"),
        _(
            "Published datasets with a page view, call or download in the last 30 days ÷ all"
            " published datasets."
        ),
        "used",
        "published",
    ),
    Definition(
        "requests-in-time",
        _("Requests within their limit"),
        _(
            "Share requests of departments that wait for an answer and whose last day is not over"
            " ÷ all that wait with a limit running."
        ),
        "asked_in_time",
        "asked",
    ),
    Definition(
        "corrections-in-time",
        _("Corrections within their limit"),
        _(
            "Reports of errors that wait for an answer and whose last day is not over ÷ all that"
            " wait with a limit running."
        ),
        "reported_in_time",
        "reported",
    ),
)
CAPACITY = (
    _("Data capacity (rows × columns)"),
    _(
        "Of each table of published datasets that everybody may have: its rows times its columns;"
        " then added up. What is withheld is no column, and what is open by counts alone is left"
        " out."
    ),
)
"""What the one number that is no share is called, and means."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its numbers; `share` is None where there is nothing to divide by."""

    definition: Definition
    numerator: int
    denominator: int

    @property
    def share(self) -> float | None:
        """The quotient, to four places."""
        return round(self.numerator / self.denominator, 4) if self.denominator else None

    @property
    def percent(self) -> str:
        """The quotient as people read it; a dash where there is none."""
        return "–" if self.share is None else f"{self.share:.1%}"


@dataclass(frozen=True, slots=True)
class Use:
    """How often something was asked for within the window of days."""

    views: int = 0
    downloads: int = 0
    calls: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """The days that use is told of, both included."""

    first: date
    last: date


def window(today: date) -> Window:
    """Return the last 30 days, today included."""
    return Window(today - timedelta(days=USED_DAYS - 1), today)


def of(dataset: Dataset, *, today: date) -> Use:
    """Return how a dataset was used within the last 30 days, by one query."""
    return _use(_within(window(today)).filter(dataset=dataset))


def use(days: Window, *, department: str = "") -> Mapping[str, Use]:
    """Return the use by door, of all or of one department's datasets, by one query."""
    found = _within(days)
    if department:
        found = found.filter(dataset__owner__slug=department)
    sums = {name: Sum(name) for name in COUNTS}
    told = {
        row.pop("door"): Use(**row) for row in found.order_by().values("door").annotate(**sums)
    }
    return {str(door): told.get(str(door), Use()) for door in Door}


def most_used(days: Window, *, department: str = "") -> list[tuple[Dataset, Use]]:
    """Return the datasets that were asked for most, by two queries."""
    found = _within(days).filter(dataset__in=Dataset.objects.published())
    if department:
        found = found.filter(dataset__owner__slug=department)
    sums = {name: Sum(name) for name in COUNTS}
    rows = (
        found.order_by()
        .values("dataset")
        .annotate(times=Sum(F("views") + F("downloads") + F("calls")))
        .annotate(**sums)
        .order_by("-times", "dataset")[:MOST]
    )
    told = {row["dataset"]: Use(**{name: row[name] for name in COUNTS}) for row in rows}
    datasets = Dataset.objects.select_related("owner").in_bulk(list(told))
    return [(datasets[one], told[one]) for one in told if one in datasets]


def standings(day: date | None = None) -> list[Standing]:
    """Return how each department stood on a day, by default the last that was computed."""
    if day is None:
        day = Standing.objects.aggregate(last=Max("day"))["last"]
    return list(Standing.objects.filter(day=day).order_by("department"))


def together(found: Iterable[Standing]) -> tuple[Figure, ...]:
    """Return the figures of some departments taken together: numbers are added, not shares."""
    sums = dict.fromkeys(NUMBERS, 0)
    for one in found:
        for name in NUMBERS:
            sums[name] += getattr(one, name)
    return tuple(Figure(one, sums[one.numerator], sums[one.denominator]) for one in FIGURES)


def capacity(found: Iterable[Standing]) -> int:
    """Return rows × columns of the open data of some departments taken together."""
    return sum(one.cells for one in found)


def departments(slugs: Sequence[str]) -> Mapping[str, Organization]:
    """Return the departments of these names, by name."""
    return {one.slug: one for one in Organization.objects.filter(slug__in=slugs)}


DAILY_HEAD = ("day", "dataset", "department", "door", *COUNTS, "apps")
STANDING_HEAD = ("day", "department", *NUMBERS, "computed_at")


def daily_rows(days: Window) -> Iterator[tuple[Any, ...]]:
    """Yield the raw counts of these days, a line for each day, dataset and door."""
    found = _within(days).order_by("day", "dataset__slug", "door")
    names = ("day", "dataset__slug", "dataset__owner__slug", "door", *COUNTS, "apps")
    yield from found.values_list(*names).iterator(chunk_size=2000)


def standing_rows(days: Window) -> Iterator[tuple[Any, ...]]:
    """Yield numerators and denominators, a line for each day and department."""
    found = Standing.objects.filter(day__range=(days.first, days.last))
    for row in found.order_by("day", "department").values_list(*STANDING_HEAD):
        yield (*row[:-1], row[-1].isoformat())


def _within(days: Window):
    return Daily.objects.filter(day__range=(days.first, days.last))


def _use(found) -> Use:
    sums = found.aggregate(**{name: Sum(name) for name in COUNTS})
    return Use(**{name: number or 0 for name, number in sums.items()})
