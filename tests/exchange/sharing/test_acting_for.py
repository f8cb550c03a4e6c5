"""Who acts for a colleague signs in their stead; no rule that asks for two people is met by it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import delegations, notices, people
from accounts.delegations import Away
from accounts.models import Notice, User
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import publishing
from catalog.terms import State as EntryState
from exchange import leaving
from exchange.models import About, Ground
from exchange.sharing import asking, deciding, disputes
from exchange.sharing.requests import asked
from exchange.workflow import State, Step, StepRefused
from tests.factories import accounts, catalog
from tests.factories.sharing import NOW

pytestmark = pytest.mark.django_db


def lend(holder: User, to: User, role: Role = Role.HEAD) -> User:
    """Let `to` act for `holder` from today, and return them as the next request finds them."""
    today = timezone.localdate()
    place = holder.memberships.get(role=role).organization
    away = Away(role, place, today, today + timedelta(days=3), "leave")
    delegations.delegate(away, to=to.pk, by=holder, at=timezone.now())
    return User.objects.get(pk=to.pk)


def laid_before(two, *, by=None):
    request = two.draft("phone")
    asking.submit(request.pk, by=by or two.clerk, at=NOW)
    return request


def test_the_event_and_the_trail_name_both(two):
    acting = lend(two.asking_head, accounts.user(Role.REVIEWER, two.asker))
    request = laid_before(two)

    asking.sign(request.pk, vouched=True, by=acting, at=NOW)

    event = request.events.get(what=Step.SIGN)
    entry = Entry.objects.get(verb="request.sign")
    assert (event.by, event.for_whom) == (acting, two.asking_head)
    assert acting.name in entry.actor
    assert two.asking_head.name in entry.actor


def test_a_step_by_ones_own_right_names_nobody_else(two):
    lend(two.asking_head, accounts.user(Role.REVIEWER, two.asker))
    request = two.signed("phone")

    assert set(request.events.values_list("for_whom", flat=True)) == {None}


def test_who_drafted_does_not_sign_for_the_head(two):
    acting = lend(two.asking_head, two.clerk)
    request = laid_before(two)

    with pytest.raises(NotAllowed, match="You drafted this request"):
        asking.sign(request.pk, vouched=True, by=acting, at=NOW)

    request.refresh_from_db()
    assert request.state == State.TO_SIGN


def test_who_laid_it_before_the_head_does_not_sign_for_the_head_either(two):
    other = accounts.user(Role.PUBLISHER, two.asker)
    acting = lend(two.asking_head, other)
    request = laid_before(two, by=other)

    with pytest.raises(NotAllowed, match="You drafted this request"):
        asking.sign(request.pk, vouched=True, by=acting, at=NOW)


def test_who_proposed_does_not_sign_the_answer_for_the_head(two):
    acting = lend(two.where.head, two.reviewer)
    request = two.proposed("phone")

    with pytest.raises(StepRefused, match="You proposed this answer"):
        deciding.sign_answer(request.pk, by=acting, at=NOW)


def test_what_was_proposed_for_somebody_is_not_signed_by_them(two):
    both = accounts.user(Role.REVIEWER, two.where.department)
    acting = lend(both, accounts.user(Role.PUBLISHER, two.where.department), Role.REVIEWER)
    request = two.signed("phone")
    deciding.propose(request.pk, asked(request), by=acting, at=NOW)
    people.grant_role(both.pk, Role.HEAD, two.where.department, by=None, at=NOW)

    with pytest.raises(StepRefused, match="You proposed this answer"):
        deciding.sign_answer(request.pk, by=User.objects.get(pk=both.pk), at=NOW)


def test_one_person_does_not_sign_both_sides_by_a_delegation(two):
    """The clerk's colleague signs for the asking head, and is a reviewer of the provider too."""
    person = accounts.user(Role.REVIEWER, two.asker)
    people.grant_role(person.pk, Role.REVIEWER, two.where.department, by=None, at=NOW)
    acting = lend(two.asking_head, person)
    request = laid_before(two)
    asking.sign(request.pk, vouched=True, by=acting, at=NOW)
    deciding.propose(request.pk, asked(request), by=two.reviewer, at=NOW)

    also = lend(two.where.head, person)

    with pytest.raises(NotAllowed, match="somebody else decides"):
        deciding.sign_answer(request.pk, by=also, at=NOW)


def test_a_head_of_both_sides_does_not_sign_what_was_signed_for_them(two):
    people.grant_role(two.asking_head.pk, Role.HEAD, two.where.department, by=None, at=NOW)
    acting = accounts.user(Role.REVIEWER, two.asker)
    today = timezone.localdate()
    away = Away(Role.HEAD, two.asker, today, today, "leave")
    delegations.delegate(away, to=acting.pk, by=two.asking_head, at=timezone.now())
    request = laid_before(two)
    asking.sign(request.pk, vouched=True, by=User.objects.get(pk=acting.pk), at=NOW)
    deciding.propose(request.pk, asked(request), by=two.reviewer, at=NOW)

    with pytest.raises(NotAllowed, match="somebody else decides"):
        deciding.sign_answer(request.pk, by=User.objects.get(pk=two.asking_head.pk), at=NOW)


