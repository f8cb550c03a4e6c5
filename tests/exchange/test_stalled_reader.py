"""Somebody reads a page, keeps the transaction open and falls asleep: nobody else waits."""

import time
from collections.abc import Callable

import psycopg
import pytest
from django.test import Client
from psycopg import sql

from exchange import opening
from exchange.models import RecordTable, Zone
from exchange.records import store, zones
from exchange.sync import engine
from policy.terms import DataType, Grade, OpenType
from tests.exchange.sessions import session, signed_in
from tests.factories import exchange
from tests.factories.exchange import NOW, column

QUICK = 2.0  # seconds; a reader who waits for the stalled one waits for ever
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("extra", open_type=OpenType.CONDITIONAL, grade=Grade.L2),
    column("more"),
)
DATA = "id,name,extra\n" + "\n".join(f"{n},name-{n},x{n}" for n in range(100))


class City:
    """A synced dataset, published or not, with other people who read it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.where = exchange.house()
        self.binding = exchange.csv_binding(self.where, DATA, COLUMNS)
        self.dataset = self.binding.resource.dataset
        more = self.binding.resource.fields.get(name="more")
        del self.binding.columns[str(more.pk)]
        self.binding.save()

    def publish(self) -> None:
        exchange.publish(self.where, self.binding.resource)

    def page(self) -> dict:
        with signed_in(USER="city_open"):
            return (
                self.other()
                .get(f"/api/v1/datasets/{self.dataset.slug}/records", {"limit": "1000"})
                .json()
            )

    def other(self) -> Client:
        return Client(headers={"Accept-Language": "en"})

    def mask(self) -> None:
        field = self.binding.resource.fields.get(name="name")
        opening.regrade(
            self.dataset.pk,
            {field.pk: {"grade": Grade.L2, "mask_kind": "blank"}},
            by=self.where.publisher,
            at=NOW,
            reason="personal",
        )

    def stall(self, connection: psycopg.Connection, zone: str = Zone.OPEN) -> sql.Composed:
        """Read a row in a transaction that stays open; returns the statement."""
        table = store.live(self.binding.resource_id, zone)
        statement = sql.SQL("SELECT count(*) FROM {}").format(store.of(table))
        connection.execute(statement)
        return statement


@pytest.fixture
def city(live_database) -> City:
    return City(live_database)


def quickly(work: Callable[[], object]) -> object:
    """Do something that must not wait for a sleeper."""
    started = time.monotonic()
    result = work()
    assert time.monotonic() - started < QUICK
    return result


def test_a_sleeper_from_before_the_first_load_delays_neither_it_nor_its_readers(city):
    with session(city.url, "city_open", autocommit=False) as sleeper:
        sleeper.execute("SELECT count(*) FROM exchange_recordtable")
        sleeper.execute("SELECT * FROM catalog_dataset")

        engine.sync(city.binding.pk)
        quickly(city.publish)

        assert len(quickly(city.page)["rows"]) == 100


def test_a_sleeper_on_the_old_version_delays_neither_the_new_one_nor_its_readers(city):
    engine.sync(city.binding.pk)
    city.publish()
    old = store.live(city.binding.resource_id, Zone.OPEN)
    with session(city.url, "city_open", autocommit=False) as sleeper:
        statement = city.stall(sleeper)

        quickly(lambda: _new_version(city))

        assert store.live(city.binding.resource_id, Zone.OPEN).version == old.version + 1
        assert len(quickly(city.page)["rows"]) == 100
        assert sleeper.execute(statement).fetchone() == (100,)


def _new_version(city: City) -> None:
    """Bind a field that was not read before: the table is built anew."""
    field = city.binding.resource.fields.get(name="more")
    city.binding.columns[str(field.pk)] = "name"
    city.binding.save()
    engine.sync(city.binding.pk)


def test_a_changed_row_goes_live_beside_a_sleeper(city):
    engine.sync(city.binding.pk)
    city.publish()
    with session(city.url, "city_open", autocommit=False) as sleeper:
        city.stall(sleeper)
        path = exchange.Path(city.binding.object["path"])
        path.write_text(DATA.replace("name-7,", "changed,"))

        quickly(lambda: engine.sync(city.binding.pk))

        assert "changed" in {row["name"] for row in quickly(city.page)["rows"]}


@pytest.mark.parametrize("role", ["city_open", "city_office"])
def test_a_stricter_grade_ends_the_sleeper_and_waits_for_nobody(city, role):
    engine.sync(city.binding.pk)
    city.publish()
    with session(city.url, role, autocommit=False) as sleeper:
        statement = city.stall(sleeper)

        quickly(city.mask)

        assert {row["name"] for row in quickly(city.page)["rows"]} == {"****"}
        with pytest.raises(psycopg.OperationalError):
            sleeper.execute(statement)


def test_a_reader_who_comes_while_a_version_is_ended_does_not_hold_the_verb_up(city, monkeypatch):
    engine.sync(city.binding.pk)
    city.publish()
    late = psycopg.connect(city.url, user="city_open")
    came, run = [], zones.run

    def somebody_comes_in_between(statement, params=None):
        result = run(statement, params)
        if "exchange_end_readers" in statement.as_string() and not came:
            came.append(city.stall(late))
        return result

    monkeypatch.setattr(zones, "run", somebody_comes_in_between)

    quickly(city.mask)

    assert {row["name"] for row in quickly(city.page)["rows"]} == {"****"}
    late.close()


@pytest.mark.parametrize(
    ("role", "zone"), [("city_open", Zone.OPEN), ("city_office", Zone.CONDITIONAL)]
)
def test_withdrawal_leaves_no_sleeper_with_rows(city, role, zone):
    engine.sync(city.binding.pk)
    city.publish()
    with session(city.url, role, autocommit=False) as sleeper:
        statement = city.stall(sleeper, zone)

        quickly(
            lambda: opening.withdraw(city.dataset.pk, by=city.where.head, at=NOW, reason="wrong")
        )

        with pytest.raises(psycopg.OperationalError):
            sleeper.execute(statement)
    assert not RecordTable.objects.filter(zone=Zone.OPEN, live=True).exists()
