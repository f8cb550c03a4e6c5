"""Piles of work: how what waits is asked for and shown.

The things themselves are asked, not the notices about them, so a pile is always as long as the
work is. A question costs one count and one short list, whatever the size of the city.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise

from accounts.models import User
from accounts.roles import CITY_WIDE, Role

LISTED = 5
SOON = timedelta(days=30)
Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing that waits: its name, where it is worked on, and until when."""

    title: str
    place: str
    note: Text = ""
    due_on: date | None = None
    light: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """Things of one kind that wait for a role; `place` lists them all, "" where no list does."""

    title: Text
    count: int
    things: tuple[Thing, ...] = ()
    place: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What a person has to do in one role, in whose stead if it is lent."""

    role: Role
    piles: tuple[Pile, ...]
    acts_for: tuple[str, ...] = ()

    @property
    def waiting(self) -> int:
        """How many things wait in all."""
        return sum(pile.count for pile in self.piles)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked for: the role, and the organisations it is held in (none: the whole city)."""

    user: User
    role: Role
    places: tuple[int, ...]
    now: datetime

    @property
    def today(self) -> date:
        """The day in the city."""
        return timezone.localdate(self.now)

    def own(self, rows: QuerySet, path: str) -> QuerySet:
        """Return the rows that belong to where the role counts."""
        if self.role in CITY_WIDE:
            return rows
        return rows.filter(**{f"{path}__in": self.places})


Question = Callable[[Asked], Pile]


def _address(model: type[Model], what: str, *args: Any) -> str:
    meta = model._meta  # noqa: SLF001 - Django's public-by-custom name
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{what}", args=args)


def list_of(model: type[Model], **query: Any) -> str:
    """Return the address of a list, filtered."""
    place = _address(model, "changelist")
    return f"{place}?{urlencode(query)}" if query else place


def page_of(row: Model) -> str:
    """Return the address of a row."""
    return _address(type(row), "change", row.pk)


def pile(
    title: Text,
    rows: QuerySet,
    thing: Callable[[Any], Thing],
    *,
    place: str = "",
    urgent: bool = False,
) -> Pile:
    """Return a pile of the first few rows; a short list needs no count of its own."""
    first = list(rows[: LISTED + 1])
    count = len(first) if len(first) <= LISTED else rows.count()
    things = tuple(thing(row) for row in first[:LISTED])
    return Pile(title=title, count=count, things=things, place=place, urgent=urgent)
