"""A person sets up a second factor and signs in with it, in both languages, wide and narrow."""

from dataclasses import dataclass

import pytest
from django.utils import timezone

from accounts.roles import Role
from tests.factories import accounts
from tests.factories.authenticator import Authenticator

pytestmark = pytest.mark.slow
PASSWORD = "Correct-horse-9"


@dataclass(frozen=True)
class Words:
    set_up: str
    code: str
    use: str
    kept: str
    name: str
    password: str
    log_in: str
    sign_in: str
    in_use: str
    log_out: str


WORDS = {
    "zh-hans": Words(
        "设置",
        "应用显示的验证码",
        "启用",
        "我已保存",
        "用户名",
        "密码",
        "登录",
        "登录",
        "已启用：登录时需输入验证码。",
        "注销",
    ),
    "en": Words(
        "Set it up",
        "Code from the app",
        "Take it into use",
        "I have kept them",
        "User name",
        "Password",
        "Log in",
        "Sign in",
        "In use: signing in asks for a code.",
        "Log out",
    ),
}


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_second_factor_is_set_up_and_used(site, language, narrow):
    words, mark = WORDS[language], f"{language}-{'narrow' if narrow else 'wide'}"
    person = accounts.user(Role.OPERATOR, name="王敏")
    person.set_password(PASSWORD)
    person.save()
    seat = site.seat(person, language, narrow=narrow)

    seat.open("/office/me/")
    seat.picture(f"account-{mark}")
    assert seat.fits()
    seat.press(words.set_up, "link")
    app = Authenticator(seat.page.locator("code.secret").inner_text())
    seat.picture(f"second-factor-{mark}")
    assert seat.fits()
    seat.fill(words.code, app.code(timezone.now()))
    seat.press(words.use)
    recovery = seat.page.locator(".codes code").first.inner_text()
    seat.picture(f"recovery-codes-{mark}")
    assert seat.fits()
    seat.press(words.kept, "link")

    seat.page.context.clear_cookies(name="sessionid")
    seat.open("/office/login/")
    seat.page.locator("#id_username").fill(person.username)
    seat.page.locator("#id_password").fill(PASSWORD)
    seat.page.locator("#login-form button[type=submit]").click()
    seat.page.locator("#id_code").wait_for()
    seat.picture(f"second-step-{mark}")
    assert seat.fits()
    seat.page.locator("#id_code").fill(recovery)
    seat.press(words.sign_in)
    seat.page.wait_for_url("**/office/")
    seat.open("/office/me/")

    seat.sees(words.in_use)
    assert seat.troubles == []
