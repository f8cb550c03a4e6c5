"""A request keeps the body of rules it was asked under, whatever rules hold here later."""

from datetime import timedelta

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Clock
from catalog.terms import ClockStep
from exchange.models import ShareRequest
from exchange.sharing import asking, clocks, deciding
from exchange.workflow import State
from tests.exchange.sharing import town
from tests.factories import sharing
from tests.factories.sharing import NOW

pytestmark = pytest.mark.django_db
RULES = ("order809", "municipal-2024", "a-city", "z-city")
rules = st.sampled_from(RULES)


@pytest.fixture
def two():
    """Two departments; two more cities' rules share steps with the municipal one."""
    for number, profile in enumerate(RULES[2:]):
        for step in (ClockStep.FORMAL_CHECK, ClockStep.ANSWER_UNBOUND, ClockStep.ANSWER_BOUND):
            Clock.objects.create(
                profile=profile,
                step=step,
                working_days=3 + 4 * number,
                starts_with_zh="收到",
                citation="测试",
            )
    return sharing.two(rows=False)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(under=rules, later=st.lists(rules, min_size=3, max_size=3))
def test_other_rules_that_hold_later_change_no_clock_of_an_open_request(two, under, later):
    with override_settings(CLOCK_PROFILE=under):
        pk = two.signed("phone").pk
    due_on = ShareRequest.objects.get(pk=pk).due_on

    with override_settings(CLOCK_PROFILE=later[0]):
        clocks.remind(at=NOW)
    assert ShareRequest.objects.get(pk=pk).due_on == due_on
    with override_settings(CLOCK_PROFILE=later[1]):
        if ShareRequest.objects.get(pk=pk).state == State.IN_CHECK:
            deciding.pass_check(pk, by=two.where.operator, at=NOW + timedelta(days=1))
    passed = ShareRequest.objects.get(pk=pk)
    with override_settings(CLOCK_PROFILE=later[2]):
        clocks.remind(at=NOW + timedelta(days=1))

    request = ShareRequest.objects.get(pk=pk)
    assert request.profile == under
    assert request.due_on == passed.due_on == town.due(request)
    assert (request.due_step == ClockStep.ANSWER_CONDITIONAL) == (under == "order809")


def test_what_is_completed_goes_on_under_the_rules_it_was_first_asked_under(two, settings):
    settings.CLOCK_PROFILE = "z-city"
    request = two.signed("phone")
    deciding.ask_more(request.pk, missing=["频次"], by=two.where.operator, at=NOW)
    settings.CLOCK_PROFILE = "order809"

    asking.submit(request.pk, by=two.clerk, at=NOW)
    asking.sign(request.pk, vouched=True, by=two.asking_head, at=NOW)

    request.refresh_from_db()
    assert (request.profile, request.state) == ("z-city", State.IN_CHECK)


def test_a_new_request_is_asked_under_the_rules_in_force(two, settings):
    settings.CLOCK_PROFILE = "z-city"
    two.signed("phone")
    settings.CLOCK_PROFILE = "order809"

    request = two.signed("income")

    assert (request.profile, request.state) == ("order809", State.IN_REVIEW)
