"""Who decides for one side of a matter does not stand on its other side as well.

Order 809 arts 15, 20 and 27 give each decision to one side: the provider answers, suspends and
ends, the asking department evaluates. A person who serves both would decide their own.
"""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership, Organization, User
from accounts.roles import CITY_WIDE, NotAllowed, Role

Held = Sequence[tuple[Role, int]]
"""The roles that a person holds now, each with its organisation (`User.live_roles`)."""


def none_of(
    other: Organization,
    by: User,
    *,
    deciding_for: Organization | None = None,
    held: Held | None = None,
) -> None:
    """Return unless `by`, or the colleague in whose stead they act, serves the other side too.

    The roles that act for the whole city serve no side. Where both sides have become one
    department (`exchange.holdings.transfer`), there is none to stand on. `held` are the roles of
    `by` where the verb has read them already, else they are read: one query. Raises NotAllowed.
    """
    if deciding_for is not None and deciding_for.pk == other.pk:
        return
    if serves(by, other, held=held):
        raise NotAllowed(
            _(
                "You, or the colleague for whom you act, serve “%(organization)s” too, whose own"
                " matter this is, so somebody else decides on it: a holder of the role who does"
                " not serve it."
            )
            % {"organization": other}
        )


def serves(by: User, organization: Organization, *, held: Held | None = None) -> bool:
    """Whether a person, or the colleague in whose stead they act, holds a role of one side."""
    roles = by.live_roles() if held is None else held
    if any(role not in CITY_WIDE and place == organization.pk for role, place in roles):
        return True
    if by.acts_for is None:
        return False
    return by.acts_for.id in serving(organization).values_list("user", flat=True)


def own_office(held: Held) -> set[int]:
    """Return for which offices a person who holds these roles is the data authority's operator."""
    return {place for role, place in held if role == Role.OPERATOR}


def serving(organization: Organization) -> QuerySet[Membership]:
    """Return the roles of one side, each with who holds it."""
    return Membership.objects.filter(organization=organization).exclude(role__in=CITY_WIDE)
