"""What the front page tells of the whole catalogue, in a constant number of queries."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery, Sum

from catalog import search
from catalog.facets import Option
from catalog.models import Dataset
from exchange.models import RecordTable, Zone
from portal import icons
from portal.taking_part import TakingPart, taking_part

THEMES = 12
NEW = 6


@dataclass(frozen=True, slots=True)
class Theme:
    """A subject of the catalogue; `query` finds its datasets, `icon` is a symbol of icons.svg."""

    name: str
    count: int
    query: str
    icon: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The city in figures. `rows` are rows in the open zone, of which everybody may have each."""

    datasets: int
    departments: int
    opened: int
    rows: int


@dataclass(frozen=True, slots=True)
class Front:
    """All that the front page shows."""

    figures: Figures
    themes: tuple[Theme, ...]
    libraries: tuple[Option, ...]
    published: tuple[Dataset, ...]
    refreshed: tuple[Dataset, ...]
    people: TakingPart


def front() -> Front:
    """Return what the front page shows, in the language now active."""
    found = search.overview()
    options = {facet.name: facet.options for facet in found.facets}
    return Front(
        _figures(found.total or 0),
        tuple(_theme(one) for one in options["subject"][:THEMES]),
        options["category"],
        *_news(),
        taking_part(),
    )


def _theme(option: Option) -> Theme:
    return Theme(option.label, option.count, option.query, icons.of(option.label))


def _figures(total: int) -> Figures:
    tables = "resources__record_tables"
    opened = Q(**{f"{tables}__zone": Zone.OPEN, f"{tables}__live": True})
    told = Dataset.objects.published().aggregate(
        departments=Count("owner", distinct=True),
        opened=Count("pk", distinct=True, filter=opened),
        rows=Sum(f"{tables}__rows", filter=opened),
    )
    return Figures(total, told["departments"], told["opened"], told["rows"] or 0)


def _news() -> tuple[tuple[Dataset, ...], tuple[Dataset, ...]]:
    """Return what was published last, and whose rows everybody may have were renewed last, each
    with the time as `renewed_at`. One query: what is first by either is first among both.
    """
    published = Dataset.objects.published()
    tables = RecordTable.objects.filter(zone=Zone.OPEN, live=True)  # one a dataset, at most
    own = tables.filter(resource__dataset=OuterRef("pk"))
    renewed = tables.filter(resource__dataset__in=published).order_by("-refreshed_at", "-pk")
    first = (
        published.order_by("-published_at", "-pk").values("pk")[:NEW],
        renewed.values("resource__dataset")[:NEW],
    )
    rows: list[Any] = list(
        published.filter(Q(pk__in=first[0]) | Q(pk__in=first[1]))
        .annotate(renewed_at=Subquery(own.values("refreshed_at")[:1]))
        .select_related("owner")
    )
    with_rows = [one for one in rows if one.renewed_at is not None]
    return (
        tuple(sorted(rows, key=lambda one: (one.published_at, one.pk), reverse=True)[:NEW]),
        tuple(sorted(with_rows, key=lambda one: (one.renewed_at, one.pk), reverse=True)[:NEW]),
    )
