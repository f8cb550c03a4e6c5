"""A company applies for conditional open data, through the verbs that departments ask by."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail

from accounts import notices
from accounts.models import Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog.models import Clock
from exchange.models import Answer, Grant, Ground, RequestEvent
from exchange.sharing import (
    applications,
    applying,
    asking,
    clocks,
    deciding,
    grants,
    lifecycle,
    stopping,
)
from exchange.sharing.grants import GrantUnfit
from exchange.sharing.matrix import barred
from exchange.sharing.requests import RequestIncomplete, RequestUnfit, asked
from exchange.workflow import GrantState, State, StepRefused
from policy.terms import Channel, Mode, Treatment
from tests.factories import accounts, exchange
from tests.factories.market import NOW, TODAY, TRUE, Market, company
from tests.factories.market import market as build
from tests.factories.sharing import STOP
from tests.factories.sharing import two as build_two

pytestmark = pytest.mark.django_db


@pytest.fixture
def market() -> Market:
    return build()


def told(kind: str) -> set[str]:
    return set(Notice.objects.filter(kind=kind).values_list("role", flat=True))


def test_it_is_with_the_provider_as_soon_as_who_answers_for_the_company_hands_it_in(market):
    request = market.handed_in("turnover", "phone")

    assert request.state == State.IN_REVIEW
    assert request.channel == Channel.OPEN
    assert request.signed_by == market.person
    assert Entry.objects.filter(verb="request.hand_in", target=request.address).count() == 1
    assert told("request.received") == {Role.REVIEWER}


def test_its_limit_is_a_row_of_its_own_with_its_citation(market):
    request = market.handed_in("turnover")

    limit = Clock.objects.get(step="answer_opening")
    assert request.due_step == "answer_opening"
    assert (limit.working_days, limit.extension_days) == (15, 15)
    assert limit.certainty == "unverified"
    assert clocks.limit(request) == limit


def test_it_is_extended_once_with_the_authoritys_consent_and_the_company_is_told(market):
    request = market.handed_in("turnover")
    first = request.due_on

    clocks.ask_extension(request.pk, reason="会签", by=market.reviewer, at=NOW)
    extended = clocks.extend(request.pk, by=market.where.operator, at=NOW)

    assert extended.due_on > first
    assert told("request.extended") == {Role.RESPONSIBLE, Role.DEVELOPER}
    with pytest.raises(StepRefused, match="possible once"):
        clocks.ask_extension(request.pk, reason="再延", by=market.reviewer, at=NOW)


def test_what_is_missing_is_told_at_once(market):
    drafted = market.draft(purpose="", scene=" ", safeguards="", calls_peak=None)

    with pytest.raises(RequestIncomplete) as refused:
        applications.hand_in(drafted.pk, by=market.person, at=NOW, **TRUE)

    said = " ".join(refused.value.missing)
    assert len(refused.value.missing) == 5
    assert "security measures" in said
    assert "legal basis" not in said


def test_a_company_does_not_ask_for_a_yes_or_no(market):
    drafted = market.draft("turnover", mode=Mode.VERIFY)

    with pytest.raises(RequestIncomplete, match="whole files"):
        applications.hand_in(drafted.pk, by=market.person, at=NOW, **TRUE)


def test_nobody_hands_in_what_they_do_not_vouch_for(market):
    drafted = market.draft("turnover")

    with pytest.raises(RequestUnfit, match="vouches"):
        applications.hand_in(drafted.pk, vouched=False, by=market.person, at=NOW)

    drafted.refresh_from_db()
    assert drafted.state == State.DRAFT


def test_only_who_answers_for_the_company_applies(market):
    developer = accounts.user(Role.DEVELOPER, market.company)
    _other, stranger = company()

    for person in (developer, stranger, market.where.head):
        with pytest.raises(NotAllowed):
            replace(market, person=person).draft("turnover")
    drafted = market.draft("turnover")
    for person in (developer, stranger):
        with pytest.raises(NotAllowed):
            applications.hand_in(drafted.pk, by=person, at=NOW, **TRUE)


def test_a_citizens_own_place_does_not_apply(market):
    own = accounts.organization("company", uscc=None)
    person = accounts.user(Role.RESPONSIBLE, own)

    with pytest.raises(RequestUnfit, match="Companies apply"):
        replace(market, company=own, person=person).draft("turnover")


def test_what_is_open_to_everybody_is_not_applied_for(market):
    drafted = market.draft("id", "name")

    with pytest.raises(RequestIncomplete, match="already, without applying"):
        applications.hand_in(drafted.pk, by=market.person, at=NOW, **TRUE)


def test_what_no_grant_shows_is_not_applied_for_alone(market):
    drafted = market.draft("secret")

    with pytest.raises(RequestIncomplete, match="no more than now"):
        applications.hand_in(drafted.pk, by=market.person, at=NOW, **TRUE)


def test_a_dataset_without_anything_conditional_is_not_applied_for(market):
    where = exchange.house()
    resource = exchange.table(where)
    dataset = exchange.publish(where, resource)
    place, person = company()
    terms = replace(market.terms(), fields=[resource.fields.first().pk])

    with pytest.raises(RequestUnfit, match="Nothing of"):
        asking.draft(dataset.pk, terms, organization=place, by=person, at=NOW)


def test_what_it_would_bring_is_foreseen_field_by_field(market):
    request = market.draft("turnover", "phone", "secret")

    lines = applying.seen_lines(market.dataset, market.company.pk, asked(request), today=TODAY)

    seen = {one.field.name: (one.now.treatment, one.proposed.treatment) for one in lines}
    assert seen["turnover"] == (Treatment.WITHHELD, Treatment.CLEAR)
    assert seen["phone"] == (Treatment.WITHHELD, Treatment.MASKED)
    assert seen["secret"] == (Treatment.WITHHELD, Treatment.WITHHELD)
    assert seen["district"] == (Treatment.WITHHELD, Treatment.WITHHELD)
    assert seen["name"] == (Treatment.CLEAR, Treatment.CLEAR)


def test_a_department_hands_nothing_in(market):
    two = build_two(rows=False)
    drafted = two.draft("phone")

    with pytest.raises(StepRefused, match="a department's"):
        applications.hand_in(drafted.pk, by=two.asking_head, at=NOW, **TRUE)


def test_a_company_lays_nothing_before_a_head(market):
    drafted = market.draft("turnover")

    with pytest.raises(StepRefused):
        asking.submit(drafted.pk, by=market.person, at=NOW)


def test_it_is_completed_once_and_the_limit_begins_anew(market):
    request = market.handed_in("turnover")
    later = NOW + timedelta(days=3)
    deciding.ask_more(request.pk, missing=["用途太宽"], by=market.reviewer, at=NOW)
    assert told("request.more_asked") == {Role.RESPONSIBLE, Role.DEVELOPER}

    asking.change(request.pk, market.terms("turnover"), by=market.person, at=later)
    again = applications.hand_in(request.pk, by=market.person, at=later, **TRUE)

    assert again.state == State.IN_REVIEW
    assert again.due_from == later
    with pytest.raises(StepRefused, match="once only"):
        deciding.ask_more(request.pk, missing=["还有"], by=market.reviewer, at=later)


def test_the_company_withdraws_and_the_provider_is_told(market):
    request = market.handed_in("turnover")

    withdrawn = asking.withdraw(request.pk, reason="不需要了", by=market.person, at=NOW)

    assert withdrawn.state == State.WITHDRAWN
    assert told("request.withdrawn") == {Role.REVIEWER}


def test_a_part_is_granted_with_its_reason_on_the_open_channel(market):
    part = {"fields": tuple(market.fields("turnover"))}

    grant = market.granted("turnover", "phone", part=part)

    assert grant.channel == Channel.OPEN
    assert grant.fields == market.fields("turnover")
    assert grant.deliver_by is None
    assert grant.request.answer == Answer.PART
    assert told("request.granted") == {Role.RESPONSIBLE, Role.DEVELOPER}


def test_who_proposes_does_not_sign_and_the_company_does_neither(market):
    request = market.handed_in("turnover")
    market.where.head.memberships.create(organization=market.where.department, role=Role.REVIEWER)
    deciding.propose(request.pk, asked(request), by=market.where.head, at=NOW)

    with pytest.raises(StepRefused, match="another head"):
        deciding.sign_answer(request.pk, by=market.where.head, at=NOW)
    with pytest.raises(NotAllowed):
        deciding.sign_answer(request.pk, by=market.person, at=NOW)


def test_who_serves_the_company_too_does_not_decide(market):
    market.reviewer.memberships.create(organization=market.company, role=Role.DEVELOPER)
    request = market.handed_in("turnover")

    with pytest.raises(NotAllowed, match="serve"):
        deciding.propose(request.pk, asked(request), by=market.reviewer, at=NOW)


def test_rows_are_not_replaced_by_a_yes_or_no(market):
    request = market.handed_in("turnover", "id")

    with pytest.raises(RequestUnfit, match="another way of use"):
        deciding.propose(
            request.pk,
            replace(asked(request), mode=Mode.VERIFY),
            reason="核验",
            by=market.reviewer,
            at=NOW,
        )


def test_a_refusal_has_a_ground_and_a_reason_and_names_no_dispute(market):
    request = market.handed_in("turnover")
    with pytest.raises(RequestUnfit, match="no duties"):
        deciding.propose_refusal(
            request.pk, ground=Ground.BEYOND_DUTY, reason="x", by=market.reviewer, at=NOW
        )
    with pytest.raises(RequestUnfit):
        deciding.propose_refusal(
            request.pk, ground=Ground.NOT_NECESSARY, reason=" ", by=market.reviewer, at=NOW
        )

    deciding.propose_refusal(
        request.pk, ground=Ground.NOT_NECESSARY, reason="目的不需要", by=market.reviewer, at=NOW
    )
    refused, grant = deciding.sign_answer(request.pk, by=market.where.head, at=NOW)

    assert (refused.state, grant) == (State.REFUSED, None)
    notice = Notice.objects.filter(kind="application.refused").first()
    assert "目的不需要" in notices.sentence(notice)
    assert "dispute" not in notices.sentence(notice)
    assert not Notice.objects.filter(kind="request.refused").exists()


def test_a_line_that_bars_sharing_alone_is_no_ground_against_a_company(market):
    request = market.handed_in("turnover")

    assert barred(market.dataset, request.fields, today=TODAY, channel=Channel.OPEN) == []
    with pytest.raises(RequestUnfit, match="negative list"):
        deciding.propose_refusal(
            request.pk, ground=Ground.NEGATIVE_LIST, reason="x", by=market.reviewer, at=NOW
        )


def test_mails_to_a_company_lead_to_its_pages_and_never_to_the_office(market):
    type(market.person).objects.filter(pk=market.person.pk).update(email="lan@example.org")
    grant = market.granted("turnover")
    lifecycle.suspend(
        grant.pk, reason="超范围。", mend_by=TODAY + timedelta(days=9), by=market.reviewer, at=NOW
    )

    notices.mail_due(at=NOW)

    bodies = [one.body for one in mail.outbox if one.to == ["lan@example.org"]]
    assert len(bodies) == 2
    assert any(f"/my/applications/{grant.request_id}/" in body for body in bodies)
    assert any(f"/my/applications/grants/{grant.pk}/" in body for body in bodies)
    assert not any("/office/" in body for body in bodies)


def test_the_agreement_is_frozen_in_the_words_of_opening(market):
    grant = market.granted("turnover", "phone")

    told = grant.agreement.document
    assert told["title"] == "公共数据有条件开放使用协议"
    assert told["use"]["safeguards"] == "专人保管，加密存储，到期删除"
    assert {one["share_type"] for one in told["fields"]} == {"有条件开放"}
    assert told["signatures"][0]["office"] == "企业指定负责人"
    assert not any("政务数据共享条例" in duty["article"] for duty in told["duties"])


def test_misuse_suspends_is_mended_or_ends_and_the_company_is_told(market):
    grant = market.granted("turnover")
    mend_by = TODAY + timedelta(days=9)
    reason = {"reason": "转给第三方", "by": market.reviewer}

    lifecycle.suspend(grant.pk, mend_by=mend_by, at=NOW, **reason)
    assert Grant.objects.get(pk=grant.pk).state(TODAY) == GrantState.SUSPENDED
    lifecycle.resume(grant.pk, at=NOW, **reason)
    lifecycle.suspend(grant.pk, mend_by=mend_by, at=NOW, **reason)
    ended = lifecycle.end_for_misuse(grant.pk, at=NOW + timedelta(days=30), **reason)

    assert ended.state(TODAY) == GrantState.ENDED
    assert told("grant.suspended") == told("grant.resumed") == {Role.RESPONSIBLE, Role.DEVELOPER}


def test_the_company_says_that_its_purpose_is_over_and_notes_the_disposal(market):
    grant = market.granted("turnover")

    lifecycle.purpose_over(grant.pk, reason="项目结束", by=market.person, at=NOW)
    done = lifecycle.dispose(grant.pk, receipt="已删除", by=market.person, at=NOW)

    assert done.state(TODAY) == GrantState.DISPOSED
    assert told("grant.disposed") == {Role.REVIEWER}


def test_a_company_is_told_of_the_last_day_ahead_and_when_it_is_over(market):
    type(market.person).objects.filter(pk=market.person.pk).update(email="lan@example.org")
    grant = market.granted("turnover")
    over = NOW + (grant.valid_until - TODAY) + timedelta(days=1)

    counts = [
        (lifecycle.tell_runs_out(at=one), lifecycle.tell_run_out(at=one))
        for one in (NOW, over - lifecycle.AHEAD, over, over)
    ]
    notices.mail_due(at=over)
    door = f"/my/applications/grants/{grant.pk}/"
    ahead, after = [one.body for one in mail.outbox if door in one.body]

    assert counts == [(0, 0), (1, 0), (0, 1), (0, 0)]
    assert told("grant.runs_out") == told("grant.run_out") == {Role.RESPONSIBLE, Role.DEVELOPER}
    assert ("请及时续期" in ahead, "renew it in time" in ahead) == (True, True)
    assert ("已于" in after, "ran out on" in after) == (True, True)


def test_what_a_company_was_told_of_the_last_day_is_settled_when_it_noted_the_disposal(market):
    grant = market.granted("turnover")
    over = NOW + (grant.valid_until - TODAY) + timedelta(days=1)
    lifecycle.tell_run_out(at=over)

    lifecycle.dispose(grant.pk, receipt="已删除", by=market.person, at=over)

    assert not Notice.objects.open().filter(kind="grant.run_out").exists()
    assert lifecycle.tell_run_out(at=over) == 0


def test_a_revoked_grant_is_told_to_the_company(market):
    grant = market.granted("turnover")

    grants.revoke(grant.pk, reason="法规变化", by=market.reviewer, at=NOW)

    assert Grant.objects.get(pk=grant.pk).state(TODAY) == GrantState.ENDED
    assert Role.RESPONSIBLE in told("grant.ended")


def test_a_companys_grant_is_not_stopped_as_a_departments(market):
    grant = market.granted("turnover")

    with pytest.raises(GrantUnfit, match="a company's"):
        stopping.ask(grant.pk, by=market.where.head, at=NOW, **STOP)


def test_what_happened_is_written_down_in_order(market):
    grant = market.granted("turnover")

    steps = RequestEvent.objects.filter(request=grant.request).order_by("pk")
    assert list(steps.values_list("what", flat=True)) == [
        "edit",
        "hand_in",
        "forward",
        "propose",
        "agree",
    ]
