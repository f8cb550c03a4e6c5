"""Organisations, people, apps and keys by buttons; the trail is verified."""

from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, App, Membership, Organization, Region, User
from accounts.roles import OrganizationKind, Role
from audit.models import Entry
from tests.factories import accounts, catalog


def test_a_key_is_shown_once_and_revoked_once(at_desk, said):
    company = accounts.organization(OrganizationKind.AUTHORITY)
    person = accounts.user(Role.DEVELOPER, company)
    Membership.objects.create(user=person, organization=company, role=Role.PUBLISHER)
    desk = at_desk(person)

    desk.press_above(App, "create", organization=company.pk, name="Map")
    app = App.objects.get()
    shown = desk.press(app, "key", label="laptop", expires_on="2999-12-31")

    key = ApiKey.objects.get()
    assert f"{key.prefix}_" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert f"{key.prefix}_" not in desk.page(key).content.decode()

    desk.press(key, "revoke")
    key.refresh_from_db()
    assert key.revoked_at
    assert "already" in said(desk.press(key, "revoke"))
    desk.press(app, "close")
    assert "already" in said(desk.press(app, "close"))
    assert "closed" in said(desk.press(app, "key", expires_on="2999-12-31"))


def test_the_operator_sets_a_quota(at_desk, said):
    key = accounts.api_key().key
    desk = at_desk(accounts.user(Role.OPERATOR))

    desk.press(key, "quota", rate_per_minute=5, daily_quota=50)
    key.refresh_from_db()

    assert (key.rate_per_minute, key.daily_quota) == (5, 50)
    assert said(desk.press(key, "quota", rate_per_minute=0, daily_quota=50))


def test_an_invited_person_chooses_a_password_once(at_desk, said):
    client = Client(headers={"Accept-Language": "en"})
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    shown = desk.press_above(User, "invite", username="li", name="Li").content.decode()
    person = User.objects.get(username="li")
    address = shown.split("http://testserver")[1].split("<")[0]
    chosen = {"password": "Grain-of-sand-7", "again": "Grain-of-sand-7"}

    assert client.get(address).status_code == 200
    assert "differ" in said(client.post(address, chosen | {"again": "x"}))
    assert client.post(address, chosen).status_code == 302
    again = client.post(address, chosen)

    person.refresh_from_db()
    assert person.check_password("Grain-of-sand-7")
    assert again.context["form"].non_field_errors()


def test_an_invitation_is_mailed_shown_once_and_sent_anew(at_desk, said, mailoutbox):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    told = {"username": "li", "name": "Li", "email": "li@example.org"}
    first = desk.press_above(User, "invite", **told).content.decode()
    person = User.objects.get(username="li")
    listed = desk.client.get(desk.path(User, "changelist"), {"invitation": "open"})

    second = desk.press(person, "invite_again").content.decode()

    assert "It was mailed to li@example.org" in first
    assert list(listed.context["cl"].result_list) == [person]
    assert "waiting, 0 days old" in listed.content.decode()
    old, new = (text.split("http://testserver")[1].split("<")[0] for text in (first, second))
    assert new in mailoutbox[1].body
    chosen = {"password": "Grain-of-sand-7", "again": "Grain-of-sand-7"}
    assert "used already" in said(Client(headers={"Accept-Language": "en"}).post(old, chosen))
    assert Client().post(new, chosen).status_code == 302
    assert at_desk(accounts.user(Role.OPERATOR)).press(person, "invite_again").status_code == 403


def test_roles_are_given_and_taken_and_not_both_kinds(at_desk, said):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    place = accounts.organization()
    person = accounts.user(None)

    desk.press(person, "grant", role="publisher", organization=place.pk)
    held = Membership.objects.get(user=person)
    twice = desk.press(person, "grant", role="publisher", organization=place.pk)
    desk.press(held, "revoke")

    assert "already holds" in said(twice)
    assert not Membership.objects.filter(user=person).exists()


def test_the_last_holder_is_deactivated_only_with_a_successor(at_desk, said):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    person, heir = accounts.user(Role.HEAD), accounts.user(None)

    alone = desk.press(person, "deactivate")
    assert "Name the person who takes over" in said(alone)

    desk.press(person, "deactivate", to=heir.pk)
    person.refresh_from_db()
    assert not person.is_active
    assert heir.memberships.get().role == Role.HEAD
    assert "has left" in said(desk.press(person, "deactivate"))


