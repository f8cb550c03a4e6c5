"""A dispute at the back office: opened from a refused request, carried on by who may."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from backoffice import lights
from exchange.models import Dispute, Ground
from exchange.sharing import clocks, deciding
from exchange.workflow import DisputeState, State
from tests.factories import accounts, sharing
from tests.factories.sharing import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def two() -> sharing.Two:
    return sharing.two(rows=False)


@pytest.fixture
def refused(two):
    request = two.signed("phone")
    deciding.propose_refusal(
        request.pk, ground=Ground.NOT_NECESSARY, reason="用途不需要", by=two.reviewer, at=NOW
    )
    return deciding.sign_answer(request.pk, by=two.where.head, at=NOW)[0]


def opened(at_desk, two, request) -> Dispute:
    answer = at_desk(two.clerk).client.post(
        reverse("admin:request_dispute", args=[request.pk]),
        {"about": "refusal", "claim": "办理补贴必须核对"},
    )
    dispute = Dispute.objects.get()
    assert answer.headers["Location"] == reverse("admin:dispute", args=[dispute.pk])
    return dispute


def act(at_desk, person, dispute, name, **told):
    return at_desk(person).client.post(reverse("admin:dispute_act", args=[dispute.pk, name]), told)


def acts(at_desk, person, dispute) -> set[str]:
    page = at_desk(person).client.get(reverse("admin:dispute", args=[dispute.pk]))
    return {one.name for one in page.context["offered"]}


def test_a_refused_request_is_disputed_and_settled_on_its_page(at_desk, two, refused):
    dispute = opened(at_desk, two, refused)
    operator = accounts.user(Role.OPERATOR)

    act(at_desk, two.reviewer, dispute, "say", text="请说明必要性")
    act(at_desk, two.clerk, dispute, "escalate", to="to_authority", text="协商未果")
    act(at_desk, operator, dispute, "decide", outcome="for_asker", text="应予共享", document="")

    dispute.refresh_from_db()
    refused.refresh_from_db()
    assert (dispute.state, refused.state) == (DisputeState.FOR_ASKER, State.IN_REVIEW)
    page = at_desk(two.clerk).client.get(reverse("admin:dispute", args=[dispute.pk]))
    for words in ("请说明必要性", "协商未果", "应予共享"):
        assert words in page.content.decode()


def test_each_side_is_offered_its_own_steps(at_desk, two, refused):
    dispute = opened(at_desk, two, refused)

    assert acts(at_desk, two.clerk, dispute) == {"say", "escalate", "drop"}
    assert acts(at_desk, two.reviewer, dispute) == {"say"}
    assert acts(at_desk, two.where.head, dispute) == {"say", "concede"}
    assert acts(at_desk, accounts.user(Role.OPERATOR), dispute) == {"say"}


def test_a_step_that_came_too_late_is_409_and_says_where_the_dispute_stands(at_desk, two, refused):
    dispute = opened(at_desk, two, refused)
    act(at_desk, two.clerk, dispute, "drop", text="另行申请")

    answer = act(at_desk, two.reviewer, dispute, "say", text="x")

    assert answer.status_code == 409
    assert "given up by the asking department" in answer.content.decode()


def test_who_is_no_party_finds_no_such_dispute(at_desk, two, refused):
    dispute = opened(at_desk, two, refused)
    stranger = accounts.user(Role.REVIEWER)

    page = at_desk(stranger).client.get(reverse("admin:dispute", args=[dispute.pk]))
    answer = act(at_desk, stranger, dispute, "say", text="x")

    assert (page.status_code, answer.status_code) == (404, 404)


def test_a_step_without_words_is_asked_for_again(at_desk, two, refused):
    dispute = opened(at_desk, two, refused)

    answer = act(at_desk, two.clerk, dispute, "drop", text="")

    assert answer.status_code == 400
    assert Dispute.objects.get().is_open


def test_the_authority_lists_all_disputes_and_a_stranger_none(at_desk, two, refused):
    dispute = opened(at_desk, two, refused)
    link = reverse("admin:dispute", args=[dispute.pk])

    authority = at_desk(accounts.user(Role.OPERATOR)).list(Dispute).content.decode()
    stranger = at_desk(accounts.user(Role.REVIEWER)).list(Dispute).content.decode()

    assert link in authority
    assert link not in stranger


def test_a_late_answer_is_given_a_last_day_on_the_page_of_its_dispute(at_desk, two):
    request = two.signed("phone")  # in March, so that its limit is over by the clock of the pages
    at_desk(two.clerk).client.post(
        reverse("admin:request_dispute", args=[request.pk]), {"about": "late", "claim": "未答复"}
    )
    dispute = Dispute.objects.get()
    day = timezone.localdate() + timedelta(days=9)

    without = act(at_desk, two.where.head, dispute, "concede", text="马上答复")
    act(at_desk, two.where.head, dispute, "concede", text="马上答复", answer_by=str(day))

    request.refresh_from_db()
    page = at_desk(two.reviewer).client.get(reverse("admin:deciding", args=[request.pk]))
    assert without.status_code == 400
    assert "name the last day" in without.content.decode()
    assert (request.due_on, request.ordered_on) == (day, day)
    assert f"last day named in a dispute</strong>: {day}" in page.content.decode()
    for person, name in ((two.reviewer, "deciding_desk"), (two.clerk, "own_requests")):
        listed = at_desk(person).client.get(reverse(f"admin:{name}")).content.decode()
        assert lights.told(clocks.deadline(request)) in listed


def test_no_day_is_asked_where_nothing_is_late(at_desk, two, refused):
    dispute = opened(at_desk, two, refused)

    page = at_desk(two.where.head).client.get(reverse("admin:dispute", args=[dispute.pk]))

    forms = {one.name: one.form for one in page.context["offered"]}
    assert "answer_by" not in forms["concede"].fields
