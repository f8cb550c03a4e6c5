from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from accounts import guessing, sign_in
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed, Role
from audit import trace
from audit.models import Entry
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
PASSWORD, WRONG = "Harbour-2026-light", "wrong"


def person(**over):
    made = make.user(Role.OPERATOR, **over)
    made.set_password(PASSWORD)
    made.save()
    return made


def tried(username, password=WRONG, address="10.0.0.1"):
    request = RequestFactory().post("/office/login/", REMOTE_ADDR=address)
    return authenticate(request, username=username, password=password)


def lock(username, address="10.0.0.1"):
    for _try in range(5):
        tried(username, address=address)


def test_the_fifth_failure_locks_and_the_right_password_does_not_help():
    user = person()

    for _try in range(4):
        tried(user.username)
    assert tried(user.username, PASSWORD) == user
    lock(user.username)

    assert tried(user.username, PASSWORD) is None
    assert sign_in.locked_until(user.username, at=timezone.now()) is not None


def test_a_lock_is_on_the_user_name_and_the_address_together():
    user, colleague = person(), person()
    lock(user.username)

    assert tried(user.username, PASSWORD, address="10.0.0.2") == user
    assert tried(colleague.username, PASSWORD) == colleague


def test_an_unknown_name_locks_as_a_known_one_does():
    lock("nobody-of-this-name")

    assert sign_in.locked_until("nobody-of-this-name", at=timezone.now()) is not None


def test_a_lock_ends_by_itself():
    user = person()
    lock(user.username)

    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=31))

    assert sign_in.locked_until(user.username, at=timezone.now()) is None
    assert tried(user.username, PASSWORD) == user


def test_trying_on_does_not_make_a_lock_longer():
    user = person()
    lock(user.username)
    until = sign_in.locked_until(user.username, at=timezone.now())

    tried(user.username)

    assert sign_in.locked_until(user.username, at=timezone.now()) == until


def test_nothing_that_was_typed_is_kept(caplog):
    lock("my-Passw0rd-by-mistake")

    kept = [str(value) for row in AccessAttempt.objects.values() for value in row.values()]
    assert not any("Passw0rd" in text or "wrong" in text for text in kept)
    assert "Passw0rd" not in caplog.text
    assert "10.0.0.1" not in caplog.text


def test_the_security_administrator_unlocks_once():
    user, admin = person(), make.user(Role.SECURITY_ADMIN)
    lock(user.username)
    lock(user.username, address="10.0.0.2")

    sign_in.unlock(user.pk, by=admin, at=timezone.now())

    assert tried(user.username, PASSWORD) == user
    assert Entry.objects.get().verb == "sign_in.unlock"
    with pytest.raises(StepRefused) as again:
        sign_in.unlock(user.pk, by=admin, at=timezone.now())
    assert again.value.code == "not-locked"


def test_nobody_else_unlocks():
    user = person()
    lock(user.username)

    with pytest.raises(NotAllowed):
        sign_in.unlock(user.pk, by=make.user(Role.SYSTEM_ADMIN), at=timezone.now())

    assert sign_in.locked_until(user.username, at=timezone.now()) is not None


def test_locking_can_be_switched_off(settings):
    settings.AXES_LOCK_OUT_AT_FAILURE = False
    user = person()
    lock(user.username)

    assert sign_in.locked_until(user.username, at=timezone.now()) is None
    assert tried(user.username, PASSWORD) == user


def asking(**meta):
    request = HttpRequest()
    request.META |= meta
    return sign_in.address(request)


def test_a_socket_has_no_address_and_a_lock_is_then_on_the_name_alone():
    user = person()

    assert asking() is None
    assert asking(REMOTE_ADDR="") is None
    lock(user.username, address="")

    assert tried(user.username, PASSWORD, address="") is None


@pytest.fixture
def narrow(settings):
    """Limits that a test meets soon: each try takes the time of a password's hash."""
    settings.SIGN_IN_NAME_TRIES, settings.SIGN_IN_ADDRESS_TRIES = 4, 3


def guess_from_everywhere(username, tries=4):
    for number in range(tries):
        tried(username, address=f"203.0.113.{number + 1}")


def come_in_from(user, address):
    token = trace.address.set(address)
    sign_in.signed_in(user, at=timezone.now())
    trace.address.reset(token)


