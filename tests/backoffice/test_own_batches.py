"""Batch files at the desks: asked for and fetched by who holds the grant, and marked."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import quotas
from accounts.roles import Role
from audit.models import Delivery, Entry
from exchange import opening
from exchange.batch_flow import BatchState
from exchange.models import BatchEnd, BatchJob, Grant
from exchange.sharing import batch_writing, batches, lifecycle, serving
from policy.terms import Mode
from tests.factories import accounts, sharing

pytestmark = pytest.mark.usefixtures("live_database")


@pytest.fixture(name="two")
def _two(live_database, settings, tmp_path):
    settings.BATCH_ROOT = str(tmp_path / "batches")
    return sharing.two()


def granted(two) -> Grant:
    grant = two.granted("name", "phone", mode=Mode.BULK)
    Grant.objects.filter(pk=grant.pk).update(
        valid_from=date(2026, 1, 1), valid_until=date(2099, 1, 1)
    )
    return grant


def at_desk(person) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person)
    return client


def page(client: Client) -> str:
    return client.get(reverse("admin:own_grants")).content.decode()


def test_a_file_is_asked_for_stands_on_the_page_and_is_fetched_on_record(two):
    grant, clerk = granted(two), at_desk(two.clerk)
    before = page(clerk)

    clerk.post(reverse("admin:own_grant_batch", args=[grant.pk]), {"form": "jsonl", "packed": "1"})
    job = BatchJob.objects.get()
    waiting = page(clerk)
    batch_writing.write(job.pk)
    ready = page(clerk)
    answer = clerk.get(reverse("admin:own_batch_file", args=[job.pk]))
    body = b"".join(answer.streaming_content)

    assert "Ask for a batch file" in before
    assert (job.form, job.packed, job.asked_by) == ("jsonl", True, two.clerk)
    assert "waiting for its turn" in waiting
    assert "Ask for a batch file" not in waiting
    assert reverse("admin:own_batch_file", args=[job.pk]) in ready
    assert len(body) == BatchJob.objects.get().bytes == int(answer["Content-Length"])
    assert Delivery.objects.get().grant_id == grant.pk
    assert Entry.objects.get(verb="batch.fetch").actor == two.clerk.audit_name


def test_asking_and_fetching_at_the_desk_are_calls_of_the_grants_day_as_by_the_api(two):
    grant, clerk = granted(two), at_desk(two.clerk)
    Grant.objects.filter(pk=grant.pk).update(daily_quota=3)

    clerk.post(reverse("admin:own_grant_batch", args=[grant.pk]))
    job = BatchJob.objects.get()
    batch_writing.write(job.pk)
    file = reverse("admin:own_batch_file", args=[job.pk])
    manifest = clerk.get(reverse("admin:own_batch_manifest", args=[job.pk]))  # no call
    by_hand = [clerk.get(file).status_code for _call in range(2)]
    under = serving.meter(Grant.objects.get(pk=grant.pk))
    left = quotas.left_under([under], at=timezone.now())[grant.pk].remaining
    too_many = clerk.get(file, follow=True).content.decode()
    asked = clerk.post(reverse("admin:own_grant_batch", args=[grant.pk]), follow=True)

    assert (by_hand, left) == ([200, 200], 0)
    assert manifest.json()["sha256"] == BatchJob.objects.get().sha256
    for page in (too_many, asked.content.decode()):
        assert "calls under grant no." in page
        assert "are used up" in page
    assert BatchJob.objects.count() == 1
    assert Delivery.objects.filter(grant_id=grant.pk).count() == 2


def test_where_calls_cannot_be_counted_no_file_is_given_and_the_page_says_so(two, monkeypatch):
    grant, clerk = granted(two), at_desk(two.clerk)
    job = batches.ask(grant.pk, by=two.clerk, at=timezone.now())
    batch_writing.write(job.pk)

    def away(*_args, **_named):
        raise quotas.QuotaUnavailable("Calls cannot be counted just now.")

    monkeypatch.setattr(quotas, "spend_under", away)
    said = clerk.get(reverse("admin:own_batch_file", args=[job.pk]), follow=True)

    assert "Calls cannot be counted just now." in said.content.decode()
    assert not Delivery.objects.exists()


def test_a_file_that_was_not_written_stands_with_what_to_do(two):
    grant = granted(two)
    BatchJob.objects.create(
        grant=grant,
        asked_by=two.clerk,
        asked_at=timezone.now(),
        state=BatchState.FAILED,
        ended_because=BatchEnd.FULL,
    )

    said = page(at_desk(two.clerk))

    assert "no room left" in said
    assert "ask again when there is room" in said


@pytest.mark.parametrize("kept_from", ["withdrawn", "suspended", "not begun"])
def test_under_a_grant_that_serves_nothing_no_file_is_offered_and_the_page_says_why(
    two, kept_from
):
    grant = granted(two)
    batch_writing.write(batches.ask(grant.pk, by=two.clerk, at=timezone.now()).pk)
    before, now = page(at_desk(two.clerk)), timezone.now()
    told = {"reason": "停止更新", "at": now}
    if kept_from == "withdrawn":
        opening.withdraw(two.dataset.pk, by=two.where.operator, **told)
    elif kept_from == "suspended":
        lifecycle.suspend(grant.pk, mend_by=date(2098, 1, 1), by=two.reviewer, **told)
    else:
        Grant.objects.filter(pk=grant.pk).update(valid_from=date(2098, 1, 1))

    after = page(at_desk(two.clerk))

    offered = [reverse("admin:own_grant_batch", args=[grant.pk]), "own-batches/"]
    assert [part in before for part in offered] == [True, True]
    assert [part in after for part in offered] == [False, False]
    assert "No batch file can be asked for or fetched now." in after
    assert ("holds from" if kept_from == "not begun" else "停止更新") in after
    assert "No batch file can be asked for" not in page(at_desk(two.asking_head))


def test_strangers_and_the_provider_find_no_file_and_ask_for_none(two):
    grant = granted(two)
    job = batches.ask(grant.pk, by=two.clerk, at=timezone.now())
    batch_writing.write(job.pk)

    for person in (accounts.user(Role.PUBLISHER), two.reviewer):
        client = at_desk(person)
        fetched = client.get(reverse("admin:own_batch_file", args=[job.pk]))
        told = client.get(reverse("admin:own_batch_manifest", args=[job.pk]))
        asked = client.post(reverse("admin:own_grant_batch", args=[grant.pk]))
        assert {one.status_code for one in (fetched, told, asked)} == {404}
    head = at_desk(two.asking_head).get(
        reverse("admin:own_batch_file", args=[job.pk]), follow=True
    )
    assert "You do not hold the role" in head.content.decode()
    assert not Delivery.objects.exists()


def test_the_page_asks_one_question_for_all_files_however_many_grants_there_are(
    two, django_assert_max_num_queries
):
    for purpose in ("a", "b", "c"):
        grant = two.granted("name", "phone", mode=Mode.BULK, purpose=purpose)
        BatchJob.objects.create(
            grant=grant, asked_by=two.clerk, asked_at=timezone.now(), state=BatchState.FAILED
        )
    clerk = at_desk(two.clerk)
    page(clerk)

    with django_assert_max_num_queries(60) as asked:
        page(clerk)

    assert sum('FROM "exchange_batchjob"' in one["sql"] for one in asked.captured_queries) == 1


def test_the_provider_marks_each_row_and_sees_the_files_at_the_grant(two):
    grant = granted(two)
    job = batches.ask(grant.pk, by=two.clerk, at=timezone.now())
    batch_writing.write(job.pk)
    desk = at_desk(two.reviewer)
    place = reverse("admin:exchange_grant_change", args=[grant.pk])

    shown = desk.get(place).content.decode()
    batches.mark_column(grant.pk, wanted=True, by=two.reviewer, at=timezone.now())
    marked = desk.get(place).content.decode()

    assert f"no. {job.pk}: ready to be fetched, 50 rows" in shown
    assert "Mark each row" in shown
    assert "Mark the order only" in marked
