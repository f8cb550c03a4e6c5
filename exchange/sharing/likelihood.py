"""How likely it is that rows stand in an order by chance: the arithmetic behind a traced grant.

In an order of n rows that has nothing to do with a key, how many neighbours stand in the key's
order has the distribution of Eulerian numbers. It is the whole part of the sum of n numbers drawn
evenly from 0 to 1 (S. Tanny, "A probabilistic interpretation of Eulerian numbers", Duke
Mathematical Journal 40, 1973), which bounds the tail for long files (W. Hoeffding, 1963).
"""

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

EXACT_UP_TO = 200


def in_order(ranks: Sequence[bytes]) -> int:
    """Return how many neighbours stand in ascending order."""
    return sum(before < after for before, after in pairwise(ranks))


def by_chance(rows: int, ascending: int) -> float:
    """Return log10 of how likely so many ascending neighbours, or more, are by chance.

    Exact up to EXACT_UP_TO rows, above that a bound: never less than the true one. 0.0 is certain.
    """
    if rows < 2 or ascending <= 0:
        return 0.0
    if rows <= EXACT_UP_TO:
        counts = _eulerian(rows)
        return math.log10(sum(counts[ascending:])) - math.log10(math.factorial(rows))
    above = ascending - rows / 2
    return 0.0 if above <= 0 else -2 * above * above / rows / math.log(10)


@cache
def _eulerian(rows: int) -> tuple[int, ...]:
    """Return how many orders of so many rows have 0, 1, 2 … ascending neighbours."""
    counts = [1]
    for size in range(2, rows + 1):
        shorter = [*counts, 0]
        counts = [
            (place + 1) * shorter[place] + (size - place) * (shorter[place - 1] if place else 0)
            for place in range(size)
        ]
    return tuple(counts)
