"""Sealing a month: its table is set apart and guarded, and the chain stays whole without it."""

from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.utils import timezone, translation

from audit import chain, deliveries, digests, months, retention
from audit.models import Delivery, Entry, Link
from audit.months import Table
from tests.factories.audit import tamper, told, write

AT = datetime(2026, 11, 24, tzinfo=UTC)
OLD = date(2026, 3, 17)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def old_month(live_database):
    """Give both tables a month of March, with five linked entries in it, and three of today."""
    tamper(
        *(
            f"CREATE TABLE audit_{table}_2026_03 PARTITION OF audit_{table}"
            " FOR VALUES FROM ('2026-03-01 00:00+00') TO ('2026-04-01 00:00+00');"
            f" ALTER TABLE audit_{table}_2026_03 OWNER TO city_owner"
            for table in Table
        ),
        "INSERT INTO audit_entry (at, verb, target, actor, organization, details, request_id,"
        " recorded_at) SELECT '2026-03-05', 'dataset.update', 'old:' || n, '', '', '{}', '',"
        " '2026-03-05'::timestamptz + n * interval '1 day' FROM generate_series(0, 4) n",
    )
    write(3)
    chain.link()


def test_a_sealed_month_is_apart_and_the_chain_is_whole_without_it(old_month):
    entry = retention.seal_month(OLD, table=Table.ENTRY, by=None, at=AT)

    assert not Entry.objects.filter(target__startswith="old:").exists()
    assert chain.verify(at=AT) is None
    chain.link()
    assert chain.verify(at=AT) is None
    assert months.sealed(Table.ENTRY) == {"2026-03"}
    assert months.sealed(Table.DELIVERY) == frozenset()
    fifth = Link.objects.get(position=5)
    assert entry.details["last"] == {"position": 5, "hash": fifth.hash}


@pytest.mark.parametrize("statement", ["UPDATE {} SET verb = ''", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_is_apart_still_refuses_change(old_month, statement):
    tamper(
        "CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit_entry_2026_03"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    )
    retention.seal_month(OLD, table=Table.ENTRY, by=None, at=AT)

    with (
        pytest.raises(Error, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format("audit_entry_2026_03"))


def test_an_entry_deleted_from_another_month_is_still_named(old_month):
    retention.seal_month(OLD, table=Table.ENTRY, by=None, at=AT)
    tamper("DELETE FROM audit_entry WHERE target = 'dataset:1'")

    broken = chain.verify(at=AT)

    assert broken is not None
    assert "deleted" in broken.what


def test_a_later_seal_names_the_earlier_ones_too(old_month):
    retention.seal_month(OLD, table=Table.ENTRY, by=None, at=AT)
    chain.link()
    retention.seal_month(OLD, table=Table.DELIVERY, by=None, at=AT)

    assert months.sealed(Table.ENTRY) == months.sealed(Table.DELIVERY) == {"2026-03"}


def test_sealed_deliveries_are_passed_over_by_their_digests(old_month):
    deliveries.deliver(**told(at=datetime(2026, 3, 5, tzinfo=UTC)))
    deliveries.deliver(**told())
    start = Delivery.objects.earliest("pk").recorded_at.replace(minute=0, second=0, microsecond=0)
    digests.digest_due(at=start + 2 * digests.HOUR)

    retention.seal_month(OLD, table=Table.DELIVERY, by=None, at=AT)

    assert Delivery.objects.count() == 1
    assert digests.verify(since=start) is None
    tamper("DELETE FROM audit_delivery")
    assert digests.verify(since=start) is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("month", "free_from"),
    [(date(2026, 11, 30), "2027-06-01"), (date(2026, 5, 1), "2026-12-01")],
)
def test_a_month_stays_in_reach_for_six_months_after_its_end(month, free_from):
    with pytest.raises(retention.NotSealable, match=f"6 months .* from {free_from}"):
        retention.seal_month(month, table=Table.ENTRY, by=None, at=AT)


@pytest.mark.django_db
def test_a_month_that_is_not_there_cannot_be_sealed():
    with pytest.raises(retention.NotSealable, match="no table of 2020-12"):
        retention.seal_month(date(2020, 12, 1), table=Table.DELIVERY, by=None, at=AT)


def test_a_month_is_not_sealed_twice(old_month):
    retention.seal_month(OLD, table=Table.ENTRY, by=None, at=AT)

    with pytest.raises(retention.NotSealable, match="sealed already"):
        retention.seal_month(OLD, table=Table.ENTRY, by=None, at=AT)


def test_nothing_is_sealed_while_the_chain_is_broken(old_month):
    tamper("UPDATE audit_entry SET actor = 'other' WHERE target = 'old:2'")

    with pytest.raises(retention.NotSealable, match="broken"):
        retention.seal_month(OLD, table=Table.ENTRY, by=None, at=AT)

    assert Entry.objects.filter(target__startswith="old:").count() == 5


def test_the_command_seals_both_tables_of_a_month(old_month, monkeypatch, capsys):
    monkeypatch.setattr(timezone, "now", lambda: AT)

    call_command("seal_month", "2026-03")

    assert "audit_entry_2026_03 is set apart" in capsys.readouterr().out
    assert months.sealed(Table.ENTRY) == months.sealed(Table.DELIVERY) == {"2026-03"}
    with pytest.raises(CommandError, match="sealed already"):
        call_command("seal_month", "2026-03", only="delivery")


@pytest.mark.parametrize("month", ["March", "2026-13"])
def test_the_command_says_how_a_month_is_written(month):
    with pytest.raises(CommandError, match="Write it as 2026-01"):
        call_command("seal_month", month)