def test_who_acts_for_an_operator_does_not_decide_what_the_operator_asked(two):
    authority = two.where.operator.memberships.get().organization
    people.grant_role(two.where.operator.pk, Role.PUBLISHER, two.asker, by=None, at=NOW)
    acting = lend(two.where.operator, accounts.user(Role.REVIEWER, authority), Role.OPERATOR)
    request = two.draft("phone")
    type(request).objects.filter(pk=request.pk).update(drafted_by=two.where.operator)
    asking.submit(request.pk, by=two.clerk, at=NOW)
    asking.sign(request.pk, vouched=True, by=two.asking_head, at=NOW)
    deciding.propose_refusal(
        request.pk, ground="not_necessary", reason="无依据", by=two.reviewer, at=NOW
    )
    deciding.sign_answer(request.pk, by=two.where.head, at=NOW)
    dispute = disputes.open_dispute(
        request.pk, about="refusal", claim="有依据", by=two.clerk, at=NOW
    )
    disputes.escalate(dispute.pk, to="to_authority", text="请协调", by=two.clerk, at=NOW)

    with pytest.raises(NotAllowed, match="somebody else decides"):
        disputes.decide(dispute.pk, for_asker=True, text="支持", by=acting, at=NOW)


def test_who_made_an_entry_does_not_sign_it_for_the_head():
    entry = catalog.dataset(EntryState.DRAFT)
    head = accounts.user(Role.HEAD, entry.owner)
    maker = entry.created_by
    if not maker.memberships.filter(organization=entry.owner).exists():
        people.grant_role(maker.pk, Role.PUBLISHER, entry.owner, by=None, at=NOW)
    acting = lend(head, maker)

    with pytest.raises(NotAllowed, match="You made this entry"):
        publishing.sign(entry.pk, by=acting, at=NOW, checklist={})


def test_the_delegates_inbox_shows_what_waits_for_the_head(two):
    other = accounts.user(Role.REVIEWER, two.asker)
    acting = lend(two.asking_head, other)

    laid_before(two)

    assert "request.signable" in {line.kind for line in notices.inbox(acting)}


def test_when_a_head_leaves_who_can_act_and_the_authority_are_told_of_each_request(two):
    request = laid_before(two)
    second = accounts.user(Role.HEAD, two.asker)
    other = two.proposed("income", purpose="另一用途")

    leaving.leave(two.asking_head.pk, by=None, at=NOW)

    told = Notice.objects.open().filter(kind="request.holder_left", target=request.address)
    assert {(one.role, one.organization) for one in told} == {
        (Role.HEAD, two.asker),
        (Role.REVIEWER, two.asker),
        (Role.OPERATOR, None),
    }
    assert "request.holder_left" in {line.kind for line in notices.inbox(second)}
    assert "request.holder_left" in {line.kind for line in notices.inbox(two.where.operator)}
    assert not Notice.objects.filter(kind="request.holder_left", target=other.address).exists()


def test_once_signed_nobody_is_told_any_more_that_somebody_left(two):
    request = laid_before(two)
    second = accounts.user(Role.HEAD, two.asker)
    leaving.leave(two.asking_head.pk, by=None, at=NOW)

    asking.sign(request.pk, vouched=True, by=second, at=NOW)

    assert not Notice.objects.open().filter(kind="request.holder_left").exists()


def test_a_request_is_given_to_who_acts_for_a_reviewer(two):
    acting = lend(two.reviewer, accounts.user(Role.PUBLISHER, two.where.department), Role.REVIEWER)
    request = two.signed("phone")

    deciding.assign(request.pk, to=acting, by=two.reviewer, at=NOW)

    request.refresh_from_db()
    assert request.assigned_to == acting


def test_a_step_of_a_dispute_names_for_whom_somebody_acted(two):
    acting = lend(two.where.head, accounts.user(Role.PUBLISHER, two.where.department))
    request = two.signed("phone")
    deciding.propose_refusal(
        request.pk, ground=Ground.NOT_NECESSARY, reason="x", by=two.reviewer, at=NOW
    )
    deciding.sign_answer(request.pk, by=two.where.head, at=NOW)
    dispute = disputes.open_dispute(
        request.pk, about=About.REFUSAL, claim="x", by=two.clerk, at=NOW
    )

    disputes.concede(dispute.pk, text="y", by=acting, at=NOW)

    opened, conceded = dispute.events.order_by("pk")
    assert (opened.by, opened.for_whom) == (two.clerk, None)
    assert (conceded.by, conceded.for_whom) == (acting, two.where.head)
