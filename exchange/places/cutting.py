"""Lines and rings cut at the edges of a square, so that a tile holds no more than it shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Window:
    """What is kept: from `least` to `most` in x and y, edges too."""

    least: int
    most: int

    def holds(self, spots: Sequence[Spot]) -> bool:
        """Whether all of it is inside, so that nothing needs to be cut."""
        return all(self.least <= part <= self.most for spot in spots for part in spot)


def line(spots: Sequence[Spot], window: Window) -> Iterator[list[Spot]]:
    """Yield the pieces of a line that lie in a window (Liang and Barsky, 1984)."""
    piece: list[Spot] = []
    for start, end in pairwise(spots):
        seen = _side(start, end, window)
        if seen is None or (piece and piece[-1] != seen[0]):
            if len(piece) > 1:
                yield piece
            piece = []
        if seen is not None:
            piece = [*piece, seen[1]] if piece else list(seen)
    if len(piece) > 1:
        yield piece


def _side(start: Spot, end: Spot, window: Window) -> tuple[Spot, Spot] | None:
    enters, leaves = 0.0, 1.0
    for axis in (0, 1):
        way = end[axis] - start[axis]
        for far, sign in ((window.least - start[axis], 1), (window.most - start[axis], -1)):
            if way == 0:
                if far * sign > 0:
                    return None
            elif way * sign > 0:
                enters = max(enters, far / way)
            else:
                leaves = min(leaves, far / way)
    if enters >= leaves:
        return None
    return _along(start, end, enters), _along(start, end, leaves)


def _along(start: Spot, end: Spot, share: float) -> Spot:
    if share in (0.0, 1.0):
        return end if share else start
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def ring(spots: Sequence[Spot], window: Window) -> list[Spot]:
    """Return what is left of a closed ring in a window, without its last spot, which is its first.

    Edge by edge (Sutherland and Hodgman, 1974): parts of a ring that hang together outside only do
    so along the edge.
    """
    found = list(spots[:-1])
    for axis in (0, 1):
        for edge, sign in ((window.least, 1), (window.most, -1)):
            found = list(_half(found, axis, edge, sign))
    return found


def _half(spots: Sequence[Spot], axis: int, edge: int, sign: int) -> Iterator[Spot]:
    """Yield what is left of a ring on one side of an edge: above it where `sign` is 1."""
    for before, spot in zip([*spots[-1:], *spots[:-1]], spots, strict=True):
        was, is_inside = ((one[axis] - edge) * sign >= 0 for one in (before, spot))
        if was != is_inside:
            share = (edge - before[axis]) / (spot[axis] - before[axis])
            yield _along(before, spot, share)
        if is_inside:
            yield spot


def area(spots: Sequence[Spot]) -> float:
    """Return twice the area of a ring, above 0 where it runs clockwise as x goes right, y down."""
    following = [*spots[1:], *spots[:1]]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(spots, following, strict=True))
