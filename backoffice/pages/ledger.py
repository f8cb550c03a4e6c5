"""The ledger of a run as a small picture: what came in is what came out."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exchange.models import SyncRun

WIDTH = 600
LEAST = 3  # a single row among a million is still seen
IN = (
    ("inserted", _("inserted")),
    ("updated", _("updated")),
    ("unchanged", _("unchanged")),
    ("rejected", _("rejected")),
    ("duplicates", _("duplicates")),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a bar: its name for the stylesheet, its words, rows, place and width."""

    name: str
    label: str | Promise
    count: int
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Two bars: where the rows read went, and what became of the rows that stood."""

    read: int
    went: tuple[Piece, ...]
    before: int
    after: int
    stood: tuple[Piece, ...]


def drawn(run: SyncRun) -> Picture:
    """Return the picture of a run that went live."""
    stayed = run.before - run.deleted
    stood = (
        ("stayed", _("stayed"), stayed),
        ("inserted", _("inserted"), run.inserted),
        ("deleted", _("deleted"), run.deleted),
    )
    return Picture(
        run.read,
        _bar([(name, label, getattr(run, name)) for name, label in IN]),
        run.before,
        run.after,
        _bar(stood),
    )


def _bar(parts) -> tuple[Piece, ...]:
    """Lay parts side by side over the whole width, none that counts a row thinner than LEAST."""
    shown = [part for part in parts if part[2]]
    total = sum(count for _name, _label, count in shown)
    spare = WIDTH - LEAST * len(shown)
    pieces, x = [], 0
    for number, (name, label, count) in enumerate(shown, start=1):
        width = LEAST + spare * count // total
        if number == len(shown):
            width = WIDTH - x
        pieces.append(Piece(name, label, count, x, width))
        x += width
    return tuple(pieces)
