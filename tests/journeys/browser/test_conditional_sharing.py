"""A conditional request goes back, is completed, agreed to in part as the matrix follows."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation
from playwright.sync_api import expect

from exchange.models import Answer, Grant, ShareRequest
from exchange.sharing import asking
from exchange.workflow import State
from policy.terms import Grade
from tests.factories import sharing

WORDS = {
    "zh-hans": {
        "more": "请列出全部缺项，每行一项",
        "send": "退回补充",
        "grade": "明文上限",
        "internal": "L2 内部",
        "masked": "脱敏",
        "why": "理由（未按申请全部同意时必填）",
        "propose": "提出该答复",
        "sign": "签批",
        "signed": "答复已签字",
    },
    "en": {
        "more": "Everything that is missing, one a line",
        "send": "Send back to be completed",
        "grade": "clear up to",
        "internal": "L2 internal",
        "masked": "masked",
        "why": "Reason, where it is not all that was asked for",
        "propose": "Propose this answer",
        "sign": "Sign",
        "signed": "The answer is signed",
    },
}


def completed(two, request):
    """Let the asking department complete its request, and its head sign it anew."""
    now = timezone.now()
    asking.submit(request.pk, by=two.clerk, at=now)
    asking.sign(request.pk, vouched=True, by=two.asking_head, at=now)


@pytest.mark.parametrize("language", list(WORDS))
def test_a_conditional_request_is_completed_and_agreed_to_in_part(language, site):
    said, two, today = WORDS[language], sharing.two(), timezone.localdate()
    request = two.signed(
        "name",
        "phone",
        "income",
        at=timezone.now(),
        wanted_from=today,
        wanted_until=today + timedelta(days=100),
    )
    place = f"/office/deciding/{request.pk}/"
    reviewer = site.seat(two.reviewer, language)
    reviewer.open(place)
    reviewer.fill(said["more"], "批准文件")
    reviewer.press(said["send"])
    reviewer.sees("批准文件")
    with translation.override("en"):
        completed(two, request)

    reviewer.open(place)
    reviewer.page.locator(f"#offer-{two.field('income')}").uncheck()
    reviewer.choose(said["grade"], said["internal"])
    phone = reviewer.page.locator("#matrix tr", has_text="phone")
    expect(phone.locator("td").nth(4)).to_contain_text(said["masked"])
    assert not reviewer.page.locator(f"#offer-{two.field('income')}").is_checked()
    reviewer.fill(said["why"], "按最小必要原则")
    reviewer.press(said["propose"])
    reviewer.sees("按最小必要原则")
    head = site.seat(two.where.head, language, narrow=True)
    head.open(place)
    assert head.fits()
    head.press(said["sign"])
    head.sees(said["signed"])

    request, grant = ShareRequest.objects.get(pk=request.pk), Grant.objects.get()
    assert (request.state, request.answer) == (State.GRANTED, Answer.PART)
    assert grant.fields == sorted(two.fields("name", "phone"))
    assert grant.clear_up_to == Grade.L2
    assert reviewer.troubles == head.troubles == []
