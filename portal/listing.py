"""What a list says of each published dataset, in a constant number of queries.

Reads only what the open door may read: the public face of the catalogue and the pointers to
tables of the open zone.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from catalog import codes
from catalog.labels import OPEN_TYPES
from catalog.models import Dataset, Resource
from catalog.terms import ResourceKind, UpdateCycle
from exchange.models import RecordTable, Zone
from policy.terms import OpenType, Treatment
from portal.frame import dataset_address

TABLE_FORMATS = ("CSV", "JSON", "API")


class Freshness(StrEnum):
    """How the age of the data stands to what the department promised."""

    FRESH = "fresh"
    LATE = "late"
    UNBOUND = "unbound"  # no promise: updated irregularly or never
    AWAITED = "awaited"  # published, and no rows have come yet
    NO_TABLE = "no-table"  # it offers files, interfaces or links
    WITHHELD = "withheld"  # its rows, if there are any, are not for everybody


FRESHNESS = {
    Freshness.FRESH: _("on time"),
    Freshness.LATE: _("late"),
    Freshness.UNBOUND: _("no set cycle"),
    Freshness.AWAITED: _("no rows yet"),
    Freshness.NO_TABLE: _("files and links, no rows"),
    Freshness.WITHHELD: _("rows not for everyone"),
}
ROWLESS = frozenset({Freshness.NO_TABLE, Freshness.WITHHELD})


@dataclass(frozen=True, slots=True)
class Treatments:
    """How many fields everybody sees in clear, masked, or not at all."""

    clear: int
    masked: int
    withheld: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A published dataset as a list shows it. `treatments` is None until rows came; `openness` is
    open, conditional or closed, by the most open of its fields."""

    dataset: Dataset
    freshness: Freshness
    refreshed_at: datetime | None
    rows: int
    treatments: Treatments | None
    openness: str
    formats: tuple[str, ...]

    @property
    def cycle(self) -> str:
        """The promised cycle, in the language now active."""
        return str(dict(UpdateCycle.choices).get(self.dataset.update_cycle, ""))

    @property
    def opened(self) -> str:
        """How open the dataset is, in the language now active."""
        return str(OPEN_TYPES[OPENNESS[self.openness].value])

    @property
    def address(self) -> str:
        """The dataset's page."""
        return dataset_address(self.dataset.slug)


OPENNESS = {
    "open": OpenType.UNCONDITIONAL,
    "conditional": OpenType.CONDITIONAL,
    "closed": OpenType.NOT_OPEN,
}


def listed(datasets: Sequence[Dataset], *, now: datetime) -> tuple[Listed, ...]:
    """Return datasets as a list shows them. Two queries."""
    tables = _tables(datasets)
    offers = _offers(datasets)
    return tuple(
        _listed(one, tables.get(one.pk), offers.get(one.pk, ({}, 0)), now) for one in datasets
    )


def _tables(datasets: Sequence[Dataset]) -> dict[int, RecordTable]:
    found = RecordTable.objects.filter(
        resource__dataset__in=datasets, zone=Zone.OPEN, live=True
    ).select_related("resource")
    return {table.resource.dataset_id: table for table in found}


Offers = tuple[dict[str, str], int]


def _offers(datasets: Sequence[Dataset]) -> dict[int, Offers]:
    """Return the kinds of what datasets offer, and how many fields may be named: a concealed one
    is not spoken of."""
    named = Count("fields", filter=Q(fields__ended_at=None, fields__concealed=False))
    rows = (
        Resource.objects.filter(dataset__in=datasets, ended_at=None)
        .order_by("dataset_id", "kind")
        .values("dataset_id", "kind")  # and no key: the open door's views have none to group by
        .annotate(named=named)
        .values_list("dataset_id", "kind", "named")
    )
    found: dict[int, Offers] = {}
    for pk, kind, fields in rows:
        kinds, before = found.get(pk, ({}, 0))
        found[pk] = kinds | {kind: str(ResourceKind(kind).label)}, before + fields
    return found


def _listed(dataset: Dataset, table: RecordTable | None, offers: Offers, now: datetime) -> Listed:
    kinds, fields = offers
    formats = tuple(label for kind, label in kinds.items() if kind != ResourceKind.TABLE)
    openness = _openness(dataset)
    if table is None:
        return Listed(dataset, _without_rows(kinds, openness), None, 0, None, openness, formats)
    seen = Counter(column["treatment"] for column in table.columns)
    clear, masked = seen[Treatment.CLEAR], seen[Treatment.MASKED]
    return Listed(
        dataset,
        freshness_of(dataset, table.refreshed_at, now),
        table.refreshed_at,
        table.rows,
        Treatments(clear, masked, max(0, fields - clear - masked)),
        openness,
        (*TABLE_FORMATS, *formats),
    )


def _without_rows(kinds: Mapping[str, str], openness: str) -> Freshness:
    """Say why there are no rows for everybody."""
    if ResourceKind.TABLE not in kinds:
        return Freshness.NO_TABLE
    return Freshness.AWAITED if openness == "open" else Freshness.WITHHELD


def _openness(dataset: Dataset) -> str:
    """Return the most open type of a dataset's fields, as the search table has them."""
    bits = dataset.search_entry.opening
    kinds = [kind for place, kind in enumerate(OpenType) if bits >> place & 1]
    return next((name for name, kind in OPENNESS.items() if kind in kinds), "closed")


def freshness_of(dataset: Dataset, refreshed_at: datetime, now: datetime) -> Freshness:
    """Say how the age of a dataset's rows stands to its promised cycle."""
    cycle = UpdateCycle(dataset.update_cycle)
    if codes.LATE_AFTER[cycle] is None:
        return Freshness.UNBOUND
    late = codes.late(cycle, refreshed_at=refreshed_at, now=now)
    return Freshness.LATE if late else Freshness.FRESH
