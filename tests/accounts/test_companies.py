"""Building for a company: claimed by a member, decided by the data authority."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts import companies, members
from accounts.limits import CLAIM, TooOften
from accounts.models import ClaimState, CompanyClaim, Notice, Organization
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed, OrganizationKind, Role
from audit.models import Entry
from tests.factories import accounts
from tests.factories.accounts import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return accounts.user(None, email="m@example.org")


@pytest.fixture
def operator():
    return accounts.user(Role.OPERATOR)


def claim(member, code=None, name="海湾数据公司"):
    return companies.claim(code or accounts.uscc(901), name, "", by=member, at=NOW)


def test_nothing_is_entered_until_the_claim_is_approved(member, operator):
    made = claim(member)
    before = Organization.objects.filter(uscc=made.uscc).exists()

    company = companies.approve(made.pk, by=operator, at=NOW)

    made.refresh_from_db()
    assert not before
    assert (company.uscc, company.name_zh) == (made.uscc, "海湾数据公司")
    assert members.places_of(member) == [company]
    assert made.state == ClaimState.APPROVED
    assert set(Notice.objects.values_list("kind", flat=True)) >= {
        "company.claimed",
        "company.approved",
    }


def test_a_claim_on_a_known_company_is_answered_alike_and_joins_it(member, operator):
    known = accounts.organization(OrganizationKind.COMPANY)

    made = claim(member, known.uscc)
    company = companies.approve(made.pk, by=operator, at=NOW)

    assert company == known
    assert members.places_of(member) == [known]


def test_two_may_claim_the_same_company_and_neither_takes_it_from_the_other(member, operator):
    other = accounts.user(None)
    first, second = claim(member), claim(other)

    one = companies.approve(second.pk, by=operator, at=NOW)
    two = companies.approve(first.pk, by=operator, at=NOW)

    assert one == two


def test_a_code_of_a_department_is_no_company(member, operator):
    made = claim(member, accounts.organization().uscc)

    with pytest.raises(StepRefused):
        companies.approve(made.pk, by=operator, at=NOW)


def test_a_refusal_says_why_and_a_claim_is_decided_once(member, operator):
    made = claim(member)

    companies.refuse(made.pk, reason="no such company", by=operator, at=NOW)

    with pytest.raises(StepRefused):
        companies.approve(made.pk, by=operator, at=NOW)
    assert CompanyClaim.objects.get().reason == "no such company"
    assert Entry.objects.filter(verb="company.refuse").count() == 1


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.HEAD, Role.SECURITY_ADMIN])
def test_nobody_but_the_operator_decides(member, role):
    made = claim(member)

    with pytest.raises(NotAllowed):
        companies.approve(made.pk, by=accounts.user(role), at=NOW)


@given(place=st.integers(0, 17), sign=st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_a_code_with_one_wrong_character_is_never_taken(place, sign):
    code = accounts.uscc(901)
    wrong = code[:place] + sign + code[place + 1 :]
    made = CompanyClaim(uscc=wrong, name="x", at=NOW)

    if wrong != code:
        with pytest.raises(ValidationError):
            made.clean_fields(exclude=["by"])


def test_claims_are_bounded_a_day(member):
    for number in range(CLAIM.most):
        claim(member, accounts.uscc(910 + number))

    with pytest.raises(TooOften):
        claim(member, accounts.uscc(990))


def test_who_works_in_the_office_claims_nothing():
    with pytest.raises(NotAllowed):
        claim(accounts.user(Role.PUBLISHER))


def test_with_the_account_a_waiting_claim_is_withdrawn(member):
    made = claim(member)

    members.close(member.pk, by=member, at=NOW)

    made.refresh_from_db()
    assert made.state == ClaimState.WITHDRAWN
