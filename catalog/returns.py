"""What an entry was sent back for, and what the department has changed since: from the trail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from audit.models import Entry
from catalog.models import Dataset, Field


@dataclass(frozen=True, slots=True)
class Return:
    """The last time an entry was sent back, with what differs since.

    `changes` are (what, old, new) of the metadata; `fields` the names of fields touched since.
    """

    at: datetime
    by: str
    defects: tuple[str, ...]
    changes: tuple[tuple[str, str, str], ...]
    fields: tuple[str, ...]


def last_return(dataset: Dataset, fields: Iterable[Field]) -> Return | None:
    """Return what a reviewer looks at first in an entry that comes again. Three queries."""
    of_entry = Entry.objects.filter(target=dataset.address)
    sent_back = of_entry.filter(verb="dataset.send_back").order_by("-pk").first()
    if sent_back is None:
        return None
    names = {f"field:{field.pk}": field.name for field in fields}
    touched = Entry.objects.filter(target__in=names, pk__gt=sent_back.pk)
    return Return(
        at=sent_back.at,
        by=sent_back.actor,
        defects=tuple(sent_back.details.get("defects", ())),
        changes=_differing(of_entry.filter(verb="dataset.update", pk__gt=sent_back.pk)),
        fields=tuple(
            sorted({names[target] for target in touched.values_list("target", flat=True)})
        ),
    )


def _differing(updates: Iterable[Entry]) -> tuple[tuple[str, str, str], ...]:
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for update in sorted(updates, key=lambda entry: entry.pk):
        for name, (old, new) in update.details.get("changed", {}).items():
            first.setdefault(name, old)
            last[name] = new
    return tuple((name, first[name], new) for name, new in last.items() if new != first[name])
