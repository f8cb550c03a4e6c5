"""The first page shows each role what waits for it, and nothing that waits for others."""

import io
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts import notices
from accounts.models import Membership, OrganizationKind, Role
from accounts.roles import CITY_WIDE
from backoffice.waiting import desks
from catalog import publishing, resources
from catalog.terms import LineState, State
from community import contests
from exchange import file_verbs
from exchange.models import (
    Ground,
    RecordTable,
    RunState,
    ShareRequest,
    SyncRun,
    Wrong,
    Zone,
)
from exchange.models.disputes import About
from exchange.sharing import corrections, deciding, disputes, lifecycle
from exchange.sharing.corrections import Report
from exchange.sync import engine
from exchange.workflow import DisputeStep
from policy.terms import Grade
from tests.factories import accounts, catalog, community, exchange, sharing

pytestmark = pytest.mark.django_db


def piles(person, role):
    """Return what waits for a person in a role, by the title of each pile."""
    with translation.override("en"):
        found = {desk.role: desk for desk in desks.of(person, now=timezone.now())}
        return {str(pile.title): pile for pile in found[role].piles}


def test_a_publisher_sees_what_was_sent_back_with_what_is_missing():
    department = accounts.organization()
    entry = catalog.dataset(State.IN_REVIEW, owner=department)
    operator = accounts.user(Role.OPERATOR)
    publishing.send_back(entry.pk, by=operator, at=catalog.NOW, defects=["No contact."])

    mine = piles(accounts.user(Role.PUBLISHER, department), Role.PUBLISHER)
    others = piles(accounts.user(Role.PUBLISHER), Role.PUBLISHER)

    assert "No contact." in mine["Sent back, to be completed"].things[0].note
    assert others == {}


def test_an_operator_sees_the_oldest_submission_first_and_not_his_own():
    entries = [catalog.dataset(State.IN_REVIEW) for _number in range(7)]

    pile = piles(accounts.user(Role.OPERATOR), Role.OPERATOR)["Entries to be reviewed"]

    assert (pile.count, len(pile.things)) == (7, 5)
    assert pile.things[0].title == entries[0].title_en


def test_a_head_is_asked_for_the_signature_once_the_publisher_has_asked():
    department = accounts.organization()
    entry = catalog.dataset(State.DRAFT, owner=department)
    head = accounts.user(Role.HEAD, department)
    assert piles(head, Role.HEAD) == {}

    notices.tell(
        "dataset.signable",
        organization=department,
        target=entry.address,
        at=catalog.NOW,
        dataset=entry,
    )

    assert piles(head, Role.HEAD)["To be signed"].count == 1
    mine = piles(accounts.user(Role.PUBLISHER, department), Role.PUBLISHER)
    assert mine["Waiting for the signature of the head"].count == 1
    assert "Drafts" not in mine


