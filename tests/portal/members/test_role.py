"""The members' pages with the rights of the members' role alone."""

import re

from django.core import mail
from django.test import Client
from django.test.utils import override_settings

from tests.exchange.sessions import signed_in
from tests.portal.members import foreign, people

AS_MEMBERS = {"SESSION_ENGINE": "accounts.models.sessions", "SESSION_COOKIE_NAME": "member"}


def test_signing_up_and_in_works_as_the_role(live_database):
    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        client = Client(headers={"Accept-Language": "en"})
        wrong = people.sign_in(client, "gu@example.org")
        people.sign_up(client, "gu@example.org")
        link = re.search(r"(/my/confirm/\S+)", mail.outbox[-1].body)[1]
        client.post(link)
        people.sign_in(client, "gu@example.org")
        home = client.get("/my/")
        client.post("/my/sign-out/")
        after = client.get("/my/")

    assert wrong.status_code == 200
    assert home.status_code == 200
    assert "Welcome, Lan" in home.content.decode()
    assert after.status_code == 302


def test_a_forgotten_password_is_chosen_anew_as_the_role(live_database):
    people.enter("fu@example.org")

    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        client = Client()
        client.post("/my/password/forgotten/", {"email": "fu@example.org"})
        link = re.search(r"(/my/password/new/\S+)", mail.outbox[-1].body)[1]
        form = client.get(link, follow=True)
        again = {"password1": "Other-Lane-43", "password2": "Other-Lane-43"}
        done = client.post(form.redirect_chain[-1][0], again)
        opened = people.sign_in(client, "fu@example.org", "Other-Lane-43")

    assert done.status_code == 302
    assert opened["Location"] == "/my/"


def test_coming_by_another_server_and_closing_the_account_works_as_the_role(live_database, server):
    people.enter("bo@example.org")

    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        new, old = foreign.visitor(), foreign.visitor()
        foreign.come(new, server)
        home = new.get("/my/").content.decode()
        closed = new.post("/my/close/", {"password": "anna@example.org"})
        server.person |= {"sub": "2", "email": "bo@example.org"}
        foreign.come(old, server)
        linked = old.get("/my/").content.decode()
        taken_back = old.post("/my/oidc/unlink/")

    assert "Welcome, 安娜 Anna" in home
    assert closed["Location"] == "/my/closed/"
    assert "Take the link with Bay ID back" in linked
    assert taken_back["Location"] == "/my/"
