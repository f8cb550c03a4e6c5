"""What follows once entries of a workbook are taken in: links, and lines to be proposed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.models import Organization, User
from catalog import relations
from catalog.models import Dataset, Field
from catalog.refusals import CatalogRefusal
from catalog.sheets import relating
from catalog.sheets.proposing import ProposedEntry
from catalog.terms import ResourceKind, State

Made = Sequence[tuple[ProposedEntry, Dataset]]


def made_of(entries: Sequence[ProposedEntry], owner: Organization) -> Made:
    """Return entries that were taken in with what they became in the catalogue. One query."""
    new = {one.read.told.title for one in entries if one.existing is None}
    drafted = Dataset.objects.filter(owner=owner, state=State.DRAFT, title_zh__in=new)
    by_title = {one.title_zh: one for one in drafted.order_by("pk")}
    return [(one, one.existing or by_title[one.read.told.title]) for one in entries]


def relate(
    made: Made, owner: Organization, *, by: User, at: datetime
) -> dict[int, tuple[str, ...]]:
    """Link what was taken in with the entries it names; return what could not be, by row."""
    found = relating.targets({code for entry, _dataset in made for code in entry.links}, owner)
    told: dict[int, tuple[str, ...]] = {}
    for entry, dataset in made:
        named = [found[code] for code in entry.links if code in found]
        lost = [code for code in entry.links if code not in found]
        said = [relating.missing(lost)] if lost else []
        if named:
            try:
                both = [*Dataset.objects.get(pk=dataset.pk).related.all(), *named]
                relations.relate(dataset.pk, related=both, by=by, at=at)
            except CatalogRefusal as refusal:
                said.append(str(refusal))
        told[entry.read.told.row] = tuple(said)
    return told


def not_shared(made: Made) -> list[dict[str, Any]]:
    """Return the entries and fields that a workbook calls not shared; no field is the whole."""
    return [told for entry, dataset in made if (told := _not_shared(entry, dataset))]


def _not_shared(entry: ProposedEntry, dataset: Dataset) -> dict[str, Any] | None:
    labels = [one.read.label_zh for one in entry.items if one.read.not_shared]
    if not (labels or entry.read.not_shared):
        return None
    tables = Field.objects.filter(resource__dataset=dataset, resource__kind=ResourceKind.TABLE)
    fields = tables.filter(label_zh__in=labels).live()
    return {"dataset": dataset.pk, "fields": list(fields.values_list("pk", flat=True))}
