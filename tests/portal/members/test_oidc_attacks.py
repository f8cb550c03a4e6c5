"""What somebody might try by way of an OpenID Connect server, and servers that lie or fail."""

import time
from ipaddress import ip_network
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail

from accounts.models import User
from accounts.roles import Role
from audit.models import Entry
from tests.factories import accounts
from tests.portal.members import identity, people
from tests.portal.members.foreign import BACK, BEGIN, allowed, come, is_in, led, visitor, who

pytestmark = pytest.mark.django_db
ANNA = identity.PERSON["email"]
UNCHECKED = [False, None, "false", "no", 0, "", [], {"a": 1}]


# --- another's account


def test_an_account_whose_address_both_sides_have_checked_is_linked_and_its_owner_told(server):
    member = people.enter(ANNA)
    client, by_password = visitor(), visitor()

    come(client, server)
    people.sign_in(by_password, ANNA)

    assert who(client) == who(by_password) == member
    assert User.objects.count() == 1
    [letter] = mail.outbox
    assert letter.to == [ANNA]
    assert "Bay ID" in letter.body
    assert "http://127.0.0.1:8000/my/" in letter.body
    [entry] = Entry.objects.filter(verb="member.link")
    assert entry.target == f"user:{member.pk}"


@pytest.mark.parametrize("checked", UNCHECKED)
def test_an_address_that_the_server_has_not_checked_opens_no_account(server, checked):
    people.enter(ANNA)
    server.person |= {"email_verified": checked}
    client = visitor()

    answer = come(client, server)

    assert answer["Location"] == "/my/confirm/"
    assert not is_in(client)
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1
    assert [letter.to for letter in mail.outbox] == [[ANNA]]


def test_an_account_whose_own_address_was_never_confirmed_is_not_linked(server):
    squatter = visitor()
    people.sign_up(squatter, ANNA)
    mail.outbox.clear()
    client = visitor()

    answer = come(client, server)
    people.sign_in(squatter, ANNA)

    assert answer["Location"] == "/my/confirm/"
    assert not is_in(client)
    assert not is_in(squatter)
    assert not SocialAccount.objects.exists()
    assert "forgotten" in mail.outbox[0].body


def test_an_account_that_opens_for_somebody_else_there_is_not_linked_too(server):
    server.person |= {"sub": "thief", "email_verified": False}
    thief, owner = visitor(), visitor()
    come(thief, server)
    EmailAddress.objects.update(verified=True)  # the owner pressed the button of the letter
    before = SocialAccount.objects.get().pk

    server.person |= {"sub": "owner", "email_verified": True}
    come(owner, server)

    assert not is_in(owner)
    assert SocialAccount.objects.get().pk == before


def test_the_same_number_at_another_server_is_another_person(server, settings):
    first, other = visitor(), visitor()
    come(first, server)

    with identity.served() as second:
        second.back = server.back
        settings.OIDC_SERVER = second.url
        second.person |= {"email": "bo@example.org"}
        come(other, second)

    assert who(other) != who(first)


def test_who_works_in_the_back_office_does_not_come_in_by_it(server):
    person = accounts.user(Role.HEAD, email=ANNA)
    client = visitor()

    come(client, server)

    assert not is_in(client)
    assert not person.socialaccount_set.exists()


def test_a_member_who_was_given_a_role_of_the_office_signs_in_there(server):
    client = visitor()
    come(client, server)
    accounts.Membership.objects.create(
        user=who(client), organization=accounts.organization(), role=Role.PUBLISHER
    )
    again = visitor()

    answer = come(again, server)

    assert answer.status_code == 403
    assert not is_in(again)


def test_whether_an_address_is_known_is_not_told(server):
    server.person |= {"email_verified": False}
    people.enter(ANNA)
    known, unknown = visitor(), visitor()

    found = come(known, server)
    server.person |= {"sub": "2", "email": "nobody@example.org"}
    new = come(unknown, server)

    assert (found.status_code, found["Location"]) == (new.status_code, new["Location"])
    assert [letter.to for letter in mail.outbox] == [[ANNA], ["nobody@example.org"]]


# --- another's sign-in


def refused(answer, status: int, words: str) -> None:
    text = answer.content.decode()
    assert (answer.status_code, words in text) == (status, True), text
    assert "Not signed in" in text
    assert not User.objects.exists()


