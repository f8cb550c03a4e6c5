"""A company signs up, is checked, runs the programs shown, applies, and receives.

In a real browser, in both languages: the letter, the data authority's check, the key, the very
programs of the dataset's page, the application, the department's answer in part.
"""

import os
import re
import shutil
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import CompanyClaim
from exchange.models import Answer, Grant, ShareRequest
from tests.factories import accounts, market

WORDS = {
    "zh-hans": {
        "confirm": "确认",
        "approve": "核准",
        "approved": "该会员现可为该企业开发",
        "apply": "申请授权",
        "clear": "2 项明文",
        "hand_in": "提交",
        "with_department": "提供部门办理中",
        "propose": "提出该答复",
        "why": "理由（未按申请全部同意时必填）",
        "sign": "签批",
        "granted": "已据此授权",
        "agreement": "公共数据有条件开放使用协议",
    },
    "en": {
        "confirm": "Confirm",
        "approve": "Approve",
        "approved": "The member may build for the company now",
        "apply": "Apply for a grant",
        "clear": "2 in clear",
        "hand_in": "Hand in",
        "with_department": "with the department",
        "propose": "Propose this answer",
        "why": "Reason, where it is not all that was asked for",
        "sign": "Sign",
        "granted": "It led to a grant",
        "agreement": "公共数据有条件开放使用协议",
    },
}
PASSWORD = "Willow-Lane-42"
PROGRAMS = {"curl": ["sh", "-c"], "Python": [sys.executable, "-c"]}


def letter(address: str) -> str:
    """Return the newest letter to an address; without a mail server each is a file."""
    files = Path(settings.EMAIL_FILE_PATH).glob("*.log")
    for file in sorted(files, key=lambda one: one.stat().st_mtime, reverse=True):
        for part in reversed(file.read_bytes().split(b"-" * 79)):
            mail = message_from_bytes(part.strip(), policy=policy.default)
            if address in str(mail["To"]):
                return mail.get_content()
    raise AssertionError(f"no letter to {address}")


def filled(seat, **told: str) -> None:
    """Fill in inputs by their names."""
    for name, value in told.items():
        seat.page.locator(f"[name={name}]").fill(value)


def sent(seat, form: str = "main form") -> None:
    """Send a form by its first button."""
    seat.page.locator(f"{form} button").first.click()


def signed_up(seat, site, email: str, said: dict[str, str]) -> None:
    seat.open("/my/sign-up/")
    filled(seat, name="兰", email=email, password1=PASSWORD, password2=PASSWORD)
    sent(seat)
    seat.page.wait_for_url("**/my/confirm/")
    link = re.search(r"/my/confirm/[^\s/]+/", letter(email))[0]
    seat.open(link)
    seat.press(said["confirm"])
    seat.page.wait_for_url("**/my/sign-in/**")
    filled(seat, login=email, password=PASSWORD)
    sent(seat)
    seat.page.wait_for_url(f"{site.url}/my/")


def checked(seat, site, operator, language: str, said: dict[str, str]) -> None:
    seat.open("/my/companies/")
    filled(seat, uscc=accounts.uscc(4242), name="云图数据有限公司", note="官网可查")
    sent(seat)
    claim = CompanyClaim.objects.get()
    office = site.seat(operator, language)
    office.open(reverse("admin:accounts_companyclaim_button", args=[claim.pk, "approve"]))
    office.press(said["approve"])
    office.sees(said["approved"])


def key_made(seat) -> str:
    seat.open("/my/apps/")
    filled(seat, name="选址助手")
    seat.page.locator("[name=place]").select_option(label="云图数据有限公司")
    sent(seat)
    seat.page.wait_for_url("**/my/apps/*/")
    seat.page.locator("form.form button").first.click()
    return re.search(r"cdx_[a-z2-7]{6}_[\w-]{43}", seat.page.content())[0]


def programs(seat, slug: str) -> dict[str, str]:
    """Return the programs that the page of a dataset shows."""
    seat.open(f"/datasets/{slug}")
    found = {}
    for shown in seat.page.locator("details.program").all():
        found[shown.locator("summary").inner_text()] = shown.locator("code").text_content()
    return {name: found[name] for name in PROGRAMS}


def run(language: str, program: str, key: str) -> str:
    done = subprocess.run(
        [*PROGRAMS[language], program],
        check=False,
        capture_output=True,
        timeout=60,
        env={**os.environ, "CITY_KEY": key, "NO_PROXY": "*", "no_proxy": "*"},
    )
    assert done.returncode == 0, (language, done.stderr.decode())
    return done.stdout.decode()


def applied(seat, made, said: dict[str, str]) -> ShareRequest:
    seat.open(f"/datasets/{made.dataset.slug}")
    seat.press(said["apply"], role="link")
    for number in made.fields("turnover", "district"):
        seat.page.locator(f"[name=wanted][value='{number}']").check()
    expect(seat.page.locator("#foreseen")).to_contain_text(said["clear"])
    filled(
        seat,
        purpose="为便利店选址",
        scene="选址助手",
        safeguards="专人保管，加密存储",
        calls_peak="500",
    )
    seat.page.locator("[name=vouched]").check()
    seat.press(said["hand_in"])
    seat.sees(said["with_department"])
    assert seat.fits()
    return ShareRequest.objects.get()


def granted_in_part(site, made, request: ShareRequest, language: str, said) -> Grant:
    reviewer = site.seat(made.reviewer, language)
    reviewer.open(f"/office/deciding/{request.pk}/")
    reviewer.page.locator(f"#offer-{made.fields('district')[0]}").uncheck()
    reviewer.fill(said["why"], "够用即可")
    reviewer.press(said["propose"])
    reviewer.sees("够用即可")
    head = site.seat(made.where.head, language)
    head.open(f"/office/deciding/{request.pk}/")
    head.press(said["sign"])
    expect(head.page.get_by_text(said["sign"], exact=True)).to_have_count(0)
    return Grant.objects.get()


@pytest.mark.parametrize("language", list(WORDS))
def test_a_company_comes_from_nothing_to_the_data_it_was_granted(language, site):
    if shutil.which("curl") is None:
        pytest.skip("needs: curl")
    said, made = WORDS[language], market.market()
    email = f"lan.{language}.{os.getpid()}@example.org"
    company = site.visitor(language)

    signed_up(company, site, email, said)
    checked(company, site, made.where.operator, language, said)
    key = key_made(company)
    shown = programs(company, made.dataset.slug)
    before = {name: run(name, program, key) for name, program in shown.items()}
    request = applied(company, made, said)
    grant = granted_in_part(site, made, request, language, said)
    after = {name: run(name, program, key) for name, program in shown.items()}

    for name in PROGRAMS:
        assert "n05" in before[name]
        assert "turnover" not in before[name].split("withheld")[0]
        assert re.search(r"turnover['\"]?: ?5\.5", after[name]), after[name]
        assert not re.search(r"district['\"]?: ?['\"](?:east|west)", after[name])
        assert "s5" not in after[name]
    assert grant.request.answer == Answer.PART
    assert grant.state(timezone.localdate()).value == "live"
    company.open(f"/my/applications/{request.pk}/")
    company.sees(said["granted"])
    company.sees("够用即可")
    company.picture(f"company_application_{language}")
    company.open(f"/my/applications/grants/{grant.pk}/agreement/")
    company.sees(said["agreement"])
    assert company.troubles == []
