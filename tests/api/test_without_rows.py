"""A dataset without rows says so in a word of its own: there is no table, or none was brought."""

import pytest
from django.test import Client

from catalog import publishing, resources
from exchange.sync import engine
from tests.factories import catalog, exchange

pytestmark = pytest.mark.django_db
ADDRESSES = ["records", "records.csv", "changes"]


def linked(where):
    """Publish an entry that offers a link and no table."""
    dataset = publishing.create_dataset(
        "way-out",
        owner=where.department,
        title_zh="外部数据",
        title_en="Elsewhere",
        by=where.publisher,
        at=exchange.NOW,
        **exchange.COMPLETE,
    )
    link = resources.add_link(
        dataset.pk,
        title_zh="下载页",
        url="https://data.example/page",
        by=where.publisher,
        at=exchange.NOW,
    )
    return exchange.publish(where, link)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_entry_without_a_table_is_answered_with_what_it_offers(address):
    dataset = linked(exchange.house())

    answer = Client(headers={"Accept-Language": "en"}).get(
        f"/api/v1/datasets/{dataset.slug}/{address}"
    )

    told = answer.json()
    assert (answer.status_code, told["code"]) == (404, "no-table")
    assert "https://data.example/page" in told["detail"]
    assert "Retry-After" not in answer.headers
    assert Client().get(f"/api/v1/datasets/{dataset.slug}").status_code == 200


@pytest.mark.parametrize("barred", [False, True])
def test_a_file_is_named_where_everybody_is_given_it_and_nowhere_else(barred, settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")
    dataset = exchange.with_file(exchange.house())
    if barred:
        catalog.negative_line(dataset, [], from_on=catalog.TODAY)

    place = f"/api/v1/datasets/{dataset.slug}"
    told = Client(headers={"Accept-Language": "en"}).get(f"{place}/records").json()

    assert told["code"] == "no-table"
    assert "In brief" in told["detail"]
    assert (f"{place}/files/file_1" in told["detail"]) is not barred


@pytest.mark.parametrize("address", ADDRESSES)
def test_before_its_first_sync_a_table_is_in_the_wrong_state(address):
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,1\n")
    dataset = exchange.publish(where, binding.resource)
    place, client = f"/api/v1/datasets/{dataset.slug}", Client()

    before = client.get(f"{place}/{address}")
    engine.sync(binding.pk)
    after = client.get(f"{place}/records")

    assert (before.status_code, before.json()["code"]) == (409, "rows-not-ready")
    assert after.status_code == 200
