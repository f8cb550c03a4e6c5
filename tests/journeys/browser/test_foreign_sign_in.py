"""A citizen signs up by the city's OpenID Connect server, comes back, signs out; it is gone once.

In a real browser, which keeps to `form-action` and to what cookies may cross from site to site.
"""

import pytest

from accounts.models import User
from tests.journeys.browser.conftest import serving
from tests.portal.members import identity
from tests.portal.members.foreign import BACK

WORDS = {
    "zh-hans": {
        "button": "用“Bay ID”登录",
        "welcome": "您好，安娜 Anna",
        "out": "退出登录",
        "still": "在“Bay ID”可能仍是登录状态",
        "down": "“Bay ID”暂时没有响应",
        "do": "请几分钟后重试，或用邮箱和密码登录。",
    },
    "en": {
        "button": "Sign in with Bay ID",
        "welcome": "Welcome, 安娜 Anna",
        "out": "Sign out",
        "still": "At Bay ID you may be signed in still",
        "down": "“Bay ID” does not answer at the moment",
        "do": "Try again in a few minutes, or sign in with e-mail address and password.",
    },
}
DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_citizen_signs_up_by_it_comes_back_and_signs_out(
    live_database, browser, tmp_path, monkeypatch, language
):
    said = WORDS[language]
    with identity.served() as server:
        server.url = server.url.replace("127.0.0.1", "localhost")  # another site to the browser
        told = {
            "OIDC_SERVER": server.url,
            "OIDC_NAME": "Bay ID",
            "OIDC_CLIENT": identity.CLIENT,
            "OIDC_SECRET": identity.SECRET,
            "OIDC_INSIDE": "127.0.0.0/8,::1",
        }
        with serving(live_database, browser, tmp_path, monkeypatch, besides=told) as site:
            server.back = site.url + BACK
            seat = site.visitor(language)

            for _time in ("first", "again"):
                seat.open("/my/sign-in/")
                seat.press(said["button"])
                seat.page.wait_for_url(f"{server.url}/authorize**")
                seat.page.locator("#yes").click()
                seat.page.wait_for_url(f"{site.url}/my/")
                seat.sees(said["welcome"])
                seat.press(said["out"])
                seat.sees(said["still"])
            server.broken[DISCOVERY] = lambda: (500, {})
            seat.open("/my/sign-in/")
            seat.press(said["button"])
            seat.sees(said["down"])
            seat.sees(said["do"])

        elsewhere = [one for one in seat.troubles if server.url not in one]
        assert User.objects.count() == 1
        assert elsewhere == []
