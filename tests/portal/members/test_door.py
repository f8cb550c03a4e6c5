"""The members' door: who may come in, and what its pages carry."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts import limits
from accounts.roles import Role
from audit.models import Entry
from tests.factories import accounts
from tests.portal.members import people

pytestmark = pytest.mark.django_db


def test_who_has_not_signed_in_is_asked_to_and_comes_back(client):
    answer = client.get("/my/?a=1")

    assert (answer.status_code, answer["Location"]) == (302, "/my/sign-in/?next=/my/%3Fa%3D1")


def test_signing_up_confirming_and_signing_in_opens_the_pages():
    client = Client(headers={"Accept-Language": "en"})

    people.sign_up(client, "Lan@example.org")
    [letter] = mail.outbox
    link = re.search(r"http://127\.0\.0\.1:8000(/my/confirm/\S+)", letter.body)[1]
    before = people.sign_in(client, "lan@example.org")
    asked = client.get(link)
    confirmed = client.post(link, follow=True)
    answer = people.sign_in(client, "lan@example.org")
    home = client.get("/my/")

    assert before["Location"] == "/my/confirm/"
    assert "Is lan@example.org your address?" in asked.content.decode()
    assert "Your e-mail address is confirmed." in confirmed.content.decode()
    assert "is confirmed" not in Client().get("/my/sign-in/").content.decode()
    assert answer["Location"] == "/my/"
    assert "Welcome, Lan" in home.content.decode()
    verbs = list(Entry.objects.order_by("pk").values_list("verb", flat=True))
    assert [verb for verb in verbs if verb.startswith("member")] == [
        "member.sign_up",
        "member.confirm",
    ]
    assert verbs[-1] == "sign_in"


def test_no_entry_of_the_trail_holds_an_address():
    client = people.member_client("wen@example.org")
    client.post("/my/sign-out/")

    told = repr(list(Entry.objects.values()))
    assert "sign_out" in told
    assert "wen@" not in told


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_letters_are_in_the_language_of_the_page(language):
    client = Client(headers={"Accept-Language": language})

    people.sign_up(client, "bo@example.org")

    assert ("确认" in mail.outbox[0].subject) is (language == "zh-CN")


def test_pages_are_kept_by_nobody_and_may_load_nothing_from_elsewhere():
    client = people.member_client("lin@example.org")

    for path in ("/my/", "/my/sign-in/", "/my/sign-up/", "/my/password/"):
        answer = client.get(path)
        assert answer["Cache-Control"] == "no-store", path
        assert "unsafe" not in answer["Content-Security-Policy"]


def test_who_works_in_the_back_office_is_told_to_sign_in_there(client):
    person = accounts.user(Role.HEAD)
    client.force_login(person, backend="accounts.backends.RoleBackend")

    answer = client.get("/my/", headers={"Accept-Language": "en"})

    assert answer.status_code == 403
    assert "/office/" in answer.content.decode()


def test_a_password_of_the_back_office_opens_nothing_here(client):
    person = accounts.user(Role.HEAD, email="head@example.org")
    person.set_password(people.PASSWORD)
    person.save()

    answer = people.sign_in(client, "head@example.org")
    by_name = people.sign_in(client, person.username)

    assert (answer.status_code, by_name.status_code) == (200, 200)
    assert "/office/" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_member_who_is_given_a_role_of_the_office_signs_in_there(client):
    people.member_client("mei@example.org")
    person = people.of("mei@example.org")
    accounts.Membership.objects.create(
        user=person, organization=accounts.organization(), role=Role.PUBLISHER
    )

    people.sign_in(client, "mei@example.org")

    assert "_auth_user_id" not in client.session


def test_a_member_does_not_come_into_the_back_office():
    client = people.member_client("yu@example.org")

    answer = client.get("/office/")

    assert (answer.status_code, answer["Location"]) == (302, "/office/login/?next=/office/")


def test_signing_in_changes_the_number_of_the_session():
    client = Client()
    client.get("/my/sign-in/")
    session = client.session
    session["planted"] = 1
    session.save()
    before = session.session_key
    people.enter("an@example.org")

    client.cookies["sessionid"] = before
    people.sign_in(client, "an@example.org")

    assert client.session.session_key != before


def test_forms_need_their_token():
    client = Client(enforce_csrf_checks=True)

    answers = [
        client.post(path, {"email": "a@example.org"}).status_code
        for path in ("/my/sign-in/", "/my/sign-up/", "/my/sign-out/", "/my/password/forgotten/")
    ]

    assert answers == [403] * 4


def test_a_session_ends_when_it_is_idle(settings):
    client = people.member_client("hao@example.org")
    client.get("/my/")
    session = client.session
    session["used_at"] -= settings.SESSION_IDLE_MINUTES * 60
    session.save()

    answer = client.get("/my/")

    assert answer["Location"].startswith("/my/sign-in/")
    assert Entry.objects.filter(verb="sign_out", details__because="idle").exists()


def test_a_stranger_who_tried_too_often_is_led_on_and_to_no_account():
    for _time in range(limits.SIGN_IN.most):
        limits.spend(limits.SIGN_IN, "127.0.0.1")

    answer = people.sign_in(Client(headers={"Accept-Language": "en"}), "x@example.org")

    text = re.search(r"<main.*</main>", answer.content.decode(), re.DOTALL)[0]
    assert answer.status_code == 429
    assert "Try again in" in text
    assert 'href="/my/"' not in text
    assert 'role="search"' in text


@pytest.mark.parametrize(
    ("path", "form", "limit"),
    [
        ("/my/sign-up/", {}, limits.SIGN_UP),
        ("/my/password/forgotten/", {}, limits.FORGOTTEN),
        ("/my/leaked/", {"key": "cdx_abcdef"}, limits.LEAK),
    ],
)
def test_a_network_of_ipv6_is_counted_as_one_address(path, form, limit):
    def sent(place: str) -> int:
        return Client().post(path, form, REMOTE_ADDR=place).status_code

    within = {sent(f"2001:db8:0:1::{number:x}") for number in range(1, limit.most + 1)}

    assert 429 not in within
    assert sent("2001:db8:0:1:ffff::1") == 429
    assert sent("2001:db8:0:2::1") != 429


def test_the_present_password_is_not_guessed_from_within_a_session():
    client = people.member_client("lan@example.org")
    form = {"password1": "Another-Word-77", "password2": "Another-Word-77"}

    tries = [
        client.post("/my/password/", form | {"oldpassword": f"Guess-{number}"}).status_code
        for number in range(limits.PASSWORD.most)
    ]
    changed = client.post("/my/password/", form | {"oldpassword": people.PASSWORD})
    closed = client.post("/my/close/", {"password": people.PASSWORD})

    assert set(tries) == {200}
    assert (changed.status_code, closed.status_code) == (429, 429)
    assert people.of("lan@example.org").check_password(people.PASSWORD)
