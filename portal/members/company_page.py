"""Pages of a person's companies: the database shows what is these companies' own, and no more."""

from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts import members
from accounts.models import Organization, User
from accounts.roles import Role
from exchange import members_rights
from portal.members.door import View, member_page, person_of


def company_page(view: View) -> View:
    """Show a page to members, with what their own companies applied for and hold."""

    @member_page
    @wraps(view)
    def guarded(request: HttpRequest, **where: Any) -> HttpResponse:
        with members_rights.seen_by(person_of(request).pk):
            return view(request, **where)

    return guarded


def companies_of(person: User) -> list[Organization]:
    """Return the checked companies for which a person builds or answers."""
    return [one for one in members.places_of(person) if not one.is_personal]


def answered_by(person: User) -> list[Organization]:
    """Return the companies for which a person answers: who may apply and sign."""
    places = {place for role, place in person.live_roles() if role == Role.RESPONSIBLE}
    return [one for one in companies_of(person) if one.pk in places]