def test_an_answer_that_another_browser_asked_for_signs_nobody_in(server):
    thief, victim = visitor(), visitor()
    back = allowed(thief, server)

    answer = victim.get(back)

    refused(answer, 400, "did not begin in this browser")
    assert not is_in(victim)


def test_an_answer_with_a_state_of_ones_own_making_signs_nobody_in(server):
    client = visitor()
    led(client)

    for query in ("code=x&state=made-up", "code=x", "", "error=access_denied&state=made-up"):
        refused(client.get(f"{BACK}?{query}"), 400, "did not begin in this browser")


def test_an_answer_serves_once(server):
    client = visitor()
    back = allowed(client, server)
    client.get(back)
    client.post("/my/sign-out/")

    answer = client.get(back)

    assert answer.status_code == 400
    assert not is_in(client)


def test_a_code_of_another_sign_in_is_worth_nothing(server):
    thief, victim = visitor(), visitor()
    stolen = parse_qs(urlsplit(allowed(victim, server)).query)["code"][0]
    own = parse_qs(urlsplit(allowed(thief, server)).query)["state"][0]

    answer = thief.get(BACK, {"code": stolen, "state": own})

    refused(answer, 502, "did not confirm the sign-in")


# --- a server that lies

WRONG = [
    ({"nonce": "another"}, {}, 400, "belongs to another sign-in"),
    ({"nonce": None}, {}, 400, "belongs to another sign-in"),
    ({"aud": "another"}, {}, 502, "meant for another site"),
    ({"aud": ["another", identity.CLIENT]}, {}, 502, "meant for another site"),
    ({"azp": "another"}, {}, 502, "meant for another site"),
    ({"iss": "https://another.example"}, {}, 502, "from another server"),
    ({"exp": 1_700_000_000}, {}, 502, "too old"),
    ({"iat": 4_000_000_000, "exp": 4_000_000_300}, {}, 502, "too old"),
    ({"exp": None}, {}, 502, "otherwise than agreed"),
    ({"sub": None}, {}, 502, "otherwise than agreed"),
    ({"sub": ""}, {}, 502, "otherwise than agreed"),
    ({"sub": 7}, {}, 502, "otherwise than agreed"),
    ({}, {"alg": "none"}, 502, "does not bear the signature"),
    ({}, {"alg": "HS256"}, 502, "does not bear the signature"),
    ({}, {"kid": "another"}, 502, "does not bear the signature"),
    ({"email": ""}, {}, 400, "no e-mail address"),
    ({"email": "no address"}, {}, 400, "no e-mail address"),
    ({"email": ["anna@example.org"]}, {}, 400, "no e-mail address"),
]


@pytest.mark.parametrize(("claims", "header", "status", "words"), WRONG)
def test_a_token_that_is_not_for_this_sign_in_is_refused_with_a_sentence(
    server, claims, header, status, words
):
    server.claims, server.header = claims, header
    client = visitor()

    answer = come(client, server)

    refused(answer, status, words)
    assert not is_in(client)


def test_a_token_signed_by_another_key_is_refused(server):
    server.forged = True

    refused(come(visitor(), server), 502, "does not bear the signature")


def test_a_token_whose_signature_was_cut_off_is_refused(server):
    whole = server.id_token
    server.id_token = lambda nonce: whole(nonce).rpartition(".")[0] + "."

    refused(come(visitor(), server), 502, "does not bear the signature")


def test_a_token_within_the_minute_that_clocks_may_be_apart_is_taken(server):
    server.claims = {"exp": int(time.time()) - 20}
    client = visitor()

    come(client, server)

    assert is_in(client)


def test_userinfo_about_somebody_else_is_refused(server):
    server.beside = identity.PERSON | {"sub": "another"}

    refused(come(visitor(), server), 502, "about two different people")


def test_a_server_that_calls_itself_otherwise_is_refused(server, settings):
    settings.OIDC_SERVER = server.url.replace("127.0.0.1", "localhost")
    settings.OIDC_INSIDE = [*settings.OIDC_INSIDE, ip_network("::1/128")]

    refused(visitor().post(BEGIN), 502, "from another server")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://id.example/", "", None, 7])
def test_nobody_is_led_to_what_is_no_page(server, address):
    told = server.discovery() | {"authorization_endpoint": address}
    server.broken["/.well-known/openid-configuration"] = lambda: (200, told)

    refused(visitor().post(BEGIN), 502, "otherwise than agreed")


