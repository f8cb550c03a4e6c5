"""The chain of entries: recorded with their verbs, linked in one piece, however they commit."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit import chain
from audit.models import Entry, Link
from audit.trace import request_id
from tests.databases import undone
from tests.factories.audit import NOW, Person, tamper, write

COLUMNS = "(at, verb, target, actor, organization, details, request_id"
VALUES = "(now(), 'dataset.update', 'late', '', '', '{}', ''"


@pytest.mark.django_db
def test_entries_are_linked_in_one_chain_and_verify():
    write(7)

    assert chain.link() == 7
    assert chain.link() == 0
    assert chain.verify(at=timezone.now()) is None
    positions = Link.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1, 8))


@pytest.mark.django_db
def test_a_chain_longer_than_a_batch_is_one_chain(monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 3)
    write(7)

    assert chain.link() == 7
    assert chain.verify(at=timezone.now()) is None
    assert Link.objects.count() == 7


@pytest.mark.django_db
def test_an_unknown_verb_is_refused():
    with pytest.raises(chain.VerbUnknown, match=r"dataset\.explode"):
        chain.record("dataset.explode", "dataset:1", by=None, at=NOW)


def test_an_entry_outside_a_transaction_is_refused(live_database):
    with pytest.raises(chain.NotInTransaction, match=r"dataset\.update"):
        chain.record("dataset.update", "dataset:1", by=None, at=NOW)

    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_many_verbs_of_one_transaction_are_written_as_each_would_be(monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 2)
    targets = [f"field:{number}" for number in range(5)]
    told = [chain.Happened("field.create", target, {"name": "a\0b"}) for target in targets]

    with transaction.atomic():
        chain.record_all(told, by=Person(), at=NOW)
        chain.record("field.create", "field:5", by=Person(), at=NOW, name="a\0b")

    *many, one = Entry.objects.order_by("pk")
    assert [entry.target for entry in many] == targets
    for entry in many:
        assert (entry.at, entry.verb, entry.details) == (one.at, one.verb, one.details)
        assert (entry.actor, entry.organization) == (one.actor, one.organization)
    assert chain.link() == 6
    assert chain.verify(at=timezone.now()) is None


@pytest.mark.django_db
def test_of_many_verbs_an_unknown_one_keeps_all_out():
    told = [chain.Happened("field.create", "field:1"), chain.Happened("field.explode", "field:2")]

    with pytest.raises(chain.VerbUnknown, match=r"field\.explode"):
        chain.record_all(told, by=None, at=NOW)

    assert not Entry.objects.exists()


def test_a_verb_that_fails_leaves_no_entry(live_database):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write()
        raise ZeroDivisionError

    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_an_entry_has_the_names_of_the_day_and_the_request():
    token = request_id.set("a-request")

    entry = chain.record("dataset.update", "dataset:1", by=Person(), at=NOW)

    request_id.reset(token)
    kept = Entry.objects.get(pk=entry.pk)
    assert (kept.actor, kept.organization) == ("A clerk", "A department")
    assert (kept.request_id, kept.at) == ("a-request", NOW)
    assert kept.recorded_at == entry.recorded_at
    assert kept.written_in == entry.written_in > 0


@pytest.mark.django_db
def test_the_platform_itself_acts_as_system():
    entry = chain.record("sync.start", "run:1", by=None, at=NOW)

    assert (entry.actor, entry.organization) == ("system", "")


@pytest.mark.django_db
def test_dates_and_decimals_are_told_as_text():
    details = {"until": date(2026, 12, 31), "most": Decimal("1.50"), "of": ("a", 1)}

    entry = chain.record("grant.create", "grant:1", by=None, at=NOW, **details)

    kept = Entry.objects.get(pk=entry.pk).details
    assert kept == {"until": "2026-12-31", "most": "1.50", "of": ["a", 1]}


@pytest.mark.django_db
def test_a_character_that_the_database_cannot_hold_fails_no_verb():
    entry = chain.record(
        "sign_in.fail", "user:a\0b", by=None, at=NOW, tried={"\0": ["x\0", "\ud800"]}
    )

    kept = Entry.objects.get(pk=entry.pk)
    assert (kept.target, kept.details) == ("user:a�b", {"tried": {"�": ["x�", "?"]}})
    chain.link()
    assert chain.verify(at=timezone.now()) is None


@pytest.mark.django_db
def test_no_role_can_date_an_entry_back():
    with (
        pytest.raises(IntegrityError, match="recorded when it is written"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            f"INSERT INTO audit_entry {COLUMNS}, recorded_at) VALUES {VALUES},"
            " now() - interval '1 hour')"
        )


@pytest.mark.django_db
def test_no_role_can_hide_an_entry_from_the_linker():
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO audit_entry {COLUMNS}, written_in) VALUES {VALUES}, 1)")

    assert Entry.objects.get().written_in > 1


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["audit_entry", "audit_link", "audit_delivery"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_change_is_refused_even_to_the_owner(table, statement):
    write()
    chain.link()
    column = {"audit_entry": "verb = 'x'", "audit_link": "hash = 'x'"}.get(table, "rows = 1")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_delivery (at, channel, mode, reader, app, organization,"
            " dataset, fields_digest, rows, bytes, zone_seq, request_id)"
            " VALUES (now(), '', '', '', '', '', '', '', 0, 0, 0, '')"
        )

    with (
        pytest.raises(Error, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table, column))


def test_an_entry_that_commits_late_is_linked_late(live_database):
    late = connection.copy()
    late.set_autocommit(False)
    with late.cursor() as cursor:
        cursor.execute(f"INSERT INTO audit_entry {COLUMNS}) VALUES {VALUES})")
        write(3)
        assert chain.link() == 3
        write(2)
        assert chain.link() == 2
        late.commit()
    late.close()

    assert chain.link() == 1
    assert chain.verify(at=timezone.now()) is None
    assert Entry.objects.get(target="late").pk < Entry.objects.latest("pk").pk


def test_after_a_restore_the_linker_starts_from_all_entries(live_database):
    write(2)
    chain.link()
    # as in a new cluster: transactions count from the beginning again
    tamper("UPDATE audit_link SET horizon = 9000000000000")
    write(1)

    assert chain.link() == 1
    assert Link.objects.latest("position").horizon < 9_000_000_000_000


def test_a_sweep_links_what_was_missed(live_database):
    write(2)
    tamper("UPDATE audit_entry SET written_in = 0 WHERE target = 'dataset:0'")
    chain.link()
    tamper("UPDATE audit_entry SET written_in = 0", "DELETE FROM audit_link WHERE position = 2")

    assert chain.link() == 0
    assert chain.link(whole=True) == 1


def test_a_second_linker_leaves_the_work_to_the_first(live_database):
    write(2)
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [chain.LOCK])

        assert chain.link() == 0

        other.commit()
    other.close()
    assert chain.link() == 2


def test_the_chain_cannot_fork(live_database):
    write(2)
    chain.link()
    first = Link.objects.get(position=1)

    with pytest.raises(IntegrityError, match="previous"):
        Link.objects.create(
            position=3,
            entry_id=99,
            recorded_at=first.recorded_at,
            previous=first.hash,
            hash="x",
            algorithm="sha256",
        )


def test_six_writers_and_forty_verbs_make_one_unbroken_chain(live_database):
    failures = []

    def work() -> None:
        try:
            for _round in range(4):
                write(10)
                chain.link()
        except Exception as failure:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(failure)
        finally:
            connection.close()

    writers = [threading.Thread(target=work) for _number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    chain.link()

    assert failures == []
    assert Link.objects.count() == Entry.objects.count() == 240
    assert chain.verify(at=timezone.now()) is None


_text = st.text(st.characters(codec="utf-8"))
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(-1e300, 1e300) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.django_db
@given(details=_json)
def test_whatever_the_details_are_the_chain_verifies(details):
    with undone():
        chain.record("dataset.update", "dataset:1", by=None, at=NOW, detail=details)
        chain.link()

        assert chain.verify(at=timezone.now()) is None


@pytest.mark.django_db
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["sha256", "sm3"])), max_size=6))
def test_however_entries_and_links_take_turns_the_chain_is_whole(steps):
    with undone():
        for count, algorithm in steps:
            write(count)
            with override_settings(AUDIT_ALGORITHM=algorithm):
                assert chain.link() == count

        assert chain.verify(at=timezone.now()) is None
        assert not chain.unlinked().exists()
