"""Batch files at the desks: asked for and fetched by who holds the grant, and marked."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from audit.models import Delivery, Entry
from exchange.batch_flow import BatchState
from exchange.models import BatchJob, Grant
from exchange.sharing import batch_writing, batches
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


def test_strangers_and_the_provider_find_no_file_and_ask_for_none(two):
    grant = granted(two)
    job = batches.ask(grant.pk, by=two.clerk, at=timezone.now())
    batch_writing.write(job.pk)

    for person in (accounts.user(Role.PUBLISHER), two.reviewer):
        client = at_desk(person)
        fetched = client.get(reverse("admin:own_batch_file", args=[job.pk]))
        asked = client.post(reverse("admin:own_grant_batch", args=[grant.pk]))
        assert (fetched.status_code, asked.status_code) == (404, 404)
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
