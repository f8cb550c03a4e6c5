"""A company's people below /my/: invited by letter, joining, appointed, leaving."""

import re

import psycopg
import pytest
from django.core import mail
from django.test import Client
from django.test.utils import override_settings

from accounts.models import CompanyInvitation, Membership
from accounts.roles import OrganizationKind, Role
from tests.exchange.sessions import session, signed_in
from tests.factories import accounts
from tests.portal.members import people
from tests.portal.members.test_role import AS_MEMBERS

BOSS, GUEST = "boss@example.org", "guest@example.org"


def built():
    """Return a company that a member answers for."""
    company = accounts.organization(OrganizationKind.COMPANY)
    person = people.enter(BOSS, name="Boss")
    for role in (Role.RESPONSIBLE, Role.DEVELOPER):
        person.memberships.create(organization=company, role=role)
    return company


@pytest.fixture
def company(db):
    return built()


def client_of(email):
    client = Client(headers={"Accept-Language": "en"})
    people.sign_in(client, email)
    return client


def invited(client, company, email=GUEST, role=Role.DEVELOPER):
    return client.post(f"/my/companies/{company.pk}/invite/", {"email": email, "role": role})


def link():
    return re.search(r"(/my/join/\S+)", mail.outbox[-1].body)[1]


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def held(email, company) -> set[str]:
    rows = Membership.objects.filter(organization=company, user__email=email)
    return set(rows.values_list("role", flat=True))


def test_a_colleague_is_invited_by_letter_and_joins_after_a_click(company):
    invited(client_of(BOSS), company)
    people.enter(GUEST)
    guest = client_of(GUEST)

    opened = guest.get(link())
    before = held(GUEST, company)
    joined = guest.post(link())

    assert mail.outbox[-1].to == [GUEST]
    assert "Invitation to" in text_of(opened)
    assert before == set()
    assert joined["Location"] == f"/my/companies/{company.pk}/"
    assert held(GUEST, company) == {Role.DEVELOPER}
    assert guest.post(link()).status_code == 409


def test_the_page_says_the_same_whether_the_address_has_an_account(company):
    people.enter("known@example.org")
    boss, said = client_of(BOSS), []

    for email in ("known@example.org", "unknown@example.org"):
        invited(boss, company, email)
        page = text_of(boss.get(f"/my/companies/{company.pk}/"))
        said.append(re.search(r'role="status">(.*?)</div>', page)[1])

    assert said[0] == said[1]
    assert len(mail.outbox) == 2


def test_somebody_else_cannot_use_the_letter(company):
    invited(client_of(BOSS), company)
    people.enter("thief@example.org")

    answer = client_of("thief@example.org").post(link())

    assert answer.status_code == 409
    assert GUEST not in text_of(answer)
    assert held("thief@example.org", company) == set()


def test_an_invitation_is_taken_back(company):
    boss = client_of(BOSS)
    invited(boss, company)
    number = CompanyInvitation.objects.get().pk

    boss.post(f"/my/invitations/{number}/back/")

    assert GUEST not in text_of(boss.get(f"/my/companies/{company.pk}/"))
    assert boss.post("/my/invitations/999999/back/").status_code == 404


def test_a_colleague_is_appointed_and_the_first_leaves(company):
    boss, guest = client_of(BOSS), people.enter(GUEST)
    guest.memberships.create(organization=company, role=Role.DEVELOPER)
    place = f"/my/companies/{company.pk}"

    alone = boss.post(f"{place}/leave/")
    boss.post(f"{place}/people/{guest.pk}/appoint/")
    left = boss.post(f"{place}/leave/")

    assert alone.status_code == 409
    assert left["Location"] == "/my/companies/"
    assert held(BOSS, company) == set()
    assert Role.RESPONSIBLE in held(GUEST, company)
    assert boss.get(f"{place}/").status_code == 404


def test_who_only_builds_sees_colleagues_and_changes_nothing(company):
    guest = people.enter(GUEST)
    guest.memberships.create(organization=company, role=Role.DEVELOPER)
    client, place = client_of(GUEST), f"/my/companies/{company.pk}"
    boss = Membership.objects.get(role=Role.RESPONSIBLE).user_id

    assert "Boss" in text_of(client.get(f"{place}/"))
    assert "Invite a colleague" not in text_of(client.get(f"{place}/"))
    for act in (f"people/{boss}/remove/", "step-down/"):
        assert client.post(f"{place}/{act}").status_code == 403
    assert invited(client, company, "x@example.org").status_code == 403


def test_another_company_is_not_there(company):
    people.enter("stranger@example.org")
    client = client_of("stranger@example.org")

    assert client.get(f"/my/companies/{company.pk}/").status_code == 404
    assert invited(client, company).status_code == 404


def test_it_all_works_with_the_rights_of_the_members_role(live_database):
    company = built()
    people.enter(GUEST)

    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        boss, guest = client_of(BOSS), client_of(GUEST)
        place = f"/my/companies/{company.pk}"
        sent = invited(boss, company, role=Role.RESPONSIBLE)
        shown = boss.get(f"{place}/")
        joined = guest.post(link())
        down = boss.post(f"{place}/step-down/")
        number = people.of(BOSS).pk
        removed = guest.post(f"{place}/people/{number}/remove/")

    codes = [one.status_code for one in (sent, shown, joined, down, removed)]
    assert codes == [302, 200, 302, 302, 302]
    assert held(GUEST, company) == {Role.DEVELOPER, Role.RESPONSIBLE}
    assert held(BOSS, company) == set()


def test_the_database_lets_nobody_answer_for_a_company_by_themselves(live_database):
    company, other = built(), accounts.organization(OrganizationKind.COMPANY)
    thief = people.enter("thief@example.org")
    hidden = accounts.user(Role.RESPONSIBLE, other)

    with session(live_database, "city_members") as door:
        door.execute("SELECT set_config('city.person', %s, false)", [str(thief.pk)])
        add = (
            "INSERT INTO accounts_membership (user_id, organization_id, role) VALUES (%s, %s, %s)"
        )
        for values in ((thief.pk, company.pk, "responsible"), (hidden.pk, company.pk, "operator")):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                door.execute(add, values)
        seen = door.execute("SELECT count(*) FROM accounts_companyinvitation").fetchone()[0]

    assert seen == 0
