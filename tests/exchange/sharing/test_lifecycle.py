"""A grant between departments is suspended at once, mended or ended, and disposed of on record."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Notice
from accounts.roles import Role
from exchange.models import Ending, Grant, ShareRequest
from exchange.sharing import asking, deciding, grants, lifecycle
from exchange.sharing.grants import GrantUnfit
from exchange.sharing.requests import RequestUnfit, asked
from exchange.workflow import OPEN_STATES, GrantState, State, StepRefused
from policy.terms import Mode
from tests.factories import sharing
from tests.factories.sharing import NOW, TODAY

pytestmark = pytest.mark.django_db
MEND_BY = TODAY + timedelta(days=14)


@pytest.fixture
def grant(two) -> Grant:
    return two.granted("phone")


def suspended(two: sharing.Two, grant: Grant) -> Grant:
    return lifecycle.suspend(
        grant.pk, reason="超范围调用", mend_by=MEND_BY, by=two.reviewer, at=NOW
    )


def test_misuse_suspends_at_once_with_a_term_to_mend_it(two, grant):
    grant = suspended(two, grant)

    assert grant.state(TODAY) == GrantState.SUSPENDED
    assert not Grant.objects.live(TODAY).exists()
    assert Notice.objects.filter(kind="grant.suspended", organization=two.asker).exists()


def test_it_is_ended_for_misuse_only_after_the_term(two, grant):
    with pytest.raises(StepRefused, match="not suspended"):
        lifecycle.end_for_misuse(grant.pk, reason="x", by=two.reviewer, at=NOW)
    suspended(two, grant)
    with pytest.raises(StepRefused, match="2026-03-16"):
        lifecycle.end_for_misuse(grant.pk, reason="x", by=two.reviewer, at=NOW)

    after = NOW + timedelta(days=15)
    ended = lifecycle.end_for_misuse(grant.pk, reason="未整改", by=two.reviewer, at=after)

    assert (ended.ending, ended.state(TODAY)) == (Ending.MISUSE, GrantState.ENDED)


def test_what_was_mended_holds_again(two, grant):
    suspended(two, grant)

    lifecycle.resume(grant.pk, reason="已整改", by=two.reviewer, at=NOW)

    assert list(Grant.objects.live(TODAY)) == [grant]
    with pytest.raises(StepRefused):
        lifecycle.resume(grant.pk, reason="x", by=two.reviewer, at=NOW)


def test_a_grant_between_departments_is_not_simply_revoked(two, grant):
    with pytest.raises(GrantUnfit, match="between departments"):
        grants.revoke(grant.pk, reason="x", by=two.where.operator, at=NOW)


def test_the_consumer_ends_it_with_its_purpose_and_gives_a_receipt_of_disposal(two, grant):
    with pytest.raises(StepRefused):
        lifecycle.dispose(grant.pk, receipt="已删除", by=two.asking_head, at=NOW)
    lifecycle.purpose_over(grant.pk, reason="业务结束", by=two.clerk, at=NOW)
    with pytest.raises(RequestUnfit):
        lifecycle.dispose(grant.pk, receipt=" ", by=two.asking_head, at=NOW)

    done = lifecycle.dispose(grant.pk, receipt="已删除全部副本", by=two.asking_head, at=NOW)

    assert done.state(TODAY) == GrantState.DISPOSED


def test_a_grant_whose_last_day_is_over_has_ended_and_can_be_disposed_of(two, grant):
    after = grant.valid_until + timedelta(days=1)
    at = NOW + (after - TODAY)

    lifecycle.dispose(grant.pk, receipt="到期删除", by=two.asking_head, at=at)

    assert grant.state(after) == GrantState.ENDED
    grant.refresh_from_db()
    assert grant.state(after) == GrantState.DISPOSED


def test_a_department_is_told_once_of_a_grant_that_ran_out_until_it_noted_the_disposal(two, grant):
    at = NOW + (grant.valid_until - TODAY) + timedelta(days=1)
    open_now = Notice.objects.open().filter(kind="grant.run_out", organization=two.asker)

    counts = [lifecycle.tell_run_out(at=one) for one in (at - timedelta(days=1), at, at)]
    told = open_now.count()
    lifecycle.dispose(grant.pk, receipt="到期删除", by=two.asking_head, at=at)

    assert (counts, told, open_now.count()) == ([0, 1, 0], 3, 0)
    assert lifecycle.tell_run_out(at=at) == 0


def test_a_department_is_told_once_thirty_days_before_the_last_day(two, grant):
    first = NOW + (grant.valid_until - TODAY) - lifecycle.AHEAD
    moments = (first - timedelta(days=1), first, first + timedelta(days=9))

    counts = [lifecycle.tell_runs_out(at=one) for one in moments]
    told = Notice.objects.open().filter(kind="grant.runs_out", organization=two.asker)
    roles = set(told.values_list("role", flat=True))
    lifecycle.tell_run_out(at=first + lifecycle.AHEAD + timedelta(days=1))

    assert counts == [0, 1, 0]
    assert roles == {Role.PUBLISHER, Role.REVIEWER, Role.HEAD}
    assert not told.exists()


def test_ahead_nobody_is_told_of_a_short_grant_or_while_its_renewal_is_on_its_way(two, grant):
    two.granted("income", wanted_until=TODAY + lifecycle.AHEAD)
    near = NOW + (grant.valid_until - TODAY)
    on_its_way = renewal(two, grant)

    during = [lifecycle.tell_runs_out(at=one) for one in (NOW, near)]
    asking.withdraw(on_its_way.pk, reason="x", by=two.clerk, at=NOW)

    assert during == [0, 0]
    assert lifecycle.tell_runs_out(at=near) == 1


def test_what_is_over_waits_for_its_disposal_and_what_was_renewed_does_not(two, grant):
    renewal = asking.draft(
        two.dataset.pk,
        two.terms("phone"),
        organization=two.asker,
        renews=grant,
        by=two.clerk,
        at=NOW,
    )
    asking.submit(renewal.pk, by=two.clerk, at=NOW)
    signed = asking.sign(renewal.pk, vouched=True, by=two.asking_head, at=NOW)
    deciding.propose(signed.pk, asked(signed), by=two.reviewer, at=NOW)
    newer = deciding.sign_answer(signed.pk, by=two.where.head, at=NOW)[1]
    before = list(Grant.objects.to_dispose(TODAY))

    lifecycle.purpose_over(newer.pk, reason="业务结束", by=two.clerk, at=NOW)

    assert (before, list(Grant.objects.to_dispose(TODAY))) == ([], [newer])


def test_a_renewal_that_asks_for_more_than_the_grant_is_refused(two, grant):
    with pytest.raises(RequestUnfit, match="ask anew"):
        asking.draft(
            two.dataset.pk,
            two.terms("phone", "income"),
            organization=two.asker,
            renews=grant,
            by=two.clerk,
            at=NOW,
        )


@pytest.mark.parametrize("over", [{"calls_peak": 501}, {"calls_peak": None, "mode": Mode.BULK}])
def test_a_renewal_that_asks_for_more_calls_a_day_than_the_grant_is_refused(two, over):
    grant = two.granted("phone", mode=over.get("mode", Mode.QUERY))

    with pytest.raises(RequestUnfit, match=r"500 calls a day.* by a new request"):
        renewal(two, grant, **over)

    assert not ShareRequest.objects.filter(renews=grant).exists()


def test_a_renewal_may_ask_for_fewer_calls_and_a_draft_may_leave_them_open(two, grant):
    first = renewal(two, grant, calls_peak=None)
    changed = asking.change(first.pk, two.terms("phone", calls_peak=499), by=two.clerk, at=NOW)
    with pytest.raises(RequestUnfit, match="500 calls a day"):
        asking.change(first.pk, two.terms("phone", calls_peak=501), by=two.clerk, at=NOW)

    assert changed.calls_peak == 499


def test_a_grant_without_a_number_of_calls_is_renewed_with_any(two):
    grant = two.granted("phone", mode=Mode.BULK, calls_peak=None, calls_average=None)

    assert renewal(two, grant, mode=Mode.BULK, calls_peak=900).calls_peak == 900


def renewal(two: sharing.Two, grant: Grant, **over: Any) -> ShareRequest:
    terms = two.terms("phone", **over)
    return asking.draft(
        two.dataset.pk, terms, organization=two.asker, renews=grant, by=two.clerk, at=NOW
    )


@pytest.mark.parametrize("state", [State.DRAFT, *OPEN_STATES])
def test_one_renewal_at_a_time_and_the_next_names_it(two, grant, state):
    first = renewal(two, grant)
    ShareRequest.objects.filter(pk=first.pk).update(state=state)

    with pytest.raises(StepRefused, match=f"Request {first.pk} to renew grant {grant.pk}"):
        renewal(two, grant)

    assert ShareRequest.objects.get(renews=grant) == first


def test_a_renewal_that_was_withdrawn_makes_room_for_another(two, grant):
    first = renewal(two, grant)
    asking.withdraw(first.pk, reason="x", by=two.clerk, at=NOW)

    second = renewal(two, grant)

    assert second.renews == grant


def test_of_two_renewals_that_are_granted_one_by_one_the_later_grant_holds(two, grant):
    asked_for = [two.proposed("phone") for _each in range(2)]  # as after a dispute about one
    ShareRequest.objects.filter(pk__in=[one.pk for one in asked_for]).update(renews=grant)

    _first, second = (
        deciding.sign_answer(one.pk, by=two.where.head, at=NOW)[1] for one in asked_for
    )

    assert list(Grant.objects.live(TODAY)) == [second]


def test_a_renewal_that_begins_later_leaves_no_day_without_a_grant(two, grant):
    first = TODAY + timedelta(days=30)
    renewal = asking.draft(
        two.dataset.pk,
        two.terms("phone", wanted_from=first),
        organization=two.asker,
        renews=grant,
        by=two.clerk,
        at=NOW,
    )
    asking.submit(renewal.pk, by=two.clerk, at=NOW)
    signed = asking.sign(renewal.pk, vouched=True, by=two.asking_head, at=NOW)
    deciding.propose(signed.pk, asked(signed), by=two.reviewer, at=NOW)
    newer = deciding.sign_answer(signed.pk, by=two.where.head, at=NOW)[1]

    days = [TODAY, first - timedelta(days=1), first, newer.valid_until]

    assert [list(Grant.objects.live(day)) for day in days] == [[grant], [grant], [newer], [newer]]
    assert list(Grant.objects.to_dispose(first)) == []
    with pytest.raises(StepRefused, match="renewed already"):
        asking.draft(
            two.dataset.pk,
            two.terms("phone"),
            organization=two.asker,
            renews=grant,
            by=two.clerk,
            at=NOW,
        )


def test_a_renewal_replaces_the_grant_in_the_moment_of_its_own(two):
    grant = two.signed("id", "name").grant
    renewal = asking.draft(
        two.dataset.pk,
        two.terms("id", "name"),
        organization=two.asker,
        renews=grant,
        by=two.clerk,
        at=NOW,
    )
    asking.submit(renewal.pk, by=two.clerk, at=NOW)
    asking.sign(renewal.pk, vouched=True, by=two.asking_head, at=NOW)

    grant.refresh_from_db()
    assert (grant.ending, grant.state(TODAY)) == (Ending.REPLACED, GrantState.ENDED)
