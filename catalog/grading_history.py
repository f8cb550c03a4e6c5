"""How a field came to its grade: who suggested and graded it, when, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from audit.models import Entry
from catalog.models import Field

LATEST = 50
OF_THE_FIELD = ("field.suggest", "field.grade")


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way of a grade. `told` are the attributes as they were written then."""

    at: datetime
    verb: str
    actor: str
    reason: str
    told: Mapping[str, str]


def steps(field: Field) -> list[Step]:
    """Return the latest steps, newest first, read from the audit trail. One query."""
    mine = Q(target=f"field:{field.pk}", verb__in=OF_THE_FIELD)
    changed = Q(
        target=f"dataset:{field.resource.dataset_id}",
        verb="dataset.regrade",
        details__changes__has_key=str(field.pk),
    )
    found = Entry.objects.filter(mine | changed).order_by("-at", "-pk")[:LATEST]
    return [_step(entry, field.pk) for entry in found]


def _step(entry: Entry, field_id: int) -> Step:
    told: Mapping[str, Any] = entry.details
    if entry.verb == "dataset.regrade":
        told = entry.details["changes"][str(field_id)]
    shown = ("grade", "share_type", "open_type", "mask_kind")
    return Step(
        entry.at,
        entry.verb,
        entry.actor,
        str(entry.details.get("reason", "")),
        {name: str(told[name]) for name in shown if told.get(name) not in (None, "")},
    )


__all__ = ["Step", "steps"]
