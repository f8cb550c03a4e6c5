"""Entries and fields by buttons: the way there, and each step in a wrong state."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.roles import Role
from catalog import publishing
from catalog.models import Dataset, Revision
from catalog.publishing import CHECKLIST
from catalog.terms import State
from policy.terms import Grade, OpenType
from tests.factories import accounts, catalog, exchange


def permission_of(model, button):
    """Return the permission that a button at a row asks for."""
    desk = admin.site._registry[model]
    return next(one.permission for one in desk.buttons if one.name == button)


GRADED = {
    "grade": 1,
    "share_type": "unconditional",
    "open_type": "unconditional",
    "mask_kind": "",
    "keep_left": 0,
    "keep_right": 0,
    "digits": 3,
    "reason": "looked at",
}


def test_an_entry_goes_from_draft_to_withdrawn_by_buttons(at_desk, said):
    where = exchange.house()
    publisher, head, operator = map(at_desk, (where.publisher, where.head, where.operator))
    metadata = {
        "title_zh": "停车场",
        "abstract_zh": "公共停车场。",
        "keywords_zh": "停车，交通",
        "contact": "0000-00000000",
        "update_cycle": "daily",
        "license": "CC-BY-4.0",
        "detail": "000000",
    }

    publisher.press_above(Dataset, "create", slug="parking", owner=where.department.pk, **metadata)
    dataset = Dataset.objects.get(slug="parking")
    publisher.press(dataset, "update", **metadata | {"title_en": "Car parks"})
    publisher.press(dataset, "field", name="name", label_zh="名称", data_type="text")
    publisher.press(dataset, "field", name="spaces", label_zh="泊位", data_type="integer")
    fields = list(dataset.resources.get().fields.order_by("position"))
    for field in fields:
        publisher.press(field, "grade", **GRADED)
    head.press(dataset, "sign", secrecy_risk="on", personal_information="on")
    publisher.press(dataset, "submit")
    published = operator.press(dataset, "publish")

    dataset.refresh_from_db()
    assert dataset.state == State.PUBLISHED, said(published)
    assert dataset.keywords_zh == ["停车", "交通"]
    assert dataset.title_en == "Car parks"
    assert [field.name for field in fields] == ["name", "spaces"]

    head.press(dataset, "withdraw", reason="replaced by a better one")

    dataset.refresh_from_db()
    assert dataset.state == State.WITHDRAWN


WRONG_STATE = [
    # state, button, permission, what the form says, part of the sentence
    (State.PUBLISHED, "update", {"title_zh": "改", "detail": "0"}, "changed only when"),
    (State.PUBLISHED, "field", {"name": "b", "label_zh": "乙", "data_type": "text"}, "changed"),
    (State.PUBLISHED, "sign", {"secrecy_risk": "on"}, "signed only when"),
    (State.PUBLISHED, "ask-signature", {}, "laid before the head only when"),
    (State.DRAFT, "recall", {}, "taken back for changes only when"),
    (State.DRAFT, "submit", {}, "submitted only when"),
    (State.DRAFT, "send-back", {"defects": "no abstract"}, "sent back only when"),
    (State.DRAFT, "publish", {}, "published only when"),
    (State.DRAFT, "withdraw", {"reason": "old"}, "withdrawn only when"),
]


@pytest.mark.parametrize(("state", "button", "told", "sentence"), WRONG_STATE, ids=str)
def test_a_step_in_the_wrong_state_is_refused_by_its_sentence(
    state, button, told, sentence, at_desk, said
):
    dataset = catalog.dataset(state)
    permission = permission_of(Dataset, button)
    desk = at_desk(catalog.able(permission, dataset.owner))

    answer = desk.press(dataset, button, **told)

    assert answer.status_code == 409
    assert sentence in said(answer)
    dataset.refresh_from_db()
    assert dataset.state == state


def test_buttons_are_drawn_for_the_steps_that_are_open(at_desk):
    draft = catalog.dataset(State.DRAFT)
    head, publisher = (
        at_desk(catalog.staff(role, draft.owner)) for role in (Role.HEAD, Role.PUBLISHER)
    )

    def drawn(desk):
        actions = desk.page(draft).context["actions_detail"]
        return {action["path"].split("/")[-2] for action in actions}

    assert drawn(head) == {"sign", "line", "count-only"}
    offering = {"file", "api", "link", "relate", "fields", "field_table", "copy"}
    steps = {"update", "field", "line", "ask-signature", "count-only"}
    assert drawn(publisher) == steps | offering


def test_a_publisher_hears_who_collects_the_same_and_answers_when_submitting(at_desk, said):
    fields = [
        catalog.new_field("permit", label_zh="许可证号"),
        catalog.new_field("shop", label_zh="店铺名称"),
    ]
    theirs = catalog.dataset(State.PUBLISHED, fields)
    mine = catalog.dataset(State.SIGNED, fields)
    publisher = at_desk(catalog.staff(Role.PUBLISHER, mine.owner))

    page, unanswered = publisher.page(mine), publisher.press(mine, "submit")

    assert str(theirs.owner) in page.content.decode()
    assert theirs.title in unanswered.content.decode()
    assert "was left empty" in said(unanswered)
    publisher.press(mine, "submit", collected_again="许可范围不同")
    mine.refresh_from_db()
    assert (mine.state, mine.collected_again) == (State.IN_REVIEW, "许可范围不同")


def test_lists_and_pages_show_until_when_a_review_is_due(at_desk, django_assert_max_num_queries):
    dataset = catalog.dataset(State.IN_REVIEW)
    operator = at_desk(accounts.user(Role.OPERATOR))

    listed, page = operator.list(Dataset), operator.page(dataset)

    assert "was due on 2026-03-04" in listed.content.decode()
    assert "was due on 2026-03-04" in page.content.decode()
    for _ in range(3):
        catalog.dataset(State.IN_REVIEW, owner=dataset.owner)
    with django_assert_max_num_queries(20):
        operator.list(Dataset)


def test_signing_without_vouching_says_what_is_open(at_desk, said):
    draft = catalog.dataset(State.DRAFT)
    head = at_desk(catalog.staff(Role.HEAD, draft.owner))

    answer = head.press(draft, "sign", secrecy_risk="on")

    assert "Still open" in said(answer)
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_the_head_signs_below_what_is_signed_and_not_what_came_after(at_desk, said):
    draft = catalog.dataset(State.DRAFT, abstract_zh="全市停车场。")
    head = at_desk(catalog.staff(Role.HEAD, draft.owner))
    page = head.ask(draft, "sign").content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', page)
    publishing.update_dataset(
        draft.pk,
        abstract_zh="全市停车场及车主。",
        by=catalog.staff(Role.PUBLISHER, draft.owner),
        at=catalog.NOW,
    )

    answer = head.press(draft, "sign", **dict.fromkeys(CHECKLIST, "on"), seen=seen[1])

    assert "全市停车场。" in page
    assert "was changed after you opened it" in said(answer)
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_an_entry_is_sent_back_with_all_that_is_missing(at_desk):
    dataset = catalog.dataset(State.IN_REVIEW)

    at_desk(accounts.user(Role.OPERATOR)).press(
        dataset, "send-back", defects="no abstract\n\nno English title"
    )

    dataset.refresh_from_db()
    assert dataset.state == State.DRAFT
    assert dataset.defects == ["no abstract", "no English title"]


# fields and revisions


def test_a_detected_field_needs_a_reason_for_its_grade(at_desk, said):
    field = catalog.field(suggested=Grade.L3)
    desk = at_desk(catalog.staff(Role.PUBLISHER, field.resource.dataset.owner))

    answer = desk.press(field, "grade", **GRADED | {"reason": ""})

    assert "looks sensitive" in said(answer)
    field.refresh_from_db()
    assert field.grade is None


def test_a_field_is_graded_with_its_mask(at_desk):
    field = catalog.field()
    desk = at_desk(catalog.staff(Role.PUBLISHER, field.resource.dataset.owner))
    mask = {"mask_kind": "keep_edges", "keep_left": 3, "keep_right": 2}

    desk.press(field, "grade", **GRADED | {"grade": 3} | mask)

    field.refresh_from_db()
    assert (field.grade, field.mask_params) == (3, {"keep_left": 3, "keep_right": 2})


def test_grading_a_published_field_is_a_wrong_state_and_regrading_a_draft_too(at_desk, said):
    published, draft = catalog.dataset(), catalog.dataset(State.DRAFT)
    for dataset, button in ((published, "grade"), (draft, "regrade")):
        desk = at_desk(catalog.staff(Role.PUBLISHER, dataset.owner))
        field = catalog.table(dataset).fields.get()

        answer = desk.press(field, button, **GRADED)

        assert "only when" in said(answer)


def test_stricter_acts_at_once_and_looser_waits_for_another_person(at_desk, said):
    dataset = catalog.dataset(grade=Grade.L2)
    field = catalog.table(dataset).fields.get()
    head = at_desk(catalog.staff(Role.HEAD, dataset.owner))

    head.press(field, "regrade", **GRADED | {"grade": 4, "open_type": "not_open"})
    field.refresh_from_db()
    assert (field.grade, field.open_type) == (4, OpenType.NOT_OPEN)

    waiting = head.press(field, "regrade", **GRADED | {"grade": 1})
    assert "waits for a second person" in said(waiting)
    revision = Revision.objects.get()

    own = head.press(revision, "accept", reason="fine")
    assert own.status_code == 403

    operator = at_desk(accounts.user(Role.OPERATOR))
    operator.press(revision, "accept", reason="fine")
    field.refresh_from_db()
    assert field.grade == 1

    again = operator.press(revision, "refuse", reason="late")
    assert "decided already" in said(again)


# amendments


def test_a_published_entry_is_amended_by_buttons_old_and_new_side_by_side(at_desk, said):
    dataset = catalog.dataset(title_en="Old title")
    publisher, head, operator = (
        at_desk(catalog.staff(role, dataset.owner))
        for role in (Role.PUBLISHER, Role.HEAD, Role.OPERATOR)
    )
    whole = {name: getattr(dataset, name) for name in ("title_zh", "abstract_zh", "contact")}
    whole |= {"update_cycle": "daily", "license": dataset.license}

    publisher.press(dataset, "amend", **whole, title_en="New title", reason="clearer")
    revision = Revision.objects.get()
    page = head.page(revision).content.decode()
    assert "Old title" in page
    assert "New title" in page
    head.press(revision, "sign")
    listed = operator.list(Revision).content.decode()
    assert "working days" in listed or "due" in listed
    operator.press(revision, "accept", reason="fine")

    dataset.refresh_from_db()
    assert dataset.title_en == "New title"


def test_a_field_is_added_relabelled_and_withdrawn_by_buttons(at_desk):
    dataset = catalog.dataset(fields=["name", "spaces"])
    field = catalog.table(dataset).fields.get(name="name")
    publisher = at_desk(catalog.staff(Role.PUBLISHER, dataset.owner))
    rows = [{"name": "fee", "label_zh": "收费"}, {"name": "hours", "label_zh": "时间"}]
    told = {
        f"row{number}-{name}": value
        for number, row in enumerate(rows)
        for name, value in (GRADED | row | {"data_type": "text"}).items()
    }
    page = reverse("admin:new_fields", args=[dataset.pk])

    publisher.client.post(page, told | {"row": [0, 1], "reason": "collected from now on"})
    publisher.press(field, "relabel", name="place", label_zh="场名", reason="usual word")
    for revision in Revision.objects.order_by("pk"):
        at_desk(catalog.staff(Role.HEAD, dataset.owner)).press(revision, "sign")
        at_desk(accounts.user(Role.OPERATOR)).press(revision, "accept", reason="fine")
    publisher.press(field, "withdraw", reason="not collected any more")

    live = catalog.table(dataset).fields.filter(ended_at=None)
    assert set(live.values_list("name", flat=True)) == {"spaces", "fee", "hours"}
    field.refresh_from_db()
    assert (field.name, field.label_zh) == ("place", "场名")


def test_an_amendment_says_what_stays_and_names_the_buttons_that_help(at_desk):
    dataset = catalog.dataset()
    field = catalog.table(dataset).fields.get()
    publisher = at_desk(catalog.staff(Role.PUBLISHER, dataset.owner))

    entry = publisher.ask(dataset, "amend").content.decode()
    one = publisher.ask(field, "relabel").content.decode()
    offered = {
        str(action["title"])
        for row in (dataset, field)
        for action in publisher.page(row).context["actions_detail"]
    }

    assert "Category, item and detail: they are in the resource code" in entry
    assert "The data type: rows are stored by it." in one
    assert "Whether it is part of the key" in one
    named = set(re.findall("press “([^”]*)”", entry + one, re.IGNORECASE))
    assert named == {"Draft a similar entry", "Propose fields", "Regrade"}
    assert named <= offered


def test_amending_in_the_wrong_state_is_refused_by_its_sentence(at_desk, said):
    draft = catalog.dataset(State.DRAFT)
    field = catalog.table(draft).fields.get()
    publisher = at_desk(catalog.staff(Role.PUBLISHER, draft.owner))
    whole = {"title_zh": "改", "update_cycle": "daily", "reason": "x"}
    link = {"title_zh": "链接", "url": "https://a.example/", "reason": "x"}

    for answer in (
        publisher.press(draft, "amend", **whole),
        publisher.press(draft, "offer-link", **link),
        publisher.press(field, "relabel", name="other", label_zh="改", reason="x"),
        publisher.press(field, "withdraw", reason="x"),
    ):
        assert answer.status_code == 409
        assert "revised only when" in said(answer)
    assert not Revision.objects.exists()
