"""A member comes to build for a company: claimed by its credit code, then checked."""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import limits, notices
from accounts.members import refuse_office
from accounts.models import ClaimState, CompanyClaim, Membership, Organization, User
from accounts.people import lock_people
from accounts.refusals import StepRefused
from accounts.roles import OrganizationKind, Role, require
from audit import chain


@transaction.atomic
def claim(uscc: str, name: str, note: str, *, by: User, at: datetime) -> CompanyClaim:
    """Say that one builds for a company. Asks no right: the data authority checks it.

    Raises NotAllowed of who works in the back office; ValidationError for a code that does not
    check or a second claim while the first waits; TooOften.
    """
    refuse_office(by)
    limits.spend(limits.CLAIM, str(by.pk))
    made = CompanyClaim(by=by, uscc=uscc.strip().upper(), name=name, note=note, at=at)
    made.full_clean()
    made.save()
    target = f"claim:{made.pk}"
    chain.record("company.claim", target, by=by, at=at, uscc=made.uscc, name=name)
    notices.tell(
        "company.claimed", organization=None, target=target, at=at, company=name, uscc=made.uscc
    )
    return made


@transaction.atomic
def approve(claim_id: int, *, by: User, at: datetime) -> Organization:
    """Enter the company, unless it is there, and let the member build for it.

    Whoever is first, or comes when nobody answers for the company any more, answers for it.

    Raises NotAllowed; StepRefused if the claim was decided already, the member has left, or the
    code belongs to what is no open company.
    """
    require(by, "accounts.decide_companyclaim")
    waiting = _waiting(claim_id)
    lock_people(waiting.by_id)
    company = Organization.objects.select_for_update(no_key=True).filter(uscc=waiting.uscc).first()
    if company is None:
        company = _enter(waiting, at)
    elif company.kind != OrganizationKind.COMPANY or not company.is_open:
        text = _("The code %(uscc)s belongs to “%(name)s”, which is no open company.")
        raise StepRefused(text % {"uscc": waiting.uscc, "name": company}, "not-a-company")
    _take_in(waiting.by, company)
    _decide(waiting, ClaimState.APPROVED, "", by=by, at=at)
    chain.record(
        "company.approve",
        f"organization:{company.pk}",
        by=by,
        at=at,
        claim=f"claim:{waiting.pk}",
        member=f"user:{waiting.by_id}",
        uscc=company.uscc,
    )
    notices.tell(
        "company.approved",
        organization=company,
        target=f"claim:{waiting.pk}",
        at=at,
        company=company,
        person=waiting.by.name,
    )
    return company


@transaction.atomic
def refuse(claim_id: int, *, reason: str, by: User, at: datetime) -> CompanyClaim:
    """Refuse a claim, with the reason that the member reads.

    Raises NotAllowed; StepRefused if it was decided already.
    """
    require(by, "accounts.decide_companyclaim")
    waiting = _waiting(claim_id)
    _decide(waiting, ClaimState.REFUSED, reason, by=by, at=at)
    chain.record("company.refuse", f"claim:{waiting.pk}", by=by, at=at, reason=reason)
    return waiting


def _waiting(claim_id: int) -> CompanyClaim:
    found = CompanyClaim.objects.select_for_update(of=("self",)).select_related("by")
    waiting = found.get(pk=claim_id)
    if waiting.state != ClaimState.PENDING:
        text = _("The claim on “%(name)s” is %(state)s already.")
        state = ClaimState(waiting.state).label
        raise StepRefused(text % {"name": waiting.name, "state": state}, "claim-decided")
    return waiting


def _decide(
    waiting: CompanyClaim, state: ClaimState, reason: str, *, by: User, at: datetime
) -> None:
    waiting.state, waiting.reason = state, reason
    waiting.decided_by, waiting.decided_at = by, at
    waiting.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    notices.settle(f"claim:{waiting.pk}", "company.claimed", at=at)


def _take_in(person: User, company: Organization) -> None:
    roles = [Role.DEVELOPER]
    if not answering(company).exists():
        roles.append(Role.RESPONSIBLE)
    for role in roles:
        Membership.objects.get_or_create(user=person, organization=company, role=role)


def answering(company: Organization) -> QuerySet[Membership]:
    """Return the roles of those who answer for a company now."""
    return Membership.objects.filter(
        organization=company, role=Role.RESPONSIBLE, user__is_active=True
    )


def _enter(waiting: CompanyClaim, at: datetime) -> Organization:
    company = Organization(
        kind=OrganizationKind.COMPANY,
        slug=f"company-{secrets.token_hex(4)}",
        name_zh=waiting.name,
        uscc=waiting.uscc,
        created_at=at,
    )
    company.full_clean()
    company.save()
    return company
