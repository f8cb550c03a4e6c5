"""Notes of open reads come into the table, each once; what is lost on the way is counted."""

import json

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from audit import chain, deliveries, draining, stream, tasks
from audit.models import Delivery
from tests.factories.audit import told


@pytest.fixture(autouse=True)
def _as_a_new_process():
    deliveries._ours.start()


@pytest.mark.django_db
def test_notes_come_into_the_table_once():
    for _number in range(3):
        deliveries.note(**told())

    assert draining.drain() == draining.Drained(3, 0)
    assert draining.drain() == draining.Drained(0, 0)
    assert Delivery.objects.filter(key_id=5, rows=100).count() == 3


@pytest.mark.django_db
def test_more_than_a_batch_is_drained_in_one_go(monkeypatch):
    monkeypatch.setattr(draining, "BATCH", 4)
    for number in range(10):
        deliveries.note(**told(rows=number))

    assert tasks.drain_deliveries() == 10
    kept = Delivery.objects.order_by("number").values_list("number", "rows")
    assert list(kept) == [(number + 1, number) for number in range(10)]


@pytest.mark.django_db
def test_a_row_holds_what_its_note_told():
    read = told(grant_id=None, organization="企业", app='with "quotes" and \\', status=206)
    deliveries.note(**read)

    draining.drain()

    assert Delivery.objects.values(*read).get() == read


@pytest.mark.django_db
def test_a_drain_killed_before_it_cleared_the_stream_writes_nothing_twice():
    deliveries.note(**told())
    kept = stream.client().xrange(deliveries.STREAM)
    draining.drain()
    for key, fields in kept:
        stream.client().xadd("again", fields, id=key)
    stream.client().rename("again", deliveries.STREAM)
    deliveries.note(**told())

    assert draining.drain() == draining.Drained(1, 0)
    assert Delivery.objects.count() == 2


def test_a_second_drain_leaves_the_work_to_the_first(live_database):
    deliveries.note(**told())
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [draining.LOCK])

        assert draining.drain() == draining.Drained(0, 0)

        other.commit()
    other.close()
    assert draining.drain() == draining.Drained(1, 0)


@pytest.mark.django_db
def test_a_note_that_came_meanwhile_is_not_cleared_away(monkeypatch):
    deliveries.note(**told())
    alone = chain.alone

    def slowly(lock: int) -> bool:
        deliveries.note(**told())
        return alone(lock)

    with monkeypatch.context() as patched:
        patched.setattr(chain, "alone", slowly)
        patched.setattr(deliveries, "waiting", _first_time(deliveries.waiting))
        assert draining.drain() == draining.Drained(1, 0)

    assert draining.drain() == draining.Drained(1, 0)


def _first_time(waiting):
    answers = [waiting]
    return lambda count: answers.pop()(count) if answers else []


@pytest.mark.django_db
def test_notes_that_valkey_lost_show_as_a_gap():
    deliveries.note(**told())
    draining.drain()
    deliveries.note(**told())
    deliveries.note(**told())
    stream.client().flushdb()  # as after a crash: what was not on disk is gone, counters too
    deliveries.note(**told())

    assert draining.drain() == draining.Drained(1, 2)


@pytest.mark.django_db
def test_a_note_that_comes_out_of_order_is_taken_off_the_gap_again():
    for _number in range(3):
        deliveries.note(**told())
    (first, _), (second, fields), (third, _) = stream.client().xrange(deliveries.STREAM)
    stream.client().xdel(deliveries.STREAM, second)

    assert draining.drain() == draining.Drained(2, 1)
    stream.client().xadd(deliveries.STREAM, fields)
    assert draining.drain() == draining.Drained(1, -1)
    assert first < second < third


def _send_in_order(numbers):
    """Note as many reads as there are numbers, and let them come in this order, others never."""
    for _number in range(max(numbers, default=0)):
        deliveries.note(**told())
    noted = [fields for _key, fields in stream.client().xrange(deliveries.STREAM)]
    stream.client().delete(deliveries.STREAM)
    for number in numbers:
        stream.client().xadd(deliveries.STREAM, noted[number - 1])


@pytest.mark.django_db
def test_notes_of_two_threads_that_part_at_a_batchs_edge_are_not_called_missing(
    monkeypatch, caplog
):
    monkeypatch.setattr(draining, "BATCH", 2)
    _send_in_order([1, 3, 2, 4])

    assert draining.drain() == draining.Drained(4, 0)
    assert "missing" not in caplog.text


@pytest.mark.django_db
def test_what_is_lost_is_told_once_when_no_thread_can_hold_it_any_more(monkeypatch, caplog):
    monkeypatch.setattr(draining, "SETTLED", 5)
    _send_in_order([1, 3, 4, 5, 6])
    draining.drain()
    assert "missing" not in caplog.text

    for _more in range(10):
        deliveries.note(**told())
        draining.drain()

    assert caplog.messages == ["1 notes of open reads are missing."]


@pytest.mark.django_db
@given(
    st.lists(st.integers(1, 30), unique=True, min_size=1, max_size=30),
    st.integers(1, 10),
    st.randoms(use_true_random=False),
)
def test_what_is_told_as_missing_is_what_never_came(kept, batch, chance):
    stream.client().flushdb()
    deliveries._ours.start()
    late = sorted(sorted(kept), key=lambda number: number + chance.uniform(0, 4))
    told_of = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(draining, "SETTLED", 4)
        patched.setattr(draining, "BATCH", batch)
        patched.setattr(draining.log, "warning", lambda _text, number: told_of.append(number))
        _send_in_order(late)
        drained = draining.drain()

    assert drained == draining.Drained(len(kept), max(kept) - len(kept))
    assert sum(told_of) == len(set(range(1, max(kept) - 4 + 1)) - set(kept))


@pytest.mark.django_db
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=6))
def test_gaps_add_up_to_what_was_lost_before_the_last_note(rounds):
    stream.client().flushdb()
    deliveries._ours.start()
    lost = gaps = rows = 0
    for kept, dropped in rounds:
        for _note in range(dropped):
            next(deliveries._ours.numbers)
        for _note in range(kept):
            deliveries.note(**told())
        drained = draining.drain()
        gaps, rows, lost = gaps + drained.gaps, rows + drained.rows, lost + dropped
        if kept:
            assert gaps == lost

    assert rows == sum(kept for kept, _dropped in rounds)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "over",
    [{"rows": "many"}, {"dataset": None}, {"app": "a\0b"}, {"rows": 2**63}],
)
def test_a_note_that_the_database_refuses_stops_nobody_and_counts_as_lost(over, caplog):
    deliveries.note(**told())
    deliveries.note(**told(**over))
    deliveries.note(**told())

    assert draining.drain() == draining.Drained(2, 1)
    assert stream.client().xlen(deliveries.STREAM) == 0
    assert "cannot be kept" in caplog.text


@pytest.mark.django_db
def test_processes_are_counted_apart():
    notes = []
    for _process in range(2):
        deliveries._ours.start()
        deliveries.note(**told())
        deliveries.note(**told())
    notes = [fields for _key, fields in stream.client().xrange(deliveries.STREAM)]
    stream.client().delete(deliveries.STREAM)
    for fields in (notes[1], notes[2], notes[3]):  # the first process's first note is lost
        stream.client().xadd(deliveries.STREAM, fields)

    assert draining.drain() == draining.Drained(3, 1)
    assert json.loads(notes[0][b"d"])["dataset"] == "dataset:1"
