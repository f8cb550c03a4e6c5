"""A head signs, an operator sends one entry back and publishes the other: in both languages."""

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from accounts.models import Role
from catalog import publishing
from catalog.models import Dataset
from catalog.publishing import CHECKLIST
from catalog.terms import State
from tests.factories import accounts, catalog


def page_of(entry: Dataset) -> str:
    return reverse("admin:catalog_dataset_change", args=[entry.pk])


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_head_signs_and_an_operator_sends_one_back_and_publishes_the_other(site, language):
    department = accounts.organization(name_zh="教育局", name_en="Education Bureau")
    publisher = accounts.user(Role.PUBLISHER, department)
    head = accounts.user(Role.HEAD, department)
    operator = accounts.user(Role.OPERATOR)
    good, lacking = (
        catalog.dataset(State.DRAFT, owner=department, title_zh=zh, title_en=en)
        for zh, en in (("学校名录", "Schools"), ("校车线路", "School buses"))
    )
    for entry in (good, lacking):
        publishing.ask_signature(entry.pk, by=publisher, at=timezone.now())

    with translation.override(language):
        at_the_head = site.seat(head, language)
        for entry in (good, lacking):
            at_the_head.open(page_of(entry))
            at_the_head.press(gettext("Sign"), "link")
            for text in CHECKLIST.values():
                at_the_head.page.get_by_label(str(text)).check()
            at_the_head.press(gettext("Sign"))
            at_the_head.sees(gettext("The entry is signed. It can be submitted now."))
        for entry in (good, lacking):
            publishing.submit(entry.pk, by=publisher, at=timezone.now())

        at_the_desk = site.seat(operator, language)
        at_the_desk.open(reverse("admin:index"))
        at_the_desk.sees(gettext("Entries to be reviewed"))
        at_the_desk.picture(f"operator-{language}")
        at_the_desk.open(page_of(lacking))
        at_the_desk.press(gettext("Send back"), "link")
        at_the_desk.page.locator("[name=defects]").fill("缺少更新说明。")
        at_the_desk.press(gettext("Send back"))
        at_the_desk.open(page_of(good))
        at_the_desk.press(gettext("Publish"), "link")
        at_the_desk.press(gettext("Publish"))

    good.refresh_from_db()
    lacking.refresh_from_db()
    assert (good.state, lacking.state) == (State.PUBLISHED, State.DRAFT)
    assert lacking.defects == ["缺少更新说明。"]
    assert at_the_head.troubles == at_the_desk.troubles == []
