"""What is wrong is reported, marked at once, answered in time, and told of when mended."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Notice
from accounts.roles import NotAllowed, OrganizationKind, Role
from audit import deliveries
from audit.models import Entry
from exchange.correction_flow import (
    CORRECTION_MOVES,
    CORRECTION_STEPS,
    CorrectionState,
    CorrectionStep,
)
from exchange.models import Binding, Correction, Grant, Wrong
from exchange.records.compile import VisibleField
from exchange.sharing import corrections, doubts, grants
from exchange.sharing.corrections import Report
from exchange.sharing.requests import RequestUnfit
from exchange.sync import engine
from exchange.workflow import StepRefused
from policy.terms import Treatment
from tests.factories import accounts, sharing
from tests.factories.sharing import NOW

db = pytest.mark.django_db
PAGE = (6, 7)


@pytest.fixture
def two() -> sharing.Two:
    return sharing.two()


def reported(two: sharing.Two, *, by=None, place=None, **told) -> Correction:
    place = place or two.asker
    report = Report(
        **{"wrong": Wrong.RECORD, "text": "手机号有误", "subject": {"id": "7"}, **told}
    )
    return corrections.report(
        two.dataset.pk, report, organization=place, by=by or two.clerk, at=NOW
    )


def answered(two: sharing.Two, correction: Correction, *, wrong: bool = True) -> Correction:
    return corrections.answer(correction.pk, wrong=wrong, text="已核实", by=two.reviewer, at=NOW)


def synced(two: sharing.Two, old: str, new: str) -> None:
    binding = Binding.objects.get()
    path = Path(binding.object["path"])
    path.write_text(path.read_text().replace(old, new))
    engine.sync(binding.pk)


def marked(two: sharing.Two, *names: str) -> list[dict]:
    shown = {name: seen(name) for name in names or ("id", "name", "phone")}
    shown.setdefault("id", seen("id", concealed=True))
    return doubts.marks(Binding.objects.get().resource_id, shown, among=PAGE)


def seen(name: str, treatment: Treatment = Treatment.CLEAR, **over) -> VisibleField:
    return VisibleField(name, name, "text", treatment, **over)


@db
@pytest.mark.parametrize("treatment", [Treatment.MASKED, Treatment.WITHHELD])
def test_a_report_that_leans_on_a_hidden_value_tells_nobody_that_it_is_right(two, treatment):
    reported(two, subject={"id": "7", "illness": "none"})
    resource = Binding.objects.get().resource_id
    shown = {"id": seen("id"), "illness": seen("illness")}

    assert [one["_id"] for one in doubts.marks(resource, shown)] == [7]
    assert doubts.marks(resource, shown | {"illness": seen("illness", treatment)}) == []


@db
def test_a_report_by_row_number_leans_on_no_value(two):
    reported(two, subject={}, row=7)

    assert [one["_id"] for one in doubts.marks(Binding.objects.get().resource_id, {})] == [7]


@db
def test_a_doubted_row_is_marked_at_once_with_its_fields_and_no_other_row_is(two):
    assert marked(two) == []

    reported(two, fields=("phone",))

    [mark] = marked(two)
    assert (mark["_id"], mark["fields"], mark["state"]) == (7, ["phone"], "open")
    assert marked(two, "name")[0]["fields"] == []


@db
def test_the_provider_is_told_with_ten_working_days(two):
    correction = reported(two)

    assert correction.due_on == date(2026, 3, 16)
    notice = Notice.objects.get(kind="correction.reported", role=Role.REVIEWER)
    assert (notice.organization, notice.due_on) == (two.where.department, correction.due_on)
    assert Entry.objects.filter(verb="correction.report", target=correction.address).count() == 1


@db
def test_any_department_reports_and_nobody_for_another(two):
    office = accounts.organization()
    clerk = accounts.user(Role.PUBLISHER, office)

    assert reported(two, by=clerk, place=office).row == 7
    with pytest.raises(NotAllowed):
        reported(two, by=clerk)
    with pytest.raises(NotAllowed):
        corrections.report(
            two.dataset.pk,
            Report(wrong=Wrong.ENTRY, text="x"),
            organization=two.asker,
            by=None,
            app=accounts.app(office),
            at=NOW,
        )


@db
@pytest.mark.parametrize("subject", [{"id": "999"}, {"id": "not a number"}, {"income": "x"}])
def test_a_record_that_is_not_there_is_taken_alike_and_marks_nothing(two, subject):
    correction = reported(two, subject=subject)

    assert (correction.state, correction.row, correction.due_on) == (
        CorrectionState.OPEN,
        None,
        reported(two).due_on,
    )


@db
def test_which_record_is_kept_sealed_and_shown_to_both_sides_alone(two):
    correction = reported(two, subject={"name": "n007"})
    correction.refresh_from_db()

    assert b"n007" not in bytes(correction.subject)
    assert "n007" not in str(Entry.objects.get(verb="correction.report").details)
    for person in (two.reviewer, two.clerk):
        assert corrections.subject_of(correction, by=person)["subject"] == {"name": "n007"}
    with pytest.raises(NotAllowed):
        corrections.subject_of(correction, by=accounts.user(Role.REVIEWER))


@db
@pytest.mark.parametrize(
    "told",
    [{"subject": {}}, {"text": " "}, {"fields": ("nothing",)}, {"subject": {"nothing": "1"}}],
)
def test_a_report_that_says_too_little_is_refused_and_kept_nowhere(two, told):
    with pytest.raises(RequestUnfit):
        reported(two, **told)

    assert not Correction.objects.exists()


@db
def test_what_is_right_loses_its_mark_and_nobody_else_is_told(two):
    correction = answered(two, reported(two), wrong=False)

    assert (correction.state, marked(two)) == (CorrectionState.NOT_WRONG, [])
    assert Notice.objects.filter(kind="correction.answered", organization=two.asker).exists()
    assert not Notice.objects.filter(kind="correction.spread").exists()


def delivered(grant) -> None:
    deliveries.deliver(
        at=NOW,
        channel="share",
        mode="query",
        reader="department",
        dataset=grant.dataset.slug,
        grant_id=grant.pk,
        rows=1,
    )


@db
def test_a_correction_spreads_when_the_sync_changed_the_row_to_who_received_it(two):
    delivered(two.granted("phone"))
    two.granted("income", at=NOW)  # of the same department: told once
    answered(two, reported(two))

    assert doubts.spread_due(at=NOW) == 0
    assert marked(two)[0]["state"] == "corrected"
    synced(two, "13800000007", "13900000007")
    assert doubts.spread_due(at=NOW) == 1

    assert marked(two) == []
    told = Notice.objects.filter(kind="correction.spread")
    assert set(told.values_list("organization", flat=True)) == {two.asker.pk}
    assert doubts.spread_due(at=NOW) == 0


def read_by_company(two, *names) -> Grant:
    """Let a company receive rows under a conditional open grant."""
    made = grants.grant(
        two.dataset.pk,
        to=accounts.organization(OrganizationKind.COMPANY),
        fields=two.fields(*names),
        purpose="x",
        valid_from=sharing.TODAY,
        valid_until=sharing.UNTIL,
        by=two.reviewer,
        at=NOW,
    )
    deliveries.deliver(
        at=NOW,
        channel="open",
        mode="query",
        reader="company",
        dataset=two.dataset.slug,
        grant_id=made.pk,
        rows=1,
    )
    return made


@db
def test_a_company_that_received_it_under_a_grant_is_told_neither_row_nor_field(two):
    covered = read_by_company(two, "name", "phone")
    other = read_by_company(two, "name")

    answered(two, reported(two, fields=("phone",)))
    synced(two, "13800000007", "13900000007")
    doubts.spread_due(at=NOW)

    [told] = Notice.objects.filter(kind="correction.spread_open")
    assert other.organization != covered.organization == told.organization
    assert set(told.words) == {"dataset", "grant"}


@db
def test_a_row_that_was_mended_before_the_answer_is_told_of_with_the_answer(two):
    delivered(two.granted("phone"))
    correction = reported(two)
    synced(two, "13800000007", "13900000007")

    correction = answered(two, correction)

    assert correction.spread_at == NOW
    assert Notice.objects.filter(kind="correction.spread", organization=two.asker).exists()


@db
def test_another_row_that_changed_lifts_no_mark(two):
    answered(two, reported(two))
    synced(two, "13800000008", "13900000008")

    assert doubts.spread_due(at=NOW) == 0
    assert [mark["_id"] for mark in marked(two)] == [7]


@db
def test_another_value_of_the_row_that_changed_lifts_no_mark(two):
    delivered(two.granted("phone"))
    answered(two, reported(two, fields=("phone",)))
    synced(two, "n007", "m007")

    assert doubts.spread_due(at=NOW) == 0
    assert [mark["_id"] for mark in marked(two)] == [7]
    synced(two, "13800000007", "13900000007")

    assert doubts.spread_due(at=NOW) == 1
    assert marked(two) == []


@db
def test_an_entry_is_reported_too_and_its_correction_told_of_at_once(two):
    delivered(two.granted("phone"))

    correction = answered(two, reported(two, wrong=Wrong.ENTRY, subject={}))

    assert correction.spread_at == NOW
    assert Notice.objects.filter(kind="correction.spread").exists()


@db
def test_what_is_missing_stops_the_limit_and_what_is_added_begins_it_anew(two):
    correction = corrections.ask_more(
        reported(two).pk, text="请附身份证明", by=two.reviewer, at=NOW
    )
    assert (correction.state, correction.due_on) == (CorrectionState.SUPPLEMENT, None)
    assert len(marked(two)) == 1
    with pytest.raises(StepRefused, match="completed"):
        answered(two, correction)

    later = NOW + timedelta(days=7)
    correction = corrections.supply(correction.pk, evidence="附件", by=two.clerk, at=later)

    assert (correction.state, correction.due_from) == (CorrectionState.OPEN, later)


@db
def test_only_the_provider_answers_and_only_once(two):
    correction = reported(two)
    for person in (two.clerk, two.where.operator, accounts.user(Role.REVIEWER)):
        with pytest.raises(NotAllowed):
            corrections.answer(correction.pk, wrong=True, text="x", by=person, at=NOW)
    answered(two, correction)

    with pytest.raises(StepRefused, match="found wrong, and corrected"):
        answered(two, correction)


@db
def test_the_reporter_evaluates_an_answer_once(two):
    correction = reported(two)
    told = {"solved": True, "score": 5, "at": NOW}
    with pytest.raises(StepRefused):
        corrections.evaluate(correction.pk, by=two.clerk, **told)
    answered(two, correction)
    with pytest.raises(NotAllowed):
        corrections.evaluate(correction.pk, by=two.reviewer, **told)
    with pytest.raises(RequestUnfit):
        corrections.evaluate(correction.pk, by=two.clerk, **told | {"score": 6})

    done = corrections.evaluate(correction.pk, by=two.clerk, **told)

    assert (done.solved, done.score) == (True, 5)
    with pytest.raises(StepRefused, match="already"):
        corrections.evaluate(correction.pk, by=two.clerk, **told)


@db
def test_each_alarm_of_a_late_answer_is_told_once(two):
    reported(two)

    assert corrections.remind(at=NOW + timedelta(days=10)) == 0
    assert corrections.remind(at=NOW + timedelta(days=20)) == 3
    assert corrections.remind(at=NOW + timedelta(days=21)) == 0
    assert Notice.objects.filter(kind="correction.climbed", role=Role.OPERATOR).exists()


@given(st.lists(st.sampled_from(CorrectionStep), max_size=20))
def test_no_path_evaluates_before_an_answer_or_answers_twice(steps):
    state, answers = CorrectionState.OPEN, 0

    for step in steps:
        after = CORRECTION_MOVES.get((state, step))
        if after is None:
            continue
        answers += step in (CorrectionStep.CORRECT, CorrectionStep.DISMISS)
        assert answers == 1 or step != CorrectionStep.EVALUATE
        state = after

    assert answers <= 1


def test_each_step_of_a_report_has_its_word():
    assert {step for _state, step in CORRECTION_MOVES} == set(CorrectionStep)
    assert set(CORRECTION_STEPS) == set(CorrectionStep)
