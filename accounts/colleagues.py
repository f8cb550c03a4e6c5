"""Verbs on the members of a company: invited by mail, appointed, removed, leaving.

Keys and apps belong to the company and stay with it. Whoever answers for a company cannot leave
it without a successor. Invitations are answered alike whether the address has an account or not.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import companies, limits, notices
from accounts.members import refuse_office
from accounts.models import CompanyInvitation, Membership, Organization, User
from accounts.people import lock_organizations, lock_people
from accounts.refusals import StepRefused
from accounts.roles import COMPANY_ROLES, OrganizationKind, Role, require
from audit import chain

KEEP = "accounts.keep_members"
DAYS = 7
"""For how many days an invitation works."""
KEPT_DAYS = 30
"""For how many days after that it is kept, with the address to which it went."""


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation and its token, which is mailed and kept nowhere."""

    invitation: CompanyInvitation
    token: str


@transaction.atomic
def invite(company: Organization, email: str, role: Role, *, by: User, at: datetime) -> Invited:
    """Invite the holder of an e-mail address to a company; an earlier invitation of it is void.

    Raises NotAllowed, StepRefused (a closed company, or a place of one citizen), ValidationError
    for what is no address or no role of a company, TooOften.
    """
    require(by, KEEP, organization=company)
    company = _open(company.pk)
    limits.spend(limits.INVITE, str(by.pk))
    token = secrets.token_urlsafe(32)
    made = CompanyInvitation(
        company=company,
        email=email.strip().lower(),
        role=Role(role),
        digest=digest(token),
        by=by,
        at=at,
        expires_at=at + timedelta(days=DAYS),
    )
    waiting(company).filter(email=made.email).update(revoked_at=at)
    made.full_clean()
    made.save()
    # the trail holds no e-mail address
    chain.record("company.invite", _named(company), by=by, at=at, role=made.role, number=made.pk)
    return Invited(made, token)


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def waiting(company: Organization) -> QuerySet[CompanyInvitation]:
    """Return the invitations of a company that are neither accepted nor void; old ones too."""
    return CompanyInvitation.objects.filter(company=company, accepted_at=None, revoked_at=None)


@transaction.atomic
def take_back(invitation_id: int, *, by: User, at: datetime) -> CompanyInvitation:
    """Take an invitation back that nobody has accepted.

    Raises NotAllowed, StepRefused, CompanyInvitation.DoesNotExist.
    """
    found = _locked().get(pk=invitation_id)
    require(by, KEEP, organization=found.company)
    if found.accepted_at or found.revoked_at:
        raise StepRefused(_("The invitation is accepted or void already."), "invitation-spent")
    found.revoked_at = at
    found.save(update_fields=["revoked_at"])
    chain.record("company.uninvite", _named(found.company), by=by, at=at, number=found.pk)
    return found


def standing(company: Organization, *, at: datetime) -> QuerySet[CompanyInvitation]:
    """Return the invitations of a company that work: of who answers for it still, and not old."""
    senders = companies.answering(company).values("user")
    return waiting(company).filter(expires_at__gt=at, by__in=senders)


def _locked() -> QuerySet[CompanyInvitation]:
    return CompanyInvitation.objects.select_for_update(of=("self",)).select_related("company")


def invitation(token: str, *, by: User, at: datetime) -> CompanyInvitation:
    """Return the invitation of a token that its addressee may accept. Raises StepRefused.

    To anybody else each token is answered alike, whether there is an invitation or not. One works
    for as long as who sent it answers for the company: nobody comes back by their own letter.
    """
    return _theirs(CompanyInvitation.objects.select_related("company"), token, by, at)


def _theirs(
    rows: QuerySet[CompanyInvitation], token: str, by: User, at: datetime
) -> CompanyInvitation:
    found = rows.filter(digest=digest(token)).first()
    if (
        found is None
        or found.email != by.email.lower()
        or found.accepted_at
        or found.revoked_at
        or found.expires_at <= at
        or not found.company.is_open
        or not companies.answering(found.company).filter(user=found.by_id).exists()
    ):
        text = _(
            "This invitation is used up, too old, or for another e-mail address than the one of"
            " your account. Sign in with the address to which the letter came, or ask for another"
            " letter."
        )
        raise StepRefused(text, "invitation-spent")
    return found


