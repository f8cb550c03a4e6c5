"""What came after an agreement stands in its annex, outside the digest, and changes nothing."""

from datetime import timedelta

import pytest

from exchange import opening
from exchange.agreements import afterwards, keeping, paper, words
from exchange.models import Ending
from exchange.sharing import asking, deciding, grants, lifecycle, stopping
from exchange.sharing.requests import asked
from tests.exchange.agreements.test_paper import text_of
from tests.factories import market as markets
from tests.factories.sharing import NOW, STOP, TODAY, UNTIL

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def told(grant, today=TODAY):
    grant.refresh_from_db()
    return [(one.what, one.why) for one in afterwards.of(grant.agreement, today=today)]


def test_where_nothing_came_after_there_is_no_annex(two):
    grant = two.granted("phone")

    assert told(grant) == []
    assert afterwards.section([]) is None


def test_a_stop_is_told_with_cause_notice_day_and_each_answer(two):
    grant = two.granted("phone")
    stop = stopping.ask(grant.pk, **STOP, by=two.where.head, at=NOW)
    stopping.refuse(stop.pk, reason="业务在用", by=two.asking_head, at=NOW)
    decided = {"ends": True, "reason": "系统确需下线", "document": "市数〔2026〕9号"}
    stopping.decide(stop.pk, **decided, by=two.where.operator, at=NOW)

    found = told(grant)

    day = "停止服务之日：2026-06-01"
    assert found == [
        ("提供部门提出停止服务", f"系统下线\n{day}\n备案号：备案〔2026〕3号"),
        ("需求部门对停止服务提出异议", "业务在用"),
        ("政务数据共享主管部门决定停止服务", f"系统确需下线\n{day}\n文号：市数〔2026〕9号"),
    ]


def test_a_stop_that_is_refused_by_the_authority_says_that_the_service_goes_on(two):
    grant = two.granted("phone")
    stop = stopping.ask(grant.pk, **STOP, by=two.where.head, at=NOW)
    stopping.refuse(stop.pk, reason="业务在用", by=two.asking_head, at=NOW)
    stopping.decide(stop.pk, ends=False, reason="无正当理由", by=two.where.operator, at=NOW)

    assert told(grant)[-1] == (words.SERVICE_GOES_ON, "无正当理由")


def test_suspension_mending_misuse_and_disposal_are_told_in_their_order(two):
    grant = two.granted("phone")
    mend_by = TODAY + 5 * DAY
    lifecycle.suspend(grant.pk, reason="超范围", mend_by=mend_by, by=two.reviewer, at=NOW)
    lifecycle.resume(grant.pk, reason="已整改", by=two.reviewer, at=NOW + DAY)
    lifecycle.suspend(grant.pk, reason="又超", mend_by=mend_by, by=two.reviewer, at=NOW + 2 * DAY)
    lifecycle.end_for_misuse(grant.pk, reason="未改", by=two.reviewer, at=NOW + 9 * DAY)
    lifecycle.dispose(grant.pk, receipt="已删除", by=two.asking_head, at=NOW + 10 * DAY)

    assert told(grant) == [
        ("暂停共享权限，限期整改", "超范围\n整改期限：2026-03-07"),
        ("恢复共享权限", "已整改"),
        ("暂停共享权限，限期整改", "又超\n整改期限：2026-03-07"),
        (words.ENDINGS["misuse"], "未改"),
        ("需求部门留存处置回执", "已删除"),
    ]


def test_what_came_after_a_companys_agreement_is_told_in_its_own_words():
    market = markets.market()
    grant = market.granted("turnover")
    by = market.reviewer
    lifecycle.suspend(grant.pk, reason="超范围", mend_by=TODAY + DAY, by=by, at=NOW)
    lifecycle.resume(grant.pk, reason="已整改", by=by, at=NOW + DAY)
    grants.revoke(grant.pk, reason="不再开放", by=market.where.head, at=NOW + 2 * DAY)
    lifecycle.dispose(grant.pk, receipt="已删除", by=market.person, at=NOW + 3 * DAY)

    assert told(grant) == [
        ("暂停授权，限期整改", "超范围\n整改期限：2026-03-03"),
        ("恢复授权", "已整改"),
        ("授权撤销", "不再开放"),
        ("使用企业留存处置回执", "已删除"),
    ]


def test_a_renewal_names_the_grant_that_takes_its_place(two):
    old = two.granted("phone")
    request = asking.draft(
        two.dataset.pk,
        two.terms("phone"),
        organization=two.asker,
        renews=old,
        by=two.clerk,
        at=NOW,
    )
    asking.submit(request.pk, by=two.clerk, at=NOW)
    request = asking.sign(request.pk, vouched=True, by=two.asking_head, at=NOW)
    deciding.propose(request.pk, asked(request), by=two.reviewer, at=NOW)
    new = deciding.sign_answer(request.pk, by=two.where.head, at=NOW)[1]

    assert told(old) == [(words.ENDINGS["replaced"], f"由授权第{new.pk}号接替")]
    assert told(new) == []


def test_the_last_day_and_a_withdrawn_dataset_are_told(two):
    grant = two.granted("phone")
    opening.withdraw(two.dataset.pk, reason="停止更新", by=two.where.operator, at=NOW)

    assert told(grant, UNTIL) == [(words.DATASET_WITHDRAWN, "停止更新")]
    assert told(grant, UNTIL + DAY)[1:] == [(words.LAST_DAY_OVER, "")]


def test_each_way_to_end_has_its_words():
    assert set(words.ENDINGS) == set(Ending.values)


def test_the_annex_comes_on_paper_and_leaves_document_and_proof_as_they_were(two):
    grant = two.granted("phone")
    before = paper.pdf(grant.agreement)
    stop = stopping.ask(grant.pk, **STOP, by=two.where.head, at=NOW)
    stopping.agree(stop.pk, by=two.asking_head, at=NOW)

    annex = afterwards.section(afterwards.of(grant.agreement, today=TODAY))

    text = text_of(paper.pdf(grant.agreement, annex))
    assert words.ANNEX not in text_of(before)
    for part in (words.ANNEX, "需求部门同意停止服务", "系统下线", "不计入摘要"):
        assert part in text.replace("\n", "")
    assert paper.pdf(grant.agreement) == before
    assert keeping.prove(grant.agreement).good
