"""A department drafts, completes and signs a request; what needs no answer is granted at once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts.models import Membership, Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from exchange import opening
from exchange.models import Grant, ShareRequest
from exchange.sharing import asking
from exchange.sharing.contents import terms_of
from exchange.sharing.requests import BasisGone, RequestIncomplete, RequestUnfit
from exchange.workflow import State, StepRefused
from policy.terms import Grade, Mode
from tests.factories import accounts, catalog, sharing
from tests.factories.sharing import NOW, TODAY

pytestmark = pytest.mark.django_db


def test_what_is_unconditional_is_granted_with_the_signature_and_the_provider_told(two):
    request = two.signed("id", "name", clear_up_to=Grade.L2)

    grant = Grant.objects.get(request=request)
    assert request.state == State.GRANTED
    assert (grant.organization, grant.valid_until) == (two.asker, sharing.UNTIL)
    assert grant.fields == sorted(two.fields("id", "name"))
    assert Notice.objects.filter(
        kind="request.granted_at_once", organization=two.where.department
    ).exists()


def test_one_conditional_field_sends_the_request_to_the_provider_with_ten_working_days(two):
    request = two.signed("name", "phone")

    assert request.state == State.IN_REVIEW
    assert request.due_on == date(2026, 3, 16)  # Monday 2 March and ten working days
    assert not Grant.objects.exists()


def test_masked_is_unconditional_where_nothing_in_clear_is_asked_for(two):
    grading = [("phone", "unconditional")]
    for name, share in grading:
        two.dataset.resources.get().fields.filter(name=name).update(share_type=share)

    request = two.signed("phone", clear_up_to=Grade.L2)

    assert request.state == State.GRANTED


def test_a_formal_check_comes_first_where_the_body_of_rules_has_one(two, settings):
    settings.CLOCK_PROFILE = "municipal-2024"

    request = two.signed("phone")

    assert request.state == State.IN_CHECK
    assert request.due_on == date(2026, 3, 4)


def test_everything_that_is_missing_is_told_at_once(two):
    request = two.draft(purpose=" ", scene="", system="", basis_text="", calls_peak=None)

    with pytest.raises(RequestIncomplete) as refused:
        asking.submit(request.pk, by=two.clerk, at=NOW)

    assert len(refused.value.missing) == 6
    assert ShareRequest.objects.get().state == State.DRAFT


def test_fields_of_another_dataset_cannot_be_asked_for(two):
    other = sharing.two(rows=False)

    with pytest.raises(RequestUnfit, match=str(other.field("name"))):
        two.draft(fields=other.fields("name"))

    assert not ShareRequest.objects.exists()


def test_a_period_that_ends_before_it_begins_is_refused(two):
    with pytest.raises(RequestUnfit, match="2026-03-01"):
        two.draft("name", wanted_until=TODAY - timedelta(days=1))


def test_a_basis_that_ran_out_is_refused_when_chosen_and_when_signed(two):
    gone = catalog.basis(in_force_until=TODAY - timedelta(days=1))
    living = catalog.basis(article="第九条", in_force_until=TODAY)
    request = two.draft("name", basis_id=living.pk)
    asking.submit(request.pk, by=two.clerk, at=NOW)

    with pytest.raises(BasisGone):
        two.draft("name", basis_id=gone.pk)
    with pytest.raises(BasisGone):
        asking.sign(request.pk, vouched=True, by=two.asking_head, at=NOW + timedelta(days=1))

    assert ShareRequest.objects.get().state == State.TO_SIGN


def test_a_basis_that_does_not_exist_is_refused_with_its_number(two):
    with pytest.raises(RequestUnfit, match="999999"):
        two.draft("name", basis_id=999_999)


def test_without_a_head_the_request_stays_and_says_whom_to_ask(two):
    request = two.draft("name")
    Membership.objects.filter(user=two.asking_head).delete()

    with pytest.raises(StepRefused, match="role of head"):
        asking.submit(request.pk, by=two.clerk, at=NOW)


def test_the_head_signs_only_when_vouching_for_it(two):
    request = two.draft("name")
    asking.submit(request.pk, by=two.clerk, at=NOW)

    with pytest.raises(RequestUnfit):
        asking.sign(request.pk, vouched=False, by=two.asking_head, at=NOW)

    assert ShareRequest.objects.get().state == State.TO_SIGN


def test_a_clerk_cannot_sign_and_another_department_s_head_neither(two):
    request = two.draft("name")
    asking.submit(request.pk, by=two.clerk, at=NOW)

    for person in (two.clerk, two.where.head):
        with pytest.raises(NotAllowed):
            asking.sign(request.pk, vouched=True, by=person, at=NOW)


def test_the_head_gives_a_request_back_to_be_changed(two):
    request = two.draft("name")
    asking.submit(request.pk, by=two.clerk, at=NOW)

    asking.give_back(request.pk, reason="用途不清", by=two.asking_head, at=NOW)
    asking.change(
        request.pk,
        replace(terms_of(request), purpose="核对户籍"),
        by=two.clerk,
        at=NOW,
    )

    request.refresh_from_db()
    assert (request.state, request.purpose) == (State.DRAFT, "核对户籍")


def test_a_department_needs_no_request_for_its_own_data_and_a_company_makes_none(two):
    own = accounts.user(Role.PUBLISHER, two.where.department)

    with pytest.raises(RequestUnfit, match="own"):
        asking.draft(
            two.dataset.pk,
            two.terms("name"),
            organization=two.where.department,
            by=own,
            at=NOW,
        )


def test_a_withdrawn_dataset_cannot_be_asked_for(two):
    opening.withdraw(two.dataset.pk, reason="并入", by=two.where.operator, at=NOW)

    with pytest.raises(StepRefused, match="published"):
        two.draft("name")


def test_a_withdrawn_request_is_over_and_stops_its_clock(two):
    request = two.signed("phone")

    asking.withdraw(request.pk, reason="不再需要", by=two.clerk, at=NOW)

    request.refresh_from_db()
    assert (request.state, request.due_on) == (State.WITHDRAWN, None)
    with pytest.raises(StepRefused):
        asking.withdraw(request.pk, reason="", by=two.clerk, at=NOW)


def test_each_step_leaves_one_entry_in_the_trail(two):
    request = two.signed("phone", mode=Mode.QUERY)

    verbs = Entry.objects.filter(target=request.address).order_by("pk")
    assert [one.verb for one in verbs] == ["request.draft", "request.submit", "request.sign"]


def test_a_verification_cannot_be_asked_for_without_the_fields_that_find_its_subject(two):
    request = two.draft("illness", mode=Mode.VERIFY)

    with pytest.raises(RequestIncomplete, match="found by: id"):
        asking.submit(request.pk, by=two.clerk, at=NOW)
    asking.change(
        request.pk,
        two.terms("id", "illness", mode=Mode.VERIFY),
        by=two.clerk,
        at=NOW,
    )
    asking.submit(request.pk, by=two.clerk, at=NOW)


def test_a_verification_cannot_be_asked_for_where_no_key_is_declared(two):
    two.dataset.resources.get().fields.update(is_key=False)
    request = two.draft("illness", mode=Mode.VERIFY)

    with pytest.raises(RequestIncomplete, match="declares no key"):
        asking.submit(request.pk, by=two.clerk, at=NOW)
