"""A dispute goes its steps in order, each by who may, and what is settled takes effect."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from exchange.models import About, Dispute, DisputeEvent, Ground, Side
from exchange.sharing import deciding, disputes
from exchange.sharing.requests import RequestUnfit
from exchange.workflow import (
    DISPUTE_MOVES,
    DISPUTE_STEPS,
    OPEN_DISPUTES,
    DisputeState,
    DisputeStep,
    State,
    StepRefused,
)
from tests.factories import accounts, sharing
from tests.factories.sharing import NOW

db = pytest.mark.django_db


def refused(two: sharing.Two):
    request = two.signed("phone")
    deciding.propose_refusal(
        request.pk, ground=Ground.NOT_NECESSARY, reason="用途不需要", by=two.reviewer, at=NOW
    )
    return deciding.sign_answer(request.pk, by=two.where.head, at=NOW)[0]


def opened(two: sharing.Two) -> Dispute:
    return disputes.open_dispute(
        refused(two).pk, about=About.REFUSAL, claim="办理补贴必须核对", by=two.clerk, at=NOW
    )


def taken_up(two: sharing.Two, dispute: Dispute, to=DisputeStep.TO_AUTHORITY) -> Dispute:
    return disputes.escalate(dispute.pk, to=to, text="协商未果", by=two.clerk, at=NOW)


def decided(two: sharing.Two, dispute: Dispute, *, for_asker: bool, document: str = "", by=None):
    return disputes.decide(
        dispute.pk,
        for_asker=for_asker,
        text="经协调",
        document=document,
        by=by or accounts.user(Role.OPERATOR),
        at=NOW,
    )


@db
def test_a_refusal_is_disputed_by_the_asking_department_and_the_provider_is_told(two):
    dispute = opened(two)

    assert dispute.state == DisputeState.NEGOTIATION
    assert Notice.objects.filter(kind="dispute.opened", organization=two.where.department).exists()
    assert Entry.objects.filter(verb="dispute.open", target=dispute.address).count() == 1


@db
def test_nobody_else_opens_one(two):
    request = refused(two)

    for person in (two.reviewer, two.where.operator, accounts.user(Role.PUBLISHER)):
        with pytest.raises(NotAllowed):
            disputes.open_dispute(request.pk, about=About.REFUSAL, claim="x", by=person, at=NOW)


@db
def test_what_was_agreed_to_as_asked_is_no_refusal_to_dispute(two):
    request = two.granted("phone").request

    with pytest.raises(StepRefused, match="nothing to dispute"):
        disputes.open_dispute(request.pk, about=About.PART, claim="x", by=two.clerk, at=NOW)

    assert disputes.open_to(request, at=NOW) == (About.USE,)


@db
def test_a_late_answer_can_be_disputed_and_one_in_time_cannot(two):
    request = two.signed("phone")

    assert disputes.open_to(request, at=NOW) == ()
    assert disputes.open_to(request, at=NOW + timedelta(days=40)) == (About.LATE,)


@db
def test_one_dispute_about_a_request_is_open_at_a_time(two):
    dispute = opened(two)

    with pytest.raises(StepRefused, match="open already"):
        disputes.open_dispute(
            dispute.request_id, about=About.REFUSAL, claim="x", by=two.clerk, at=NOW
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.create(
            request=dispute.request,
            about=About.REFUSAL,
            claim="x",
            opened_by=two.clerk,
            opened_at=NOW,
        )


@db
def test_both_departments_and_the_authority_talk_and_each_is_kept_with_its_side(two):
    dispute = opened(two)
    operator = accounts.user(Role.OPERATOR)

    disputes.say(dispute.pk, text="请说明必要性", by=two.reviewer, at=NOW)
    disputes.say(dispute.pk, text="见附件", by=two.clerk, at=NOW)
    disputes.say(dispute.pk, text="请双方补充材料", by=operator, at=NOW)

    kept = DisputeEvent.objects.filter(dispute=dispute, what="say").order_by("pk")
    assert [event.side for event in kept] == [Side.PROVIDER, Side.ASKER, Side.AUTHORITY]
    assert Notice.objects.filter(kind="dispute.said", organization=two.asker).exists()
    with pytest.raises(NotAllowed):
        disputes.say(dispute.pk, text="x", by=accounts.user(Role.REVIEWER), at=NOW)
    with pytest.raises(RequestUnfit):
        disputes.say(dispute.pk, text=" ", by=two.clerk, at=NOW)


@db
def test_a_provider_that_gives_in_has_the_request_back_with_its_limit_anew(two):
    dispute = opened(two)
    later = NOW + timedelta(days=20)

    with pytest.raises(NotAllowed):
        disputes.concede(dispute.pk, text="同意", by=two.reviewer, at=later)
    dispute = disputes.concede(dispute.pk, text="同意重新研究", by=two.where.head, at=later)

    request = dispute.request
    request.refresh_from_db()
    assert (dispute.state, request.state) == (DisputeState.FOR_ASKER, State.IN_REVIEW)
    assert (request.due_from, request.answer, request.answered_by) == (later, "", None)
    assert Notice.objects.filter(kind="request.received", settled_at=None).exists()


@db
def test_the_authority_settles_it_for_the_asking_department_and_the_answer_is_given_anew(two):
    dispute = taken_up(two, opened(two))

    dispute = decided(two, dispute, for_asker=True)

    request = dispute.request
    deciding.propose(request.pk, deciding.asked(request), by=two.reviewer, at=NOW)
    _request, grant = deciding.sign_answer(request.pk, by=two.where.head, at=NOW)
    assert grant.fields == two.fields("phone")


@db
def test_what_stands_stands_and_the_request_stays_refused(two):
    dispute = decided(two, taken_up(two, opened(two)), for_asker=False)

    dispute.request.refresh_from_db()
    assert (dispute.state, dispute.request.state) == (DisputeState.STANDS, State.REFUSED)
    assert Notice.objects.filter(kind="dispute.settled", organization=two.asker).exists()
    with pytest.raises(StepRefused, match="settled"):
        decided(two, dispute, for_asker=True)


@db
def test_the_authority_settles_nothing_before_it_is_asked(two):
    dispute = opened(two)

    with pytest.raises(StepRefused, match="between the two departments"):
        decided(two, dispute, for_asker=True)


@db
def test_only_the_asking_department_takes_it_up_and_only_the_authority_settles_it(two):
    dispute = opened(two)
    for person in (two.reviewer, two.where.operator):
        with pytest.raises(NotAllowed):
            disputes.escalate(dispute.pk, to=DisputeStep.TO_AUTHORITY, text="x", by=person, at=NOW)
    taken_up(two, dispute)

    for person in (two.clerk, two.asking_head, two.where.head):
        with pytest.raises(NotAllowed):
            decided(two, dispute, for_asker=True, by=person)


@db
def test_an_office_that_is_a_party_does_not_settle_its_own_dispute(two):
    dispute = taken_up(two, opened(two))
    own = accounts.user(Role.OPERATOR, two.where.operator.organizations()[0])
    type(two.dataset).objects.filter(pk=two.dataset.pk).update(owner=own.organizations()[0])

    with pytest.raises(NotAllowed, match="party"):
        decided(two, dispute, for_asker=False, by=own)


@db
def test_the_government_comes_last_and_its_decision_has_a_number(two):
    dispute = opened(two)
    with pytest.raises(StepRefused):
        taken_up(two, dispute, DisputeStep.TO_GOVERNMENT)
    taken_up(two, dispute)
    taken_up(two, dispute, DisputeStep.TO_SUPERIOR)
    taken_up(two, dispute, DisputeStep.TO_GOVERNMENT)
    with pytest.raises(RequestUnfit, match="number"):
        decided(two, dispute, for_asker=True)

    dispute = decided(two, dispute, for_asker=True, document="府函〔2026〕12号")

    assert (dispute.state, dispute.document) == (DisputeState.FOR_ASKER, "府函〔2026〕12号")
    steps = DisputeEvent.objects.filter(dispute=dispute).order_by("pk")
    assert [event.state for event in steps] == [
        DisputeState.NEGOTIATION,
        DisputeState.AUTHORITY,
        DisputeState.SUPERIOR,
        DisputeState.GOVERNMENT,
        DisputeState.FOR_ASKER,
    ]
    assert Entry.objects.filter(target=dispute.address).count() == len(steps)


@db
def test_who_opened_it_may_give_it_up(two):
    dispute = disputes.drop(opened(two).pk, text="另行申请", by=two.asking_head, at=NOW)

    assert (dispute.state, dispute.is_open) == (DisputeState.DROPPED, False)


@given(st.lists(st.sampled_from(DisputeStep), max_size=30))
def test_no_path_leads_to_the_government_past_an_authority_and_none_out_of_a_settled_one(steps):
    state, heard = DisputeState.NEGOTIATION, False

    for step in steps:
        after = DISPUTE_MOVES.get((state, step))
        if after is None:
            continue
        assert state in OPEN_DISPUTES
        heard = heard or after in (DisputeState.AUTHORITY, DisputeState.SUPERIOR)
        assert heard or after != DisputeState.GOVERNMENT
        state = after


def test_each_step_has_its_word():
    assert set(DISPUTE_STEPS) == set(DisputeStep)
    assert {step for _state, step in DISPUTE_MOVES} == set(DisputeStep) - {DisputeStep.OPEN}
