"""A due date is counted again by hand from what the pages of a request show, and nothing else."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.terms import ClockStep
from exchange.models import ShareRequest
from exchange.sharing import clocks
from tests.factories import sharing

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LIMITS = (
    ("order809", ClockStep.ANSWER_CONDITIONAL),
    ("municipal-2024", ClockStep.FORMAL_CHECK),
    ("municipal-2024", ClockStep.ANSWER_BOUND),
    ("municipal-2024", ClockStep.ANSWER_UNBOUND),
)
WORDS = {
    "en": (r"(\d+) working days", r"\+ (\d+) \(extension\)", r"Received on ([\d-]{10})"),
    "zh-hans": (r"(\d+) 个工作日", r"\+ (\d+) \(延长\)", r"([\d-]{10})收到申请"),
}
MOVED = {
    "en": ("working day at a weekend", "public holiday"),
    "zh-hans": ("周末调班工作日", "法定节假日"),
}


@pytest.fixture
def waiting():
    """A request at the provider, with both departments' people."""
    two = sharing.two(rows=False)
    return two, two.signed("phone")


def by_hand(text: str, language: str) -> date:
    """Count the last day from a page: limit, extension, first day, and the days that moved."""
    days, more, since = (re.search(one, text) for one in WORDS[language])
    moved = {
        date.fromisoformat(day)
        for day, told in re.findall(r"<tr><td>([\d-]{10}) [^<]*</td><td>(.*?)</td>", text)
        if any(word in told for word in MOVED[language])
    }
    left, day = int(days[1]) + (int(more[1]) if more else 0), date.fromisoformat(since[1])
    while left:
        day += DAY
        left -= (day.weekday() < 5) != (day in moved)
    return day


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.sampled_from(LIMITS),
    on=st.dates(date(2025, 1, 1), date(2027, 2, 1)),
    extended=st.booleans(),
    asker=st.booleans(),
)
def test_the_last_day_is_counted_from_the_page_alone(
    waiting, at_desk, language, limit, on, extended, asker
):
    two, request = waiting
    since = datetime.combine(on, time(4), tzinfo=UTC)
    profile, step = limit
    ShareRequest.objects.update(
        profile=profile, due_step=step, due_from=since, extended_at=since if extended else None
    )
    page, person = ("asked", two.clerk) if asker else ("deciding", two.reviewer)

    answer = at_desk(person).client.get(
        reverse(f"admin:{page}", args=[request.pk]), headers={"Accept-Language": language}
    )

    text = answer.content.decode()
    request.refresh_from_db()
    due = clocks.deadline(request)
    assert by_hand(text, language) == due.due_on
    assert f"{due.due_on:%Y-%m-%d}" in text
    assert due.citation in text


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "Order 809 of the State Council"), ("zh-hans", "国务院令第809号")],
)
def test_the_rules_of_a_request_and_those_in_force_are_shown(waiting, at_desk, language, told):
    two, request = waiting
    client = at_desk(two.reviewer).client

    pages = [
        client.get(place, headers={"Accept-Language": language}).content.decode()
        for place in (
            reverse("admin:deciding_desk"),
            reverse("admin:deciding", args=[request.pk]),
        )
    ]

    assert all(told in page for page in pages)


def test_a_day_named_in_a_dispute_is_not_shown_as_counted(waiting, at_desk):
    two, request = waiting
    day = timezone.localdate() + 40 * DAY
    ShareRequest.objects.update(ordered_on=day, due_on=day)

    page = at_desk(two.reviewer).client.get(reverse("admin:deciding", args=[request.pk]))

    assert f"The last day, {day:%Y-%m-%d}, was named in a dispute" in page.content.decode()
