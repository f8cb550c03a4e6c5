"""The sweep takes away what nobody may fetch, and looks closely only at what moved."""

from datetime import timedelta

import pytest
from django.utils import timezone

from exchange import opening
from exchange.batch_flow import BatchState
from exchange.models import BatchEnd, BatchJob, Grant, RecordTable
from exchange.sharing import batch_sweeping, batches, serving
from tests.exchange.sharing.test_batches import granted, suspend, written
from tests.factories import catalog, sharing

pytestmark = pytest.mark.usefixtures("live_database")


@pytest.fixture(name="two")
def _two(live_database, settings, tmp_path) -> sharing.Two:
    settings.BATCH_ROOT = str(tmp_path / "batches")
    return sharing.two()


@pytest.fixture(name="decided")
def _decided(monkeypatch) -> list[int]:
    """The grants that were decided on anew, in turn."""
    found: list[int] = []
    served_now = batches.served_now

    def noted(grant, *args, **named) -> serving.Served:
        found.append(grant.pk)
        return served_now(grant, *args, **named)

    monkeypatch.setattr(batches, "served_now", noted)
    return found


def left() -> set[int]:
    return set(BatchJob.objects.filter(state=BatchState.READY).values_list("pk", flat=True))


def moved(two: sharing.Two) -> None:
    type(two.dataset).objects.filter(pk=two.dataset.pk).policy_changed()


def test_what_has_not_moved_is_not_decided_again(two, decided, django_assert_num_queries):
    jobs = {written(two, granted(two, "name", "phone")).pk for _file in range(2)}
    decided.clear()

    with django_assert_num_queries(4):  # over by time, by grant, moved; and whose files are there
        assert batch_sweeping.sweep(at=timezone.now()) == 0

    assert decided == []
    assert left() == jobs


def test_after_a_change_each_grant_is_decided_on_once_for_all_its_files(two, decided):
    grant = granted(two, "name", "phone")
    jobs = {written(two, grant).pk for _file in range(3)}
    moved(two)
    decided.clear()

    for _turn in range(2):
        batch_sweeping.sweep(at=timezone.now())

    assert decided == [grant.pk]
    assert left() == jobs


def test_a_new_day_and_a_new_table_are_looked_at_for_what_they_show(two, decided):
    grant = granted(two, "name", "phone")
    written(two, grant)
    decided.clear()
    tomorrow = timezone.now() + timedelta(days=1)

    batch_sweeping.sweep(at=tomorrow)
    RecordTable.objects.filter(zone="shared").update(live=False)
    batch_sweeping.sweep(at=tomorrow)

    assert decided == [grant.pk, grant.pk]


def test_a_stricter_line_takes_the_file_away_by_the_next_sweep(two):
    job = written(two, granted(two, "name", "phone"))
    catalog.negative_line(two.dataset, ["phone"])
    moved(two)

    assert batch_sweeping.sweep(at=timezone.now()) == 1

    job.refresh_from_db()
    assert (job.ended_because, bytes(job.sealed_key)) == (BatchEnd.STRICTER, b"")


def test_a_grant_whose_last_day_is_over_leaves_no_file(two):
    grant = granted(two, "name", "phone")
    job = written(two, grant)
    Grant.objects.filter(pk=grant.pk).update(valid_until=timezone.localdate())

    today = batch_sweeping.sweep(at=timezone.now())
    after = batch_sweeping.sweep(at=timezone.now() + timedelta(days=1))

    job.refresh_from_db()
    assert (today, after, job.ended_because) == (0, 1, BatchEnd.GRANT)


def test_a_suspended_grant_has_lost_its_keys_before_any_sweep(two):
    grant = granted(two, "name", "phone")
    job = written(two, grant)

    suspend(two, grant)

    job.refresh_from_db()
    assert (job.state, bytes(job.sealed_key)) == (BatchState.EXPIRED, b"")
    assert left() == set()


def test_a_dataset_that_was_withdrawn_leaves_no_file(two):
    job = written(two, granted(two, "name", "phone"))
    opening.withdraw(two.dataset.pk, by=two.where.head, at=timezone.now(), reason="停止提供")

    assert batch_sweeping.sweep(at=timezone.now()) == 1

    job.refresh_from_db()
    assert job.ended_because == BatchEnd.STRICTER
