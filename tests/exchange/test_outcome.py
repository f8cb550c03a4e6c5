"""Who is told when a run fails, is held back, or a dataset is late, and told only once."""

from datetime import timedelta

import pytest
from django.utils import translation

from accounts import notices
from accounts.models import Notice
from exchange import freshness
from exchange.models import RecordTable
from exchange.problems import FileMissing
from exchange.sync import engine
from tests.factories import exchange

pytestmark = pytest.mark.django_db
ROWS = "id,name,price\n" + "".join(f"{n},n{n},1\n" for n in range(10))
BAD = "id,name,price\n" + "".join(f"x{n},n{n},1\n" for n in range(10))


def write(binding, text):
    exchange.Path(binding.object["path"]).write_text(text)


def kinds(person):
    told = [line.kind for line in notices.inbox(person)]
    return [kind for kind in told if kind.startswith("sync.") or kind == "dataset.stale"]


def test_a_failed_sync_is_told_once_for_all_its_tries_and_settled_by_a_good_run():
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    exchange.Path(binding.object["path"]).unlink()
    for _try in range(3):
        with pytest.raises(FileMissing):
            engine.sync(binding.pk)

    [told] = Notice.objects.filter(kind="sync.failed")
    notices.see(where.publisher, at=exchange.NOW)
    with pytest.raises(FileMissing):
        engine.sync(binding.pk)
    assert notices.unseen(where.publisher) == 0
    write(binding, ROWS)
    engine.sync(binding.pk)

    told.refresh_from_db()
    assert (told.target, told.by_mail) == (f"binding:{binding.pk}", True)
    assert told.settled_at
    assert not Notice.objects.open().filter(kind__startswith="sync.").exists()
    assert not Notice.objects.open().filter(kind="dataset.stale").exists()


def test_a_held_run_is_told_to_publisher_head_and_operator_until_somebody_decides():
    where = exchange.house()
    binding = exchange.csv_binding(where, BAD)

    run = engine.sync(binding.pk)

    people = (where.publisher, where.head, where.operator)
    assert [kinds(person) for person in people] == [["sync.held"]] * 3
    engine.discard(run.pk, by=where.head, at=exchange.NOW)
    assert not Notice.objects.open().filter(kind__startswith="sync.").exists()
    assert not Notice.objects.open().filter(kind="dataset.stale").exists()


def test_a_late_dataset_is_told_once_and_settled_by_the_next_good_run():
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    engine.sync(binding.pk)
    exchange.publish(where, binding.resource)
    now = RecordTable.objects.get(zone="shared").refreshed_at
    on_time, late = now + timedelta(hours=35), now + timedelta(hours=37)

    assert freshness.tell_late(at=on_time) == 0
    assert freshness.tell_late(at=late) == 1
    notices.see(where.publisher, at=late)
    assert freshness.tell_late(at=late + timedelta(hours=1)) == 1

    assert (kinds(where.publisher), notices.unseen(where.publisher)) == (["dataset.stale"], 0)
    engine.sync(binding.pk, clock=lambda: late)
    assert not Notice.objects.open().filter(kind__startswith="sync.").exists()
    assert not Notice.objects.open().filter(kind="dataset.stale").exists()


def test_a_dataset_that_became_fresh_otherwise_is_settled_by_the_clock():
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    late = RecordTable.objects.get(zone="shared").refreshed_at + timedelta(hours=37)
    freshness.tell_late(at=late)
    dataset.update_cycle = dataset.UpdateCycle.WEEKLY
    dataset.save()

    freshness.tell_late(at=late)

    assert not Notice.objects.open().filter(kind__startswith="sync.").exists()
    assert not Notice.objects.open().filter(kind="dataset.stale").exists()
    assert not freshness.late(late).exists()


@pytest.mark.parametrize("cycle", ["irregular", "never", ""])
def test_a_cycle_that_promises_no_day_is_never_late(cycle):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    dataset.update_cycle = cycle
    dataset.save()

    assert not freshness.late(exchange.now() + timedelta(days=5000)).exists()


@pytest.mark.parametrize("of_the_worker", ["zh-hans", "en"])
def test_why_a_run_failed_is_read_by_each_in_his_language_whatever_the_worker_speaks(
    of_the_worker,
):
    where = exchange.house()
    binding = exchange.csv_binding(where, BAD)
    with translation.override(of_the_worker):
        held = engine.sync(binding.pk)
        exchange.Path(binding.object["path"]).unlink()
        with pytest.raises(FileMissing):
            engine.sync(binding.pk)
    failed = binding.runs.order_by("pk").last()

    said = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            [line] = [one for one in notices.inbox(where.publisher) if one.kind == "sync.failed"]
            said[language] = (held.problem, failed.problem, line.sentence)

    assert "rows were rejected" in said["en"][0]
    assert held.problem_zh == said["zh-hans"][0] != said["en"][0]
    assert failed.problem_en in said["en"][2]
    assert failed.problem_zh in said["zh-hans"][2]
    assert failed.problem_zh != failed.problem_en
