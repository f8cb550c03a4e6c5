"""All fields of a draft in one table, as a publisher changes them."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from audit.models import Entry
from catalog import drafting
from catalog.models import CodeList, Field
from catalog.terms import State
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType, ShareType
from tests.factories import accounts, catalog

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return catalog.dataset(State.DRAFT, ["name", "phone", "spaces"])


@pytest.fixture
def desk(draft, at_desk):
    return at_desk(catalog.staff(Role.PUBLISHER, draft.owner))


def place(dataset) -> str:
    return reverse("admin:catalogue_field_table", args=[dataset.pk])


def as_it_is(desk, dataset) -> dict[str, str]:
    """Return the form as the page gives it, to be changed."""
    told = {}
    for row in desk.client.get(place(dataset)).context["rows"]:
        for bound in row:
            value = bound.value()
            if value not in (None, False, ""):
                told[bound.html_name] = "on" if value is True else str(value)
    return told


def changed(told, **over) -> dict[str, str]:
    """Change cells, named by field and column: phone__label_zh."""
    numbers = {one.name: one.pk for one in Field.objects.all()}
    made = dict(told)
    for name, value in over.items():
        field, _sign, column = name.partition("__")
        made[f"{numbers[field]}-{column}"] = value
    return made


def saved(desk, dataset, told):
    """Look at the difference, then save just that."""
    page = desk.client.post(place(dataset), {**told, "look": "1"})
    digest = page.context["difference"].digest
    return desk.client.post(place(dataset), {**told, "save": "1", "digest": digest})


def test_what_was_not_touched_differs_in_nothing(desk, draft):
    page = desk.client.post(place(draft), {**as_it_is(desk, draft), "look": "1"})

    difference = page.context["difference"]
    assert (difference.changes, difference.same) == ((), 3)
    assert b'name="save"' not in page.content


def test_many_fields_are_changed_in_one_form_and_only_after_the_difference_was_shown(desk, draft):
    CodeList.objects.create(name="色", version="1", title_zh="色")
    told = changed(
        as_it_is(desk, draft),
        name__label_zh="停车场名称",
        name__length="30",
        name__code_list=str(CodeList.objects.get()),
        phone__grade="L3",
        phone__share_type="有条件共享",
        phone__open_type="不予开放",
        phone__mask="保留首尾 3+4",
        phone__reason="含个人信息",
        spaces__data_type="整型",
        spaces__is_key="on",
    )

    looked = desk.client.post(place(draft), {**told, "look": "1"}).content.decode()
    untouched = Field.objects.filter(label_zh="停车场名称").exists()
    answer = saved(desk, draft, told)

    assert "<ins>停车场名称</ins>" in looked
    assert "<ins>保留首尾 3+4</ins>" in looked
    assert not untouched
    assert answer["Location"] == place(draft)
    name, phone, spaces = Field.objects.order_by("position")
    assert (name.label_zh, name.length, name.code_list.name) == ("停车场名称", 30, "色")
    assert (phone.grade, phone.share_type, phone.open_type, phone.grade_reason) == (
        Grade.L3,
        ShareType.CONDITIONAL,
        OpenType.NOT_OPEN,
        "含个人信息",
    )
    assert (phone.mask_kind, phone.mask_params) == (
        "keep_edges",
        {"keep_left": 3, "keep_right": 4},
    )
    assert (spaces.data_type, spaces.is_key) == (DataType.INTEGER, True)
    assert Entry.objects.get(verb="field.sheet").details["changed"] == 3


def test_a_value_is_set_for_every_ticked_row_and_saved_by_nobody_yet(desk, draft):
    told = changed(as_it_is(desk, draft), phone__take="on", spaces__take="on")

    page = desk.client.post(
        place(draft), {**told, "at_once": "1", "all-grade": "L2", "all-reason": "内部"}
    )

    difference = page.context["difference"]
    assert {one.name: one.graded["grade"][1] for one in difference.changes} == {
        "phone": Grade.L2,
        "spaces": Grade.L2,
    }
    assert not Field.objects.filter(grade=Grade.L2).exists()


def test_showing_more_than_before_needs_its_reason_and_keeps_the_whole_table_out(desk, draft):
    phone = Field.objects.get(name="phone")
    drafting.grade_field(
        phone.pk,
        grade=Grade.L3,
        mask=Mask(MaskKind.BLANK),
        reason="号码",
        by=desk.user,
        at=catalog.NOW,
    )
    told = changed(as_it_is(desk, draft), phone__mask="", name__label_zh="新")

    page = desk.client.post(place(draft), {**told, "look": "1"})
    refused = saved(desk, draft, told)
    saved(desk, draft, changed(told, phone__reason="已公开的号码"))

    assert "would show more than before" in page.content.decode()
    assert b'name="save"' not in page.content
    assert refused.status_code == 422
    phone.refresh_from_db()
    assert (phone.mask_kind, phone.grade_reason) == ("", "已公开的号码")


def test_what_changed_meanwhile_is_shown_again_and_not_overwritten(desk, draft):
    told = changed(as_it_is(desk, draft), name__label_zh="我的")
    digest = desk.client.post(place(draft), {**told, "look": "1"}).context["difference"].digest
    number = Field.objects.get(name="name").pk
    drafting.update_field(number, label_zh="别人的", by=desk.user, at=catalog.NOW)

    page = desk.client.post(place(draft), {**told, "save": "1", "digest": digest})

    assert "have changed since this was shown" in page.content.decode()
    assert "<del>别人的</del>" in page.content.decode()
    assert Field.objects.get(name="name").label_zh == "别人的"


def test_an_unknown_choice_is_refused_by_a_sentence(desk, draft):
    told = changed(as_it_is(desk, draft), name__grade="L9", name__length="lang")

    page = desk.client.post(place(draft), {**told, "look": "1"}).content.decode()

    assert "cannot stand under “分级”" in page
    assert "cannot stand under “长度”" in page


def test_only_a_draft_of_ones_own_department_is_changed(desk, at_desk, draft):
    published = catalog.dataset(owner=draft.owner)

    page = desk.client.get(place(published)).content.decode()

    assert "only a draft" in page
    assert 'name="look"' not in page
    assert at_desk(accounts.user(Role.PUBLISHER)).client.get(place(draft)).status_code == 404
    assert at_desk(accounts.user(Role.OPERATOR)).client.get(place(draft)).status_code == 403


def test_the_table_is_a_button_of_a_draft(desk, draft):
    assert desk.press(draft, "field_table")["Location"] == place(draft)
