"""What is done in December is due in a year nobody has entered: an estimate, and done whole."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from catalog import calendar_years, workdays
from catalog.calendar_years import Announced
from exchange.models import Correction, Wrong
from exchange.sharing import clocks, corrections, deciding, stopping
from exchange.sharing.corrections import Report
from exchange.workflow import State
from tests.factories import accounts

pytestmark = pytest.mark.django_db
NEXT = workdays.KNOWN_YEARS[-1] + 1
AT = datetime(NEXT - 1, 12, 28, 2, tzinfo=UTC)
FIRST = date(NEXT, 1, 1)


def enter_year(rests: int) -> None:
    """Enter the next year with so many days of rest from its first day on."""
    days = {FIRST + number * workdays.DAY for number in range(rests)}
    more = {date(NEXT, 10, 1) + number * workdays.DAY for number in range(13)}
    told = Announced(NEXT, frozenset({*days, *more, date(NEXT, 5, 1)}), frozenset(), "测试公告")
    calendar_years.enter(told, by=accounts.user(Role.OPERATOR), at=AT)


def test_a_signature_an_extension_and_an_answer_are_whole_and_estimated(two):
    request = two.signed("phone", at=AT)
    first = clocks.deadline(request, today=timezone.localdate(AT))
    clocks.ask_extension(request.pk, reason="量大", by=two.reviewer, at=AT)
    extended = clocks.extend(request.pk, by=two.where.operator, at=AT)
    granted = two.granted("income", at=AT)

    assert (first.estimated, first.due_on.year) == (True, NEXT)
    assert (extended.state, extended.due_on.year) == (State.IN_REVIEW, NEXT)
    assert granted.deliver_by is not None
    assert granted.deliver_by.year == NEXT


def test_a_formal_check_and_what_follows_it_are_whole_and_estimated(two, settings):
    settings.CLOCK_PROFILE = "municipal-2024"
    at = AT + timedelta(days=3)
    request = two.signed("phone", at=at)
    checked_by = request.due_on

    request = deciding.pass_check(request.pk, by=two.where.operator, at=at)

    assert (checked_by.year, request.due_on.year) == (NEXT, NEXT)
    assert request.state == State.IN_REVIEW


def test_a_report_is_whole_and_its_day_moves_when_the_year_is_entered(two):
    report = Report(wrong=Wrong.ENTRY, text="名称有误")
    corrections.report(two.dataset.pk, report, organization=two.asker, by=two.clerk, at=AT)
    before = Correction.objects.get().due_on

    enter_year(rests=7)
    corrections.remind(at=AT)

    assert before.year == NEXT
    assert Correction.objects.get().due_on > before


def test_a_request_moves_when_the_year_is_entered_and_is_no_estimate_any_more(two):
    request = two.signed("phone", at=AT)
    before = request.due_on

    enter_year(rests=7)
    clocks.remind(at=AT)

    request.refresh_from_db()
    assert request.due_on > before
    assert not clocks.deadline(request).estimated


def test_the_answer_to_a_stop_is_due_later_when_the_year_is_entered(two):
    grant = two.granted("phone", at=AT)
    told = {"cause": "系统下线", "from_day": date(NEXT, 6, 1), "notice": "备案〔2026〕3号"}
    stop = stopping.ask(grant.pk, **told, by=two.where.head, at=AT)
    before = stop.due_on

    enter_year(rests=7)
    stopping.follow(at=AT)

    stop.refresh_from_db()
    assert stop.due_on > before