def test_an_address_of_the_server_that_holds_a_query_keeps_it(server):
    told = server.discovery() | {"authorization_endpoint": f"{server.url}/authorize?p=city"}
    server.broken["/.well-known/openid-configuration"] = lambda: (200, told)

    assert f"{server.url}/authorize?p=city&client_id=" in led(visitor())


# --- a server that fails

DOWN = "does not answer at the moment"
FAILS = [
    ("/.well-known/openid-configuration", (500, {}), 503, DOWN),
    ("/.well-known/openid-configuration", (302, {}), 502, "otherwise than agreed"),
    ("/.well-known/openid-configuration", (200, b"<html>"), 502, "otherwise than agreed"),
    ("/.well-known/openid-configuration", (200, b"[" * 100_000), 502, "otherwise than agreed"),
    ("/.well-known/openid-configuration", (200, [1]), 502, "otherwise than agreed"),
    ("/.well-known/openid-configuration", (200, b"{" + b" " * 300_000), 503, DOWN),
    ("/token", (503, {}), 503, DOWN),
    ("/token", (429, {}), 503, DOWN),
    ("/token", (401, {"error": "invalid_client"}), 502, "did not confirm the sign-in"),
    ("/token", (200, {"access_token": "a"}), 502, "otherwise than agreed"),
    ("/token", (200, {"access_token": "a", "id_token": "a.b.c"}), 502, "otherwise than agreed"),
    ("/token", (200, {"access_token": "a", "id_token": 7}), 502, "otherwise than agreed"),
    ("/keys", (500, {}), 503, DOWN),
    ("/keys", (200, {"keys": []}), 502, "does not bear the signature"),
    ("/keys", (200, {"keys": "none"}), 502, "does not bear the signature"),
    ("/keys", (200, {"keys": [{"kid": identity.KID}]}), 502, "otherwise than agreed"),
]


@pytest.mark.parametrize(("path", "told", "status", "words"), FAILS)
def test_a_server_that_fails_is_told_of_with_what_to_do(server, path, told, status, words):
    client = visitor()
    if path.startswith("/."):
        server.broken[path] = lambda: told
        answer = client.post(BEGIN)
    else:
        back = allowed(client, server)
        server.broken[path] = lambda: told
        answer = client.get(back)

    refused(answer, status, words)
    assert "sign-in" in answer.content.decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "“Bay ID” does not answer at the moment, so you could not be signed in by it.",
                "Try again in a few minutes, or sign in with e-mail address and password.",
                "To sign-in",
            ],
        ),
        ("zh-CN", ["“Bay ID”暂时没有响应", "请几分钟后重试，或用邮箱和密码登录。", "未登录"]),
    ],
)
def test_a_server_that_is_gone_is_told_of_in_the_persons_language(
    server, settings, language, words
):
    settings.OIDC_SERVER = "http://127.0.0.1:9"

    answer = visitor(language).post(BEGIN)

    assert answer.status_code == 503
    for one in words:
        assert one in answer.content.decode()


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ("access_denied", 400, "You turned back at “Bay ID”"),
        ("server_error", 502, "did not confirm the sign-in"),
        ("<script>alert(1)</script>", 502, "did not confirm the sign-in"),
    ],
)
def test_who_turned_back_or_was_refused_there_is_told_so(server, error, status, words):
    client = visitor()
    state = parse_qs(urlsplit(led(client)).query)["state"][0]

    answer = client.get(BACK, {"error": error, "error_description": "<b>x</b>", "state": state})

    refused(answer, status, words)
    assert "<script>alert" not in answer.content.decode()


# --- addresses inside


def test_a_server_at_an_address_inside_is_not_asked_unless_the_settings_name_it(server, settings):
    settings.OIDC_INSIDE = []

    refused(visitor().post(BEGIN), 503, DOWN)
    assert server.asked == []


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_a_server_cannot_have_us_ask_another_address_inside(server, name):
    inside = server.url.replace("127.0.0.1", "127.0.0.2")
    told = server.discovery() | {name: f"{inside}/token"}
    server.broken["/.well-known/openid-configuration"] = lambda: (200, told)
    server.beside = dict(identity.PERSON)

    refused(come(visitor(), server), 503, DOWN)


def test_the_log_says_why_and_names_nobody(server, caplog):
    server.claims = {"aud": "another"}

    come(visitor(), server)

    [line] = [one for one in caplog.messages if "OpenID" in one]
    assert "audience" in line
    for one in (identity.PERSON["sub"], ANNA, identity.SECRET, *server.tokens):
        assert one not in caplog.text
