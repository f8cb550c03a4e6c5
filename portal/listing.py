"""What the front page says of each published dataset, in a constant number of queries.

Reads only what the open door may read: the public face of the catalogue and the pointers to
tables of the open zone.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count

from catalog import codes, search
from catalog.facets import Facet
from catalog.models import Dataset, Field
from catalog.search import Filters
from catalog.terms import UpdateCycle
from exchange.models import RecordTable, Zone
from policy.terms import Treatment

PAGE = 50
FACETS = ("owner", "subject", "grade", "share", "open", "cycle", "region")
"""What people narrow the list by."""


class Freshness(StrEnum):
    """How the age of the data stands to what the department promised."""

    FRESH = "fresh"
    LATE = "late"
    UNBOUND = "unbound"  # no promise: updated irregularly or never
    AWAITED = "awaited"  # published, and no rows have come yet


@dataclass(frozen=True, slots=True)
class Treatments:
    """How many fields everybody sees in clear, masked, or not at all."""

    clear: int
    masked: int
    withheld: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A published dataset as the front page shows it. `treatments` is None until rows came."""

    dataset: Dataset
    freshness: Freshness
    refreshed_at: datetime | None
    rows: int
    treatments: Treatments | None

    @property
    def cycle(self) -> str:
        """The promised cycle, in the language now active."""
        return str(UpdateCycle(self.dataset.update_cycle).label)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of datasets; `after` leads to the next and is None on the last."""

    datasets: tuple[Listed, ...]
    after: int | None
    total: int
    facets: tuple[Facet, ...]
    query: str


def list_page(words: str, filters: Filters, *, after: int | None, now: datetime) -> Listing:
    """Return published datasets with every one of `words`, the best first, else the newest."""
    page = search.find(words, filters=filters, after=after, limit=PAGE, facets=True)
    tables = _tables(page.datasets)
    fields = _fields(page.datasets)
    listed = tuple(
        _listed(one, tables.get(one.pk), fields.get(one.pk, 0), now) for one in page.datasets
    )
    facets = tuple(one for one in page.facets if one.name in FACETS and one.narrows)
    return Listing(listed, page.after, page.total or 0, facets, page.query)


def _tables(datasets: Sequence[Dataset]) -> dict[int, RecordTable]:
    found = RecordTable.objects.filter(
        resource__dataset__in=datasets, zone=Zone.OPEN, live=True
    ).select_related("resource")
    return {table.resource.dataset_id: table for table in found}


def _fields(datasets: Sequence[Dataset]) -> dict[int, int]:
    """Count the fields that may be named; a concealed one is not spoken of."""
    rows = (
        Field.objects.filter(resource__dataset__in=datasets, ended_at=None, concealed=False)
        .values("resource__dataset")
        .annotate(count=Count("pk"))
        .values_list("resource__dataset", "count")
    )
    return dict(rows)


def _listed(dataset: Dataset, table: RecordTable | None, fields: int, now: datetime) -> Listed:
    if table is None:
        return Listed(dataset, Freshness.AWAITED, None, 0, None)
    seen = Counter(column["treatment"] for column in table.columns)
    clear, masked = seen[Treatment.CLEAR], seen[Treatment.MASKED]
    return Listed(
        dataset,
        freshness_of(dataset, table.refreshed_at, now),
        table.refreshed_at,
        table.rows,
        Treatments(clear, masked, max(0, fields - clear - masked)),
    )


def freshness_of(dataset: Dataset, refreshed_at: datetime, now: datetime) -> Freshness:
    """Say how the age of a dataset's rows stands to its promised cycle."""
    cycle = UpdateCycle(dataset.update_cycle)
    if codes.LATE_AFTER[cycle] is None:
        return Freshness.UNBOUND
    late = codes.late(cycle, refreshed_at=refreshed_at, now=now)
    return Freshness.LATE if late else Freshness.FRESH
