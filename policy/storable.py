"""What no channel may carry is never read from the source at all."""

from collections.abc import Iterable
from datetime import date

from policy.facts import FieldFacts, Prohibition
from policy.sentences import Reason
from policy.terms import Because, Channel, Secrecy

NO_SUBSTITUTE = frozenset({"", "none"})


def storable(
    field: FieldFacts, prohibitions: Iterable[Prohibition] = (), today: date | None = None
) -> Reason | None:
    """Return why a field must not be read from its source, or None where it may be.

    State and work secrets are no government data in the sense of the Regulation (Order 809,
    art 3), and core data have their own regime. With `prohibitions` and `today`, also what live
    lines bar from every channel without a substitute that would need the values.
    """
    if field.secrecy != Secrecy.NONE:
        return Reason(Because.NOT_STORABLE)
    if today is None:
        return None
    live = [
        line
        for line in prohibitions
        if line.in_force(today) and (not line.fields or field.name in line.fields)
    ]
    barring = [[line for line in live if line.counts(channel)] for channel in Channel]
    lines = [line for some in barring for line in some]
    if not all(barring) or any(line.substitute not in NO_SUBSTITUTE for line in lines):
        return None
    first = min(lines, key=lambda line: line.order)
    return Reason(Because.NEGATIVE_LIST, first.basis, (("number", str(first.number)),))
