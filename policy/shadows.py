"""Lines of the negative list without effect: others bar all that they bar, without them.

Such a line is harmless, and misleads: who ends it expects that something opens.
"""

from collections.abc import Collection, Mapping
from datetime import date

from policy.facts import Prohibition
from policy.terms import Channel

Lines = tuple[Prohibition, ...]


def shadowed(lines: Lines, names: Collection[str], day: date) -> Mapping[int, tuple[int, ...]]:
    """Return, by its number, each line without effect on a day and the numbers that shadow it.

    `names` are the dataset's fields. A line that bars nothing on that day is none of them: it is
    not hidden by others. Two lines that bar the same shadow each other; either could go.
    """
    live = [(line, _barred(line, names, day)) for line in lines]
    found = {}
    for line, barred in live:
        others = [(one, held & barred) for one, held in live if one is not line and held & barred]
        rest = frozenset[tuple[str, Channel]]().union(*(held for _one, held in others))
        if barred and barred <= rest:
            found[line.number] = tuple(sorted(one.number for one, _held in others))
    return found


def _barred(
    line: Prohibition, names: Collection[str], day: date
) -> frozenset[tuple[str, Channel]]:
    """Return each field and channel that a line bars on a day."""
    if not line.in_force(day):
        return frozenset()
    fields = line.fields & frozenset(names) if line.fields else names
    return frozenset(
        (name, channel) for channel in Channel if line.counts(channel) for name in fields
    )
