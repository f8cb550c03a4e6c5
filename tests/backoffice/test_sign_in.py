"""Signing in at the back office: locked, unlocked, signed out after a while."""

import re
from datetime import timedelta

import axes.attempts
import axes.handlers.proxy
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sign_in
from accounts.models import PastPassword
from accounts.roles import Role
from accounts.sessions import BEGAN, USED
from audit.models import Entry
from tests.factories import accounts

pytestmark = pytest.mark.django_db
PASSWORD, WRONG = "Correct-horse-9", "wrong"


def person(role=Role.OPERATOR):
    made = accounts.user(role)
    made.set_password(PASSWORD)
    made.save()
    return made


def sign_in_at(client, username, password=WRONG):
    return client.post(reverse("admin:login"), {"username": username, "password": password})


def locked(client, username):
    for _try in range(4):
        assert sign_in_at(client, username).status_code == 200
    return sign_in_at(client, username)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "failed 5 times in a row"), ("zh-hans", "连续 5 次登录失败")],
)
def test_a_locked_person_is_told_why_and_what_to_do(language, sentence):
    client = Client(headers={"Accept-Language": language})

    answer = locked(client, person().username)

    assert answer.status_code == 429
    assert sentence in answer.content.decode()
    assert list(Entry.objects.values_list("verb", flat=True).distinct()) == ["sign_in.fail"]
    assert Entry.objects.latest("pk").details == {"locked": True}


@pytest.fixture
def standing_clock(monkeypatch):
    """Let no time pass, for us and for axes, which keeps `now` under its own name."""
    moment = timezone.now()
    for module in (timezone, axes.attempts, axes.handlers.proxy):
        monkeypatch.setattr(module, "now", lambda: moment)


@pytest.mark.usefixtures("standing_clock")
def test_the_answer_is_the_same_whether_or_not_there_is_such_a_person():
    user = person()
    answers = [locked(Client(), name) for name in (user.username, "x" * len(user.username))]

    said = [answer.context["form"].non_field_errors() for answer in answers]

    assert said[0] == said[1]
    assert [answer.status_code for answer in answers] == [429, 429]


def test_the_security_administrator_unlocks_by_a_button(at_desk, said):
    user = person()
    locked(Client(), user.username)
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    assert "Unlock the sign-in" in desk.page(user).content.decode()

    desk.press(user, "unlock")

    assert sign_in_at(Client(), user.username, PASSWORD).status_code == 302
    assert "Unlock the sign-in" not in desk.page(user).content.decode()
    assert "is not locked" in said(desk.press(user, "unlock"))


def test_another_role_has_no_such_button(at_desk):
    user = person()

    assert at_desk(accounts.user(Role.SYSTEM_ADMIN)).press(user, "unlock").status_code == 403


def shifted(client, name, lapse):
    session = client.session
    session[name] = (timezone.now() - lapse).timestamp()
    session.save()


@pytest.mark.parametrize(
    ("name", "lapse", "because", "sentence"),
    [
        (USED, timedelta(minutes=30), "idle", "away for a while"),
        (BEGAN, timedelta(hours=8), "old", "for very long"),
    ],
)
def test_a_session_ends_and_says_why(at_desk, name, lapse, because, sentence):
    desk = at_desk(accounts.user(Role.OPERATOR))
    desk.client.get(reverse("admin:index"))
    shifted(desk.client, name, lapse)

    answer = desk.client.get(reverse("admin:index"), follow=True)

    assert answer.redirect_chain[0][0].startswith(reverse("admin:login"))
    assert sentence in answer.content.decode()
    entry = Entry.objects.get()
    assert (entry.verb, entry.details) == ("sign_out", {"because": because})


def test_a_part_that_renews_itself_does_not_keep_a_session_alive(at_desk):
    desk = at_desk(accounts.user(Role.OPERATOR))
    desk.client.get(reverse("admin:index"))
    shifted(desk.client, USED, timedelta(minutes=29))

    desk.client.get(reverse("admin:index"), headers={"HX-Request": "true"})
    still = desk.client.session[USED]
    desk.client.get(reverse("admin:index"))

    assert desk.client.session[USED] > still + 28 * 60


def test_a_person_who_was_deactivated_is_out_at_the_next_click(at_desk):
    user = accounts.user(Role.OPERATOR)
    desk = at_desk(user)
    assert desk.client.get(reverse("admin:index")).status_code == 200

    user.is_active, user.deactivated_at = False, timezone.now()
    user.save()

    assert desk.client.get(reverse("admin:index")).status_code == 302
    assert sign_in.locked_until(user.username, at=timezone.now()) is None


def test_whoever_comes_with_an_old_password_chooses_a_new_one_first():
    user = person()
    PastPassword.objects.update(set_at=timezone.now() - timedelta(days=90))
    client = Client(headers={"Accept-Language": "en"})
    sign_in_at(client, user.username, PASSWORD)
    change = reverse("admin:password_change")

    led = client.get(reverse("admin:index"), follow=True)
    told = {"old_password": PASSWORD}
    same = client.post(change, told | {"new_password1": PASSWORD, "new_password2": PASSWORD})
    other = "Other-horse-10"
    client.post(change, told | {"new_password1": other, "new_password2": other})

    assert led.redirect_chain == [(change, 302)]
    assert "older than 90 days" in led.content.decode()
    assert "one of your last 5" in same.content.decode()
    assert client.get(reverse("admin:index")).status_code == 200


def test_whoever_comes_with_a_young_password_goes_to_work():
    user, client = person(), Client()

    sign_in_at(client, user.username, PASSWORD)

    assert client.get(reverse("admin:index")).status_code == 200


def test_a_developer_is_told_that_name_and_password_are_right(db):
    person = accounts.user(Role.DEVELOPER)
    person.set_password(PASSWORD)
    person.save()

    wrong = sign_in_at(Client(headers={"Accept-Language": "en"}), person.username, "other")
    right = sign_in_at(Client(headers={"Accept-Language": "en"}), person.username, PASSWORD)

    assert "none of your roles" in right.content.decode()
    assert "none of your roles" not in wrong.content.decode()


def test_the_office_has_the_sign_of_the_portal_in_its_tabs(at_desk):
    head = at_desk(accounts.user(Role.HEAD)).client
    for page in (Client().get("/office/login/"), head.get("/office/")):
        sign = re.search(r'<link rel="icon" href="([^"]+)"', page.content.decode())

        drawn = Client().get(sign[1])

        assert b"<svg" in b"".join(drawn.streaming_content)
        assert drawn["Content-Type"] == "image/svg+xml"
