"""Times come out with the city's offset, whatever zone a source wrote them in."""

import pytest
from django.test import Client

from exchange.sync import engine
from policy.terms import DataType
from tests.factories import accounts, exchange
from tests.factories.exchange import column

COLUMNS = (column("id", DataType.INTEGER, is_key=True), column("at", DataType.DATETIME))
DATA = "id,at\n1,2024-01-01 08:00:00\n2,2024-01-01T08:00:00Z\n3,2024-01-01T08:00:00-05:00\n"
HERE = ["2024-01-01T08:00:00+08:00", "2024-01-01T16:00:00+08:00", "2024-01-01T21:00:00+08:00"]


def published():
    """Publish the three moments; return how to ask for them."""
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, COLUMNS)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    key = accounts.api_key(at=exchange.now())

    def ask(what: str = "", **params):
        path = f"/api/v1/datasets/{dataset.slug}{what}"
        return Client().get(path, params, headers={"X-API-Key": key.raw})

    return ask


@pytest.fixture
def get(db):
    return published()


def test_in_pages(get):
    page = get("/records", sort="id").json()

    assert [row["at"] for row in page["rows"]] == HERE
    assert page["refreshed_at"].endswith("+08:00")


def test_in_the_feed(get):
    rows = get("/changes").json()["rows"]

    assert sorted(row["at"] for row in rows) == HERE


def test_in_a_download(live_database):
    lines = published()("/records.csv").getvalue().decode().splitlines()

    assert sorted(line.split(",")[-1] for line in lines[1:]) == [
        "2024-01-01 08:00:00+08",
        "2024-01-01 16:00:00+08",
        "2024-01-01 21:00:00+08",
    ]


def test_in_what_is_said_of_the_dataset(get):
    told = get().json()

    assert told["published_at"].endswith("+08:00")
    assert told["refreshed_at"].endswith("+08:00")


def test_a_filter_means_the_same_moment_in_any_offset(get):
    for moment in ("2024-01-01T16:00:00+08:00", "2024-01-01T08:00:00Z", "2024-01-01T16:00:00"):
        assert [row["id"] for row in get("/records", at=moment).json()["rows"]] == [2], moment


def test_the_same_page_has_the_same_tag_each_time(get):
    assert get("/records")["ETag"] == get("/records")["ETag"]
