import re
from datetime import timedelta

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import translation

from accounts import passwords
from accounts.models import PastPassword, User
from accounts.passwords import ThreeOfFourClasses, WithoutUserName
from accounts.roles import Role
from tests.factories import accounts as make


@pytest.mark.parametrize(
    "password", ["Harbour2026", "harbour-2026", "HARBOUR-light", "港口Harbour2026"]
)
def test_three_classes_of_characters_are_enough(password):
    ThreeOfFourClasses().validate(password)


@pytest.mark.parametrize("password", ["", "harbour", "harbour2026", "HARBOUR-----", "1234-5678"])
def test_fewer_than_three_classes_are_refused(password):
    with pytest.raises(ValidationError) as refused:
        ThreeOfFourClasses().validate(password)

    assert refused.value.code == "password-too-uniform"


def test_a_short_password_is_refused_in_the_readers_language():
    for language, told in (("zh-hans", "至少要有 10 个字符"), ("en", "at least 10 characters")):
        with translation.override(language), pytest.raises(ValidationError) as refused:
            validate_password("Ab1-", None)

        assert told in " ".join(refused.value.messages)


@pytest.mark.parametrize("password", ["short", "harbour2026", "12345678901", "Lan@example.org1"])
def test_no_sentence_about_a_password_is_left_in_english(password):
    person = User(username="lan", email="Lan@example.org", name="Lan")
    with translation.override("zh-hans"), pytest.raises(ValidationError) as refused:
        validate_password(password, person)

    assert [one for one in refused.value.messages if not re.search("[\u4e00-\u9fff]", one)] == []


def test_the_user_name_does_not_stand_in_the_password():
    with pytest.raises(ValidationError) as refused:
        WithoutUserName().validate("Xmei-2026-light", User(username="MEI"))

    assert refused.value.code == "password-holds-name"
    assert refused.value.messages == [WithoutUserName().get_help_text()]


@pytest.mark.parametrize("user", [None, User(username=""), User(username="lin")])
def test_any_other_password_passes(user):
    WithoutUserName().validate("Xmei-2026-light", user)


def chosen(user, password):
    validate_password(password, user)
    user.set_password(password)
    user.save()


@pytest.mark.django_db
def test_none_of_the_last_five_passwords_comes_back():
    user = make.user(Role.OPERATOR)
    for number in range(6):
        chosen(user, f"Harbour-light-{number}")

    for number in range(1, 6):
        with pytest.raises(ValidationError, match=r"last 5|最近 5 次"):
            chosen(user, f"Harbour-light-{number}")

    assert PastPassword.objects.filter(user=user).count() == 5
    chosen(user, "Harbour-light-0")


@pytest.mark.django_db
def test_the_password_of_another_person_may_be_the_same():
    chosen(make.user(), "Harbour-light-1")
    other = make.user()

    chosen(other, "Harbour-light-1")

    assert other.check_password("Harbour-light-1")


@pytest.mark.django_db
def test_a_password_from_before_histories_were_kept_does_not_come_back_either():
    user = make.user()
    chosen(user, "Harbour-light-1")
    PastPassword.objects.all().delete()

    with pytest.raises(ValidationError):
        chosen(user, "Harbour-light-1")


@pytest.mark.django_db
def test_the_history_can_be_switched_off(settings):
    settings.PASSWORD_HISTORY = 0
    user = make.user()

    for _again in range(2):
        chosen(user, "Harbour-light-1")

    assert PastPassword.objects.filter(user=user).count() == 1


@pytest.mark.django_db
def test_a_password_is_old_after_ninety_days(settings):
    user = make.user()
    chosen(user, "Harbour-light-1")
    since = PastPassword.objects.get().set_at

    assert not passwords.is_old(user, at=since + timedelta(days=89, hours=23))
    assert passwords.is_old(user, at=since + timedelta(days=90))
    settings.PASSWORD_DAYS = 0
    assert not passwords.is_old(user, at=since + timedelta(days=900))


@pytest.mark.django_db
def test_a_password_of_unknown_age_is_as_old_as_its_person():
    user = make.user(created_at=make.NOW)

    assert not passwords.is_old(user, at=make.NOW + timedelta(days=1))
    assert passwords.is_old(user, at=make.NOW + timedelta(days=90))
