"""A dispute that is settled for the asking department takes effect, whatever it was about."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts.models import Notice
from accounts.roles import Role
from audit.models import Entry
from exchange.models import About, Dispute, Ending, Grant, Ground, ShareRequest
from exchange.sharing import asking, clocks, deciding, disputes, lifecycle
from exchange.sharing.requests import RequestUnfit, asked
from exchange.workflow import DisputeState, DisputeStep, GrantState, State, StepRefused
from tests.factories import accounts, sharing
from tests.factories.sharing import NOW, TODAY

pytestmark = pytest.mark.django_db
LATE = NOW + timedelta(days=40)
BY = date(2026, 4, 30)


def in_part(two: sharing.Two) -> Grant:
    """Ask for two fields and be granted one."""
    request = two.signed("phone", "income")
    offer = replace(asked(request), fields=tuple(two.fields("phone")))
    deciding.propose(request.pk, offer, reason="收入非必要", by=two.reviewer, at=NOW)
    grant = deciding.sign_answer(request.pk, by=two.where.head, at=NOW)[1]
    assert grant is not None
    return grant


def disputed(two: sharing.Two, request: ShareRequest, about: About, at=NOW) -> Dispute:
    return disputes.open_dispute(request.pk, about=about, claim="需要", by=two.clerk, at=at)


def conceded(two: sharing.Two, dispute: Dispute, at=NOW, **told) -> Dispute:
    return disputes.concede(dispute.pk, text="同意", by=two.where.head, at=at, **told)


def reopened(two: sharing.Two) -> Grant:
    grant = in_part(two)
    conceded(two, disputed(two, grant.request, About.PART))
    return grant


def test_an_answer_in_part_goes_back_and_what_was_granted_holds_until_the_new_one(two):
    grant = reopened(two)

    grant.request.refresh_from_db()
    grant.refresh_from_db()
    assert (grant.request.state, grant.state(TODAY)) == (State.IN_REVIEW, GrantState.LIVE)
    assert grant.request.due_from == NOW
    assert Notice.objects.open().filter(kind="request.received").exists()


def test_the_new_answer_replaces_the_grant_of_the_first(two):
    first = reopened(two)
    request = first.request

    deciding.propose(request.pk, asked(request), by=two.reviewer, at=NOW)
    second = deciding.sign_answer(request.pk, by=two.where.head, at=NOW)[1]

    first.refresh_from_db()
    assert (first.ending, first.request, first.formerly_of) == (Ending.REPLACED, None, request)
    assert set(second.fields) == set(two.fields("phone", "income"))
    assert list(Grant.objects.live(TODAY)) == [second]


def test_no_new_answer_takes_back_what_was_granted(two):
    request = reopened(two).request
    income = replace(asked(request), fields=tuple(two.fields("income")))
    shorter = replace(asked(request), valid_until=TODAY)

    for offer in (income, shorter):
        with pytest.raises(StepRefused, match="at least what grant"):
            deciding.propose(request.pk, offer, reason="x", by=two.reviewer, at=NOW)
    with pytest.raises(StepRefused, match="at least what grant"):
        deciding.propose_refusal(
            request.pk, ground=Ground.NOT_NECESSARY, reason="x", by=two.reviewer, at=NOW
        )


def test_a_request_that_has_led_to_a_grant_is_not_withdrawn(two):
    request = reopened(two).request

    with pytest.raises(StepRefused, match="not withdrawn"):
        asking.withdraw(request.pk, reason="x", by=two.clerk, at=NOW)


def test_a_grant_that_ran_out_meanwhile_keeps_the_request_from_no_end(two):
    grant = reopened(two)
    over = NOW + (grant.valid_until - TODAY) + timedelta(days=1)

    deciding.propose_refusal(
        grant.request_id, ground=Ground.NOT_NECESSARY, reason="已到期", by=two.reviewer, at=over
    )
    withdrawn = asking.withdraw(grant.request_id, reason="已到期", by=two.clerk, at=over)

    assert withdrawn.state == State.WITHDRAWN


def test_a_late_answer_gets_a_last_day_from_who_settles_it_and_keeps_it(two):
    request = two.signed("phone")
    dispute = disputed(two, request, About.LATE, at=LATE)
    disputes.escalate(
        dispute.pk, to=DisputeStep.TO_AUTHORITY, text="未答复", by=two.clerk, at=LATE
    )
    operator = accounts.user(Role.OPERATOR)

    with pytest.raises(RequestUnfit, match="name the last day"):
        disputes.decide(dispute.pk, for_asker=True, text="限期", by=operator, at=LATE)
    disputes.decide(dispute.pk, for_asker=True, text="限期", by=operator, at=LATE, answer_by=BY)
    clocks.remind(at=LATE)

    request.refresh_from_db()
    assert (request.due_on, request.ordered_on) == (BY, BY)
    assert clocks.deadline(request).due_on == BY
    assert request.events.filter(what="order", text__startswith="2026-04-30").exists()
    assert not Notice.objects.open().filter(kind="request.late").exists()


def test_past_the_named_day_the_request_is_late_again(two):
    request = two.signed("phone")
    conceded(two, disputed(two, request, About.LATE, at=LATE), at=LATE, answer_by=BY)

    clocks.remind(at=LATE + timedelta(days=30))

    told = Notice.objects.open().filter(kind="request.late", target=request.address)
    assert {one.due_on for one in told} == {BY}


@pytest.mark.parametrize("day", [None, TODAY])
def test_a_provider_that_gives_in_names_a_day_to_come_and_nothing_is_half_done(two, day):
    dispute = disputed(two, two.signed("phone"), About.LATE, at=LATE)

    with pytest.raises(RequestUnfit, match="after today"):
        conceded(two, dispute, at=LATE, answer_by=day)

    dispute.refresh_from_db()
    assert dispute.state == DisputeState.NEGOTIATION


def test_an_answer_that_came_meanwhile_needs_no_day(two):
    request = two.proposed("phone")
    dispute = disputed(two, request, About.LATE, at=LATE)
    deciding.sign_answer(request.pk, by=two.where.head, at=LATE)

    dispute = conceded(two, dispute, at=LATE)

    assert dispute.state == DisputeState.FOR_ASKER
    assert not request.events.filter(what="order").exists()


def test_a_limit_that_begins_anew_forgets_the_named_day(two):
    request = two.signed("phone")
    conceded(two, disputed(two, request, About.LATE, at=LATE), at=LATE, answer_by=BY)

    deciding.propose(request.pk, asked(request), by=two.reviewer, at=LATE + timedelta(days=1))
    deciding.sign_answer(request.pk, by=two.where.head, at=LATE + timedelta(days=1))

    request.refresh_from_db()
    assert (request.due_on, request.ordered_on) == (None, None)


def test_a_suspended_grant_holds_again_with_its_own_entry(two):
    grant = two.granted("phone")
    dispute = disputed(two, grant.request, About.USE)
    mend_by = TODAY + timedelta(days=14)
    lifecycle.suspend(grant.pk, reason="超范围", mend_by=mend_by, by=two.reviewer, at=NOW)

    conceded(two, dispute)

    grant.refresh_from_db()
    entry = Entry.objects.get(verb="grant.resume", target=grant.address)
    assert grant.state(TODAY) == GrantState.LIVE
    assert two.where.head.name in entry.actor
    assert not Notice.objects.open().filter(kind="grant.suspended").exists()


def test_what_stands_resumes_nothing(two):
    grant = two.granted("phone")
    dispute = disputed(two, grant.request, About.USE)
    lifecycle.suspend(
        grant.pk, reason="超范围", mend_by=TODAY + timedelta(days=14), by=two.reviewer, at=NOW
    )

    disputes.escalate(dispute.pk, to=DisputeStep.TO_AUTHORITY, text="x", by=two.clerk, at=NOW)
    operator = accounts.user(Role.OPERATOR)
    disputes.decide(dispute.pk, for_asker=False, text="维持", by=operator, at=NOW)

    grant.refresh_from_db()
    assert grant.state(TODAY) == GrantState.SUSPENDED


def test_a_grant_that_ended_for_good_is_not_revived(two):
    grant = two.granted("phone")
    dispute = disputed(two, grant.request, About.USE)
    lifecycle.purpose_over(grant.pk, reason="业务结束", by=two.clerk, at=NOW)

    dispute = conceded(two, dispute)

    grant.refresh_from_db()
    assert dispute.state == DisputeState.FOR_ASKER
    assert grant.state(TODAY) == GrantState.ENDED
