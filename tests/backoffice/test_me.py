"""A person's own account: the second factor from setting it up to losing it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import second_factor
from accounts.models import SecondFactor
from accounts.roles import Role
from audit.models import Entry
from tests.factories import accounts
from tests.factories.authenticator import Authenticator, enrolled

pytestmark = pytest.mark.django_db
PASSWORD = "Correct-horse-9"
SET_UP = "admin:second_factor"


def person(role=Role.OPERATOR):
    made = accounts.user(role)
    made.set_password(PASSWORD)
    made.save()
    return made


def ago(minutes):
    return timezone.now() - timedelta(minutes=minutes)


def past_password(user, address=""):
    client = Client(headers={"Accept-Language": "en"})
    where = reverse("admin:login") + address
    answer = client.post(where, {"username": user.username, "password": PASSWORD})
    return client, answer


def type_code(client, code):
    return client.post(reverse("admin:sign_in_code"), {"code": code})


def is_in(client):
    return client.get(reverse("admin:index")).status_code == 200


def test_a_person_sees_roles_and_how_it_stands_with_the_second_factor(at_desk):
    desk = at_desk(person())

    page = desk.client.get(reverse("admin:me")).content.decode()

    assert "operator of the data authority" in page
    assert "the password alone opens your account" in page
    assert reverse("admin:password_change") in page


def test_a_second_factor_is_set_up_and_its_recovery_codes_shown_once(at_desk):
    desk = at_desk(person())
    page = desk.client.get(reverse(SET_UP))
    app = Authenticator(page.context["secret"])
    assert "<svg" in page.content.decode()

    wrong = desk.client.post(reverse(SET_UP), {"code": "000000"})
    shown = desk.client.post(reverse(SET_UP), {"code": app.code(timezone.now())})

    assert "does not fit" in wrong.content.decode()
    assert len(shown.context["codes"]) == 10
    assert "no-store" in shown["Cache-Control"]
    assert desk.client.get(reverse(SET_UP)).status_code == 302
    assert "Recovery codes left: 10" in desk.client.get(reverse("admin:me")).content.decode()


def test_signing_in_then_asks_for_the_code():
    user = person()
    app, _codes = enrolled(user, at=ago(5))

    client, answer = past_password(user)
    assert answer["Location"] == reverse("admin:sign_in_code")
    assert not is_in(client)
    assert client.get(reverse("admin:sign_in_code")).status_code == 200
    entered = type_code(client, app.code(timezone.now()))

    assert entered["Location"] == reverse("admin:index")
    assert is_in(client)
    verbs = list(Entry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["second_factor.enrol", "sign_in"]


def test_the_way_back_leads_only_within_the_site():
    user = person()
    app, _codes = enrolled(user, at=ago(5))

    client, _answer = past_password(user, "?next=" + reverse("admin:inbox"))
    assert type_code(client, app.code(timezone.now()))["Location"] == reverse("admin:inbox")
    SecondFactor.objects.update(last_step=-1)
    client, _answer = past_password(user, "?next=https://elsewhere.example/")
    assert type_code(client, app.code(timezone.now()))["Location"] == reverse("admin:index")


def test_a_recovery_code_lets_in_once():
    user = person()
    _app, codes = enrolled(user, at=ago(5))

    client, _answer = past_password(user)
    type_code(client, codes[0])
    other, _answer = past_password(user)
    type_code(other, codes[0])

    assert (is_in(client), is_in(other)) == (True, False)


def test_five_wrong_codes_lock_as_wrong_passwords_do():
    user = person()
    app, _codes = enrolled(user, at=ago(5))
    client, _answer = past_password(user)

    answers = [type_code(client, "000000") for _try in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert "failed 5 times in a row" in answers[-1].content.decode()
    assert type_code(client, app.code(timezone.now()))["Location"] == reverse("admin:login")
    _client, again = past_password(user)
    assert again.status_code == 429
    assert Entry.objects.filter(verb="sign_in.fail", details__step="code").count() == 5


def test_the_second_step_cannot_be_reached_without_the_first_nor_long_after_it():
    user = person()
    app, _codes = enrolled(user, at=ago(10))

    bare = type_code(Client(), app.code(timezone.now()))
    client, _answer = past_password(user)
    session = client.session
    session["second_step"] = session["second_step"] | {"at": ago(6).timestamp()}
    session.save()
    late = type_code(client, app.code(timezone.now()))

    assert bare["Location"] == late["Location"] == reverse("admin:login")
    assert not is_in(client)


def test_whoever_leaves_between_the_two_steps_is_not_let_in():
    user = person()
    app, _codes = enrolled(user, at=ago(5))
    client, _answer = past_password(user)
    user.is_active, user.deactivated_at = False, timezone.now()
    user.save()

    assert type_code(client, app.code(timezone.now()))["Location"] == reverse("admin:login")


@pytest.mark.parametrize("setting", ["administrators", "everybody"])
def test_who_must_have_one_sees_nothing_before(at_desk, settings, setting):
    settings.SECOND_FACTOR = setting
    desk = at_desk(person(Role.SECURITY_ADMIN))

    for name in ("index", "me", "inbox", "accounts_user_changelist"):
        assert desk.client.get(reverse(f"admin:{name}"))["Location"] == reverse(SET_UP)
    page = desk.client.get(reverse(SET_UP))
    code = Authenticator(page.context["secret"]).code(timezone.now())
    desk.client.post(reverse(SET_UP), {"code": code})

    assert "Your roles need a second factor" in page.content.decode()
    assert is_in(desk.client)


def test_of_others_nothing_is_asked(at_desk, settings):
    settings.SECOND_FACTOR = "administrators"

    assert is_in(at_desk(person(Role.OPERATOR)).client)


def test_after_a_reset_the_person_is_led_to_a_new_one(at_desk, settings, said):
    settings.SECOND_FACTOR = "administrators"
    admin, user = person(Role.SECURITY_ADMIN), person(Role.AUDIT_ADMIN)
    for one in (admin, user):
        enrolled(one, at=ago(5))
    desk, theirs = at_desk(admin), at_desk(user)
    assert is_in(theirs.client)

    desk.press(user, "reset_factor")

    assert theirs.client.get(reverse("admin:index"))["Location"] == reverse(SET_UP)
    assert "has no second factor" in said(desk.press(user, "reset_factor"))
    assert "Nobody resets their own" in said(desk.press(admin, "reset_factor"))
    assert at_desk(accounts.user(Role.OPERATOR)).press(user, "reset_factor").status_code == 403


def test_codes_are_renewed_and_the_factor_given_up_with_a_code(at_desk):
    user = person()
    _app, codes = enrolled(user, at=ago(5))
    desk = at_desk(user)

    wrong = desk.client.post(reverse("admin:second_factor_codes"), {"code": "000000"})
    SecondFactor.objects.update(throttling_failure_count=0)
    renewed = desk.client.post(reverse("admin:second_factor_codes"), {"code": codes[0]})
    fresh = renewed.context["codes"]
    gone = desk.client.post(reverse("admin:second_factor_remove"), {"code": fresh[0]})

    assert "does not fit" in wrong.content.decode()
    assert not set(fresh) & set(codes)
    assert gone["Location"] == reverse("admin:me")
    assert not second_factor.has(user)


def test_whoever_must_have_one_cannot_give_it_up(at_desk, settings):
    settings.SECOND_FACTOR = "everybody"
    user = person()
    _app, codes = enrolled(user, at=ago(5))

    answer = at_desk(user).client.post(reverse("admin:second_factor_remove"), {"code": codes[0]})

    assert answer.status_code == 409
    assert "so it stays" in answer.content.decode()
    assert second_factor.has(user)
