"""Pages of a person's companies: the database shows what is these companies' own, and no more."""

from accounts import members
from accounts.models import Organization, User
from accounts.roles import Role
from portal.members.door import private_page

company_page = private_page
"""Shows a page to members, with what their own companies applied for and hold."""


def companies_of(person: User) -> list[Organization]:
    """Return the checked companies for which a person builds or answers."""
    return [one for one in members.places_of(person) if not one.is_personal]


def answered_by(person: User) -> list[Organization]:
    """Return the companies for which a person answers: who may apply and sign."""
    places = {place for role, place in person.live_roles() if role == Role.RESPONSIBLE}
    return [one for one in companies_of(person) if one.pk in places]
