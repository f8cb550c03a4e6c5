"""Rows counted by where they lie: in areas, and by district."""

import pytest
from django.test import Client

from accounts.boundaries import import_boundaries
from exchange import counted
from policy.terms import Grade
from tests.api.placed import ODD, ROUNDED, SPOTS, axes, built, inside
from tests.factories import accounts, catalog, exchange


@pytest.fixture
def shifted(db):
    return built(axes(), SPOTS | ODD)


def square(west, south, east, north):
    """Return the ring of a box."""
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def bounded(**boxes):
    """Enter regions that end where these boxes do."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": accounts.region(code=code, name_en=f"Region {code}").code},
            "geometry": {"type": "Polygon", "coordinates": [square(*box)]},
        }
        for code, box in boxes.items()
    ]
    import_boundaries({"features": features}, source="invented", by=None, at=exchange.NOW)


WHOLE, EAST = (113.8, 22.4, 114.2, 22.7), (113.945, 22.4, 114.2, 22.7)


def groups(answer):
    assert answer.status_code == 200, answer.content
    return {one["by"]["@district"]: one["values"]["count"] for one in answer.json()["groups"]}


def test_rows_are_counted_by_the_smallest_region_that_holds_them(shifted):
    bounded(CITY=WHOLE, EAST=EAST)

    found = groups(shifted.get("aggregate", group="@district"))

    east = len(inside(*EAST))
    assert found == {"EAST": east, "CITY": len(SPOTS) - east, None: len(ODD)}
    assert 0 < east < len(SPOTS)


def test_districts_stand_beside_other_groups_and_filters(shifted):
    bounded(EAST=EAST)

    answer = shifted.get("aggregate", group="@district,name", **{"name.in": "stop 1,stop 12"})

    assert sorted(
        (one["by"]["@district"] or "", one["by"]["name"], one["values"]["count"])
        for one in answer.json()["groups"]
    ) == [("", "stop 1", 1), ("EAST", "stop 12", 1)]


def test_areas_hold_for_counts_as_for_rows(shifted):
    box = "113.945,22.515,114.005,22.555"

    answer = shifted.get("aggregate", bbox=box)

    assert answer.json()["total"]["count"] == len(inside(*map(float, box.split(","))))
    assert shifted.get("aggregate", bbox="1,2").status_code == 400
    assert shifted.get("aggregate", within="nowhere").status_code == 400


def test_rounded_coordinates_are_counted_where_everybody_sees_them(db):
    spots = {1: (114.0012, 22.5012), 2: (114.0049, 22.5049), 3: (114.0051, 22.5051)}
    rounded = built(axes("wgs84", grade=Grade.L3, mask=ROUNDED), spots, shift=lambda *spot: spot)
    bounded(HERE=(113.99, 22.49, 114.0, 22.5))

    found = groups(rounded.get("aggregate", group="@district"))

    assert found == {"HERE": 2, None: 1}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"group": "@district"}, "area-refused"),  # no boundary was entered
        ({"group": "@district", "bucket": "month"}, "measure-refused"),
        ({"measure": "sum:@district"}, "field-unknown"),
        ({"@district": "x"}, "field-unknown"),
    ],
)
def test_what_cannot_be_counted_by_place_is_refused(shifted, params, code):
    answer = shifted.get("aggregate", **params)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_without_coordinates_nothing_is_counted_by_place(way):
    bounded(EAST=EAST)

    for params in ({"group": "@district"}, {"bbox": "1,2,3,4"}):
        assert way.get("aggregate", **params).json()["code"] == "no-place"


def test_a_dataset_open_by_counts_alone_is_not_cut_by_place(shifted):
    bounded(EAST=EAST)
    name = shifted.binding.resource.fields.get(name="name")
    by = catalog.able("exchange.count_only", shifted.dataset.owner)
    told = {"reason": "x", "by": by, "at": exchange.NOW}
    counted.count_only(shifted.dataset.pk, [(name.pk, "")], smallest=3, **told)

    for params in ({"group": "@district"}, {"bbox": "1,2,3,4"}, {"within": "EAST"}):
        assert shifted.get("aggregate", **params).json()["code"] == "only-counted"
    # by reason, rows that are no place are groups below the smallest one
    assert shifted.client.get(f"/api/v1/datasets/{shifted.dataset.slug}").json()["places"] is None


def test_the_chart_offers_districts_by_name_where_there_are_boundaries(shifted):
    client = Client(headers={"Accept-Language": "en"})
    address = f"/datasets/{shifted.dataset.slug}/chart"
    before = client.get(address).content.decode()
    bounded(EAST=EAST)

    html = client.get(address, {"group": "@district", "bbox": "113.8,22.4,114.2,22.7"})

    text = html.content.decode()
    assert "@district" not in before
    assert '<option value="@district" selected>district, by its boundary</option>' in text
    assert "Region EAST" in text
    assert "no place, or in none of them" in text
    assert '<input type="hidden" name="bbox" value="113.8,22.4,114.2,22.7">' in text
