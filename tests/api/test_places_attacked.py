"""Places under masks, asked by who wants to know them more finely than the policy allows."""

import csv
import io
import json
from dataclasses import replace
from datetime import date

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Field
from exchange import previews
from exchange.models import Grant
from policy import places
from policy.facts import Mask
from policy.places import SYSTEMS
from policy.terms import DataType, Grade, MaskKind, OpenType, ShareType
from tests.api.placed import axes, built
from tests.api.test_geometries import built as drawn
from tests.factories import accounts, exchange, sharing
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db

ROUNDED = Mask(MaskKind.ROUND_COORDINATE, digits=3)
STRIP = SYSTEMS["epsg4547"]
METRES = {n: (505_903.17 + n * 7.31, 2_493_905.29 + n * 11.73) for n in range(1, 41)}
"""Where each row lies, in metres; some stand in the same hundred."""
HAIR = 0.00003


def coarse(n):
    return tuple(round(part, -2) for part in METRES[n])


@pytest.fixture
def metres(db):
    """A dataset whose coordinates everybody sees rounded to three decimals of a degree."""
    whole = axes("epsg4547", grade=Grade.L3, mask=ROUNDED)
    return built(whole, METRES, shift=lambda *spot: spot)


def around(n):
    """Return a box of some metres around where a row truly lies."""
    longitude, latitude = places.to_wgs84(STRIP, *METRES[n])
    box = (longitude - HAIR, latitude - HAIR, longitude + HAIR, latitude + HAIR)
    return ",".join(f"{part:.7f}" for part in box)


def numbers(rows):
    return {row["id"]: (float(row["lon"]), float(row["lat"])) for row in rows}


def told(answer):
    """Return rows of an answer, whatever it is written in."""
    body = b"".join(answer) if answer.streaming else answer.content
    if "csv" in answer["Content-Type"]:
        rows = csv.DictReader(io.StringIO(body.decode("utf-8-sig")))
        return [{"id": int(row["id"]), "lon": row["lon"], "lat": row["lat"]} for row in rows]
    found = json.loads(body)
    return (
        [one["properties"] for one in found["features"]] if "features" in found else found["rows"]
    )


@given(st.sampled_from(sorted(SYSTEMS)), st.integers(0, 6))
def test_a_mask_leaves_as_many_decimals_of_a_degree_in_every_system(code, digits):
    left = places.in_numbers(f"{code}.x", digits)

    assert places.decimals(SYSTEMS[code], left) == digits


@pytest.mark.parametrize("what", ["records", "changes", "records.geojson"])
def test_metres_are_rounded_to_what_the_law_allows_of_degrees(metres, what):
    rows = told(metres.get(what, **({} if what == "changes" else {"limit": 100})))

    assert numbers(rows) == {n: coarse(n) for n in METRES}


def test_metres_of_no_declared_system_are_no_finer_than_those_of_one():
    bare = [
        column(name, DataType.DECIMAL, grade=Grade.L3, mask=ROUNDED) for name in ("lon", "lat")
    ]
    way = built(bare, METRES, shift=lambda *spot: spot)

    assert numbers(told(way.get(limit=100))) == {n: coarse(n) for n in METRES}


@pytest.mark.parametrize("code", ["cgcs2000", "wgs84", "gcj02"])
def test_metres_that_are_declared_as_degrees_are_no_finer_than_those_that_are_not(code):
    way = built(axes(code, grade=Grade.L3, mask=ROUNDED), METRES, shift=lambda *spot: spot)

    assert numbers(told(way.get(limit=100))) == {n: coarse(n) for n in METRES}


@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize("what", ["records.csv", "records.geojson"])
def test_metres_are_rounded_in_whole_copies_too(what):
    metres = built(
        axes("epsg4547", grade=Grade.L3, mask=ROUNDED), METRES, shift=lambda *spot: spot
    )

    assert numbers(told(metres.get(what))) == {n: coarse(n) for n in METRES}


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("epsg4547.x", "505903.17", "505900"),
        ("gcj02.x", "114.06301", "114.063"),
        ("cgcs2000.x", "505903.17", "505900"),
        ("epsg3857.x", "18900123.4", "18900100"),
        ("", "505903.17", "505900"),
        ("", "114.06301", "100"),
        ("", "x", "****"),
    ],
)
def test_a_preview_rounds_as_the_zones_do(code, value, shown):
    field = Field(data_type=DataType.DECIMAL, coordinate=code)

    assert previews._masked(ROUNDED, value, field) == shown


