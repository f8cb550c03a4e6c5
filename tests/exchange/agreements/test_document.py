"""What stands in an agreement: all that was granted, by whom, why, and what both owe."""

from dataclasses import replace

import pytest
from django.utils import translation

from exchange.agreements import document, words
from exchange.agreements.layout import sections
from exchange.models import Grant, Purpose, ShareRequest
from exchange.sharing import deciding
from exchange.sharing.requests import asked
from policy.terms import DataType, Grade, MaskKind, Mode, ScopeOperator, ShareType, Treatment
from tests.factories import sharing
from tests.factories.sharing import NOW

pytestmark = pytest.mark.django_db


def told_of(grant: Grant) -> dict:
    return grant.agreement.document


def test_it_names_both_departments_the_data_and_the_use(two):
    told = told_of(two.granted("name", "phone"))

    parties = [(told[side]["name"], told[side]["uscc"]) for side in ("provider", "consumer")]
    assert parties == [(one.name_zh, one.uscc) for one in (two.dataset.owner, two.asker)]
    assert told["dataset"]["code"] == two.dataset.code
    assert told["dataset"]["condition"] == "限办理政务服务使用"
    assert told["use"] == {
        "class": "行政行为的依据",
        "purpose": "办理租房补贴",
        "scene": "窗口受理",
        "system": "补贴审核系统",
        "basis": "《租房补贴办法》第三条",
        "mode": "query",
        "way": "查询",
        "clear_up_to": "L3（敏感）",
        "valid_from": "2026-03-02",
        "valid_until": sharing.UNTIL.isoformat(),
        "daily_quota": 500,
        "deliver_by": "2026-03-30",
        "answer_reason": "",
    }


def test_each_field_is_told_how_it_is_given_why_and_by_which_law(two):
    request = two.signed("name", "phone", "income")
    offer = replace(asked(request), clear_up_to=Grade.L2)
    offer = replace(offer, fields=tuple(two.fields("name", "phone")))
    deciding.propose(request.pk, offer, reason="按最小必要", by=two.reviewer, at=NOW)
    _request, grant = deciding.sign_answer(request.pk, by=two.where.head, at=NOW)

    name, phone = told_of(grant)["fields"]

    assert (name["name"], name["given"], name["share_type"]) == ("name", "原值", "无条件共享")
    assert name["law"] == ["《政务数据共享条例》第十四条"]
    assert phone["given"] == "脱敏：保留前3位、后2位"
    assert [one["code"] for one in phone["reasons"]] == ["masked-grade"]
    assert phone["law"] == ["《政务数据共享条例》第十四条、第十五条"]
    assert told_of(grant)["use"]["answer_reason"] == "按最小必要"


def test_a_verification_gives_no_value(two):
    told = told_of(two.granted("id", "illness", mode=Mode.VERIFY, clear_up_to=Grade.L4))

    assert {one["given"] for one in told["fields"]} == {"只比对，不提供值"}


def test_conditions_on_rows_are_told_by_the_fields_label(two):
    scope = {"field": two.field("name"), "operator": "in", "values": ["n007", "n008"]}

    told = told_of(two.granted("phone", rows=[scope]))

    [row] = told["rows"]
    assert (row["name"], row["operator"], row["values"]) == ("name", "属于", ["n007", "n008"])


def test_both_heads_stand_there_with_the_moment_in_which_they_signed(two):
    told = told_of(two.granted("phone"))

    consumer, provider = told["signatures"]

    assert (consumer["name"], consumer["at"]) == (
        str(two.asking_head),
        "2026-03-02T10:00:00+08:00",
    )
    assert (provider["name"], provider["office"]) == (str(two.where.head), words.HEAD)


def test_what_the_law_gives_at_once_has_no_signature_of_the_provider(two):
    request = two.signed("name")

    _consumer, provider = told_of(Grant.objects.get(request=request))["signatures"]

    assert (provider["name"], provider["office"]) == ("", words.AT_ONCE)
    assert provider["at"]


def test_each_duty_cites_its_article_and_each_side_has_some(two):
    duties = told_of(two.granted("phone"))["duties"]

    assert {one["side"] for one in duties} == set(words.SIDES)
    assert {one["article"].removeprefix(words.LAW) for one in duties} >= {
        "第二十条",
        "第二十五条",
        "第二十七条",
        "第二十九条",
    }


def test_the_same_grant_gives_the_same_document_in_any_language(two):
    grant = two.granted("name", "phone")
    request = ShareRequest.objects.get(pk=grant.request_id)

    again = []
    for language in ("en", "zh-hans"):
        with translation.override(language):
            again.append(document.of(Grant.objects.get(pk=grant.pk), request))

    assert again == [told_of(grant)] * 2


def test_a_renewal_names_the_grant_before(two):
    old = two.granted("phone")
    request = sharing.asking.draft(
        two.dataset.pk,
        two.terms("phone"),
        organization=two.asker,
        renews=old,
        by=two.clerk,
        at=NOW,
    )
    sharing.asking.submit(request.pk, by=two.clerk, at=NOW)
    request = sharing.asking.sign(request.pk, vouched=True, by=two.asking_head, at=NOW)
    deciding.propose(request.pk, asked(request), by=two.reviewer, at=NOW)
    _request, grant = deciding.sign_answer(request.pk, by=two.where.head, at=NOW)

    told = told_of(grant)

    assert told["renews"] == old.pk
    assert any(f"授权第{old.pk}号" in row for part in sections(told) for row in part.rows)


@pytest.mark.parametrize(
    ("said", "values"),
    [
        (words.PURPOSES, Purpose.values),
        (words.MODES, Mode),
        (words.GRADES, Grade),
        (words.TREATMENTS, Treatment),
        (words.SHARE_TYPES, ShareType),
        (words.DATA_TYPES, DataType),
        (words.OPERATORS, ScopeOperator),
    ],
)
def test_every_value_has_its_chinese_word(said, values):
    assert set(said) == set(values)


@pytest.mark.parametrize("kind", MaskKind)
def test_every_mask_is_told_in_words(kind):
    assert words.masked(sharing.Mask(kind))


def test_people_read_all_parts_in_their_order(two):
    parts = sections(told_of(two.granted("name", "phone")))

    assert [part.heading[0] for part in parts] == list("一二三四五六七")
    assert all(len(row) == len(part.wide) for part in parts for row in part.rows)
    assert {sum(part.wide) for part in parts} == {100}
    assert parts[2].labelled[0][0] == ("信息项", parts[2].rows[0][0])
