import threading
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from accounts import sealing, second_factor
from accounts.models import RecoveryCode, SecondFactor
from accounts.refusals import StepRefused
from accounts.roles import ADMIN_ROLES, NotAllowed, Role
from audit.models import Entry
from tests.factories import accounts as make
from tests.factories.authenticator import Authenticator, enrolled

db = pytest.mark.django_db
NOW = make.NOW


def later(steps):
    return NOW + timedelta(seconds=30 * steps)


def calm(user):
    """Let the wait after a wrong code pass."""
    SecondFactor.objects.filter(user=user).update(throttling_failure_count=0)


@db
def test_an_app_is_taken_into_use_by_its_first_code():
    user = make.user(Role.OPERATOR)
    app = Authenticator(second_factor.offer(by=user).secret)
    assert not second_factor.has(user)

    codes = second_factor.confirm(app.code(NOW), by=user, at=NOW)

    assert second_factor.has(user)
    assert len(set(codes)) == second_factor.codes_left(user) == 10
    assert Entry.objects.get().verb == "second_factor.enrol"


@db
def test_what_is_offered_stays_the_same_until_it_is_confirmed():
    user = make.user(Role.OPERATOR)

    first, again = second_factor.offer(by=user), second_factor.offer(by=user)

    parts = urlsplit(first.uri)
    assert first == again
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path).endswith(f":{user.username}")
    assert parse_qs(parts.query)["secret"] == [first.secret]


@db
@pytest.mark.parametrize(
    "code", ["000000", "", "12345", "1234567", "abcdef", "１２３４５６", "-12345"]
)
def test_a_wrong_first_code_confirms_nothing(code):
    user = make.user(Role.OPERATOR)
    second_factor.offer(by=user)

    with pytest.raises(second_factor.CodeRefused):
        second_factor.confirm(code, by=user, at=NOW)

    assert not second_factor.has(user)
    assert not Entry.objects.exists()


@db
def test_a_code_is_right_once_and_within_a_step_of_its_time():
    user = make.user(Role.OPERATOR)
    app, _codes = enrolled(user, at=NOW)

    assert not second_factor.check(user, app.code(NOW), at=NOW)
    calm(user)
    assert second_factor.check(user, app.code(later(10)), at=later(11))
    assert not second_factor.check(user, app.code(later(10)), at=later(11))
    calm(user)
    assert not second_factor.check(user, app.code(later(20)), at=later(22))


@db
def test_a_code_may_be_typed_with_a_space():
    user = make.user(Role.OPERATOR)
    app, _codes = enrolled(user, at=NOW)
    code = app.code(later(5))

    assert second_factor.check(user, f" {code[:3]} {code[3:]} ", at=later(5))


@db
def test_a_wrong_code_makes_the_next_one_wait():
    user = make.user(Role.OPERATOR)
    app, _codes = enrolled(user, at=NOW)
    for _try in range(3):
        SecondFactor.objects.update(throttling_failure_timestamp=None)
        assert not second_factor.check(user, "000000", at=later(5))

    assert not second_factor.check(user, app.code(later(5)), at=later(5))
    calm(user)
    assert second_factor.check(user, app.code(later(5)), at=later(5))


@db
def test_a_recovery_code_works_once_however_it_is_typed():
    user = make.user(Role.OPERATOR)
    _app, codes = enrolled(user, at=NOW)

    assert second_factor.check(user, codes[0].upper().replace("-", " "), at=NOW)
    assert not second_factor.check(user, codes[0], at=NOW)

    entry = Entry.objects.get(verb="second_factor.recover")
    assert entry.details["left"] == second_factor.codes_left(user) == 9


@db
def test_codes_of_another_person_do_not_work():
    user, other = make.user(Role.OPERATOR), make.user(Role.OPERATOR)
    _app, _codes = enrolled(user, at=NOW)
    app, codes = enrolled(other, at=NOW)

    assert not second_factor.check(user, codes[0], at=NOW)
    calm(user)
    assert not second_factor.check(user, app.code(later(5)), at=later(5))
    assert not second_factor.check(make.user(), codes[1], at=NOW)


@db
def test_neither_secret_nor_recovery_codes_can_be_read_from_the_database():
    user = make.user(Role.OPERATOR)
    app, codes = enrolled(user, at=NOW)
    factor = SecondFactor.objects.get()

    assert app.key not in bytes(factor.sealed_key)
    assert app.key.hex().encode() not in bytes(factor.sealed_key)
    kept = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert not kept & {sign.replace("-", "") for sign in codes}


@db
def test_a_secret_put_in_the_place_of_another_persons_does_not_open():
    user, other = make.user(Role.OPERATOR), make.user(Role.OPERATOR)
    enrolled(user, at=NOW)
    app, _codes = enrolled(other, at=NOW)
    theirs = SecondFactor.objects.get(user=other)
    SecondFactor.objects.filter(user=user).update(sealed_key=theirs.sealed_key)

    with pytest.raises(sealing.SealBroken):
        second_factor.check(user, app.code(later(5)), at=later(5))


