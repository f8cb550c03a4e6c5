"""A field that is renamed keeps its id: rows, feed and grants stay, callers use the new name."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog import amending
from exchange import opening, quarantine
from exchange.models import RecordTable, Zone
from exchange.records import store
from exchange.sync import engine
from tests.api.conftest import built
from tests.factories import catalog, exchange

LATER = exchange.NOW + timedelta(days=3)


def renamed(way, **names):
    fields = {
        way.binding.resource.fields.get(name=old).pk: {"name": new} for old, new in names.items()
    }
    revision = amending.propose(
        way.dataset.pk, fields=fields, reason="clearer", by=way.where.publisher, at=LATER
    )
    amending.sign(revision.pk, by=way.where.head, at=LATER)
    opening.decide_revision(revision.pk, by=way.where.operator, at=LATER, accept=True, reason="x")


def test_rows_come_under_the_new_name_and_nothing_is_read_or_built_anew(way):
    before = RecordTable.objects.count()
    shared = store.live(way.binding.resource_id, Zone.SHARED)

    renamed(way, name="title", phone="telephone")
    run = engine.sync(way.binding.pk)

    page = way.get(limit=1, title="n001").json()
    assert page["rows"][0]["title"] == "n001"
    assert page["masked"] == ["telephone"]
    assert "name" not in page["rows"][0]
    assert way.get(name="n001").status_code == 400
    assert (run.updated, run.inserted, run.deleted) == (0, 0, 0)
    assert RecordTable.objects.count() == before
    assert store.live(way.binding.resource_id, Zone.SHARED) == shared


def test_the_past_is_explained_with_the_name_and_the_line_of_its_day(way):
    catalog.negative_line(way.dataset, ["name"])
    renamed(way, name="title")

    def told(day):
        found = way.get("explain", as_of=day.isoformat()).json()["fields"]
        return {one["name"]: one["treatment"] for one in found}

    day = timezone.localdate(exchange.NOW)
    assert told(day)["name"] == "withheld"
    assert told(timezone.localdate(LATER))["title"] == "withheld"
    assert "title" not in told(day)


@pytest.mark.django_db
def test_a_row_turned_away_before_is_corrected_under_the_new_name():
    way = built()
    where = way.where
    binding = exchange.csv_binding(where, "id,name,price\n1,a,2\n2,b,x\n", max_rejected_percent=90)
    run = engine.sync(binding.pk)
    way.dataset, way.binding = exchange.publish(where, binding.resource), binding
    renamed(way, name="title")

    cells = quarantine.look(run.rejected_rows.get().pk, by=where.publisher, at=LATER)

    assert cells == {"id": "2", "title": "b", "price": "x"}
