"""Signing up and in by way of an OpenID Connect server, out again, and what is kept of it."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.utils import timezone

from accounts import limits, members
from accounts.models import User
from audit.models import Entry
from tests.portal.members import identity, people
from tests.portal.members.foreign import BEGIN, come, is_in, led, visitor, who

pytestmark = pytest.mark.django_db


def verbs() -> list[str]:
    return list(Entry.objects.order_by("pk").values_list("verb", flat=True))


def test_a_citizen_signs_up_by_it_and_is_in(server):
    client = visitor()

    answer = come(client, server)
    home = client.get("/my/").content.decode()

    assert (answer.status_code, answer["Location"]) == (302, "/my/")
    assert "Welcome, 安娜 Anna" in home
    assert "Bay ID" in home
    assert who(client).username.startswith(members.PREFIX)
    assert EmailAddress.objects.get(verified=True).email == "anna@example.org"
    assert verbs() == ["member.sign_up", "member.link", "sign_in"]
    assert mail.outbox == []


def test_who_comes_back_is_the_same_person(server):
    first, again = visitor(), visitor()
    come(first, server)

    server.person |= {"email": "anna@elsewhere.example", "name": "Anna B."}
    come(again, server)

    assert who(again) == who(first)
    assert User.objects.count() == 1


def test_of_what_the_server_tells_an_account_keeps_name_and_address_alone(server):
    server.person |= {"phone_number": "13800000000", "birthdate": "1990-01-01"}
    client = visitor()

    come(client, server)

    [kept] = SocialAccount.objects.values()
    told = repr([kept, *Entry.objects.values(), dict(client.session)])
    assert kept["extra_data"] == {}
    for one in ("310101", "13800000000", "1990", *server.tokens):
        assert one not in told, one


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/my/apps/", "/my/apps/"),
        ("https://thief.example/", "/my/"),
        ("//thief.example/", "/my/"),
        ("javascript:alert(1)", "/my/"),
    ],
)
def test_who_wanted_a_page_comes_to_it_and_to_none_outside(server, wanted, led_to):
    assert come(visitor(), server, next=wanted)["Location"] == led_to


def test_the_button_stands_on_both_pages_and_takes_along_where_one_wants_to_go(server):
    for page in ("/my/sign-in/?next=/my/apps/", "/my/sign-up/?next=/my/apps/"):
        text = visitor().get(page).content.decode()

        assert "Sign in with Bay ID" in text
        form = re.search(rf'<form[^>]*action="{BEGIN}".*?</form>', text, re.DOTALL)[0]
        assert 'value="/my/apps/"' in form


def test_a_look_at_the_address_begins_nothing(server):
    answer = visitor().get(BEGIN)

    assert (answer.status_code, answer["Location"]) == (302, "/my/sign-in/")
    assert server.asked == []


def test_a_page_of_ours_leads_there_so_no_form_may_go_anywhere_else(server):
    client = visitor()

    answer = client.post(BEGIN)
    pages = [answer, client.get("/my/sign-in/"), client.get("/my/sign-up/")]

    assert answer["Refresh"].startswith(f"0; url={server.url}/authorize?")
    assert "Go on to Bay ID" in answer.content.decode()
    for one in pages:
        assert "form-action 'self'" in one["Content-Security-Policy"]
        assert server.url not in one["Content-Security-Policy"]


def test_nobody_begins_from_another_site():
    assert people.Client(enforce_csrf_checks=True).post(BEGIN).status_code == 403


def test_what_a_request_adds_does_not_go_to_the_server(server):
    answer = visitor().post(f"{BEGIN}?scope=admin&auth_params=prompt%3Dnone&process=connect")

    asked = answer["Refresh"]
    assert "admin" not in asked
    assert "prompt" not in asked


def test_without_a_server_there_is_no_button_and_no_such_page(settings):
    settings.OIDC_SERVER = ""
    client = visitor()

    assert "oidc" not in client.get("/my/sign-in/").content.decode()
    assert client.post(BEGIN).status_code == 404
    assert client.get(f"{BEGIN}callback/").status_code == 404


def test_a_server_of_another_name_is_not_there(server):
    assert visitor().post("/my/oidc/other/login/").status_code == 404


def test_who_has_no_name_there_is_called_by_the_first_part_of_the_address(server):
    server.person |= {"name": None}
    client = visitor()

    come(client, server)

    assert who(client).name == "anna"


def test_signs_that_no_name_has_are_left_out(server):
    server.person |= {"name": "An\0na\u202e\n" + "x" * 200}
    client = visitor()

    come(client, server)

    assert who(client).name == "Anna" + "x" * 96


def test_who_has_no_checked_address_there_confirms_it_by_a_letter_first(server):
    server.person |= {"email_verified": False}
    client = visitor()

    first = come(client, server)
    waiting = is_in(client)
    [letter] = mail.outbox
    link = re.search(r"(/my/confirm/\S+)", letter.body)[1]
    client.post(link)
    come(client, server)

    assert first["Location"] == "/my/confirm/"
    assert not waiting
    assert letter.to == ["anna@example.org"]
    assert who(client).name == "安娜 Anna"


def test_no_session_keeps_the_tokens_while_a_letter_is_awaited(server):
    server.person |= {"email_verified": False}
    client = visitor()

    come(client, server)

    told = repr(dict(client.session))
    assert server.tokens
    assert not [one for one in server.tokens if one in told]


def test_what_the_server_tells_by_userinfo_alone_is_asked_there(server):
    server.beside = dict(identity.PERSON)
    client = visitor()

    come(client, server)

    assert "/userinfo" in server.asked
    assert who(client).email == "anna@example.org"


def test_a_server_that_takes_the_secret_in_the_form_is_given_it_there(server):
    server.methods = ["client_secret_post"]
    client = visitor()

    come(client, server)

    assert is_in(client)


# --- out, and away


def test_who_signs_out_is_told_that_the_server_still_knows_them(server):
    client = visitor()
    come(client, server)

    answer = client.post("/my/sign-out/", follow=True)

    assert answer.redirect_chain == [("/my/signed-out/", 302)]
    assert "At Bay ID you may be signed in still" in answer.content.decode()
    assert not is_in(client)
    assert verbs()[-1] == "sign_out"


def test_who_came_by_password_is_led_home_at_sign_out(server):
    client = people.member_client("bo@example.org")

    assert client.post("/my/sign-out/")["Location"] == "/"


def test_who_closed_the_account_comes_back_as_somebody_new(server):
    client = visitor()
    come(client, server)
    old = who(client)

    client.post("/my/close/", {"password": "anna@example.org"})
    gone = is_in(client)
    come(client, server)

    old.refresh_from_db()
    assert not gone
    assert who(client) != old
    assert (old.email, old.is_active) == ("", False)
    assert SocialAccount.objects.get().user == who(client)


def test_who_was_deactivated_is_told_so_and_not_let_in(server):
    client = visitor()
    come(client, server)
    User.objects.update(is_active=False, deactivated_at=timezone.now())
    again = visitor()

    answer = come(again, server)

    assert answer["Location"] == "/my/closed/"
    assert not is_in(again)


# --- the link


def test_the_link_is_taken_back_by_who_has_a_password(server):
    people.enter("anna@example.org")
    client = visitor()
    come(client, server)

    answer = client.post("/my/oidc/unlink/", follow=True)

    assert "is taken back" in answer.content.decode()
    assert not SocialAccount.objects.exists()
    assert verbs()[-1] == "member.unlink"


def test_who_could_not_sign_in_without_the_link_keeps_it(server):
    client = visitor()
    come(client, server)

    answer = client.post("/my/oidc/unlink/")

    assert answer.status_code == 409
    assert "no password here" in answer.content.decode()
    assert SocialAccount.objects.exists()


def test_where_nothing_is_linked_nothing_is_taken_back(server):
    answer = people.member_client("bo@example.org").post("/my/oidc/unlink/")

    assert answer.status_code == 409


# --- how often


def test_sign_ups_from_one_address_are_bounded_and_who_has_an_account_comes_in(server):
    old = visitor()
    come(old, server)
    for _time in range(limits.SIGN_UP.most - 1):
        limits.spend(limits.SIGN_UP, "127.0.0.1")
    again, new = visitor(), visitor()

    come(again, server)
    server.person |= {"sub": "2", "email": "bo@example.org"}
    answer = come(new, server)

    assert is_in(again)
    assert answer.status_code == 429
    assert User.objects.count() == 1


def test_how_often_the_server_is_asked_from_one_address_is_bounded(server):
    for _time in range(limits.SIGN_IN.most):
        limits.spend(limits.SIGN_IN, "127.0.0.1")

    answer = visitor().post(BEGIN)

    assert answer.status_code == 429
    assert server.asked == []


def test_each_sign_in_has_its_own_state_nonce_and_challenge(server):
    client = visitor()

    addresses = [led(client), led(client)]

    for name in ("state", "nonce", "code_challenge"):
        values = {re.search(rf"[?&]{name}=([^&]+)", one)[1] for one in addresses}
        assert len(values) == 2, name