@pytest.mark.usefixtures("narrow")
def test_guessing_from_many_addresses_closes_the_name_to_new_ones():
    user = person()
    guess_from_everywhere(user.username, 3)
    assert tried(user.username, PASSWORD, address="10.9.9.8") == user

    guess_from_everywhere(user.username, 1)

    assert tried(user.username, PASSWORD, address="10.9.9.9") is None
    assert sign_in.locked_until(user.username, at=timezone.now()) is not None


@pytest.mark.usefixtures("narrow")
def test_who_signed_in_from_a_place_before_is_not_kept_out_by_guesses_from_elsewhere():
    user = person()
    come_in_from(user, "10.0.0.7")
    guess_from_everywhere(user.username, 6)

    assert tried(user.username, PASSWORD, address="10.0.0.7") == user


@pytest.mark.usefixtures("narrow")
def test_from_a_known_place_five_failures_lock_as_ever():
    user = person()
    come_in_from(user, "10.0.0.7")
    guess_from_everywhere(user.username)
    lock(user.username, address="10.0.0.7")

    assert tried(user.username, PASSWORD, address="10.0.0.7") is None


@pytest.mark.usefixtures("narrow")
def test_a_place_is_known_for_thirty_days():
    user = person()
    come_in_from(user, "10.0.0.7")
    guess_from_everywhere(user.username)
    later = timezone.now() + timedelta(days=31)
    AccessFailureLog.objects.update(attempt_time=later)

    assert guessing.limited(user.username, "10.0.0.7", at=timezone.now()) is None
    met = guessing.limited(user.username, "10.0.0.7", at=later + timedelta(minutes=1))
    assert met is not None


@pytest.mark.usefixtures("narrow")
def test_one_address_that_tries_many_names_is_closed_to_new_people():
    settled, new = person(), person()
    come_in_from(settled, "10.0.0.7")
    for number in range(3):
        tried(f"name-{number}", address="10.0.0.7")

    assert tried(new.username, PASSWORD, address="10.0.0.7") is None
    assert tried(new.username, PASSWORD, address="10.0.0.8") == new
    assert tried(settled.username, PASSWORD, address="10.0.0.7") == settled


@pytest.mark.usefixtures("narrow")
def test_the_limits_count_the_last_hour_alone():
    user = person()
    guess_from_everywhere(user.username)

    AccessFailureLog.objects.update(attempt_time=timezone.now() - timedelta(minutes=61))

    assert tried(user.username, PASSWORD, address="10.9.9.9") == user


@pytest.mark.usefixtures("narrow")
def test_tries_that_were_turned_away_do_not_lengthen_the_limit():
    user = person()
    guess_from_everywhere(user.username)
    until = sign_in.locked_until(user.username, at=timezone.now())

    guess_from_everywhere(user.username, 3)

    assert sign_in.locked_until(user.username, at=timezone.now()) == until


@pytest.mark.usefixtures("narrow")
def test_the_limits_sentence_is_the_same_for_a_name_that_nobody_has():
    user = person()
    for name in (user.username, "nobody-of-this-name"):
        guess_from_everywhere(name)

    now = timezone.now()
    with translation.override("en"):
        said = [
            sign_in.locked_sentence(name, at=now, ip_address="10.9.9.9")
            for name in (user.username, "nobody-of-this-name")
        ]

    assert said[0] == said[1]
    assert "failed 4 times" in said[0]


@pytest.mark.usefixtures("narrow")
def test_the_security_administrator_ends_the_limit_on_a_name_too():
    user, admin = person(), make.user(Role.SECURITY_ADMIN)
    guess_from_everywhere(user.username)

    sign_in.unlock(user.pk, by=admin, at=timezone.now())

    assert tried(user.username, PASSWORD, address="10.9.9.9") == user


def test_the_limits_can_be_switched_off(settings):
    settings.SIGN_IN_NAME_TRIES = 0
    user = person()
    guess_from_everywhere(user.username, 5)

    assert tried(user.username, PASSWORD, address="10.9.9.9") == user


def test_one_household_of_ipv6_is_one_address():
    assert asking(REMOTE_ADDR="2001:db8::1") == asking(REMOTE_ADDR="2001:db8::ffff")


@given(st.text(max_size=80))
def test_whatever_a_header_says_is_an_address_or_none(text):
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = text

    found = sign_in.address(request)

    assert found is None or set(found) <= set("0123456789abcdef.:")
