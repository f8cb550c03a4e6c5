"""The review page shows all that a decision rests on, and refuses what the verbs refuse."""

import re

import pytest
from django.urls import reverse

from accounts.roles import OFFICE_ROLES, Role, holders
from catalog import as_seen, publishing
from catalog.models import CodeList, Dataset
from catalog.terms import State
from exchange import counted
from policy.detect import Finding, FoundBy, Kind
from policy.grading import suggest
from policy.terms import Grade
from tests.factories import accounts, catalog

pytestmark = pytest.mark.django_db


def page(desk, dataset, what="review"):
    return desk.client.get(reverse(f"admin:{what}", args=[dataset.pk]))


def decide(desk, dataset, what, **told):
    return desk.client.post(reverse(f"admin:review_{what}", args=[dataset.pk]), told)


@pytest.fixture
def operator(at_desk):
    return at_desk(accounts.user(Role.OPERATOR))


def test_everything_a_decision_rests_on_is_on_the_page(operator):
    codes = CodeList.objects.create(name="kinds", version="1", title_zh="种类")
    draft = catalog.dataset(
        State.DRAFT,
        [
            catalog.new_field("shop", label_zh="店铺名称", is_key=True, code_list=codes),
            catalog.new_field("permit", label_zh="许可证号"),
        ],
        abstract_zh="全市持证零售户，一行一户，截至上月末。",
    )
    field = draft.resources.get().fields.get(name="permit")
    found = suggest([Finding(Kind.RESIDENT_ID, 9, 10, FoundBy.SAMPLE, 1.0)], "permit", "许可证号")
    publishing.suggest_grade(
        field.pk, grade=Grade.L3, evidence=found.as_data(), by=None, at=catalog.NOW
    )
    publishing.grade_field(
        field.pk,
        grade=Grade.L2,
        reason="looked at, no person",
        by=catalog.staff(Role.PUBLISHER, draft.owner),
        at=catalog.NOW,
    )
    twin = catalog.dataset(
        State.PUBLISHED,
        [
            catalog.new_field("a", label_zh="店铺名称"),
            catalog.new_field("b", label_zh="许可证编号"),
        ],
    )
    catalog.bring(draft.pk, State.IN_REVIEW)

    text = page(operator, draft).content.decode()

    for told in (
        "was due on 2026-03-04",  # the clock, and who says so
        "第十七条",
        "全市持证零售户",  # metadata
        "kinds",  # code list
        "looked at, no person",  # reason of the grade
        "9 of 10 values",  # evidence
        str(publishing.CHECKLIST["secrecy_risk"]),  # what the head vouched for
        str(twin.owner),  # who collects the same
        "It gave no reason.",  # what the department answers
        "Say why it is collected again",  # to be picked when it goes back
        "graded below what was found in them: permit",  # what could be sent back
    ):
        assert told in text, told


def test_publishing_from_the_page_publishes(operator, said):
    dataset = catalog.dataset(State.IN_REVIEW)

    answer = decide(operator, dataset, "publish")

    assert answer.status_code == 302
    assert "published" in said(answer)
    assert Dataset.objects.get(pk=dataset.pk).state == State.PUBLISHED


def test_sending_back_takes_what_was_picked_and_the_reviewers_own_lines(operator):
    dataset = catalog.dataset(State.IN_REVIEW, title_en="")
    picked = "The English title is missing."

    decide(operator, dataset, "send_back", picked=[picked], own="摘要太短\n\n缺少样例")

    dataset.refresh_from_db()
    assert (dataset.state, dataset.defects) == (State.DRAFT, [picked, "摘要太短", "缺少样例"])


def test_sending_back_without_a_defect_is_refused_on_the_page(operator):
    dataset = catalog.dataset(State.IN_REVIEW)

    answer = decide(operator, dataset, "send_back")

    assert answer.status_code == 422
    assert "Say what is missing" in answer.content.decode()
    dataset.refresh_from_db()
    assert dataset.state == State.IN_REVIEW


def test_a_page_left_open_publishes_nothing_that_it_did_not_show(operator):
    dataset = catalog.dataset(State.IN_REVIEW)
    seen = re.search(r'name="seen" value="(\w+)"', page(operator, dataset).content.decode())
    publishing.send_back(
        dataset.pk, defects=["?"], by=accounts.user(Role.OPERATOR), at=catalog.NOW
    )
    publishing.update_dataset(
        dataset.pk,
        abstract_zh="另一段摘要。",
        by=catalog.staff(Role.PUBLISHER, dataset.owner),
        at=catalog.NOW,
    )
    catalog.bring(dataset.pk, State.IN_REVIEW)

    answer = decide(operator, dataset, "publish", seen=seen[1])

    assert answer.status_code == 409
    assert "was changed after you opened it" in answer.content.decode()
    assert decide(operator, dataset, "publish", seen=as_seen.digest(dataset)).status_code == 302


