"""Unconditional in one sitting: found, asked for, signed and granted, in both languages."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from exchange.models import Grant, ShareRequest
from tests.factories import sharing

WORDS = {
    "zh-hans": {
        "ask": "申请",
        "at once": "负责人签发时即获授权",
        "conditional": "由提供部门答复",
        "used as": "使用类别",
        "class": "业务协同",
        "purpose": "用途",
        "scene": "使用场景",
        "basis": "法律依据（文字说明）",
        "system": "使用系统",
        "peak": "日峰值调用次数",
        "send": "送负责人签发",
        "sign": "确认并签发",
        "granted": "即时授权",
    },
    "en": {
        "ask": "Ask for it",
        "at once": "it is granted in the moment the head signs",
        "conditional": "the provider answers after",
        "used as": "Used as",
        "class": "coordination of business",
        "purpose": "Purpose",
        "scene": "Scene of use",
        "basis": "Legal basis, in words",
        "system": "System that uses it",
        "peak": "Calls a day, at the peak",
        "send": "Lay before the head",
        "sign": "Vouch for it and sign",
        "granted": "granted at once",
    },
}


@pytest.mark.slow
def test_what_is_unconditional_is_asked_for_signed_and_granted_in_one_sitting(site):
    two = sharing.two(rows=False)

    for number, language in enumerate(WORDS, start=1):
        words = WORDS[language]
        seat = site.seat(two.clerk, language)
        seat.open(reverse("admin:search"))
        seat.picture(f"asking-search-{language}")
        seat.page.locator(f"a[href$='?dataset={two.dataset.pk}']").click()
        for name in ("income", "name"):
            seat.page.locator(f"#field-{two.field(name)}").check()
        seat.sees(words["conditional"])
        seat.page.locator(f"#field-{two.field('income')}").uncheck()
        seat.sees(words["at once"])
        seat.picture(f"asking-form-{language}")
        seat.choose(words["used as"], words["class"])
        for part in ("purpose", "scene", "basis", "system"):
            seat.fill(words[part], "办理租房补贴")
        seat.fill(words["peak"], "500")
        seat.press(words["send"])
        seat.picture(f"asking-asked-{language}")
        asked = ShareRequest.objects.latest("pk")

        head = site.seat(two.asking_head, language, narrow=number == 2)
        head.open(reverse("admin:asked", args=[asked.pk]))
        for box in head.page.locator("input[name=vouched]").all():
            box.check()
        head.picture(f"asking-sign-{language}")
        assert head.fits()
        head.press(words["sign"])
        head.sees(words["granted"])

        assert Grant.objects.get(request=asked).fields == two.fields("name")
        narrow = site.seat(two.clerk, language, narrow=True)
        for page in ("own_requests", "own_grants", "search"):
            narrow.open(reverse(f"admin:{page}"))
            narrow.picture(f"asking-{page}-{language}-390")
            assert narrow.fits()
        narrow.open(f"{reverse('admin:ask')}?copy={asked.pk}")
        expect(narrow.page.locator(f"#field-{two.field('name')}")).to_be_checked()
        narrow.picture(f"asking-form-{language}-390")
        assert narrow.fits()
        assert not seat.troubles + head.troubles + narrow.troubles