@db
def test_new_recovery_codes_replace_the_old_ones():
    user = make.user(Role.OPERATOR)
    _app, codes = enrolled(user, at=NOW)

    renewed = second_factor.renew_codes(by=user, at=NOW)

    assert not set(renewed) & set(codes)
    assert not second_factor.check(user, codes[0], at=NOW)
    calm(user)
    assert second_factor.check(user, renewed[0], at=NOW)


@db
def test_the_security_administrator_resets_a_lost_one_but_not_their_own():
    user, admin = make.user(Role.OPERATOR), make.user(Role.SECURITY_ADMIN)
    enrolled(user, at=NOW)
    enrolled(admin, at=NOW)

    second_factor.reset(user.pk, by=admin, at=NOW)

    assert not second_factor.has(user)
    assert Entry.objects.latest("pk").verb == "second_factor.reset"
    with pytest.raises(StepRefused) as none:
        second_factor.reset(user.pk, by=admin, at=NOW)
    with pytest.raises(StepRefused) as own:
        second_factor.reset(admin.pk, by=admin, at=NOW)
    with pytest.raises(NotAllowed):
        second_factor.reset(admin.pk, by=make.user(Role.SYSTEM_ADMIN), at=NOW)
    assert (none.value.code, own.value.code) == ("no-second-factor", "own-second-factor")
    assert second_factor.has(admin)


@db
def test_the_console_helps_the_administrator_whom_nobody_else_can():
    admin = make.user(Role.SECURITY_ADMIN)
    enrolled(admin, at=NOW)

    call_command("reset_second_factor", admin.username)

    assert not second_factor.has(admin)
    assert Entry.objects.latest("pk").verb == "second_factor.reset"
    with pytest.raises(CommandError):
        call_command("reset_second_factor", admin.username)
    with pytest.raises(CommandError, match="nobody"):
        call_command("reset_second_factor", "no-such-person")


@db
def test_whoever_is_asked_for_one_does_not_give_it_up(settings):
    admin, clerk = make.user(Role.AUDIT_ADMIN), make.user(Role.PUBLISHER)
    for user in (admin, clerk):
        enrolled(user, at=NOW)
    settings.SECOND_FACTOR = "administrators"

    second_factor.give_up(by=clerk, at=NOW)
    with pytest.raises(StepRefused) as refused:
        second_factor.give_up(by=admin, at=NOW)

    assert refused.value.code == "second-factor-required"
    assert (second_factor.has(clerk), second_factor.has(admin)) == (False, True)
    assert Entry.objects.latest("pk").verb == "second_factor.remove"


@db
@pytest.mark.parametrize(
    ("setting", "asked"),
    [("off", set()), ("administrators", ADMIN_ROLES), ("everybody", set(Role))],
)
def test_the_setting_says_of_whom_one_is_asked(settings, setting, asked):
    settings.SECOND_FACTOR = setting

    assert {role for role in Role if second_factor.is_required_of(make.user(role))} == set(asked)


@db
def test_nothing_is_offered_or_confirmed_twice():
    user = make.user(Role.OPERATOR)
    with pytest.raises(StepRefused):
        second_factor.confirm("000000", by=user, at=NOW)
    app, _codes = enrolled(user, at=NOW)

    with pytest.raises(StepRefused) as offered:
        second_factor.offer(by=user)
    with pytest.raises(StepRefused) as confirmed:
        second_factor.confirm(app.code(later(5)), by=user, at=later(5))

    assert offered.value.code == confirmed.value.code == "has-second-factor"


@pytest.mark.usefixtures("live_database")
def test_one_code_opens_one_of_two_doors_at_once():
    user = make.user(Role.OPERATOR)
    app, codes = enrolled(user, at=NOW)
    ready, outcomes = threading.Barrier(2), []

    def try_it(code):
        ready.wait()
        outcomes.append(second_factor.check(user, code, at=later(5)))
        connections.close_all()

    for code in (app.code(later(5)), codes[0]):
        threads = [threading.Thread(target=try_it, args=[code]) for _door in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        calm(user)

    assert sorted(outcomes) == [False, False, True, True]


@given(st.binary(max_size=60), st.text(max_size=10), st.text(max_size=10))
def test_what_is_sealed_opens_for_its_purpose_alone(plain, purpose, other):
    sealed = sealing.seal(plain, purpose=purpose)

    assert sealing.unseal(sealed, purpose=purpose) == plain
    if other != purpose:
        with pytest.raises(sealing.SealBroken):
            sealing.unseal(sealed, purpose=other)
