"""Months of the trail: made ahead without stopping anybody, guarded from the first moment."""

import psycopg
import pytest
from django.db import DataError, Error, connection, transaction
from django.utils import timezone

from audit import months, tasks
from audit.models import Entry
from tests.factories.audit import as_role, tamper, write

TABLES = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s)"


def of(parent: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [parent])
        return {name for (name,) in cursor.fetchall()}


def ahead(count: int) -> str:
    now = timezone.now()
    years, month = divmod(now.month - 1 + count, 12)
    return f"{now.year + years}_{month + 1:02}"


@pytest.mark.django_db
def test_this_month_and_three_ahead_are_there_and_are_not_made_twice():
    assert months.make() == 0

    for parent in ("audit_entry", "audit_delivery"):
        made = {f"{parent}_{ahead(count)}" for count in range(4)}
        assert made | {f"{parent}_strays"} == of(parent)


@pytest.mark.django_db
def test_a_month_further_ahead_is_made_of_both_tables():
    assert months.make(5) == 4
    assert tasks.make_partitions() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("count", [-1, 25])
def test_a_count_of_months_beyond_sense_is_refused(count):
    with pytest.raises(DataError, match="0 to 24"), transaction.atomic():
        months.make(count)


def test_the_worker_makes_months_and_the_open_door_does_not(live_database):
    with as_role("city_worker") as worker:
        assert worker.execute("SELECT audit_make_partitions(5)").fetchone() == (4,)
    with as_role("city_open") as visitor, pytest.raises(psycopg.errors.InsufficientPrivilege):
        visitor.execute("SELECT audit_make_partitions(6)")


def test_a_month_is_made_while_a_verb_is_in_progress_and_writers_go_on(live_database):
    verb = connection.copy()
    verb.set_autocommit(False)
    with verb.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_entry (at, verb, target, actor, organization, details, request_id)"
            " VALUES (now(), 'dataset.update', 'slow', '', '', '{}', '')"
        )

        assert months.make(4) == 2
        write()

        verb.commit()
    verb.close()
    assert Entry.objects.count() == 2


@pytest.mark.parametrize("parent", ["audit_entry", "audit_delivery"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}", "TRUNCATE {}"])
def test_each_months_own_table_refuses_change(live_database, parent, statement):
    months.make(4)
    column = "recorded_at" if parent == "audit_entry" else "at"
    values = {
        "audit_entry": "(at, verb, target, actor, organization, details, request_id, recorded_at)"
        " SELECT day, '', '', '', '', '{}', '', day",
        "audit_delivery": "(at, channel, mode, reader, app, organization, dataset, fields_digest,"
        " rows, bytes, zone_seq, request_id) SELECT day, '', '', '', '', '', '', '', 0, 0, 0, ''",
    }[parent]
    tamper(
        f"INSERT INTO {parent} {values} FROM generate_series(now(), now() + interval '5 months',"
        f" interval '1 month') day"
    )

    for table in of(parent):
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute(f"SELECT count({column}) FROM {table}")
            assert cursor.fetchone()[0] >= 1
            with pytest.raises(Error, match="append-only"):
                cursor.execute(statement.format(table))
            transaction.set_rollback(True)


def test_strays_keep_a_month_that_they_were_in_first(live_database):
    tamper(
        "INSERT INTO audit_delivery (at, channel, mode, reader, app, organization, dataset,"
        " fields_digest, rows, bytes, zone_seq, request_id)"
        " VALUES (now() + interval '4 months', '', '', '', '', '', '', '', 0, 0, 0, '')"
    )

    assert months.make(5) == 3

    assert f"audit_delivery_{ahead(4)}" not in of("audit_delivery")
    assert f"audit_delivery_{ahead(5)}" in of("audit_delivery")


@pytest.mark.django_db
def test_months_are_those_of_utc():
    last_of_year = timezone.datetime.fromisoformat("2027-01-01T07:59:59+08:00")

    assert months.name(last_of_year) == "2026-12"