def counts_alone(dataset, smallest=10):
    [field] = dataset.resources.get().fields.filter(name="district")
    by = catalog.able("exchange.count_only", dataset.owner)
    told = {"reason": "few rows a district", "by": by, "at": catalog.NOW}
    counted.count_only(dataset.pk, [(field.pk, "")], smallest=smallest, **told)


def test_the_reviewer_reads_by_what_the_entry_will_be_counted(operator):
    dataset = catalog.dataset(State.IN_REVIEW, ["name", "district"])
    plain = page(operator, dataset).content.decode()
    counts_alone(dataset)

    text = page(operator, dataset).content.decode()

    assert "Open by counts alone" not in plain
    assert "in groups of 10 or more, by: " in text
    assert "[district]" in text
    assert "few rows a district" in text


def test_a_rule_of_counting_that_changed_under_the_reviewers_eyes_bars_the_decision(operator):
    dataset = catalog.dataset(State.IN_REVIEW, ["name", "district"])
    counts_alone(dataset)
    seen = re.search(r'name="seen" value="(\w+)"', page(operator, dataset).content.decode())
    by = catalog.able("exchange.count_only", dataset.owner)
    counted.count_rows(dataset.pk, reason="not needed", by=by, at=catalog.NOW)

    answer = decide(operator, dataset, "publish", seen=seen[1])

    assert answer.status_code == 409
    assert "was changed after you opened it" in answer.content.decode()


@pytest.mark.parametrize("decision", ["publish", "send_back"])
def test_the_second_reviewer_reads_who_decided(decision, operator):
    dataset = catalog.dataset(State.IN_REVIEW)
    first = accounts.user(Role.OPERATOR)
    publishing.accept(dataset.pk, by=first, at=catalog.NOW)

    answer = decide(operator, dataset, decision, own="zu spät")

    assert answer.status_code == 409
    assert first.name in answer.content.decode()


@pytest.mark.parametrize("decision", ["publish", "send_back"])
@pytest.mark.parametrize("state", [State.DRAFT, State.SIGNED, State.WITHDRAWN])
def test_a_decision_in_the_wrong_state_is_a_conflict(decision, state, operator):
    dataset = catalog.dataset(state)

    assert decide(operator, dataset, decision, own="late").status_code == 409
    assert "<form" not in page(operator, dataset).content.decode().split('class="office"')[1]


@pytest.mark.parametrize(
    "role", sorted(OFFICE_ROLES - set(holders("catalog.review_dataset")), key=str)
)
def test_nobody_but_reviewers_sees_the_page_or_decides(role, at_desk):
    dataset = catalog.dataset(State.IN_REVIEW)
    desk = at_desk(catalog.staff(role, dataset.owner) if role != Role.OPERATOR else None)

    assert page(desk, dataset).status_code == 403
    assert decide(desk, dataset, "publish").status_code == 403
    assert decide(desk, dataset, "send_back", own="x").status_code == 403


def test_an_entry_that_is_not_there_is_not_found(operator):
    assert operator.client.get(reverse("admin:review", args=[987654])).status_code == 404
    assert operator.client.get(reverse("admin:review_publish", args=[1])).status_code == 405


def test_who_submitted_the_entry_may_not_decide_on_it(at_desk):
    made = catalog.dataset(State.SIGNED)
    both = catalog.staff(Role.PUBLISHER, made.owner)
    accounts.Membership.objects.create(
        user=both,
        organization=accounts.organization(accounts.OrganizationKind.AUTHORITY),
        role=Role.OPERATOR,
    )
    publishing.submit(made.pk, by=both, at=catalog.NOW)

    assert decide(at_desk(both), made, "publish").status_code == 403


def test_the_page_asks_as_many_queries_for_many_fields_as_for_few(
    operator, django_assert_max_num_queries
):
    dataset = catalog.dataset(State.IN_REVIEW, [f"f{number}" for number in range(40)])

    with django_assert_max_num_queries(40):
        assert page(operator, dataset).status_code == 200


def test_an_entry_that_comes_again_shows_what_it_was_sent_back_for_and_what_changed(operator):
    dataset = catalog.dataset(State.IN_REVIEW, title_en="Old words")
    decide(operator, dataset, "send_back", own="英文名称不准确")
    publisher = catalog.staff(Role.PUBLISHER, dataset.owner)
    publishing.update_dataset(dataset.pk, title_en="New words", by=publisher, at=catalog.NOW)
    catalog.bring(dataset.pk, State.IN_REVIEW, publisher=publisher)

    text = page(operator, dataset).content.decode()

    for told in ("英文名称不准确", "<del>Old words</del>", "<ins>New words</ins>"):
        assert told in text
    assert (
        "Sent back before" not in page(operator, catalog.dataset(State.IN_REVIEW)).content.decode()
    )
