"""Who is told of a batch file: that it is ready, or was not written, and until when that waits."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone, translation

from accounts import notices
from accounts.models import Notice
from exchange.models import BatchEnd, BatchJob
from exchange.sharing import (
    batch_by_hand,
    batch_fetching,
    batch_files,
    batch_notices,
    batch_sweeping,
    batch_writing,
    batches,
    lifecycle,
)
from tests.exchange.sharing.test_batches import caller, granted, suspend, written
from tests.factories import accounts, sharing

pytestmark = pytest.mark.usefixtures("live_database")


@pytest.fixture(name="two")
def _two(live_database, settings, tmp_path) -> sharing.Two:
    settings.BATCH_ROOT = str(tmp_path / "batches")
    return sharing.two()


ROLES = len(notices.KINDS["batch.ready"].roles)


def inbox(person, kind: str) -> list[notices.Line]:
    return [line for line in notices.inbox(person) if line.kind == kind]


def opened(kind: str) -> int:
    return Notice.objects.open().filter(kind=kind).count()


def test_who_asked_is_told_by_inbox_and_mail_where_the_file_is_and_until_when(two):
    two.clerk.email = "clerk@example.org"
    two.clerk.save()
    job = written(two, granted(two, "name", "phone"))
    with translation.override("en"):
        [line] = inbox(two.clerk, "batch.ready")
    Notice.objects.exclude(kind="batch.ready").delete()
    notices.mail_due(at=timezone.now())

    assert f"Batch file {job.pk} of" in line.sentence
    assert str(two.clerk) in line.sentence
    assert f"{job.rows} rows" in line.sentence
    assert str(timezone.localdate(job.expires_at)) in line.sentence
    assert [two.clerk.email] == [to for one in mail.outbox for to in one.to]
    assert inbox(two.reviewer, "batch.ready") == []


def test_an_app_asks_its_job_how_far_it_is_and_is_told_of_failure_alone(two, monkeypatch):
    grant = granted(two, "name", "phone")
    app = accounts.app(two.asker)
    for _turn in range(2):
        batch_writing.write(batches.ask(grant.pk, by=None, app=app, at=timezone.now()).pk)
        monkeypatch.setattr(batch_writing, "_noted", refuse)

    assert opened("batch.ready") == 0
    with translation.override("en"):
        [line] = inbox(two.clerk, "batch.failed")
    assert str(app) in line.sentence


def refuse(job: BatchJob, _served) -> None:
    raise batch_fetching.BatchUnknown("gone")


@pytest.mark.parametrize("by_hand", [True, False])
def test_the_notice_is_settled_when_the_file_is_fetched(two, by_hand):
    job = written(two, granted(two, "name", "phone"))

    if by_hand:
        batch_by_hand.hand_over(job.pk, by=two.clerk, at=timezone.now())
    else:
        served = batch_fetching.opened(
            batch_fetching.own(job.pk, caller(two)), caller(two), at=timezone.now()
        )
        batch_fetching.taken(job, served, at=timezone.now())

    assert opened("batch.ready") == 0
    assert Notice.objects.filter(kind="batch.ready").exists()


def test_the_notice_is_settled_when_the_file_is_gone(two):
    grant = granted(two, "name", "phone")
    over, suspended = written(two, grant), written(two, grant)
    assert {one.target for one in Notice.objects.open().filter(kind="batch.ready")} == {
        over.address,
        suspended.address,
    }

    BatchJob.objects.filter(pk=over.pk).update(expires_at=timezone.now())
    batch_sweeping.sweep(at=timezone.now())
    after_the_sweep = opened("batch.ready")
    suspend(two, grant)

    assert after_the_sweep == ROLES
    assert opened("batch.ready") == 0


def test_a_failure_says_why_and_what_to_do_once_until_a_file_is_ready(two, monkeypatch):
    grant = granted(two, "name", "phone")
    whole = batch_files.write

    def full(*_args, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(batch_files, "write", full)
    for _turn in range(2):
        job = batches.ask(grant.pk, by=two.clerk, at=timezone.now())
        with pytest.raises(OSError, match="space"):
            batch_writing.write(job.pk)
    told = {}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            [line] = inbox(two.clerk, "batch.failed")
        told[language] = line.sentence
    monkeypatch.setattr(batch_files, "write", whole)
    written(two, grant)

    assert f"Batch file {job.pk} of" in told["en"]
    assert "no room left" in told["en"]
    assert "ask again when there is room" in told["en"]
    assert "room" not in told["zh-hans"]
    assert opened("batch.failed") == 0


# What nobody foresaw: begun anew some times, then given up, and people are told


def broken(*_args, **_named):
    raise KeyError("nobody foresaw it")


def test_a_writer_that_breaks_off_is_begun_anew_three_times_and_then_given_up(two, monkeypatch):
    job = batches.ask(granted(two, "name", "phone").pk, by=two.clerk, at=timezone.now())
    monkeypatch.setattr(batch_writing, "_noted", broken)
    found = []

    for _turn in range(batch_writing.TRIES):
        with pytest.raises(KeyError):
            batch_writing.write(job.pk)
        job.refresh_from_db()
        found.append((job.tries, job.state, opened("batch.failed") > 0))

    assert found == [(1, "running", False), (2, "running", False), (3, "failed", True)]
    assert job.ended_because == BatchEnd.GIVEN_UP
    assert batches.left(before=timezone.now()) == []
    assert batch_writing.write(job.pk) is None


def test_a_job_whose_workers_die_without_a_word_is_given_up_too(two):
    job = batches.ask(granted(two, "name", "phone").pk, by=two.clerk, at=timezone.now())
    BatchJob.objects.filter(pk=job.pk).update(state="running", tries=batch_writing.TRIES)

    assert batch_writing.write(job.pk) is None

    job.refresh_from_db()
    assert (job.state, job.ended_because) == ("failed", BatchEnd.GIVEN_UP)
    assert opened("batch.given_up") == 1


def test_who_asked_and_the_data_authority_are_told_and_by_hand_it_is_tried_again(two, monkeypatch):
    grant = granted(two, "name", "phone")
    job = batches.ask(grant.pk, by=two.clerk, at=timezone.now())
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(batch_writing, "_noted", broken)
        for _turn in range(batch_writing.TRIES):
            with pytest.raises(KeyError):
                batch_writing.write(job.pk)
    with translation.override("en"):
        [asker], [operator] = (
            inbox(two.clerk, "batch.failed"),
            inbox(two.where.operator, "batch.given_up"),
        )

    again = written(two, grant)

    assert "given up" in asker.sentence
    assert "Ask again when it has looked into it" in asker.sentence
    assert f"broke off {batch_writing.TRIES} times" in operator.sentence
    assert again.state == "ready"
    assert opened("batch.failed") == opened("batch.given_up") == 0


def test_a_failure_is_settled_when_its_grant_ends(two, monkeypatch):
    grant = granted(two, "name", "phone")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(batch_writing, "_noted", refuse)
        batch_writing.write(batches.ask(grant.pk, by=two.clerk, at=timezone.now()).pk)
    before = opened("batch.failed")

    lifecycle.purpose_over(grant.pk, reason="不再需要。", by=two.clerk, at=timezone.now())

    assert before > 0
    assert opened("batch.failed") == 0


def test_a_notice_leads_to_the_page_where_the_file_is_fetched(two, client):
    written(two, granted(two, "name", "phone"))
    client.force_login(two.clerk)

    page = client.get(reverse("admin:inbox")).content.decode()

    assert "/office/own-grants/" in page


def test_there_is_advice_for_each_end():
    assert set(batch_notices.ADVICE) == set(BatchEnd)
