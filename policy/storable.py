"""What no channel may carry is never read from the source at all."""

from policy.facts import FieldFacts
from policy.sentences import Reason
from policy.terms import Because, Secrecy


def storable(field: FieldFacts) -> Reason | None:
    """Return why a field must not be read from its source, or None where it may be.

    State and work secrets are no government data in the sense of the Regulation (Order 809,
    art 3), and core data have their own regime. A line of the negative list is no reason: a line
    ends, the substitute (verification, statistics) needs the values, and sharing and opening are
    barred by `policy.decision` all the same.
    """
    if field.secrecy == Secrecy.NONE:
        return None
    return Reason(Because.NOT_STORABLE)
