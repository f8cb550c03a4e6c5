"""The clocks of the law, with their lights."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError

from catalog import deadlines
from catalog.models import Clock
from catalog.terms import ClockStep
from policy.terms import Certainty

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai


def due(step, today, **more):
    return deadlines.due_for(step, MONDAY, today=today, **more)


@pytest.mark.parametrize(
    ("step", "on"),
    [
        (ClockStep.CATALOGUE_REVIEW, date(2026, 3, 4)),
        (ClockStep.CATALOGUE_UPDATE, date(2026, 3, 16)),
        (ClockStep.ANSWER_UNCONDITIONAL, date(2026, 3, 3)),
        (ClockStep.ANSWER_CONDITIONAL, date(2026, 3, 16)),
        (ClockStep.DELIVER, date(2026, 3, 30)),
        (ClockStep.CORRECTION, date(2026, 3, 16)),
    ],
)
def test_each_limit_of_the_order_is_kept_with_its_article(step, on):
    found = due(step, date(2026, 3, 2))

    assert (found.due_on, found.estimated) == (on, False)
    assert "政务数据共享条例" in found.citation


def test_no_limit_claims_to_be_verified_before_a_person_has_compared_it():
    assert not Clock.objects.filter(certainty=Certainty.VERIFIED).exists()


@pytest.mark.parametrize(
    ("today", "left", "light"),
    [
        (date(2026, 3, 2), 2, "good"),
        (date(2026, 3, 3), 1, "warn"),
        (date(2026, 3, 4), 0, "warn"),
        (date(2026, 3, 5), -1, "bad"),
        (date(2026, 3, 8), -2, "bad"),
    ],
)
def test_the_light_follows_the_working_days_left(today, left, light):
    found = due(ClockStep.CATALOGUE_REVIEW, today)

    assert (found.days_left, found.light) == (left, light)


def test_an_extension_comes_on_top_and_needs_a_consent_that_is_named():
    found = due(ClockStep.ANSWER_CONDITIONAL, date(2026, 3, 2), extended=True)

    assert found.due_on == date(2026, 3, 30)
    assert Clock.objects.get(profile="order809", step="answer_conditional").consent
    with pytest.raises(IntegrityError):
        Clock.objects.filter(step="deliver").update(extension_days=5)


def test_what_comes_at_night_is_counted_by_the_citys_day():
    late = MONDAY + timedelta(hours=15)  # one in the morning of Tuesday in Shanghai

    found = deadlines.due_for(ClockStep.CATALOGUE_REVIEW, late, today=date(2026, 3, 3))

    assert found.due_on == date(2026, 3, 5)


def test_a_local_profile_wins_and_leaves_the_rest_to_the_order(settings):
    settings.CLOCK_PROFILE = "municipal-2024"

    assert due(ClockStep.FORMAL_CHECK, date(2026, 3, 2)).due_on == date(2026, 3, 4)
    assert due(ClockStep.DELIVER, date(2026, 3, 2)).due_on == date(2026, 3, 30)
    Clock.objects.create(
        profile="municipal-2024",
        step=ClockStep.DELIVER,
        working_days=5,
        starts_with_zh="答复",
        citation="测试",
    )
    assert due(ClockStep.DELIVER, date(2026, 3, 2)).due_on == date(2026, 3, 9)


def test_what_began_under_other_rules_is_counted_by_them_and_by_no_third():
    for days, profile in ((3, "a-city"), (7, "z-city")):
        Clock.objects.create(
            profile=profile,
            step=ClockStep.FORMAL_CHECK,
            working_days=days,
            starts_with_zh="收到",
            citation="测试",
        )
    here = deadlines.clocks()

    told = {
        profile: here.under(profile).limit(ClockStep.FORMAL_CHECK).working_days
        for profile in ("a-city", "municipal-2024", "z-city")
    }

    assert told == {"a-city": 3, "municipal-2024": 2, "z-city": 7}
    assert here.under("z-city").limit(ClockStep.DELIVER).profile == deadlines.NATIONAL
    assert ClockStep.FORMAL_CHECK not in here.limits  # no step begins by it


def test_a_step_without_a_limit_says_so():
    with pytest.raises(deadlines.ClockMissing, match="formal_check"):
        due(ClockStep.FORMAL_CHECK, date(2026, 3, 2))


def test_a_list_asks_the_database_twice_however_long_it_is(django_assert_num_queries):
    with django_assert_num_queries(2):
        clocks = deadlines.clocks()
        for hours in range(200):
            clocks.due_for(
                ClockStep.CATALOGUE_REVIEW,
                MONDAY + timedelta(hours=hours),
                today=date(2026, 3, 4),
            )
