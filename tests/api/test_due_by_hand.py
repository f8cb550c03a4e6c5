"""A due date is counted again by hand from what the API tells of a request, and nothing else."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import WorkingDay
from catalog.terms import ClockStep
from exchange.models import ShareRequest
from exchange.sharing import clocks
from tests.api.asking import Asker, asker

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LIMITS = (
    ("order809", ClockStep.ANSWER_CONDITIONAL),
    ("municipal-2024", ClockStep.FORMAL_CHECK),
    ("municipal-2024", ClockStep.ANSWER_BOUND),
    ("municipal-2024", ClockStep.ANSWER_UNBOUND),
    ("another-city", ClockStep.ANSWER_CONDITIONAL),  # left open there: the national one
)


@pytest.fixture(name="office")
def _office() -> Asker:
    office = asker()
    office.two.signed("phone", at=timezone.now())
    return office


def by_hand(told) -> date:
    """Count the last day from the limit, its extension, the first day and the moved days."""
    moved = {one["day"] for one in told["days"] if one["moved"]}
    left, day = told["working_days"] + told["extension_days"], date.fromisoformat(told["since"])
    while left:
        day += DAY
        left -= (day.weekday() < 5) != (str(day) in moved)
    return day


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.sampled_from(LIMITS),
    on=st.dates(date(2025, 1, 1), date(2027, 2, 1)),
    extended=st.booleans(),
    rests=st.sets(st.integers(1, 12), max_size=3),
)
def test_the_last_day_is_counted_from_the_answer_alone(
    office, language, limit, on, extended, rests
):
    since = datetime.combine(on, time(4), tzinfo=UTC)
    profile, step = limit
    WorkingDay.objects.all().delete()
    for days in rests:
        WorkingDay.objects.create(day=on + days * DAY, working=False, source="本市通知")
    ShareRequest.objects.update(
        profile=profile, due_step=step, due_from=since, extended_at=since if extended else None
    )
    request = ShareRequest.objects.get()

    told = office.client.get(
        f"/api/v1/office/requests/{request.pk}",
        headers={"Accept-Language": language, "X-API-Key": office.key.raw},
    ).json()["due"]

    due = clocks.deadline(request)
    assert told["due_on"] == str(due.due_on) == str(by_hand(told))
    assert [one["number"] for one in told["days"] if one["number"]] == list(
        range(1, told["working_days"] + told["extension_days"] + 1)
    )
    assert told["citation"]
    assert told["starts_with"].isascii() == (language == "en")
    assert bool(told["note"]) == any(one["estimated"] for one in told["days"]) == due.estimated
