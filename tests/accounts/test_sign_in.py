from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import sign_in
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed, Role
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


def test_one_household_of_ipv6_is_one_address():
    assert asking(REMOTE_ADDR="2001:db8::1") == asking(REMOTE_ADDR="2001:db8::ffff")


@given(st.text(max_size=80))
def test_whatever_a_header_says_is_an_address_or_none(text):
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = text

    found = sign_in.address(request)

    assert found is None or set(found) <= set("0123456789abcdef.:")
