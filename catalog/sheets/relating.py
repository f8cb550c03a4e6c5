"""关联资源代码: which entries the codes of a workbook name, and what becomes of each code."""

from collections.abc import Collection, Iterable, Mapping

from django.utils.translation import gettext as _

from accounts.models import Organization
from catalog.models import Dataset
from catalog.sheets.meanings import Meaning
from catalog.sheets.reading import KEPT, ReadEntry
from catalog.sheets.values import listed
from catalog.terms import State

CODE, RELATED = KEPT[Meaning.CODE], KEPT[Meaning.RELATED]


def told(read: ReadEntry) -> list[str]:
    """Return the codes that an entry of a workbook says it belongs with, each once."""
    return list(dict.fromkeys(listed(read.told.told.get(Meaning.RELATED, ""))))


def of(dataset: Dataset) -> list[str]:
    """Return the codes of what an entry belongs with: as written once, then those linked since."""
    written = listed(dataset.extensions.get(RELATED, ""))
    linked = [
        one.code
        for one in dataset.related.all()
        if one.code and one.extensions.get(CODE) not in written
    ]
    return list(dict.fromkeys([*written, *linked]))


def targets(codes: Collection[str], owner: Organization) -> dict[str, Dataset]:
    """Return the entries that codes name: as issued here, or as the department brought them.

    Of other departments only what all may see. Two queries.
    """
    if not codes:
        return {}
    seen = Dataset.objects.visible_to([owner.pk]).exclude(state=State.WITHDRAWN)
    brought = seen.filter(owner=owner, **{f"extensions__{CODE}__in": list(codes)})
    found = {one.extensions[CODE]: one for one in brought}
    return found | {str(one.code): one for one in seen.filter(code__in=codes)}


def linkable(
    read: ReadEntry,
    existing: Dataset | None,
    found: Mapping[str, Dataset],
    coming: Mapping[str, str],
) -> tuple[str, ...]:
    """Return the codes that are to be linked, and tell in the entry's notes of these and the rest.

    `found` are entries of the catalogue, `coming` the titles of entries of the same workbook.
    """
    codes = told(read)
    linked = {one.pk for one in existing.related.all()} if existing else set()
    if existing is not None:
        linked.add(existing.pk)
    new = [
        code
        for code in codes
        if (code in found and found[code].pk not in linked)
        or (code not in found and code in coming and coming[code] != read.told.title)
    ]
    if new:
        titles = [found[code].title if code in found else coming[code] for code in new]
        read.notes.append(_("Is related to: %(titles)s.") % {"titles": ", ".join(titles)})
    unknown = [code for code in codes if code not in found and code not in coming]
    if unknown:
        read.notes.append(missing(unknown))
    return tuple(new)


def missing(codes: Iterable[str]) -> str:
    """Say that codes name no entry, and what to do."""
    return _(
        "No entry has the related code %(codes)s, so it is kept as written and links nothing."
        " Import this workbook again once that entry is there."
    ) % {"codes": ", ".join(codes)}