def test_a_box_or_a_distance_finds_rows_of_one_rounded_place_together_or_not_at_all(metres):
    for n, spot in METRES.items():
        longitude, latitude = places.to_wgs84(STRIP, *spot)
        for params in ({"bbox": around(n)}, {"near": f"{longitude:.7f},{latitude:.7f},5"}):
            found = numbers(metres.get(**params).json()["rows"])
            assert {m for m in METRES if coarse(m) in set(found.values())} == set(found)
    whole = metres.get("records.geojson", limit=100).json()
    spots = {tuple(one["geometry"]["coordinates"]) for one in whole["features"]}
    assert len(spots) == len({coarse(n) for n in METRES}) < len(METRES)
    assert all(round(part, 3) == part for spot in spots for part in spot)
    assert whole["place"]["geometry"]["decimals"] == 3


def test_a_department_learns_no_more_of_metres_than_its_grant_shows(db):
    masked = {"grade": Grade.L3, "mask": ROUNDED, "share_type": ShareType.CONDITIONAL}
    columns = (column("id", DataType.INTEGER, is_key=True), *axes("epsg4547", **masked))
    data = "\n".join(["id,lon,lat", *(f"{n},{x},{y}" for n, (x, y) in METRES.items())])
    two = sharing.two(columns=columns, data=data)
    grant = two.granted("id", "lon", "lat", clear_up_to=Grade.L2)
    Grant.objects.filter(pk=grant.pk).update(
        valid_from=date(2026, 1, 1), valid_until=date(2099, 1, 1), daily_quota=None
    )
    app = accounts.app(two.asker)
    key = accounts.api_key(app, at=exchange.now(), rate_per_minute=10**6, daily_quota=10**6)
    client = Client(headers={"X-API-Key": key.raw})
    address = f"/api/v1/office/datasets/{two.dataset.slug}/records"

    assert numbers(client.get(address).json()["rows"]) == {n: coarse(n) for n in METRES}
    for n in METRES:
        found = numbers(client.get(address, {"bbox": around(n)}).json()["rows"])
        assert {m for m in METRES if coarse(m) in set(found.values())} == set(found)


