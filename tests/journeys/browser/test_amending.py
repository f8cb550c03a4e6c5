"""A published entry is amended; a department answers the one-source check: in two languages."""

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import Role
from catalog.models import Dataset, Field, Revision
from catalog.terms import State
from tests.factories import accounts, catalog

NEW = {"fee": ("收费标准", "Fee"), "hours": ("开放时间", "Opening hours")}


def page_of(row) -> str:
    model = row._meta
    return reverse(f"admin:{model.app_label}_{model.model_name}_change", args=[row.pk])


def to_the_head(seat, entry):
    """Propose another title, and two new fields as one change."""
    seat.open(page_of(entry))
    seat.press(gettext("Propose a change"), "link")
    seat.page.locator("[name=title_en]").fill("Public car parks")
    seat.page.locator("[name=alias]").fill("停车场")
    seat.page.locator("[name=reason]").fill("名称更准确")
    seat.press(gettext("Propose a change"))
    seat.sees(gettext("The change waits for the signature of the head."))

    seat.press(gettext("Propose fields"), "link")
    seat.press(gettext("Propose fields"))
    seat.press(gettext("One more field"))
    seat.page.locator("[name=row1-name]").wait_for()
    for number, (name, (zh, en)) in enumerate(NEW.items()):
        told = {"name": name, "label_zh": zh, "label_en": en}
        for key, value in told.items():
            seat.page.locator(f"[name=row{number}-{key}]").fill(value)
        seat.page.locator(f"[name=row{number}-grade]").select_option("1")
    seat.page.locator("[name=reason]").fill("自本月起采集")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_published_entry_is_amended_signed_and_reviewed(site, language):
    department = accounts.organization(name_zh="城管局", name_en="Urban Management Bureau")
    entry = catalog.dataset(
        owner=department, title_zh="停车场名录", title_en="Car parks", fields=["name", "spaces"]
    )
    publisher = accounts.user(Role.PUBLISHER, department)
    head = accounts.user(Role.HEAD, department)
    operator = accounts.user(Role.OPERATOR)

    with translation.override(language):
        seat = site.seat(publisher, language)
        to_the_head(seat, entry)
        seat.picture(f"new-fields-{language}")
        seat.press(gettext("Propose these fields"))
        seat.sees(gettext("The change waits for the signature of the head."))

        first, second = Revision.objects.order_by("pk")
        at_the_head, at_the_desk = site.seat(head, language), site.seat(operator, language)
        for revision in (first, second):
            at_the_head.open(page_of(revision))
            at_the_head.press(gettext("Sign"), "link")
            at_the_head.press(gettext("Sign"))
        at_the_desk.open(page_of(first))
        at_the_desk.sees("Public car parks")
        at_the_desk.picture(f"amendment-{language}")
        for revision in (first, second):
            at_the_desk.open(page_of(revision))
            at_the_desk.press(gettext("Accept"), "link")
            at_the_desk.page.locator("[name=reason]").fill("同意")
            at_the_desk.press(gettext("Accept"))
            at_the_desk.sees(gettext("The change holds from now on."))

        narrow = site.seat(operator, language, narrow=True)
        narrow.open(page_of(second))
        assert narrow.fits()
        narrow.picture(f"amendment-narrow-{language}")
        form = site.seat(publisher, language, narrow=True)
        form.open(reverse("admin:new_fields", args=[entry.pk]))
        assert form.fits()

    entry.refresh_from_db()
    assert (entry.title_en, entry.alias) == ("Public car parks", "停车场")
    names = Field.objects.filter(resource__dataset=entry).live().values_list("name", flat=True)
    assert list(names) == ["name", "spaces", *NEW]
    assert not any(one.troubles for one in (seat, at_the_head, at_the_desk, narrow, form))


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_who_collects_what_another_has_says_why_and_the_reviewer_reads_it(site, language):
    fields = [
        catalog.new_field("permit", label_zh="许可证号"),
        catalog.new_field("shop", label_zh="店铺名称"),
    ]
    other = accounts.organization(name_zh="烟草局", name_en="Tobacco Bureau")
    catalog.dataset(owner=other, fields=fields, title_zh="零售许可", title_en="Retail permits")
    department = accounts.organization(name_zh="市场监管局", name_en="Market Regulation Bureau")
    mine = catalog.dataset(
        State.SIGNED, fields, owner=department, title_zh="店铺许可", title_en="Shop permits"
    )

    with translation.override(language):
        seat = site.seat(accounts.user(Role.PUBLISHER, department), language)
        seat.open(page_of(mine))
        seat.sees(str(other))
        seat.press(gettext("Submit for review"), "link")
        seat.sees(str(other))
        seat.picture(f"one-source-{language}")
        seat.page.locator("[name=collected_again]").fill("许可范围不同，不含烟草。")
        seat.press(gettext("Submit for review"))
        seat.sees(gettext("The entry is with the data authority."))

        at_the_desk = site.seat(accounts.user(Role.OPERATOR), language)
        at_the_desk.open(reverse("admin:review", args=[mine.pk]))
        at_the_desk.sees(gettext("What the department answers"))
        at_the_desk.sees("许可范围不同，不含烟草。")
        at_the_desk.picture(f"one-source-review-{language}")

    assert Dataset.objects.get(pk=mine.pk).collected_again == "许可范围不同，不含烟草。"
    assert seat.troubles == at_the_desk.troubles == []
