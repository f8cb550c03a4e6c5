"""One page shows all that an answer to a request rests on, and takes the provider's steps."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import OFFICE_ROLES, Role
from backoffice.pages.frame import place_of
from catalog.terms import ClockStep
from exchange.models import Answer, Ground, ShareRequest
from exchange.sharing import as_seen, clocks, deciding, lifecycle, stopping
from exchange.sharing.requests import asked
from exchange.workflow import State
from policy.terms import Grade, Mode
from tests.factories import accounts, catalog, sharing
from tests.factories.sharing import NOW, TODAY

pytestmark = pytest.mark.django_db
FORM = {
    "mode": "query",
    "clear_up_to": 3,
    "valid_from": "2026-03-02",
    "valid_until": f"{timezone.localdate() + timedelta(days=60)}",
    "daily_quota": 500,
}


@pytest.fixture
def two() -> sharing.Two:
    return sharing.two(rows=False)


def page(desk, request):
    return desk.client.get(reverse("admin:deciding", args=[request.pk]))


def act(desk, request, name, **told):
    return desk.client.post(reverse("admin:deciding_act", args=[request.pk, name]), told)


def test_everything_that_an_answer_rests_on_is_on_the_page(two, at_desk):
    before = two.granted("name", "phone")
    request = two.signed("income", "phone", purpose="另一项用途")

    text = page(at_desk(two.reviewer), request).content.decode()

    for told in (
        str(two.asker),
        "另一项用途",
        "窗口受理",
        "补贴审核系统",
        "《租房补贴办法》第三条",
        two.clerk.name,
        two.asking_head.name,
        f"#{before.pk}",  # what the department holds already
        f"#{before.request_id}",  # a similar request, and its answer
        Answer.WHOLE.label,
        "Received on 2026-03-02",  # the limit, to be counted again
        "2026-03-16",
        "第二十一条",
        "passed on to the provider",
    ):
        assert str(told) in text, told


def test_the_matrix_follows_the_offer_while_it_is_made(two, at_desk):
    request = two.signed("phone", "income")
    desk = at_desk(two.reviewer)
    live = reverse("admin:deciding_matrix", args=[request.pk])

    whole = desk.client.post(live, FORM | {"fields_offered": two.fields("phone", "income")})
    masked = desk.client.post(
        live, FORM | {"fields_offered": two.fields("phone"), "clear_up_to": 2}
    )

    assert whole.content.decode().count("in clear") > masked.content.decode().count("in clear")
    assert "masked" in masked.content.decode()
    assert "The offer covers this field." in whole.content.decode()
    assert "no. 0" not in whole.content.decode()
    assert ShareRequest.objects.get(pk=request.pk).state == State.IN_REVIEW


def test_a_part_is_proposed_on_the_page_with_every_way_of_giving_less(two, at_desk):
    request = two.signed("id", "name", "phone", "income", wanted_until=date(2029, 1, 31))
    offer = FORM | {
        "fields_offered": two.fields("id", "name", "phone"),
        "mode": "verify",
        "clear_up_to": 2,
        "valid_until": "2028-12-31",
        "daily_quota": 50,
        "row_field_0": two.field("name"),
        "row_operator_0": "in",
        "row_values_0": "n001，n002",
        "propose-reason": "按最小必要",
        "seen": as_seen.digest(request),
    }

    answer = act(at_desk(two.reviewer), request, "propose", **offer)

    request.refresh_from_db()
    assert answer.status_code == 302
    assert (request.state, request.answer) == (State.TO_ANSWER, Answer.PART)
    assert request.offered == {
        "fields": sorted(two.fields("id", "name", "phone")),
        "mode": "verify",
        "clear_up_to": 2,
        "valid_from": "2026-03-02",
        "valid_until": "2028-12-31",
        "daily_quota": 50,
        "rows": [{"field": two.field("name"), "operator": "in", "values": ["n001", "n002"]}],
    }


def test_what_the_form_lacks_is_told_and_what_was_typed_stays(two, at_desk):
    request = two.signed("phone")
    told = FORM | {"fields_offered": two.fields("phone"), "valid_until": "", "mode": "bulk"}

    answer = act(at_desk(two.reviewer), request, "propose", **told, **{"propose-reason": "因为"})

    text = answer.content.decode()
    assert answer.status_code == 400
    assert "marked below" in text
    assert "因为" in text
    assert text.count("errorlist") == 2


def test_a_condition_on_rows_needs_field_and_value(two, at_desk):
    request = two.signed("phone")
    told = FORM | {"fields_offered": two.fields("phone"), "row_field_0": two.field("name")}

    lacking = act(at_desk(two.reviewer), request, "propose", **told)
    several = act(at_desk(two.reviewer), request, "propose", **told, row_values_0="a,b")

    assert "names a field and what it is compared with" in lacking.content.decode()
    assert "compares with one value" in several.content.decode()


def test_the_head_signs_what_was_shown_or_gives_it_back(two, at_desk):
    first, second = two.proposed("phone"), two.proposed("income")
    desk = at_desk(two.where.head)
    seen = re.search(r'name="seen" value="(\w+)"', page(desk, first).content.decode())

    signed = act(desk, first, "sign", seen=seen[1])
    back = act(desk, second, "reconsider", **{"reconsider-reason": "少给一些"})

    assert (signed.status_code, back.status_code) == (302, 302)
    assert [one.state for one in ShareRequest.objects.order_by("pk")] == [
        State.GRANTED,
        State.IN_REVIEW,
    ]


def test_a_page_left_open_signs_nothing_that_it_did_not_show(two, at_desk):
    request = two.proposed("name", "phone")
    seen = as_seen.digest(ShareRequest.objects.get(pk=request.pk))
    deciding.reconsider(request.pk, reason="再想想", by=two.where.head, at=NOW)
    less = replace(asked(request), fields=tuple(two.fields("name")))
    deciding.propose(request.pk, less, reason="最小必要", by=two.reviewer, at=NOW)

    answer = act(at_desk(two.where.head), request, "sign", seen=seen)

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "was changed after you opened it" in text
    assert f"given a proposed answer by {two.reviewer}" in text
    assert ShareRequest.objects.get(pk=request.pk).state == State.TO_ANSWER


def test_the_second_reviewer_reads_who_answered_and_when(two, at_desk):
    request = two.signed("phone")
    colleague = accounts.user(Role.REVIEWER, two.where.department)
    deciding.propose(request.pk, asked(request), by=two.reviewer, at=NOW)

    answer = act(
        at_desk(colleague),
        request,
        "refuse",
        **{"refuse-ground": "not_held", "refuse-reason": "没有"},
    )

    assert answer.status_code == 409
    assert f"by {two.reviewer} on 2026-03-02" in answer.content.decode()


def test_a_refusal_has_ground_and_reason_and_the_negative_list_only_where_a_line_bars(
    two, at_desk
):
    request = two.signed("phone")
    desk = at_desk(two.reviewer)

    offered = page(desk, request).content.decode()
    forced = act(desk, request, "refuse", **{"refuse-ground": Ground.NEGATIVE_LIST.value})
    without = act(desk, request, "refuse", **{"refuse-ground": Ground.NOT_NECESSARY.value})
    done = act(
        desk,
        request,
        "refuse",
        **{"refuse-ground": Ground.NOT_NECESSARY.value, "refuse-reason": "核验即可"},
    )

    assert str(Ground.NOT_NECESSARY.label) in offered
    assert str(Ground.NEGATIVE_LIST.label) not in offered
    assert (forced.status_code, without.status_code, done.status_code) == (400, 400, 302)
    assert "Say why" in without.content.decode()


def test_what_is_missing_is_asked_for_once(two, at_desk):
    request = two.signed("phone")
    desk = at_desk(two.reviewer)

    nothing = act(desk, request, "more")
    done = act(desk, request, "more", **{"more-reason": "法条\n\n系统备案号"})

    request.refresh_from_db()
    assert (nothing.status_code, done.status_code) == (400, 302)
    assert request.missing == ["法条", "系统备案号"]
    assert "系统备案号" in page(desk, request).content.decode()


def test_more_time_is_asked_for_and_given_and_the_days_are_counted_anew(two, at_desk):
    request = two.signed("phone")
    act(at_desk(two.reviewer), request, "ask-time", **{"time-reason": "数据分散"})
    operator = at_desk(accounts.user(Role.OPERATOR))

    seen = page(operator, request).content.decode()
    given = act(operator, request, "give-time")

    request.refresh_from_db()
    assert "数据分散" in seen
    assert given.status_code == 302
    assert request.due_on == date(2026, 3, 30)
    assert "(extension)" in page(operator, request).content.decode()


def test_a_request_is_given_to_a_colleague_who_did_not_ask(two, at_desk):
    request = two.signed("phone")
    colleague = accounts.user(Role.REVIEWER, two.where.department)
    stranger = accounts.user(Role.REVIEWER)
    desk = at_desk(two.reviewer)

    wrong = act(desk, request, "assign", **{"assign-to": stranger.pk})
    act(desk, request, "assign", **{"assign-to": colleague.pk})

    request.refresh_from_db()
    assert wrong.status_code == 400
    assert request.assigned_to == colleague


def test_the_comment_is_on_the_timeline_of_both(two, at_desk):
    request = two.signed("phone")
    desk = at_desk(two.reviewer)

    act(desk, request, "comment", **{"comment-reason": "请说明频率"})

    assert "请说明频率" in page(desk, request).content.decode()


def test_the_formal_check_passes_a_request_on(two, at_desk, settings):
    settings.CLOCK_PROFILE = "municipal-2024"
    request = two.signed("phone")
    operator = at_desk(accounts.user(Role.OPERATOR))
    shown = page(operator, request).content.decode()

    answer = act(operator, request, "pass")

    assert request.state == State.IN_CHECK
    assert "Pass on to the provider" in shown
    assert answer.status_code == 302
    assert ShareRequest.objects.get(pk=request.pk).state == State.IN_REVIEW


def test_what_was_in_the_formal_check_when_the_rules_changed_is_shown_and_passed_on(
    two, at_desk, settings
):
    settings.CLOCK_PROFILE = "municipal-2024"
    request = two.signed("phone")
    settings.CLOCK_PROFILE = "order809"
    operator = at_desk(accounts.user(Role.OPERATOR))

    shown = page(operator, request)
    act(operator, request, "pass")

    assert "2026-03-04" in shown.content.decode()
    request.refresh_from_db()
    assert (request.state, request.due_step) == (State.IN_REVIEW, ClockStep.ANSWER_UNBOUND)


def test_limits_that_began_under_other_rules_are_reminded_of(two, settings):
    settings.CLOCK_PROFILE = "municipal-2024"
    request = two.signed("phone")
    settings.CLOCK_PROFILE = "order809"

    clocks.remind(at=NOW + timedelta(days=1))

    request.refresh_from_db()
    assert str(request.due_on) == "2026-03-04"


def test_the_print_view_has_no_button(two, at_desk):
    request = two.proposed("phone")

    paper = at_desk(two.reviewer).client.get(reverse("admin:deciding_print", args=[request.pk]))

    text = paper.content.decode()
    assert "<form" not in text
    assert "<button" not in text
    assert str(two.asker) in text


def test_who_asks_and_other_providers_do_not_see_the_page(two, at_desk):
    request = two.signed("phone")
    drafted = two.draft("phone")

    assert page(at_desk(two.clerk), request).status_code == 404
    assert page(at_desk(accounts.user(Role.REVIEWER)), request).status_code == 404
    assert page(at_desk(two.reviewer), drafted).status_code == 404
    assert act(at_desk(accounts.user(Role.HEAD)), request, "sign").status_code == 404
    assert act(at_desk(two.reviewer), request, "burn").status_code == 404


@pytest.mark.parametrize(
    "role", sorted({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN} & OFFICE_ROLES)
)
def test_administrators_see_no_request(role, two, at_desk):
    request = two.signed("phone")

    assert page(at_desk(accounts.user(role)), request).status_code == 403


@pytest.mark.parametrize("name", ["propose", "refuse", "sign", "pass", "give-time", "more"])
def test_a_step_without_its_right_is_forbidden(name, two, at_desk):
    request = two.signed("phone")
    publisher = at_desk(catalog.staff(Role.PUBLISHER, two.dataset.owner))
    told = FORM | {"fields_offered": two.fields("phone"), "refuse-ground": "not_held"}

    assert page(publisher, request).status_code == 200
    assert act(publisher, request, name, **told).status_code == 403


def test_the_page_asks_no_more_often_for_a_long_history(
    two, at_desk, django_assert_max_num_queries
):
    request = two.signed("phone")
    for number in range(30):
        deciding.comment(request.pk, text=str(number), by=two.reviewer, at=NOW)
    for _number in range(5):
        two.signed("income")

    with django_assert_max_num_queries(60):
        assert page(at_desk(two.reviewer), request).status_code == 200


def test_the_offer_shows_its_mode_and_grade_no_higher_than_asked(two, at_desk):
    request = two.signed("phone", clear_up_to=Grade.L2, mode=Mode.BULK)

    text = page(at_desk(two.reviewer), request).content.decode()

    select = text.split('name="clear_up_to"')[1].split("</select>")[0]
    assert "L3" not in select
    assert 'value="query"' not in text.split('name="mode"')[1].split("</select>")[0]


def test_the_clock_on_the_page_is_the_one_of_the_table(two):
    request = two.signed("phone")

    assert request.due_on == clocks.deadline(request).due_on


def test_a_notice_leads_each_side_to_its_own_page(two, at_desk):
    request = two.signed("phone")
    place = place_of(request.address)

    answers = at_desk(two.reviewer).client.get(place)
    asks = at_desk(two.clerk).client.get(place)

    assert answers.url == reverse("admin:deciding", args=[request.pk])
    assert answers.url != asks.url
    assert at_desk(two.clerk).client.get(asks.url).status_code == 200


def test_a_yes_or_no_in_place_of_rows_is_refused_where_its_key_was_not_asked_for(two, at_desk):
    request = two.signed("phone")
    offer = FORM | {
        "fields_offered": two.fields("phone"),
        "mode": "verify",
        "propose-reason": "只需核验",
        "seen": as_seen.digest(request),
    }

    answer = act(at_desk(two.reviewer), request, "propose", **offer)

    assert "Send the request back to be completed with it" in answer.content.decode()
    request.refresh_from_db()
    assert (request.state, request.offered) == (State.IN_REVIEW, {})


def test_who_serves_both_sides_is_told_so_and_offered_no_answer(two, at_desk):
    request = two.signed("phone")
    both = accounts.user(Role.REVIEWER, two.where.department)
    Membership.objects.create(user=both, organization=two.asker, role=Role.PUBLISHER)

    theirs = page(at_desk(both), request).content.decode()
    other = page(at_desk(two.reviewer), request).content.decode()

    assert "so somebody else decides on it" in theirs
    assert "Propose this answer" not in theirs
    assert "so somebody else decides on it" not in other
    assert "Propose this answer" in other
    assert both.name not in other  # whom it can be given to


def test_who_proposed_an_answer_is_told_that_another_head_signs_it(two, at_desk):
    request = two.signed("phone")
    head = accounts.user(Role.REVIEWER, two.where.department)
    Membership.objects.create(user=head, organization=two.where.department, role=Role.HEAD)
    deciding.propose(request.pk, asked(request), by=head, at=NOW)

    theirs = page(at_desk(head), request).content.decode()
    other = page(at_desk(two.where.head), request).content.decode()

    assert "another head of the provider signs it" in theirs
    assert 'id="decision"' not in theirs
    assert 'id="decision"' in other


def test_a_misused_grant_stands_on_the_page_with_its_reason(two, at_desk):
    grant = two.granted("phone")
    request = two.signed("id", "name", clear_up_to=Grade.L2)
    before = page(at_desk(two.reviewer), ask_again(two)).content.decode()
    lifecycle.suspend(
        grant.pk, reason="用于招商", mend_by=TODAY + timedelta(9), by=two.reviewer, at=NOW
    )

    after = page(at_desk(two.reviewer), ask_again(two)).content.decode()

    assert request.state == State.GRANTED  # unconditional, and nothing misused yet
    assert "用于招商" not in before
    assert "Misused" in after
    assert "用于招商" in after


def test_a_stopped_service_stands_on_the_page_with_what_was_said(two, at_desk):
    grant = two.granted("phone")
    before = page(at_desk(two.reviewer), ask_again(two)).content.decode()
    stop = stopping.ask(grant.pk, **sharing.STOP, by=two.where.head, at=NOW)
    stopping.agree(stop.pk, by=two.asking_head, at=NOW)

    after = page(at_desk(two.reviewer), ask_again(two)).content.decode()

    assert sharing.STOP["cause"] not in before
    assert "A service to this department was stopped" in after
    assert sharing.STOP["cause"] in after


def ask_again(two) -> ShareRequest:
    return two.signed("income")
