"""The provider's grants: their use, and how they are suspended, mended, stopped and ended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from audit.deliveries import deliver
from backoffice.waiting import desks
from exchange.models import Ending, Grant, Stop
from exchange.sharing import lifecycle, stopping
from exchange.stop_flow import StopState
from exchange.workflow import GrantState
from tests.factories import accounts, sharing
from tests.factories.sharing import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def two() -> sharing.Two:
    return sharing.two(rows=False)


def long_granted(two):
    """A grant that holds today and for a while."""
    grant = two.granted("phone")
    grant.valid_until = timezone.localdate() + timedelta(days=200)
    grant.save()
    return grant


def test_misuse_suspends_with_a_term_and_is_mended(two, at_desk, said):
    grant = long_granted(two)
    desk = at_desk(two.reviewer)
    term = timezone.localdate() + timedelta(days=5)

    over = desk.press(grant, "suspend", reason="超范围使用", mend_by=timezone.localdate())
    done = desk.press(grant, "suspend", reason="超范围使用", mend_by=term)
    grant.refresh_from_db()
    state, mend_by = grant.state(timezone.localdate()), grant.mend_by
    early = desk.press(grant, "end", reason="未整改")
    desk.press(grant, "resume", reason="已整改")

    grant.refresh_from_db()
    assert "ends after today" in said(over)
    assert "suspended" in said(done)
    assert (state, mend_by) == (GrantState.SUSPENDED, term)
    assert "There is time to mend" in said(early)
    assert grant.state(timezone.localdate()) == GrantState.LIVE


def test_what_is_not_mended_in_its_term_waits_on_the_desk_and_is_ended(two, at_desk):
    grant = long_granted(two)
    lifecycle.suspend(
        grant.pk, reason="?", mend_by=sharing.TODAY + timedelta(days=3), by=two.reviewer, at=NOW
    )
    [desk] = desks.of(two.reviewer, now=timezone.now())

    at_desk(two.reviewer).press(grant, "end", reason="未整改")

    assert "Suspended grants" in " ".join(str(pile.title) for pile in desk.piles)
    assert Grant.objects.get(pk=grant.pk).ending == Ending.MISUSE


def test_a_provider_asks_to_stop_with_cause_day_and_notice(two, at_desk):
    grant = long_granted(two)
    desk = at_desk(two.where.head)
    told = {
        "cause": "系统下线",
        "from_day": timezone.localdate() + timedelta(days=30),
        "notice": "备案〔2026〕3号",
    }

    without = desk.press(grant, "stop", **told | {"notice": ""})
    done = desk.press(grant, "stop", **told)
    again = desk.press(grant, "stop", **told)

    assert (without.status_code, done.status_code, again.status_code) == (400, 302, 409)
    assert Stop.objects.get().from_day == told["from_day"]
    assert at_desk(two.reviewer).press(grant, "stop").status_code == 403


def test_a_stop_shows_each_side_its_own_buttons_and_is_objected_to_and_decided(two, at_desk):
    stop = stopping.ask(
        long_granted(two).pk,
        cause="系统下线",
        from_day=timezone.localdate() + timedelta(days=30),
        notice="备案〔2026〕3号",
        by=two.where.head,
        at=timezone.now(),
    )
    operator = accounts.user(Role.OPERATOR)

    def offered(person):
        page = at_desk(person).page(stop)
        return [str(one["title"]) for one in page.context["actions_detail"]]

    asked = [offered(one) for one in (two.asking_head, two.where.head, two.clerk, operator)]
    waiting = {str(pile.title) for pile in desks.of(two.asking_head, now=timezone.now())[0].piles}
    at_desk(two.asking_head).press(stop, "object", reason="业务在用")
    decider = {str(pile.title) for pile in desks.of(operator, now=timezone.now())[0].piles}
    at_desk(operator).press(stop, "decide", ends="no", reason="无正当理由")

    assert asked == [["Agree to the stop", "Object"], ["Take the stop back"], [], []]
    assert "Services that a provider wants to stop" in waiting
    assert "Stops of a service to be decided" in decider
    assert Stop.objects.get().state == StopState.KEPT


def test_the_page_of_a_grant_says_how_it_is_used(two, at_desk):
    grant = long_granted(two)
    unused = at_desk(two.reviewer).page(grant).content.decode()

    deliver(
        channel="share",
        mode="query",
        reader="department",
        dataset=str(grant.dataset),
        grant_id=grant.pk,
        rows=7,
        at=timezone.now(),
    )

    assert "not used for 30 days" in unused
    assert (
        "calls in the last 30 days: 1, rows: 7"
        in at_desk(two.reviewer).page(grant).content.decode()
    )


def test_each_role_finds_its_requests_on_its_desk(two):
    late, waiting = two.signed("phone"), two.signed("income", at=timezone.now())
    two.proposed("name", "phone")
    operator = accounts.user(Role.OPERATOR)

    piles = {
        who: {str(pile.title): pile.count for pile in desks.of(who, now=timezone.now())[0].piles}
        for who in (two.reviewer, two.where.head, operator)
    }

    assert late.due_on < timezone.localdate() <= waiting.due_on
    assert piles[two.reviewer]["Share requests to be answered"] == 1
    assert piles[two.reviewer]["Share requests that are late"] == 2
    assert piles[two.where.head]["Answers to share requests to be signed"] == 1
    assert piles[operator]["Share requests that are late"] == 2
