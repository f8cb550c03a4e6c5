"""The chain of entries: whole, in one piece, and telling where it is not."""

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import Error, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit import chain, hashing
from audit.models import Entry, Link
from config import embedded
from tests import services

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class Person:
    """Somebody who acts, as `accounts.User` does."""

    audit_name = "A clerk"
    audit_organization = "A department"


def write(count: int = 1, **details) -> None:
    for number in range(count):
        with transaction.atomic():
            chain.record("dataset.update", f"dataset:{number}", by=Person(), at=NOW, **details)


@pytest.mark.django_db
def test_entries_are_linked_in_one_chain_and_verify():
    write(7)

    assert chain.link() == 7
    assert chain.link() == 0
    assert chain.verify(at=timezone.now()) is None
    assert list(Link.objects.order_by("position").values_list("position", flat=True)) == list(
        range(1, 8)
    )


@pytest.mark.django_db
def test_an_unknown_verb_is_refused():
    with pytest.raises(chain.VerbUnknown, match="explode"):
        chain.record("dataset.explode", "dataset:1", by=None, at=NOW)


def test_an_entry_outside_a_transaction_is_refused(live_database):
    with pytest.raises(chain.NotInTransaction):
        chain.record("dataset.update", "dataset:1", by=None, at=NOW)


@pytest.mark.django_db
def test_the_platform_itself_acts_as_system():
    with transaction.atomic():
        entry = chain.record("sync.start", "run:1", by=None, at=NOW)

    assert (entry.actor, entry.organization) == ("system", "")


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["audit_entry", "audit_link", "audit_delivery"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_change_is_refused_even_to_the_owner(table, statement):
    write()
    chain.link()
    column = {"audit_entry": "verb = 'x'", "audit_link": "hash = 'x'"}.get(table, "rows = 1")
    if table == "audit_delivery":
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


def _as_superuser(statement: str) -> None:
    url = services.found().database_url(embedded.SUPERUSER, connection.settings_dict["NAME"])
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute("SET session_replication_role = replica")
        administrator.execute(statement)


@pytest.mark.parametrize(
    ("tampering", "position", "what"),
    [
        (
            "UPDATE audit_entry SET actor = 'somebody else' WHERE target = 'dataset:2'",
            3,
            "changed",
        ),
        ("DELETE FROM audit_entry WHERE target = 'dataset:2'", 3, "deleted"),
        ("DELETE FROM audit_link WHERE position = 3", 3, "missing"),
        ("UPDATE audit_link SET previous = 'x' WHERE position = 3", 3, "does not follow"),
        (
            (
                "INSERT INTO audit_entry (at, verb, target, actor, organization, details,"
                " request_id, recorded_at) VALUES (now(), 'x', 'x', 'x', '', '{}', '',"
                " now() - interval '1 hour')"
            ),
            0,
            "slipped in",
        ),
    ],
)
def test_tampering_is_named(live_database, tampering, position, what):
    write(5)
    chain.link()

    _as_superuser(tampering)

    broken = chain.verify(at=timezone.now())
    assert broken is not None
    assert (broken.position, what in broken.what) == (position, True)


def test_an_entry_that_commits_late_is_linked_late(live_database):
    late = connection.copy()
    late.set_autocommit(False)
    with late.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_entry (at, verb, target, actor, organization, details, request_id)"
            " VALUES (now(), 'dataset.update', 'late', '', '', '{}', '')"
        )
        write(3)
        assert chain.link() == 3
        late.commit()
    late.close()

    assert chain.link() == 1
    assert chain.verify(at=timezone.now()) is None


def test_an_entry_forgotten_by_the_linker_is_told_after_a_minute(live_database):
    write()

    assert chain.verify(at=timezone.now()) is None
    assert chain.verify(at=timezone.now() + timedelta(minutes=2)) is not None


def test_six_writers_and_forty_verbs_make_one_unbroken_chain(live_database):
    failures = []

    def work() -> None:
        try:
            write(40)
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


@pytest.mark.django_db
@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_the_chain_may_change_its_algorithm_midway(settings, algorithm):
    write(2)
    chain.link()
    settings.AUDIT_ALGORITHM = algorithm
    write(2)
    chain.link()

    assert Link.objects.get(position=3).algorithm == algorithm
    assert chain.verify(at=timezone.now()) is None


def test_what_is_hashed_of_an_entry_stays_as_it_is():
    entry = Entry(
        pk=7,
        at=NOW,
        verb="dataset.publish",
        target="dataset:1",
        actor="甲",
        organization="乙",
        details={"b": 1, "a": ["x"]},
        request_id="r",
        recorded_at=NOW,
    )

    assert hashing.canonical(entry).decode() == (
        '[7,"2026-03-02T02:00:00.000000+00:00","2026-03-02T02:00:00.000000+00:00",'
        '"dataset.publish","dataset:1","甲","乙",{"a":["x"],"b":1},"r"]'
    )


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@pytest.mark.django_db
@given(details=_json)
def test_whatever_the_details_are_the_chain_verifies(details):
    with transaction.atomic():
        chain.record("dataset.update", "dataset:1", by=None, at=NOW, detail=details)
    chain.link()

    assert chain.verify(at=timezone.now()) is None
