"""Who would see what otherwise, in words: shared by the pages that try something out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backoffice import words
from policy.comparison import Viewpoint
from policy.terms import Treatment


@dataclass(frozen=True, slots=True)
class Seen:
    """What one kind of reader sees before and after a change."""

    viewpoint: Any
    before: Any
    after: Any
    looser: bool


def seen(changes: Mapping[Viewpoint, tuple[Treatment, Treatment]]) -> list[Seen]:
    """Return differences of decisions in words."""
    return [said(viewpoint, before, after) for viewpoint, (before, after) in changes.items()]


def said(viewpoint: Viewpoint, before: Treatment, after: Treatment) -> Seen:
    """Return one difference in words."""
    return Seen(
        words.VIEWPOINTS[viewpoint.value],
        words.TREATMENTS[int(before)],
        words.TREATMENTS[int(after)],
        after < before,
    )


def in_a_line(changes: Mapping[Viewpoint, tuple[Treatment, Treatment]]) -> str:
    """Return differences as one text, for a cell of a file."""
    return "; ".join(f"{one.viewpoint}: {one.before} → {one.after}" for one in seen(changes))
