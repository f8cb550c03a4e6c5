"""The search page in a browser: words, a facet, and back, in both languages, wide and narrow."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Role
from catalog.terms import State
from policy.terms import Grade
from tests.factories import accounts, catalog

WORDS = {
    "zh-hans": ("标题、信息项、部门或说明中的词语", "搜索", "缩小范围"),
    "en": ("Words of title, field, department or description", "Search", "Narrow down"),
}


def a_catalogue():
    """Make two departments with entries in several states and grades."""
    traffic = accounts.organization(name_zh="交通运输局", name_en="Transport Bureau")
    water = accounts.organization(name_zh="水务局", name_en="Water Bureau")
    theme = catalog.subject(name_zh="公共交通", name_en="Public transport")
    for number, (state, grade, owner) in enumerate(
        (
            (State.PUBLISHED, Grade.L1, traffic),
            (State.PUBLISHED, Grade.L2, traffic),
            (State.DRAFT, Grade.L1, traffic),
            (State.PUBLISHED, Grade.L1, water),
            (State.IN_REVIEW, Grade.L1, water),
        )
    ):
        catalog.dataset(
            state,
            owner=owner,
            grade=grade,
            subject=theme,
            title_zh=f"城市公交站点信息{number}",
            title_en=f"Bus stops of the city {number}",
            abstract_zh="每个站点的名称、位置与候车亭情况，每日更新。",
            abstract_en="Name, place and shelter of each stop, refreshed daily.",
        )
    return traffic


@pytest.mark.slow
def test_a_clerk_searches_by_sound_narrows_and_takes_it_back(site):
    clerk = catalog.staff(Role.PUBLISHER, a_catalogue())

    for language in ("zh-hans", "en"):
        label, button, _facets = WORDS[language]
        for narrow in (False, True):
            seat = site.seat(clerk, language, narrow=narrow)
            seat.open(reverse("admin:search"))
            seat.fill(label, "gongjiao")
            seat.press(button)
            hits = seat.page.locator(".note")
            expect(hits).to_have_count(4)
            seat.page.locator(".facets").evaluate("details => details.open = true")
            size = "390" if narrow else "1440"
            seat.picture(f"search-{language}-{size}")
            seat.press("L2 内部" if language == "zh-hans" else "L2 internal", "link")
            expect(hits).to_have_count(1)
            seat.page.locator(".badge[href]").click()
            expect(hits).to_have_count(4)

            assert seat.fits(), (language, size)
            assert seat.troubles == []
            seat.page.context.close()
