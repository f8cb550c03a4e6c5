"""A company that was granted some rows is told the same, whatever happens to the others.

design.md §4.6: two cities that differ only in rows outside the grant answer the same bytes, write
the same down for the company to read, and tell its webhooks the same.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.keys import IssuedKey
from audit.models import Delivery
from catalog.models import Dataset
from exchange.hooks import spreading
from exchange.models import Binding, Grant, RecordTable, Webhook, Zone
from exchange.sync import engine
from policy.terms import DataType, Mode, OpenType
from tests.databases import undone
from tests.factories import accounts, exchange, hooks
from tests.factories.exchange import column

CONDITIONAL = {"open_type": OpenType.CONDITIONAL}
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True, **CONDITIONAL),
    column("district", **CONDITIONAL),
    column("beds", DataType.INTEGER, **CONDITIONAL),
    column("lon", DataType.DECIMAL, coordinate="wgs84.x", **CONDITIONAL),
    column("lat", DataType.DECIMAL, coordinate="wgs84.y", **CONDITIONAL),
)
OWN = [f"{number},A,{number},113.{number},22.5" for number in range(1, 6)]
OTHERS = dict.fromkeys(range(6, 9), 1)
ASKED = (
    ("records", {"limit": "2"}),
    ("records", {"total": "exact", "sort": "-beds"}),
    ("records.geojson", {"limit": "2"}),
    ("aggregate", {"measure": "count,sum:beds", "group": "district"}),
    ("tiles/3/6/3.mvt", {}),
    ("changes", {"since": "1"}),
    ("", {}),
)
WHOLE = (("records.csv", {}), ("records.geojson", {}))


@dataclass(frozen=True, slots=True)
class City:
    """A table of which a company was granted the rows of district A, and its webhook."""

    binding: Binding
    dataset: Dataset
    key: IssuedKey
    webhook: Webhook
    at: datetime

    def synced(self, own: list[str], others: dict[int, int]) -> None:
        """Read the table anew: the company's own rows, and those of district B by their beds."""
        rows = [f"{number},B,{beds},113.9,22.9" for number, beds in others.items()]
        text = "\n".join([",".join(one.name for one in COLUMNS), *own, *rows])
        Path(self.binding.object["path"]).write_text(text + "\n")
        run = engine.sync(self.binding.pk, clock=lambda: self.at)
        assert (run.state, run.rejected) == ("done", 0), run.problem
        while spreading.spread(at=exchange.now()):
            pass

    def told(self, asked=ASKED) -> list[object]:
        """Return all that the company is told: answers, its log of calls, its webhook's events."""
        answers = [self.ask(path, params) for path, params in asked]
        noted = Delivery.objects.filter(key_id=self.key.key.pk).order_by("-pk")[: len(asked)]
        return [answers, list(noted.values_list("mode", "rows")), hooks.told(self.webhook)]

    def ask(self, path: str, params: dict[str, str]) -> tuple[object, ...]:
        headers = {"Accept-Language": "en", "X-API-Key": self.key.raw}
        address = f"/api/v1/datasets/{self.dataset.slug}/{path}".rstrip("/")
        found = Client().get(address, params, headers=headers)
        kept = {
            name: value
            for name, value in found.items()
            if name != "X-Request-ID" and not name.startswith("RateLimit")
        }
        body = re.sub(rb'"request_id": "[^"]*"', b"", found.getvalue())
        return found.status_code, body, kept


def built() -> City:
    """Build the city in the database that is on."""
    where = exchange.house()
    binding = exchange.csv_binding(where, "", COLUMNS, max_shrink_percent=100)
    at = exchange.now()
    key = accounts.api_key(at=at, rate_per_minute=10**6, daily_quota=10**7)
    fields = list(binding.resource.fields.all())
    [district] = [one.pk for one in fields if one.name == "district"]
    dataset = exchange.publish(where, binding.resource)
    exchange.grant(
        where,
        dataset,
        key.key.app.organization,
        fields,
        modes=(Mode.QUERY, Mode.BULK),
        rows=[{"field": district, "operator": "eq", "values": ["A"]}],
    )
    city = City(binding, dataset, key, hooks.live(dataset, app=key.key.app), at)
    city.synced(OWN, OTHERS)
    return city


@pytest.fixture(scope="module")
def city(module_database) -> City:
    """The city, built once for the module."""
    with module_database.unblock():
        return built()


@pytest.fixture(scope="module")
def as_it_was(city, module_database) -> list[object]:
    """What the company is told where a sync brings nothing new."""
    with module_database.unblock(), undone():
        city.synced(OWN, OTHERS)
        return city.told()


@pytest.mark.django_db
@settings(max_examples=20)
@given(st.dictionaries(st.integers(6, 12), st.integers(0, 3), max_size=5))
def test_rows_outside_its_grant_change_nothing_that_a_company_is_told(city, as_it_was, others):
    with undone():
        city.synced(OWN, others)

        assert city.told() == as_it_was


def test_rows_outside_its_grant_change_nothing_of_its_downloads(live_database):
    city = built()
    as_it_was = city.told(WHOLE)
    city.synced(OWN, {})

    assert city.told(WHOLE) == as_it_was
    assert as_it_was[1] == [("bulk", len(OWN)), ("bulk", len(OWN))]


@pytest.mark.django_db
def test_such_a_grant_has_no_place_in_a_feed_and_is_told_of_no_change_of_rows(city):
    with undone():
        city.synced([*OWN[:-1], "5,A,50,113.5,22.5"], OTHERS)

        page = city.ask("records", {"sort": "-beds", "limit": "1"})[1]
        assert b'"seq": null, "moved": null' in page
        assert b'"beds":50' in page
        assert hooks.told(city.webhook) == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["records", "changes", "aggregate"])
def test_such_a_grant_for_another_way_of_use_gives_not_even_empty_rows(city, path):
    with undone():
        Grant.objects.update(modes=[Mode.BULK])

        status, body, _headers = city.ask(path, {})

        assert (status, b"conditional-only" in body) == (403, True)


@pytest.mark.django_db
def test_the_zone_moves_with_rows_outside_the_grant(city):
    zone = RecordTable.objects.filter(
        resource=city.binding.resource, zone=Zone.CONDITIONAL, live=True
    )
    before = zone.get().seq

    with undone():
        city.synced(OWN, {})

        assert zone.get().seq == before + 1