@transaction.atomic
def join(token: str, *, by: User, at: datetime) -> Organization:
    """Accept an invitation as the member of the address to which it was sent; it works once.

    Raises NotAllowed for who works in the back office, StepRefused.
    """
    refuse_office(by)
    lock_people(by.pk)
    found = _theirs(_locked(), token, by, at)
    found.accepted_by, found.accepted_at = by, at
    for role in {Role.DEVELOPER, Role(found.role)}:
        Membership.objects.get_or_create(user=by, organization=found.company, role=role)
    found.save(update_fields=["accepted_by", "accepted_at"])
    chain.record(
        "company.join", _named(found.company), by=by, at=at, role=found.role, number=found.pk
    )
    notices.tell(
        "company.approved",
        organization=found.company,
        target=f"user:{by.pk}",
        at=at,
        company=found.company,
        person=by.name,
    )
    return found.company


@transaction.atomic
def appoint(company: Organization, user_id: int, *, by: User, at: datetime) -> Membership:
    """Have a colleague answer for the company, too: one who builds for it already.

    Raises NotAllowed, StepRefused (they do not build for it, or answer for it already).
    """
    require(by, KEEP, organization=company)
    company = _open(company.pk)
    colleague = _colleague(company, user_id)
    if answers(company, colleague):
        text = _("%(person)s answers for the company already.")
        raise StepRefused(text % {"person": colleague}, "role-held")
    made = Membership.objects.create(user=colleague, organization=company, role=Role.RESPONSIBLE)
    chain.record("company.appoint", _named(company), by=by, at=at, member=f"user:{colleague.pk}")
    return made


@transaction.atomic
def step_down(company: Organization, *, by: User, at: datetime) -> None:
    """Answer for a company no more, and go on building for it.

    Raises NotAllowed, StepRefused where nobody else answers for it.
    """
    require(by, KEEP, organization=company)
    company = _open(company.pk)
    refuse_last(company, by)
    by.memberships.filter(organization=company, role=Role.RESPONSIBLE).delete()
    chain.record("company.step_down", _named(company), by=by, at=at)


@transaction.atomic
def remove(company: Organization, user_id: int, *, by: User, at: datetime) -> None:
    """End a colleague's part in a company. Keys and apps stay with it, letters of theirs end.

    Raises NotAllowed, StepRefused (oneself, or who has no part in it).
    """
    require(by, KEEP, organization=company)
    company = _open(company.pk)
    if user_id == by.pk:
        raise StepRefused(_("You leave a company yourself: press “Leave”."), "own-removal")
    colleague = _colleague(company, user_id)
    _part(company, colleague)
    chain.record("company.remove", _named(company), by=by, at=at, member=f"user:{colleague.pk}")


@transaction.atomic
def leave(company: Organization, *, by: User, at: datetime) -> None:
    """Leave a company. Raises StepRefused for who is no part of it, or answers for it alone."""
    company = _open(company.pk)
    _colleague(company, by.pk)
    if answers(company, by):
        refuse_last(company, by)
    _part(company, by)
    chain.record("company.leave", _named(company), by=by, at=at)


@transaction.atomic
def forget(*, at: datetime) -> int:
    """Delete invitations that ran out KEPT_DAYS ago, used or not; returns how many.

    Each holds an e-mail address, also of who has closed the account or never had one. That
    somebody was invited, and came, stays in the trail.
    """
    old = CompanyInvitation.objects.filter(expires_at__lt=at - timedelta(days=KEPT_DAYS))
    return old.delete()[0]


def answers(company: Organization, person: User) -> bool:
    """Whether a person answers for a company."""
    return companies.answering(company).filter(user=person).exists()


def refuse_last(company: Organization, person: User) -> None:
    """Raise StepRefused where nobody but this person answers for a company."""
    if not companies.answering(company).exclude(user=person).exists():
        text = _(
            "You are the only one who answers for “%(company)s”. Have a colleague answer for it"
            " first: invite one, or appoint one who builds for it."
        )
        raise StepRefused(text % {"company": company}, "last-responsible")


def _open(company_id: int) -> Organization:
    """Lock a company, so that two who answer for it cannot both leave at once."""
    [company] = lock_organizations(company_id)
    if company.kind != OrganizationKind.COMPANY or company.is_personal or not company.is_open:
        raise StepRefused(_("“%(name)s” is no open company.") % {"name": company}, "not-a-company")
    return company


def _colleague(company: Organization, user_id: int) -> User:
    held = Membership.objects.filter(organization=company, user=user_id, user__is_active=True)
    found = held.select_related("user").first()
    if found is None:
        raise StepRefused(
            _("This person has no part in “%(company)s”.") % {"company": company}, "no-colleague"
        )
    return found.user


def _part(company: Organization, person: User) -> None:
    Membership.objects.filter(organization=company, user=person, role__in=COMPANY_ROLES).delete()


def _named(company: Organization) -> str:
    return f"organization:{company.pk}"
