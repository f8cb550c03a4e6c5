"""Reminder, late notice and the step up: each once for a term, none left out, all on record."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Notice
from accounts.roles import Role
from audit.models import Entry
from catalog import alarms, workdays
from catalog.alarms import VERBS, Alarm
from catalog.models import Clock
from exchange.sharing import clocks, corrections
from tests.exchange.sharing.test_corrections import reported
from tests.factories.sharing import NOW

pytestmark = pytest.mark.django_db
DAYS = 45
LIMIT = {"profile": "order809", "step": "answer_conditional"}


def told(target: str) -> list[tuple[str, str]]:
    """Return what the trail has of a thing's alarms, in its order: (term, verb)."""
    rows = Entry.objects.filter(target=target, verb__in=VERBS.values()).order_by("pk")
    return [(one.details["term"], one.verb) for one in rows]


def open_roles(kind: str, target: str) -> set[str]:
    return set(
        Notice.objects.open().filter(kind=kind, target=target).values_list("role", flat=True)
    )


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    looks=st.lists(st.integers(0, DAYS), min_size=1, max_size=8).map(sorted),
    days=st.tuples(st.integers(0, 4), st.integers(1, 3), st.integers(1, 4)),
    extended=st.none() | st.integers(0, DAYS),
)
def test_no_alarm_is_told_twice_or_left_out_whenever_somebody_looks(two, looks, days, extended):
    before, late, more = days
    with transaction.atomic():
        Clock.objects.filter(**LIMIT).update(
            remind_days=before, late_days=late, climb_days=late + more
        )
        request, should = two.signed("phone"), []
        for day in sorted({*looks, *([] if extended is None else [extended])}):
            at = NOW + timedelta(days=day)
            if day == extended:
                clocks.ask_extension(request.pk, reason="量大", by=two.reviewer, at=at)
                clocks.extend(request.pk, by=two.where.operator, at=at)
            if day in looks:
                clocks.remind(at=at)
            request.refresh_from_db()
            due, today = request.due_on, at.date()
            left = workdays.between(today, due)
            term = request.extended_at is not None
            come = [left <= before, -left >= late, -left >= late + more]
            if day in looks:
                should += [
                    (term, VERBS[alarm])
                    for alarm, here in zip(Alarm, come, strict=True)
                    if here and (term, VERBS[alarm]) not in should
                ]

        found = told(request.address)

        assert [(" " in term, verb) for term, verb in found] == should
        assert max(Counter(found).values(), default=1) == 1
        transaction.set_rollback(True)


def test_who_is_told_changes_with_each_step(two):
    request = two.signed("phone")

    for day in (13, 15, 18):  # the day before, the day after, three working days after
        clocks.remind(at=NOW + timedelta(days=day))

    assert open_roles("request.due", request.address) == set()
    assert open_roles("request.late", request.address) == {Role.REVIEWER, Role.HEAD}
    assert open_roles("request.climbed", request.address) == {Role.HEAD, Role.OPERATOR}
    assert [verb for _term, verb in told(request.address)] == list(VERBS.values())


def test_a_late_formal_check_is_told_to_the_authority_and_then_to_who_waits(two, settings):
    settings.CLOCK_PROFILE = "municipal-2024"
    request = two.signed("phone")

    clocks.remind(at=NOW + timedelta(days=3))
    clocks.remind(at=NOW + timedelta(days=7))

    assert open_roles("request.check_late", request.address) == {Role.OPERATOR}
    climbed = Notice.objects.open().get(kind="request.check_climbed", role=Role.HEAD)
    assert climbed.organization == two.asker
    assert not Notice.objects.filter(kind="request.late").exists()


def test_an_answer_settles_what_was_told(two):
    request = two.signed("phone")
    clocks.remind(at=NOW + timedelta(days=30))

    clocks.ask_extension(request.pk, reason="量大", by=two.reviewer, at=NOW)
    clocks.extend(request.pk, by=two.where.operator, at=NOW + timedelta(days=30))

    assert not Notice.objects.open().filter(kind__in=clocks.ANSWER_KINDS.values()).exists()


def test_a_report_that_nobody_answers_goes_one_step_up(two):
    correction = reported(two)

    corrections.remind(at=NOW + timedelta(days=20))

    assert open_roles("correction.late", correction.address) == {Role.REVIEWER, Role.HEAD}
    assert open_roles("correction.climbed", correction.address) == {Role.HEAD, Role.OPERATOR}


def test_a_limit_with_empty_days_rings_nothing():
    quiet = Clock(remind_days=None, late_days=None, climb_days=None)

    assert alarms.reached(quiet, -100) == []
