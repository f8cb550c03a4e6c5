"""The provider answers: whole, in part, or not; what is missing is told once; two people sign."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts.models import Membership
from accounts.roles import NotAllowed, Role
from exchange.models import Answer, Grant, Ground, ShareRequest
from exchange.sharing import asking, clocks, deciding
from exchange.sharing.requests import BasisGone, RequestUnfit, asked
from exchange.workflow import State, StepRefused
from policy.terms import Grade, Mode
from tests.factories import accounts, catalog, sharing
from tests.factories.sharing import NOW, TODAY, UNTIL

pytestmark = pytest.mark.django_db


def test_what_was_asked_for_is_granted_when_the_head_has_signed():
    two = sharing.two()
    request = two.proposed("name", "phone")
    before = Grant.objects.count()

    request, grant = deciding.sign_answer(request.pk, by=two.where.head, at=NOW)

    assert (before, request.answer, request.state) == (0, Answer.WHOLE, State.GRANTED)
    assert (grant.clear_up_to, grant.modes, grant.daily_quota) == (Grade.L3, ["query"], 500)
    assert grant.deliver_by is None  # the rows are on the platform


def test_twenty_working_days_to_share_what_is_not_on_the_platform_yet(two):
    grant = two.granted("phone")

    assert grant.deliver_by == date(2026, 3, 30)


def test_a_part_is_fewer_fields_masked_shorter_or_a_yes_or_no_and_says_why(two):
    request = two.signed("name", "phone", "income")
    part = replace(
        asked(request),
        fields=tuple(two.fields("name", "phone")),
        clear_up_to=Grade.L2,
        valid_until=date(2026, 6, 30),
    )

    with pytest.raises(RequestUnfit, match="Say why"):
        deciding.propose(request.pk, part, by=two.reviewer, at=NOW)
    deciding.propose(request.pk, part, reason="按最小必要", by=two.reviewer, at=NOW)
    request, grant = deciding.sign_answer(request.pk, by=two.where.head, at=NOW)

    assert request.answer == Answer.PART
    assert grant.fields == sorted(two.fields("name", "phone"))
    assert (grant.clear_up_to, grant.valid_until) == (Grade.L2, date(2026, 6, 30))


@pytest.mark.parametrize(
    "more",
    [
        {"clear_up_to": Grade.L4},
        {"mode": Mode.BULK},
        {"valid_until": UNTIL + timedelta(days=1)},
        {"valid_from": date(2026, 1, 1)},
    ],
)
def test_an_offer_is_never_more_than_was_asked_for(two, more):
    request = two.signed("phone")

    with pytest.raises(RequestUnfit):
        deciding.propose(
            request.pk, replace(asked(request), **more), reason="x", by=two.reviewer, at=NOW
        )

    assert ShareRequest.objects.get().state == State.IN_REVIEW


def test_a_field_nobody_asked_for_cannot_be_offered(two):
    request = two.signed("phone")
    offer = replace(asked(request), fields=tuple(two.fields("phone", "income")))

    with pytest.raises(RequestUnfit, match="not asked for"):
        deciding.propose(request.pk, offer, reason="x", by=two.reviewer, at=NOW)


def test_a_condition_on_rows_that_was_asked_for_stays(two):
    scope = {"field": two.field("name"), "operator": "eq", "values": ["n007"]}
    request = two.signed("phone", rows=[scope])

    with pytest.raises(RequestUnfit, match="condition on rows"):
        deciding.propose(
            request.pk, replace(asked(request), rows=()), reason="x", by=two.reviewer, at=NOW
        )


def test_rows_of_the_highest_grade_are_offered_as_a_yes_or_no_only(two):
    request = two.signed("illness", clear_up_to=Grade.L4)

    with pytest.raises(RequestUnfit, match="nothing would be shown"):
        deciding.propose(request.pk, asked(request), by=two.reviewer, at=NOW)
    found_by = two.signed("id", "illness", clear_up_to=Grade.L4)
    deciding.propose(
        found_by.pk,
        replace(asked(found_by), mode=Mode.VERIFY),
        reason="以核验方式提供",
        by=two.reviewer,
        at=NOW,
    )

    _request, grant = deciding.sign_answer(found_by.pk, by=two.where.head, at=NOW)
    assert grant.modes == ["verify"]


def test_a_yes_or_no_is_not_offered_without_the_fields_that_find_its_subject(two):
    request = two.signed("id", "illness", clear_up_to=Grade.L4)
    offer = replace(asked(request), mode=Mode.VERIFY, fields=tuple(two.fields("illness")))

    with pytest.raises(RequestUnfit, match="found by: id"):
        deciding.propose(request.pk, offer, reason="x", by=two.reviewer, at=NOW)


def test_what_is_missing_is_told_once_and_never_refused(two):
    request = two.signed("phone")
    deciding.ask_more(
        request.pk, missing=["法律依据原文", "系统定级证明"], by=two.reviewer, at=NOW
    )
    request.refresh_from_db()
    stopped = (request.state, request.due_on)

    asking.submit(request.pk, by=two.clerk, at=NOW)
    later = NOW + timedelta(days=7)
    asking.sign(request.pk, vouched=True, by=two.asking_head, at=later)

    request.refresh_from_db()
    assert stopped == (State.SUPPLEMENT, None)
    assert request.due_on == date(2026, 3, 23)  # ten working days from the second receipt
    with pytest.raises(StepRefused, match="once"):
        deciding.ask_more(request.pk, missing=["更多"], by=two.reviewer, at=later)


def test_a_limit_that_begins_anew_has_none_of_the_time_given_before(two):
    request = two.signed("phone")
    clocks.ask_extension(request.pk, reason="量大", by=two.reviewer, at=NOW)
    clocks.extend(request.pk, by=two.where.operator, at=NOW)
    deciding.ask_more(request.pk, missing=["法律依据原文"], by=two.reviewer, at=NOW)

    asking.submit(request.pk, by=two.clerk, at=NOW)
    later = NOW + timedelta(days=7)
    request = asking.sign(request.pk, vouched=True, by=two.asking_head, at=later)
    anew = (request.due_on, request.extended_because)
    clocks.ask_extension(request.pk, reason="仍需核对", by=two.reviewer, at=later)
    request = clocks.extend(request.pk, by=two.where.operator, at=later)

    assert anew == (date(2026, 3, 23), "")
    assert request.due_on > date(2026, 3, 23)


def test_the_negative_list_is_a_ground_only_while_a_line_bars_what_is_asked_for(two):
    request = two.signed("phone")

    with pytest.raises(RequestUnfit, match="No live line"):
        deciding.propose_refusal(
            request.pk, ground=Ground.NEGATIVE_LIST, reason="敏感", by=two.reviewer, at=NOW
        )
    catalog.negative_line(two.dataset, ["phone"])
    deciding.propose_refusal(
        request.pk, ground=Ground.NEGATIVE_LIST, reason="第一项", by=two.reviewer, at=NOW
    )
    request, grant = deciding.sign_answer(request.pk, by=two.where.head, at=NOW)

    assert (request.state, grant) == (State.REFUSED, None)
    assert request.answer_reason == "第一项"


def test_a_line_that_ended_before_the_signature_is_no_ground_any_more(two):
    request = two.signed("phone")
    line = catalog.negative_line(
        two.dataset, ["phone"], until_on=sharing.TODAY + timedelta(days=3)
    )
    deciding.propose_refusal(
        request.pk, ground=Ground.NEGATIVE_LIST, reason="x", by=two.reviewer, at=NOW
    )

    with pytest.raises(RequestUnfit, match="No live line"):
        deciding.sign_answer(request.pk, by=two.where.head, at=NOW + timedelta(days=4))

    assert line.until_on is not None
    assert ShareRequest.objects.get().state == State.TO_ANSWER


def test_nobody_decides_on_a_request_of_their_own(two):
    Membership.objects.create(
        user=two.clerk, organization=two.where.department, role=Role.REVIEWER
    )
    Membership.objects.create(
        user=two.asking_head, organization=two.where.department, role=Role.HEAD
    )
    request = two.signed("phone")

    with pytest.raises(NotAllowed, match="yourself"):
        deciding.propose(request.pk, asked(request), by=two.clerk, at=NOW)
    deciding.propose(request.pk, asked(request), by=two.reviewer, at=NOW)
    with pytest.raises(NotAllowed, match="yourself"):
        deciding.sign_answer(request.pk, by=two.asking_head, at=NOW)


def test_who_asked_gives_the_request_to_nobody_of_the_provider_either(two):
    Membership.objects.create(
        user=two.clerk, organization=two.where.department, role=Role.REVIEWER
    )
    request = two.signed("phone")

    with pytest.raises(NotAllowed, match="asked for this yourself"):
        deciding.assign(request.pk, to=two.reviewer, by=two.clerk, at=NOW)


def test_days_that_are_over_are_not_granted_any_more(two):
    request = two.proposed("phone", wanted_until=two.terms().wanted_from + timedelta(days=3))
    late = NOW + timedelta(days=5)

    with pytest.raises(RequestUnfit, match="which is over"):
        deciding.sign_answer(request.pk, by=two.where.head, at=late)

    assert not Grant.objects.exists()
    asking.withdraw(request.pk, reason="期限已过", by=two.clerk, at=late)


def test_nothing_is_granted_on_a_law_that_ran_out_meanwhile(two):
    law = catalog.basis(in_force_until=TODAY + timedelta(days=1))
    request = two.signed("phone", basis_id=law.pk)
    later = NOW + timedelta(days=2)

    with pytest.raises(BasisGone, match="Send the request back"):
        deciding.propose(request.pk, asked(request), by=two.reviewer, at=later)

    deciding.ask_more(request.pk, missing=["现行有效的依据"], by=two.reviewer, at=later)


def test_who_proposed_an_answer_does_not_sign_it(two):
    Membership.objects.create(
        user=two.where.head, organization=two.where.department, role=Role.REVIEWER
    )
    request = two.signed("phone")
    deciding.propose(request.pk, asked(request), by=two.where.head, at=NOW)

    with pytest.raises(StepRefused, match="another head"):
        deciding.sign_answer(request.pk, by=two.where.head, at=NOW)


def test_the_head_has_an_answer_thought_over(two):
    request = two.proposed("phone")

    deciding.reconsider(request.pk, reason="缩短期限", by=two.where.head, at=NOW)

    assert ShareRequest.objects.get().state == State.IN_REVIEW


def test_more_time_is_given_once_by_the_authority_and_the_asker_told(two):
    request = two.signed("phone")
    with pytest.raises(StepRefused, match="not asked"):
        clocks.extend(request.pk, by=two.where.operator, at=NOW)

    clocks.ask_extension(request.pk, reason="需征求意见", by=two.reviewer, at=NOW)
    request = clocks.extend(request.pk, by=two.where.operator, at=NOW)

    assert request.due_on == date(2026, 3, 30)
    with pytest.raises(StepRefused, match="once"):
        clocks.ask_extension(request.pk, reason="再延", by=two.reviewer, at=NOW)


def test_a_late_answer_is_told_once(two):
    request = two.signed("phone")
    late = NOW + timedelta(days=16)

    first, second = clocks.remind(at=late), clocks.remind(at=late)

    assert (first, second) == (2, 0)  # the reminder that nobody was there to give, and that it is
    assert list(ShareRequest.objects.late(date(2026, 3, 18))) == [request]


def test_the_formal_check_passes_a_request_on_or_tells_what_is_missing(two, settings):
    settings.CLOCK_PROFILE = "municipal-2024"
    request = two.signed("phone")

    with pytest.raises(NotAllowed):
        deciding.pass_check(request.pk, by=two.reviewer, at=NOW)
    request = deciding.pass_check(request.pk, by=two.where.operator, at=NOW)

    assert (request.state, request.due_on) == (State.IN_REVIEW, date(2026, 3, 16))  # unbound: ten


def test_only_a_person_who_can_answer_is_given_a_request(two):
    request = two.signed("phone")

    with pytest.raises(NotAllowed):
        deciding.assign(request.pk, to=two.clerk, by=two.reviewer, at=NOW)
    deciding.assign(request.pk, to=two.reviewer, by=two.reviewer, at=NOW)

    assert ShareRequest.objects.get().assigned_to == two.reviewer


def test_a_comment_reaches_the_other_department(two):
    request = two.signed("phone")

    deciding.comment(request.pk, text="请说明核验频次", by=two.reviewer, at=NOW)
    deciding.comment(request.pk, text="每日一次", by=two.clerk, at=NOW)

    said = request.events.filter(what="comment").order_by("pk")
    assert [one.text for one in said] == ["请说明核验频次", "每日一次"]
    with pytest.raises(NotAllowed):
        deciding.comment(request.pk, text="x", by=accounts.user(Role.PUBLISHER), at=NOW)


@pytest.mark.parametrize("refusal", [True, False])
def test_no_answer_is_laid_before_a_head_who_is_not_there(two, refusal):
    request = two.signed("phone")
    Membership.objects.filter(user=two.where.head).delete()

    with pytest.raises(StepRefused, match=r"Nobody at .* holds the role of head"):
        if refusal:
            told = {"ground": Ground.NOT_NECESSARY, "reason": "已可公开查询"}
            deciding.propose_refusal(request.pk, **told, by=two.reviewer, at=NOW)
        else:
            deciding.propose(request.pk, asked(request), by=two.reviewer, at=NOW)

    assert ShareRequest.objects.get(pk=request.pk).state == State.IN_REVIEW
