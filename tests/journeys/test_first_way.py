"""A small demo city, from its inputs to the open API: the platform's main job in one story."""

from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import ADMIN_ROLES
from catalog.models import Dataset
from catalog.terms import State
from demo import city, inputs, report, rows
from demo.city import City
from demo.entries import ENTRIES
from demo.inputs import Registry
from exchange.models import Binding, RejectedRow, RunState, SyncRun
from exchange.sync import engine
from tests.factories import exchange

SEED, TOTAL = 7, 22 * rows.RHYTHM


@dataclass
class Story:
    """The city with its rows, and somebody who calls."""

    city: City
    registry: Registry
    intake: Path
    client: Client

    def get(self, path: str, *, key: bool = True, **params):
        headers = {"Accept-Language": "en"} | ({"X-API-Key": self.city.key} if key else {})
        return self.client.get(f"/api/v1/datasets/{path}", params, headers=headers)


@pytest.fixture
def story(live_database):
    intake = Path(settings.FILE_ROOTS[0]).resolve() / live_database.rpartition("/")[2][:40]
    inputs.write_files(intake, seed=SEED, total=TOTAL)
    url = exchange.source_database()
    with psycopg.connect(url) as connection:
        inputs.fill_registry(connection, seed=SEED, total=TOTAL)
        info = connection.info
        registry = Registry(info.host, info.port or 5432, info.dbname, info.user, "not asked for")
    built = city.build(registry, intake, at=timezone.now())
    for binding in built.bindings:
        engine.sync(binding.pk)
    yield Story(built, registry, intake, Client())
    exchange.drop_database(url)


def test_a_department_connects_grades_publishes_and_a_company_gets_just_what_it_may_see(story):
    every_row_is_accounted_for()
    what_is_open_comes_in_clear(story)
    what_is_masked_comes_masked_and_cannot_be_searched(story)
    what_the_negative_list_bars_is_refused_with_its_basis(story)
    a_grant_shows_its_holder_more(story)
    the_three_administrators_are_three_people()
    the_registry_can_move(story)


def every_row_is_accounted_for():
    published = Dataset.objects.filter(slug__in=[entry.slug for entry in ENTRIES])
    assert set(published.values_list("state", flat=True)) == {State.PUBLISHED}
    assert set(Dataset.objects.values_list("state", flat=True)) == set(State) - {State.WITHDRAWN}
    for entry in ENTRIES:
        run = SyncRun.objects.get(binding__resource__dataset__slug=entry.slug)
        read = inputs.share(entry.input, TOTAL)
        assert run.state == RunState.DONE
        assert (run.read, run.rejected + run.duplicates) == (read, rows.spoiled(read))
        assert run.inserted == read - rows.spoiled(read)
    assert {line.dataset for line in report.of_city()} == {entry.slug for entry in ENTRIES}
    assert {"type", "uscc", "field-count", "resident_id", "maximum", "pattern"} <= set(
        RejectedRow.objects.values_list("rule", flat=True)
    )


def what_is_open_comes_in_clear(story):
    page = story.get("bus-stops/records", limit=1, sort="stop_code,line", key=False).json()

    assert (page["masked"], page["withheld"]) == ([], [])
    assert page["rows"][0]["stop_code"] == "00001"


def what_is_masked_comes_masked_and_cannot_be_searched(story):
    page = story.get("registered-volunteers/records", limit=1).json()
    row = page["rows"][0]

    assert page["withheld"] == ["id_number", "health_note"]
    assert row["mobile"].startswith("199****")
    assert row["name"].endswith("****")
    assert len(row["born_on"]) == 4
    refused = story.get("registered-volunteers/records", mobile="19900000001")
    assert (refused.status_code, refused.json()["code"]) == (403, "field-masked")
    withheld = story.get("registered-volunteers/records", fields="id_number").json()
    assert withheld["code"] == "field-withheld"
    assert withheld["reasons"][0]["text"]


def what_the_negative_list_bars_is_refused_with_its_basis(story):
    fields = story.get("restaurant-inspections/explain").json()["fields"]
    [tip] = [one for one in fields if one["name"] == "tip_source"]

    assert tip["treatment"] == "withheld"
    [reason] = [one for one in tip["reasons"] if one["code"] == "negative-list"]
    assert "虚构" in reason["basis"]


def a_grant_shows_its_holder_more(story):
    granted = story.get("business-registrations/records", limit=1).json()
    public = story.get("business-registrations/records", limit=1, key=False).json()

    assert public["withheld"] == ["contact_phone", "employees"]
    assert granted["withheld"] == []
    assert granted["rows"][0]["contact_phone"].startswith("199****")


def the_three_administrators_are_three_people():
    held = Membership.objects.filter(role__in=ADMIN_ROLES)

    assert held.values("user").distinct().count() == held.count() == 3


def the_registry_can_move(story):
    moved = Registry(*(getattr(story.registry, name) for name in WAY), password="another")

    assert not city.connect_registry(story.registry, story.intake, at=timezone.now())
    assert city.connect_registry(moved, story.intake, at=timezone.now())
    binding = Binding.objects.get(source__kind="postgresql")
    run = engine.sync(binding.pk)
    assert (run.state, run.inserted, run.updated) == (RunState.DONE, 0, 0)


WAY = ("host", "port", "database", "user")