BLANK = {"grade": Grade.L3, "mask": Mask(MaskKind.BLANK)}
CLOSED = {"grade": Grade.L4, "open_type": OpenType.NOT_OPEN}
WAYS = {
    "coordinates in clear": (lambda: built(axes(), {1: (114.0, 22.5)}), True),
    "coordinates rounded": (
        lambda: built(axes(grade=Grade.L3, mask=ROUNDED), {1: (114.0, 22.5)}),
        True,
    ),
    "coordinates too fine": (
        lambda: built(
            axes(grade=Grade.L3, mask=Mask(MaskKind.ROUND_COORDINATE, digits=5)),
            {1: (114.0, 22.5)},
        ),
        False,
    ),
    "coordinates starred": (lambda: built(axes(**BLANK), {1: (114.0, 22.5)}), False),
    "one coordinate closed": (
        lambda: built((axes()[0], axes(**CLOSED)[1]), {1: (114.0, 22.5)}),
        False,
    ),
    "geometries in clear": (drawn, True),
    "geometries starred": (lambda: drawn(**BLANK), False),
    "geometries closed": (lambda: drawn(**CLOSED), False),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_catalogue_promises_places_where_they_are_given_and_nowhere_else(name):
    build, given_out = WAYS[name]
    way = build()
    slug = way.dataset.slug

    listed = way.client.get("/api/v1/datasets", {"format": "geojson"}).json()["datasets"]
    page = way.client.get(f"/datasets/{slug}", headers={"Accept-Language": "en"})

    assert [one["slug"] for one in listed] == [slug] * given_out
    assert (way.client.get(f"/api/v1/datasets/{slug}").json()["places"] is not None) == given_out
    assert (f"/datasets/{slug}/map" in page.content.decode()) == given_out
    for what, params in (("records.geojson", {"limit": 1}), ("tiles/3/6/3.mvt", {})):
        assert (way.get(what, key="", **params).status_code == 200) == given_out


@pytest.mark.parametrize(
    ("what", "params"),
    [
        ("records", {"bbox": "113,22,115,23"}),
        ("records", {"near": "114.05,22.54,50"}),
        ("aggregate", {"group": "@district", "measure": "count"}),
        ("records.geojson", {}),
        ("tiles/3/6/3.mvt", {}),
    ],
)
def test_concealed_coordinates_answer_as_if_there_were_none(what, params):
    hidden = built(axes(concealed=True, **CLOSED), {1: (114.0, 22.5)})
    bare = (column("lon", DataType.DECIMAL, **CLOSED), column("lat", DataType.DECIMAL, **CLOSED))
    without = built(
        [replace(one, more=(("concealed", True),)) for one in bare], {1: (114.0, 22.5)}
    )

    answers = [way.get(what, **params) for way in (hidden, without)]

    one, other = (
        {k: v for k, v in json.loads(answer.content).items() if k != "request_id"}
        for answer in answers
    )
    assert answers[0].status_code == answers[1].status_code == 400
    assert {**one, "instance": ""} == {**other, "instance": ""}
    assert "lon" not in json.dumps(one)


TRUE = {1: (114.0012, 22.5012), 2: (114.0049, 22.5049), 3: (114.0051, 22.5051)}
"""Rounded to two decimals the first two are (114, 22.5), the third is (114.01, 22.51)."""


def test_a_company_asks_by_no_more_than_its_grant_shows_of_what_the_zone_holds(db):
    masked = Mask(MaskKind.ROUND_COORDINATE, digits=2)
    over = {"grade": Grade.L3, "mask": masked, "open_type": OpenType.CONDITIONAL}
    way = built(axes("wgs84", **over), TRUE, shift=lambda *spot: spot)
    fields = list(way.binding.resource.fields.all())
    exchange.grant(way.where, way.dataset, way.key.key.app.organization, fields)

    shown = numbers(way.get(limit=10).json()["rows"])
    near = "114.0012,22.5012,5"
    collection = way.get("records.geojson", limit=10).json()

    assert shown == {1: (114.0, 22.5), 2: (114.0, 22.5), 3: (114.01, 22.51)}
    assert numbers(way.get(bbox="114.001,22.501,114.002,22.502").json()["rows"]) == {}
    assert numbers(way.get(near=near).json()["rows"]) == {}
    assert set(numbers(way.get(bbox="114,22.5,114,22.5").json()["rows"])) == {1, 2}
    assert {tuple(one["geometry"]["coordinates"]) for one in collection["features"]} == set(
        shown.values()
    )


def test_a_department_asks_by_the_place_that_it_sees_and_not_by_the_true_one(db):
    masked = {"grade": Grade.L3, "mask": ROUNDED, "share_type": ShareType.CONDITIONAL}
    columns = (column("id", DataType.INTEGER, is_key=True), *axes("epsg4547", **masked))
    spots = {1: (505_901.0, 2_493_901.0), 2: (505_949.0, 2_493_949.0)}
    data = "\n".join(["id,lon,lat", *(f"{n},{x},{y}" for n, (x, y) in spots.items())])
    two = sharing.two(columns=columns, data=data)
    grant = two.granted("id", "lon", "lat", clear_up_to=Grade.L2)
    Grant.objects.filter(pk=grant.pk).update(
        valid_from=date(2026, 1, 1), valid_until=date(2099, 1, 1), daily_quota=None
    )
    key = accounts.api_key(accounts.app(two.asker), at=exchange.now())
    client = Client(headers={"X-API-Key": key.raw})
    address = f"/api/v1/office/datasets/{two.dataset.slug}/records"

    longitude, latitude = places.rounded(places.to_wgs84(STRIP, 505_900.0, 2_493_900.0), 3)
    found = client.get(address, {"near": f"{longitude},{latitude},1"}).json()["rows"]

    assert set(numbers(found)) == {1, 2}
    other = places.rounded(places.to_wgs84(STRIP, *spots[2]), 3)
    assert other != (longitude, latitude)
    elsewhere = client.get(address, {"near": f"{other[0]},{other[1]},1"}).json()["rows"]
    assert elsewhere == []
