"""Members of a company: invited by mail, appointed, removed, leaving."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from accounts import colleagues, companies, members
from accounts.models import CompanyInvitation, Membership
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed, OrganizationKind, Role
from audit.models import Entry
from tests.factories import accounts
from tests.factories.accounts import NOW

pytestmark = pytest.mark.django_db
EMAIL = "gu@example.org"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def company():
    return accounts.organization(OrganizationKind.COMPANY)


@pytest.fixture
def boss(company):
    person = accounts.user(Role.RESPONSIBLE, company)
    person.memberships.create(organization=company, role=Role.DEVELOPER)
    return person


@pytest.fixture
def guest():
    return accounts.user(None, email=EMAIL)


def roles(person, company) -> set[str]:
    held = Membership.objects.filter(user=person, organization=company)
    return set(held.values_list("role", flat=True))


def invited(company, boss, role=Role.DEVELOPER, email=EMAIL, at=NOW):
    return colleagues.invite(company, email, role, by=boss, at=at)


def test_the_first_who_is_approved_answers_for_the_company_and_the_next_does_not():
    operator = accounts.user(Role.OPERATOR)
    first, second = (accounts.user(None) for _turn in range(2))
    for person in (first, second):
        claim = companies.claim(accounts.uscc(77), "云图", "", by=person, at=NOW)
        company = companies.approve(claim.pk, by=operator, at=NOW)

    assert roles(first, company) == {Role.DEVELOPER, Role.RESPONSIBLE}
    assert roles(second, company) == {Role.DEVELOPER}


def test_who_comes_when_nobody_answers_any_more_answers_for_it(company):
    gone = accounts.user(Role.RESPONSIBLE, company)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False, deactivated_at=NOW)
    person = accounts.user(None)
    claim = companies.claim(company.uscc, "云图", "", by=person, at=NOW)

    companies.approve(claim.pk, by=accounts.user(Role.OPERATOR), at=NOW)

    assert Role.RESPONSIBLE in roles(person, company)


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.RESPONSIBLE])
def test_an_invitation_works_once_for_its_address(company, boss, guest, role):
    token = invited(company, boss, role).token

    joined = colleagues.join(token, by=guest, at=NOW)

    assert joined == company
    assert roles(guest, company) == {Role.DEVELOPER, role}
    colleagues.leave(company, by=guest, at=NOW)
    with pytest.raises(StepRefused, match="used up"):
        colleagues.join(token, by=guest, at=NOW)


def test_every_reason_why_it_does_not_work_reads_alike(company, boss, guest):
    stranger = accounts.user(None, email="other@example.org")
    old = invited(company, boss).token
    said = set()

    new = invited(company, boss).token  # the one before is void
    later = NOW + timedelta(days=colleagues.DAYS)
    tries = [(old, guest, NOW), ("x", guest, NOW), (new, stranger, NOW), (new, guest, later)]
    for token, person, at in tries:
        with pytest.raises(StepRefused) as refused:
            colleagues.join(token, by=person, at=at)
        said.add(str(refused.value))

    assert len(said) == 1
    assert roles(guest, company) == set()


def test_one_taken_back_does_not_work(company, boss, guest):
    made = invited(company, boss)

    colleagues.take_back(made.invitation.pk, by=boss, at=NOW)

    with pytest.raises(StepRefused):
        colleagues.join(made.token, by=guest, at=NOW)
    with pytest.raises(StepRefused, match="void already"):
        colleagues.take_back(made.invitation.pk, by=boss, at=NOW)


def test_neither_token_nor_address_is_in_the_trail_and_the_token_is_kept_nowhere(company, boss):
    made = invited(company, boss)

    told = str(list(Entry.objects.values_list("details", "target")))
    kept = str(list(CompanyInvitation.objects.values()))
    assert EMAIL not in told
    assert made.token not in told + kept


def test_who_works_in_the_office_does_not_join(company, boss):
    clerk = accounts.user(Role.HEAD, email=EMAIL)
    token = invited(company, boss).token

    with pytest.raises(NotAllowed):
        colleagues.join(token, by=clerk, at=NOW)


def test_only_who_answers_for_the_company_invites_appoints_and_removes(company, boss):
    developer = accounts.user(Role.DEVELOPER, company)
    stranger = accounts.user(Role.RESPONSIBLE)

    for person in (developer, stranger):
        with pytest.raises(NotAllowed):
            invited(company, person)
        with pytest.raises(NotAllowed):
            colleagues.appoint(company, developer.pk, by=person, at=NOW)
        with pytest.raises(NotAllowed):
            colleagues.remove(company, boss.pk, by=person, at=NOW)


def test_what_is_no_address_or_no_role_of_a_company_is_refused(company, boss):
    with pytest.raises(ValidationError):
        invited(company, boss, email="no address")
    with pytest.raises(ValidationError):
        invited(company, boss, role=Role.OPERATOR)


def test_the_last_who_answers_does_not_leave_without_a_successor(company, boss):
    developer = accounts.user(Role.DEVELOPER, company)
    for step in (colleagues.leave, colleagues.step_down):
        with pytest.raises(StepRefused, match="only one"):
            step(company, by=boss, at=NOW)
    with pytest.raises(StepRefused, match="only one"):
        members.close(boss.pk, by=boss, at=NOW)

    colleagues.appoint(company, developer.pk, by=boss, at=NOW)
    colleagues.leave(company, by=boss, at=NOW)

    assert roles(boss, company) == set()
    assert roles(developer, company) == {Role.DEVELOPER, Role.RESPONSIBLE}


def test_who_is_alone_at_a_company_may_close_the_account(company, boss):
    members.close(boss.pk, by=boss, at=NOW)

    assert not companies.answering(company).exists()


def test_apps_and_keys_stay_with_the_company(company, boss):
    developer = accounts.user(Role.DEVELOPER, company)
    issued = accounts.api_key(accounts.app(company, developer))

    colleagues.remove(company, developer.pk, by=boss, at=NOW)

    issued.key.refresh_from_db()
    assert issued.key.revoked_at is None
    assert issued.key.app.closed_at is None
    assert roles(developer, company) == set()


def test_nobody_removes_themselves_or_a_stranger(company, boss):
    stranger = accounts.user(Role.DEVELOPER)

    with pytest.raises(StepRefused, match="leave"):
        colleagues.remove(company, boss.pk, by=boss, at=NOW)
    with pytest.raises(StepRefused, match="no part"):
        colleagues.remove(company, stranger.pk, by=boss, at=NOW)


def test_who_answers_already_is_not_appointed_again(company, boss):
    other = accounts.user(Role.RESPONSIBLE, company)

    with pytest.raises(StepRefused, match="already"):
        colleagues.appoint(company, other.pk, by=boss, at=NOW)


def test_each_step_leaves_one_entry(company, boss, guest):
    token = invited(company, boss, Role.RESPONSIBLE).token
    colleagues.join(token, by=guest, at=NOW)
    colleagues.step_down(company, by=boss, at=NOW)
    colleagues.appoint(company, boss.pk, by=guest, at=NOW)
    colleagues.remove(company, boss.pk, by=guest, at=NOW)

    assert list(Entry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "company.invite",
        "company.join",
        "company.step_down",
        "company.appoint",
        "company.remove",
    ]


@pytest.mark.parametrize("way", ["removed", "stepped down", "closed the account"])
def test_a_letter_ends_when_who_sent_it_answers_for_the_company_no_more(company, boss, guest, way):
    other = accounts.user(Role.RESPONSIBLE, company)
    token = invited(company, other, Role.RESPONSIBLE).token
    assert colleagues.standing(company, at=NOW).exists()

    if way == "removed":
        colleagues.remove(company, other.pk, by=boss, at=NOW)
    elif way == "stepped down":
        colleagues.step_down(company, by=other, at=NOW)
    else:
        members.close(other.pk, by=other, at=NOW)

    with pytest.raises(StepRefused, match="used up"):
        colleagues.join(token, by=guest, at=NOW)
    assert not colleagues.standing(company, at=NOW).exists()


def test_an_invitation_is_forgotten_some_weeks_after_it_ran_out_used_or_not(company, boss, guest):
    colleagues.join(invited(company, boss).token, by=guest, at=NOW)
    invited(company, boss, email="other@example.org")
    over = NOW + timedelta(days=colleagues.DAYS + colleagues.KEPT_DAYS)

    forgotten = [colleagues.forget(at=over), colleagues.forget(at=over + timedelta(seconds=1))]

    assert forgotten == [0, 2]
    assert roles(guest, company) == {Role.DEVELOPER}
