"""Zones that another release masked: nothing of that is shown, and the clock masks it anew."""

import pytest

from config import doctor
from exchange import tasks
from exchange.models import RecordTable, Zone
from exchange.records import masks, store, zones
from policy import places
from policy.facts import Mask
from policy.terms import Grade, MaskKind
from tests.api.placed import axes, built
from tests.config.test_doctor import told

pytestmark = pytest.mark.django_db

ROUNDED = Mask(MaskKind.ROUND_COORDINATE, digits=3)
FINE, COARSE = "505903.171", 505900
SPOT = {1: (FINE, "2493905.292")}


@pytest.fixture
def older():
    """A dataset in metres, of which an older release kept millimetres in the zones."""
    with pytest.MonkeyPatch.context() as release:
        release.setattr(masks, "VERSION", masks.VERSION - 1)
        release.setattr(places, "in_numbers", lambda _code, digits: digits)
        whole = axes("epsg4547", grade=Grade.L3, mask=ROUNDED)
        return built(whole, SPOT, shift=lambda *spot: spot)


def live(way) -> RecordTable:
    return store.live(way.binding.resource_id, Zone.OPEN)


@pytest.mark.parametrize("what", ["records", "changes"])
def test_what_another_release_masked_is_withheld_with_the_reason_and_the_rest_is_read(older, what):
    answer = older.get(what)

    assert answer.status_code == 200
    assert FINE not in answer.content.decode()
    (row,) = answer.json()["rows"]
    assert (row["id"], row["name"]) == (1, "stop 1")
    assert not {"lon", "lat"} & set(row)


@pytest.mark.parametrize(
    ("what", "params"),
    [
        ("records", {"bbox": "113,22,115,23"}),
        ("records", {"near": "114.05,22.54,50"}),
        ("records.geojson", {"limit": 1}),
        ("tiles/3/6/3.mvt", {}),
        ("records", {"fields": "lon"}),
        ("records", {"lon.gt": "505900"}),
    ],
)
def test_nothing_leans_on_what_another_release_masked(older, what, params):
    refused = older.get(what, **params)

    assert refused.status_code == 403
    assert "mask-renewed" in {one["code"] for one in refused.json()["reasons"]}


def test_the_clock_masks_such_zones_anew_and_ends_what_stood(older):
    before = live(older)

    assert tasks.mask_anew() == 1

    (row,) = older.get().json()["rows"]
    assert row["lon"] == COARSE
    before.refresh_from_db()
    assert before.revoked_at
    assert before.dropped_at
    assert zones.masked_otherwise() == []
    assert tasks.mask_anew() == 0


def test_the_next_refresh_masks_anew_though_no_row_changed(older):
    zones.refresh(older.binding.resource_id, at=live(older).built_at)

    assert older.get().json()["rows"][0]["lon"] == COARSE


def test_the_doctor_counts_such_zones_and_says_how_they_are_masked_anew(older):
    found = told(doctor.zones_masked_otherwise())
    assert "1 tables of the open or the conditional zone were masked by another release" in found
    assert "exchange.tasks.mask_anew" in found

    tasks.mask_anew()

    assert told(doctor.zones_masked_otherwise()) == ""


def test_tables_from_before_versions_were_kept_count_as_of_another_release(older):
    table = live(older)
    for one in table.columns:
        (one["mask"] or {}).pop("version", None)
    table.save()

    assert zones.masked_otherwise() == [table]
    assert "lon" not in older.get().json()["rows"][0]


def test_a_zone_without_masks_is_of_every_release(db, monkeypatch):
    built(axes("epsg4547"), SPOT, shift=lambda *spot: spot)

    monkeypatch.setattr(masks, "VERSION", masks.VERSION + 1)

    assert zones.masked_otherwise() == []
    assert tasks.mask_anew() == 0
