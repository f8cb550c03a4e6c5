import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.passwords import ThreeOfFourClasses, WithoutUserName


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


def test_the_user_name_does_not_stand_in_the_password():
    with pytest.raises(ValidationError) as refused:
        WithoutUserName().validate("Xmei-2026-light", User(username="MEI"))

    assert refused.value.code == "password-holds-name"
    assert refused.value.messages == [WithoutUserName().get_help_text()]


@pytest.mark.parametrize("user", [None, User(username=""), User(username="lin")])
def test_any_other_password_passes(user):
    WithoutUserName().validate("Xmei-2026-light", user)