def test_the_form_says_what_waits_on_the_person_and_what_an_organisation_holds(at_desk):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    app = accounts.app()

    leaving = desk.ask(app.created_by, "deactivate").content.decode()
    moving = desk.ask(app.organization, "transfer").content.decode()

    assert "apps they registered: 1" in leaving
    assert "apps: 1" in moving
    assert "people: 1" in moving


def test_an_organisation_with_published_datasets_is_handed_over_and_not_closed(at_desk, said):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    dataset = catalog.dataset()
    old, heir = dataset.owner, accounts.organization()

    refused = said(desk.press(old, "close"))
    desk.press(old, "transfer", to=heir.pk)

    dataset.refresh_from_db()
    assert "Hand it over to a successor" in refused
    assert dataset.owner == heir
    assert at_desk(accounts.user(Role.OPERATOR)).press(heir, "close").status_code == 403


def test_a_person_is_entered_with_a_sound_password_only(at_desk, said):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    told = {"username": "wang", "name": "Wang"}

    weak = desk.press_above(User, "create", **told, password="short")
    assert said(weak)
    assert 'value="short"' not in weak.content.decode()
    assert not User.objects.filter(username="wang").exists()

    desk.press_above(User, "create", **told, password="Grain-of-sand-7")
    assert User.objects.get(username="wang").check_password("Grain-of-sand-7")


def test_organisations_and_regions_are_entered_closed_and_handed_over(at_desk, said):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    told = {"slug": "parks", "kind": "department", "name_zh": "公园局"}

    wrong = desk.press_above(Organization, "create", **told, uscc="111111111111111111")
    assert "18" in said(wrong) or "check character" in said(wrong)

    code = accounts.uscc(4711, "11")
    desk.press_above(Organization, "create", **told, uscc=code)
    parks = Organization.objects.get(slug="parks")
    desk.press(parks, "transfer", to=accounts.organization().pk)
    assert "was closed on" in said(desk.press(parks, "close"))
    assert "was closed on" in said(desk.press(parks, "transfer", to=accounts.organization().pk))

    desk.press_above(Region, "create", code="T99", code_system="LOCAL", name_zh="新区")
    assert Region.objects.get(code="T99")


def test_the_audit_administrator_verifies_the_chain(at_desk, said):
    answer = at_desk(accounts.user(Role.AUDIT_ADMIN)).press_above(Entry, "verify")

    assert "The chain is whole" in said(answer)


def test_the_audit_administrator_takes_entries_out_with_where_people_came_from(at_desk):
    desk = at_desk(accounts.user(Role.AUDIT_ADMIN))
    typed = {"username": "a", "password": "b"}
    Client().post("/office/login/", typed, REMOTE_ADDR="10.0.0.9")
    today = timezone.localdate()

    answer = desk.press_above(Entry, "export", since=today, until=today)

    assert answer["Content-Type"].startswith("text/csv")
    lines = b"".join(answer).decode().splitlines()
    assert any("sign_in.fail" in line and line.endswith(",10.0.0.9") for line in lines)
    assert any("audit.export" in line and desk.user.audit_name in line for line in lines)
    assert b"10.0.0.9" in desk.list(Entry).content


def test_the_trail_is_not_taken_out_for_days_that_run_backwards(at_desk, said):
    desk = at_desk(accounts.user(Role.AUDIT_ADMIN))

    answer = desk.press_above(Entry, "export", since="2026-03-02", until="2026-03-01")

    assert "is before the first" in said(answer)
    assert not Entry.objects.filter(verb="audit.export").exists()


def test_only_colleagues_and_people_without_a_role_are_offered_to_take_over(at_desk):
    place = accounts.organization()
    leaver = accounts.user(Role.PUBLISHER, place)
    colleague = accounts.user(Role.REVIEWER, place)
    free, stranger = accounts.user(None), accounts.user(Role.PUBLISHER)
    officer = accounts.user(Role.SYSTEM_ADMIN)

    form = at_desk(accounts.user(Role.SECURITY_ADMIN)).ask(leaver, "deactivate").context["form"]

    offered = set(form.fields["to"].queryset)
    assert {colleague, free} <= offered
    assert not offered & {leaver, stranger, officer}