def test_a_newer_version_of_a_public_file_waits_for_the_head(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")
    where = exchange.house()
    dataset = exchange.with_file(where)
    newer = {"name": "b.csv", "stream": io.BytesIO(b"a\n2\n")}
    resources.add_file_version(
        dataset.resources.get().pk, **newer, by=where.publisher, at=exchange.NOW
    )

    pile = piles(where.head, Role.HEAD)["Files to be released to everyone"]

    assert [one.title for one in pile.things] == ["b.csv (2)"]


def test_a_file_to_be_opened_waits_for_the_head_but_not_for_who_proposed_it(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")
    where = exchange.house()
    dataset = exchange.with_file(where, is_public=False)
    both = accounts.user(Role.PUBLISHER, where.department)
    Membership.objects.create(user=both, organization=where.department, role=Role.HEAD)
    file = dataset.resources.get()
    file_verbs.open_file(file.pk, by=both, at=exchange.NOW, reason="x")

    title = "Files to be released to everyone"

    assert [one.title for one in piles(where.head, Role.HEAD)[title].things] == ["年鉴.csv (1)"]
    assert title not in piles(both, Role.HEAD)


def test_a_line_waits_for_the_authority_but_not_for_who_had_a_part_in_it():
    line = catalog.negative_line(state=LineState.AUTHORITY_REVIEW)
    title = "Lines of the negative list to be reviewed"

    fresh = piles(accounts.user(Role.OPERATOR), Role.OPERATOR)

    assert fresh[title].count == 1
    assert line.legal_by != line.proposed_by


def test_rows_that_were_agreed_to_wait_at_the_provider_and_a_grant_that_is_over_at_its_holder():
    two = sharing.two(rows=False)
    grant = two.granted("phone")
    title = "Agreed to, and not shared yet"
    over = "Own grants that are over: what was received is to be disposed of"

    mine = piles(two.where.publisher, Role.PUBLISHER)[title]
    everywhere = piles(two.where.operator, Role.OPERATOR)[title]
    lifecycle.purpose_over(grant.pk, reason="x", by=two.clerk, at=sharing.NOW)
    held = piles(two.asking_head, Role.HEAD)[over]
    lifecycle.dispose(grant.pk, receipt="x", by=two.asking_head, at=sharing.NOW)

    assert [(one.due_on, one.light) for one in mine.things] == [(grant.deliver_by, "bad")]
    assert (everywhere.count, held.things[0].due_on) == (1, sharing.TODAY)
    assert title not in piles(two.where.publisher, Role.PUBLISHER)
    assert over not in piles(two.asking_head, Role.HEAD)


def test_a_late_dataset_waits_for_its_publisher_and_the_operator_until_it_is_fresh():
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,1\n")
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    title, table = "Datasets later than promised", RecordTable.objects.filter(zone=Zone.SHARED)
    now = timezone.now()
    assert title not in piles(where.publisher, Role.PUBLISHER)

    table.update(refreshed_at=now - timedelta(days=5))
    mine = piles(where.publisher, Role.PUBLISHER)
    everywhere = piles(where.operator, Role.OPERATOR)
    others = piles(exchange.house().publisher, Role.PUBLISHER)

    [thing] = mine[title].things
    assert (thing.title, thing.light) == (dataset.title_en, "bad")
    assert thing.due_on == timezone.localdate(now - timedelta(days=5) + timedelta(hours=36))
    assert everywhere[title].things[0].title == dataset.title_en
    assert title not in others
    table.update(refreshed_at=now - timedelta(hours=36, seconds=1))
    assert piles(where.publisher, Role.PUBLISHER)[title].count == 1
    engine.sync(binding.pk)
    assert title not in piles(where.publisher, Role.PUBLISHER)


def test_a_failed_sync_waits_until_the_next_one_is_good():
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,1\n")
    failed = SyncRun.objects.create(
        binding=binding,
        mode="full",
        state=RunState.FAILED,
        started_at=exchange.NOW,
        heartbeat_at=exchange.NOW,
        problem_en="The source is down.",
    )
    publisher = accounts.user(Role.PUBLISHER, where.department)
    before = piles(publisher, Role.PUBLISHER)["Syncs that failed"]

    SyncRun.objects.create(
        binding=binding,
        mode="full",
        state=RunState.DONE,
        started_at=exchange.NOW,
        heartbeat_at=exchange.NOW,
    )

    assert before.things[0].note == failed.problem
    assert "Syncs that failed" not in piles(publisher, Role.PUBLISHER)


def test_a_failed_trial_waits_on_no_desk_and_hides_no_failed_sync():
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,1\n")
    known = {"binding": binding, "mode": "full", "heartbeat_at": exchange.NOW}
    trial = known | {"trial": True, "started_at": exchange.NOW}
    SyncRun.objects.create(state=RunState.FAILED, **trial)
    before = piles(where.publisher, Role.PUBLISHER)

    SyncRun.objects.create(state=RunState.FAILED, started_at=exchange.NOW, **known)
    SyncRun.objects.create(state=RunState.TRIED, **trial)

    assert "Syncs that failed" not in before
    assert piles(where.publisher, Role.PUBLISHER)["Syncs that failed"].count == 1


def test_a_field_found_sensitive_waits_for_a_person():
    entry = catalog.dataset(State.DRAFT, grade=None)
    field = entry.resources.get().fields.get()
    publishing.suggest_grade(field.pk, grade=Grade.L3, evidence={}, by=None, at=catalog.NOW)

    publisher = accounts.user(Role.PUBLISHER, entry.owner)

    assert piles(publisher, Role.PUBLISHER)["Fields to be graded by a person"].count == 1


def test_the_security_administrator_sees_departments_without_a_head():
    accounts.organization(OrganizationKind.DEPARTMENT)
    with_head = accounts.user(Role.HEAD).organizations()[0]

    pile = piles(accounts.user(Role.SECURITY_ADMIN), Role.SECURITY_ADMIN)[
        "Departments in which nobody can sign"
    ]

    assert with_head.name_en not in [thing.title for thing in pile.things]
    assert pile.count == 1


def test_the_first_page_takes_as_many_queries_for_much_work_as_for_some(at_desk):
    department = accounts.organization()
    at_desks = {
        role: at_desk(accounts.user(role, None if role in CITY_WIDE else department))
        for role in desks.QUESTIONS
    }

    def asked(desk):
        with CaptureQueriesContext(connection) as queries:
            assert desk.client.get(reverse("admin:index")).status_code == 200
        return len(queries)

    def asked_after(more):
        for _number in range(more):
            for state in (State.DRAFT, State.SIGNED, State.IN_REVIEW):
                catalog.dataset(state, owner=department)
        return {role: asked(desk) for role, desk in at_desks.items()}

    asked_after(0)  # what is asked once, such as content types
    assert asked_after(6) == asked_after(12)


def test_a_report_whose_answer_is_late_stands_on_the_desk_of_the_data_authority():
    two = sharing.two(rows=False)
    told = Report(wrong=Wrong.ENTRY, text="The cycle is daily.")
    asked = {"organization": two.asker, "by": two.clerk}
    title = "Reports of something wrong whose answer is late"

    corrections.report(two.dataset.pk, told, **asked, at=timezone.now())
    in_time = piles(two.where.operator, Role.OPERATOR)
    corrections.report(two.dataset.pk, told, **asked, at=sharing.NOW)
    late = piles(two.where.operator, Role.OPERATOR)[title]

    assert title not in in_time
    assert [one.light for one in late.things] == ["bad"]


def test_a_contest_waits_for_its_results_once_its_last_day_is_over_until_they_are_out():
    now, title = timezone.now(), "Contests whose results are to be announced"
    operator = accounts.user(Role.OPERATOR)
    community.contest(at=now)  # takes entries still
    community.contest(at=now, shown=False)
    community.contest(at=now - timedelta(days=10))  # its last day is today
    assert title not in piles(operator, Role.OPERATOR)
    late = community.contest(at=now - timedelta(days=21))
    judged = community.contest(at=now - timedelta(days=11))

    waiting = piles(operator, Role.OPERATOR)[title]
    contests.announce(late.pk, {}, by=operator, at=now)
    contests.withdraw(judged.pk, reason="no jury", by=operator, at=now)

    assert [(one.title, one.light, one.due_on) for one in waiting.things] == [
        (late.title_en, "bad", late.results_on),
        (judged.title_en, "warn", judged.results_on),
    ]
    assert title not in piles(operator, Role.OPERATOR)


def test_a_report_of_something_wrong_waits_for_the_provider_with_its_light():
    two = sharing.two(rows=False)
    corrections.report(
        two.dataset.pk,
        Report(wrong=Wrong.ENTRY, text="The cycle is daily."),
        organization=two.asker,
        by=two.clerk,
        at=timezone.now(),
    )
    title = "Reports of something wrong to be answered"

    mine = piles(two.where.publisher, Role.PUBLISHER)
    asking = piles(two.clerk, Role.PUBLISHER)

    [thing] = mine[title].things
    assert (thing.note, thing.light) == ("The cycle is daily.", "good")
    assert title not in asking


def test_a_dispute_waits_for_the_provider_and_for_the_authority_once_it_is_taken_there():
    two = sharing.two(rows=False)
    request = two.signed("phone")
    deciding.propose_refusal(
        request.pk, ground=Ground.NOT_NECESSARY, reason="x", by=two.reviewer, at=sharing.NOW
    )
    deciding.sign_answer(request.pk, by=two.where.head, at=sharing.NOW)
    said = {"by": two.clerk, "at": sharing.NOW}
    dispute = disputes.open_dispute(request.pk, about=About.REFUSAL, claim="It is.", **said)
    before = piles(two.where.head, Role.HEAD), piles(two.where.operator, Role.OPERATOR)

    disputes.escalate(dispute.pk, to=DisputeStep.TO_AUTHORITY, text="No agreement.", **said)
    after = piles(two.where.head, Role.HEAD), piles(two.where.operator, Role.OPERATOR)

    talked, settled = "Disputes to be talked over", "Disputes to be settled"
    assert [(talked in head, settled in authority) for head, authority in (before, after)] == [
        (True, False),
        (False, True),
    ]


def test_the_light_of_a_request_is_that_of_its_working_days():
    two = sharing.two(rows=False)
    request = two.signed("phone")
    due = ShareRequest.objects.get(pk=request.pk).due_on
    near = datetime.combine(due - timedelta(days=1), time(12), tzinfo=UTC)

    [desk] = desks.of(two.reviewer, now=near)

    [pile] = desk.piles
    assert (pile.things[0].light, pile.things[0].note) == ("warn", request.purpose)
