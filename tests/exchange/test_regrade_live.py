"""A field becomes stricter while it is downloaded, synced and kept in caches."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from psycopg import sql

from exchange import opening
from exchange.models import RunState, Zone
from exchange.records import store
from exchange.records.reading import Revoked
from exchange.records.statements import rows
from exchange.sync import engine
from policy.terms import DataType, Grade
from tests.exchange.sessions import signed_in, waits
from tests.factories import accounts, exchange
from tests.factories.exchange import column

ROWS = 20_000
STRICTER = {"grade": Grade.L2, "mask_kind": "blank"}
NAMED = (column("id", DataType.INTEGER, is_key=True), column("name"), column("more"))
MANY = (column("id", DataType.INTEGER, is_key=True), *(column(f"c{n}") for n in range(40)))
STEP = 3  # of a sync's statements, every third is a place to stop at


class City:
    """A published dataset of these columns, and somebody who calls as the open door."""

    def __init__(self, columns, data: str) -> None:
        self.where = exchange.house()
        self.binding = exchange.csv_binding(self.where, data, columns)
        engine.sync(self.binding.pk)
        self.dataset = exchange.publish(self.where, self.binding.resource)
        self.key = accounts.api_key(at=exchange.now())
        self.client = Client()

    def get(self, what: str = "records", **params):
        headers = {"X-API-Key": self.key.raw, "Accept-Language": "en"}
        return self.client.get(
            f"/api/v1/datasets/{self.dataset.slug}/{what}", params, headers=headers
        )

    def mask(self, name: str) -> None:
        field = self.binding.resource.fields.get(name=name)
        opening.regrade(
            self.dataset.pk,
            {field.pk: STRICTER},
            by=self.where.publisher,
            at=exchange.NOW,
            reason="it turned out to name people",
        )

    def open_values(self, name: str) -> set[str | None]:
        field = self.binding.resource.fields.get(name=name)
        table = store.live(self.binding.resource_id, Zone.OPEN)
        found = rows(
            sql.SQL("SELECT DISTINCT {} FROM {}").format(
                sql.Identifier(f"f{field.pk}"), store.of(table)
            )
        )
        return {value for (value,) in found}


@pytest.fixture
def city(live_database) -> City:
    lines = (f"{n},clear-name-{n},{'x' * 40}" for n in range(ROWS))
    return City(NAMED, "\n".join(["id,name,more", *lines]))


@pytest.mark.parametrize("taken", [1, 4])
def test_a_download_under_way_breaks_off_and_gives_no_clear_byte_any_more(city, taken):
    with signed_in(USER="city_open"):
        stream = iter(city.get("records.csv").streaming_content)
        before = b"".join(next(stream) for _ in range(taken))

    city.mask("name")

    after = []
    with signed_in(USER="city_open"), pytest.raises(Revoked):
        after.extend(stream)
    assert b"clear-name" in before
    assert after == []


def test_a_download_that_has_not_begun_gives_nothing(city):
    with signed_in(USER="city_open"):
        stream = iter(city.get("records.csv").streaming_content)

    city.mask("name")

    after = []
    with signed_in(USER="city_open"), pytest.raises(Revoked):
        after.extend(stream)
    assert after == []


def test_the_next_download_is_whole_and_masked(city):
    city.mask("name")

    with signed_in(USER="city_open"):
        lines = city.get("records.csv").getvalue().decode().splitlines()

    assert len(lines) == ROWS + 1
    assert {line.split(",")[1] for line in lines[1:]} == {"****"}


def test_a_decision_kept_in_this_process_does_not_outlive_a_regrade_by_another(city):
    assert city.get(name="clear-name-7").json()["count"] == 1
    link = city.get(limit=1).json()["next"]

    with ThreadPoolExecutor(1) as other:
        other.submit(_closing, city.mask, "name").result(timeout=60)

    refused = city.get(name="clear-name-7")
    assert (refused.status_code, refused.json()["code"]) == (403, "field-masked")
    headers = {"X-API-Key": city.key.raw}
    assert city.client.get(link, headers=headers).json()["rows"][0]["name"] == "****"
    assert city.get(limit=1, sort="name").status_code == 403
    assert "clear-name" not in city.get("changes").content.decode()


class Pause:
    """Stops its thread before the n-th statement until told to go on."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0
        self.reached, self.go = threading.Event(), threading.Event()

    def __call__(self, execute, statement, params, many, context):
        self.count += 1
        if self.count == self.at:
            self.reached.set()
            assert self.go.wait(60)
        return execute(statement, params, many, context)


def _closing(work, *args):
    try:
        return work(*args)
    finally:
        connection.close()


def _synced(binding_id: int, pause: Pause) -> str:
    with connection.execute_wrapper(pause):
        return engine.sync(binding_id).state


def test_a_regrade_at_any_step_of_a_sync_leaves_no_clear_value_behind(live_database):
    names = [one.name for one in MANY]
    city = City(MANY, _generation(names, 0))
    count = Pause(at=-1)
    _write(city, names, 1)
    assert _synced(city.binding.pk, count) == RunState.DONE
    places = range(1, count.count, STEP)
    assert len(places) <= len(MANY) - 1

    for generation, (place, name) in enumerate(zip(places, names[1:], strict=False), start=2):
        _write(city, names, generation)
        state = _crossed(city, name, Pause(at=place))
        assert state == RunState.DONE, place
        assert city.open_values(name) == {"****"}, place
        assert city.open_values(names[-1]) == {f"v{generation}-{n}" for n in range(5)}, place


def _crossed(city: City, name: str, pause: Pause) -> str:
    """Mask a field while a sync stands still; it goes on when the verb is done or waits for it."""
    pids: list[int] = []

    def mask() -> None:
        connection.ensure_connection()
        pids.append(connection.connection.info.backend_pid)
        city.mask(name)

    with ThreadPoolExecutor(2) as others:
        sync = others.submit(_closing, _synced, city.binding.pk, pause)
        assert pause.reached.wait(60)
        verb = others.submit(_closing, mask)
        deadline = time.monotonic() + 60
        while not verb.done() and not (pids and waits(pids[0])):
            assert time.monotonic() < deadline
        if verb.done():  # it returned in the midst of a sync: already now nothing is clear
            assert city.open_values(name) == {"****"}
        pause.go.set()
        verb.result(timeout=60)
        return sync.result(timeout=60)


def _generation(names: list[str], number: int) -> str:
    lines = (",".join([str(n), *(f"v{number}-{n}" for _name in names[1:])]) for n in range(5))
    return "\n".join([",".join(names), *lines])


def _write(city: City, names: list[str], number: int) -> None:
    exchange.Path(city.binding.object["path"]).write_text(_generation(names, number))
