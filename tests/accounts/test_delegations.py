"""A colleague acts while somebody is away: on those days, in that role, and nothing more."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from accounts import delegations, notices, people
from accounts.delegations import Away, AwayUnfit
from accounts.models import Delegation, User
from accounts.refusals import StepRefused
from accounts.roles import LENDABLE, NotAllowed, Role, require
from audit.models import Entry
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
SIGN = "exchange.sign_request"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def place():
    return make.organization()


@pytest.fixture
def head(place):
    return make.user(Role.HEAD, place, name="Wang", email="wang@example.test")


@pytest.fixture
def clerk(place):
    return make.user(Role.PUBLISHER, place, name="Li", email="li@example.test")


def today() -> date:
    return timezone.localdate()


def away(place, role=Role.HEAD, *, first=0, last=5, reason="leave") -> Away:
    return Away(role, place, today() + first * DAY, today() + last * DAY, reason)


def lend(head, clerk, place, **over) -> Delegation:
    return delegations.delegate(away(place, **over), to=clerk.pk, by=head, at=timezone.now())


def may(person: User, permission=SIGN, place=None) -> bool:
    try:
        require(User.objects.get(pk=person.pk), permission, organization=place)
    except NotAllowed:
        return False
    return True


def test_the_colleague_has_the_right_on_those_days_and_the_holder_keeps_it(head, clerk, place):
    before = may(clerk, place=place)

    lend(head, clerk, place)

    fresh = User.objects.get(pk=clerk.pk)
    assert (before, may(clerk, place=place), may(head, place=place)) == (False, True, True)
    assert fresh.has_perm(SIGN, place)
    assert (Role.HEAD, place.pk) in fresh.live_roles()
    assert not may(clerk, place=make.organization())


@given(st.integers(-40, 40), st.integers(0, 40))
def test_a_delegation_gives_rights_on_its_days_and_on_no_other(first, length):
    place = make.organization()
    head, clerk = make.user(Role.HEAD, place), make.user(Role.PUBLISHER, place)
    Delegation.objects.create(
        holder=head,
        to=clerk,
        organization=place,
        role=Role.HEAD,
        from_on=today() + first * DAY,
        until=today() + (first + length) * DAY,
        reason="leave",
        made_at=timezone.now(),
    )

    assert may(clerk, place=place) == (first <= 0 <= first + length)


def test_the_trail_names_both_when_the_right_is_lent_and_one_when_it_is_not(head, clerk, place):
    lend(head, clerk, place)
    acting = User.objects.get(pk=clerk.pk)

    require(acting, SIGN, organization=place)
    as_head = acting.audit_name
    require(acting, "exchange.ask_dataset", organization=place)

    assert as_head == f"Li ({clerk.username}) 代/for Wang ({head.username})"
    assert acting.audit_name == f"Li ({clerk.username})"


@pytest.mark.parametrize(
    "ended",
    [
        lambda made: delegations.end(made.pk, by=made.holder, at=timezone.now()),
        lambda made: delegations.end(made.pk, by=made.to, at=timezone.now()),
        lambda made: delegations.end(
            made.pk, by=make.user(Role.SECURITY_ADMIN), at=timezone.now()
        ),
        lambda made: people.revoke_role(
            made.holder_id, Role.HEAD, made.organization, by=None, at=timezone.now()
        ),
        lambda made: people.deactivate(
            made.holder_id,
            hand_over_to=make.user(Role.REVIEWER, made.organization),
            by=None,
            at=timezone.now(),
        ),
        lambda made: people.revoke_role(
            made.to_id, Role.PUBLISHER, made.organization, by=None, at=timezone.now()
        ),
    ],
    ids=["holder", "colleague", "security", "role taken away", "holder left", "colleague gone"],
)
def test_it_ends_at_once(head, clerk, place, ended):
    made = lend(head, clerk, place)

    ended(made)

    made.refresh_from_db()
    assert made.ended_at is not None
    assert not may(clerk, place=place)
    assert not delegations.acting(place, Role.HEAD).filter(pk=clerk.pk).exists()


def test_a_role_that_comes_back_brings_no_delegation_back(head, clerk, place):
    lend(head, clerk, place)
    people.revoke_role(head.pk, Role.HEAD, place, by=None, at=timezone.now())

    people.grant_role(head.pk, Role.HEAD, place, by=None, at=timezone.now())

    assert not may(clerk, place=place)


def test_a_role_that_is_lent_is_not_lent_on(head, clerk, place):
    lend(head, clerk, place)
    third = make.user(Role.REVIEWER, place)

    with pytest.raises(NotAllowed, match="yourself"):
        lend(User.objects.get(pk=clerk.pk), third, place)


def test_nobody_acts_for_themselves_nor_a_stranger_nor_a_fellow_holder(head, place):
    with pytest.raises(StepRefused, match="themselves"):
        lend(head, head, place)
    with pytest.raises(StepRefused, match="does not work at"):
        lend(head, make.user(Role.PUBLISHER), place)
    with pytest.raises(StepRefused, match="anyway"):
        lend(head, make.user(Role.HEAD, place), place)

    assert not Delegation.objects.exists()
    assert not Entry.objects.filter(verb="role.lend").exists()


@pytest.mark.parametrize(
    ("over", "because"),
    [
        ({"first": -5, "last": -1}, "are over"),
        ({"first": 5, "last": 4}, "before they begin"),
        ({"last": 183}, "183 days at most"),
        ({"reason": " "}, "why you are away"),
    ],
)
def test_days_and_reason_are_checked(head, clerk, place, over, because):
    with pytest.raises(AwayUnfit, match=because) as refused:
        lend(head, clerk, place, **over)

    assert refused.value.status == 400


def test_two_delegations_of_a_role_do_not_meet(head, clerk, place):
    other = make.user(Role.REVIEWER, place)
    first = lend(head, clerk, place)
    with pytest.raises(StepRefused, match="acts for you already"):
        lend(head, other, place, first=5, last=6)

    lend(head, other, place, first=6, last=7)
    delegations.end(first.pk, by=head, at=timezone.now())
    lend(head, other, place, first=0, last=5)

    assert Delegation.objects.running().count() == 2


def test_only_the_roles_of_deciders_are_lent(place, clerk):
    other = make.user(Role.REVIEWER, place)

    with pytest.raises(NotAllowed):
        lend(clerk, other, place, role=Role.PUBLISHER)

    assert set(LENDABLE) == {Role.HEAD, Role.REVIEWER, Role.OPERATOR}


def test_a_third_person_ends_nothing_and_what_ended_is_not_ended_again(head, clerk, place):
    made = lend(head, clerk, place)
    with pytest.raises(NotAllowed):
        delegations.end(made.pk, by=make.user(Role.REVIEWER, place), at=timezone.now())

    delegations.end(made.pk, by=clerk, at=timezone.now())

    with pytest.raises(StepRefused, match="ended already"):
        delegations.end(made.pk, by=head, at=timezone.now())


def test_inbox_and_mail_reach_who_acts(head, clerk, place):
    lend(head, clerk, place)
    notices.tell("grant.use_due", organization=place, target="grant:1", at=timezone.now(), grant=1)

    notices.mail_due(at=timezone.now())

    lines = notices.inbox(User.objects.get(pk=clerk.pk))
    addressed = {address for one in mail.outbox for address in one.to}
    assert "role.lent" in {line.kind for line in lines}
    assert {"li@example.test", "wang@example.test"} <= addressed


def test_mail_for_a_delegation_that_has_not_begun_goes_to_the_holder_alone(head, clerk, place):
    lend(head, clerk, place, first=3, last=5)
    notices.tell(
        "request.holder_left",
        organization=place,
        target="request:1",
        at=timezone.now(),
    )

    notices.mail_due(at=timezone.now())

    addressed = {address for one in mail.outbox for address in one.to}
    assert addressed == {"wang@example.test"}


def test_who_acts_in_a_role_is_asked_in_one_question(head, clerk, place):
    lend(head, clerk, place)

    assert set(delegations.acting(place, Role.HEAD)) == {head, clerk}
    assert set(delegations.acting(place, Role.REVIEWER)) == set()


def test_the_verbs_entry_names_the_two_the_role_and_the_days(head, clerk, place):
    made = lend(head, clerk, place)

    entry = Entry.objects.get(verb="role.lend")
    assert entry.target == made.address
    assert entry.details == {
        "role": "head",
        "organization": f"organization:{place.pk}",
        "holder": f"user:{head.pk}",
        "to": f"user:{clerk.pk}",
        "first": str(today()),
        "last": str(today() + 5 * DAY),
    }


def test_who_left_acts_for_nobody(head, clerk, place):
    lend(head, clerk, place)
    people.deactivate(
        clerk.pk, hand_over_to=make.user(Role.REVIEWER, place), by=None, at=timezone.now()
    )

    assert not may(clerk, place=place)
