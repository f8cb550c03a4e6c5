"""Rows by place: areas, GeoJSON and tiles, of coordinates as they came and of rounded ones."""

import json
import math
from pathlib import Path

import pytest

from accounts.boundaries import import_boundaries
from accounts.models import RegionBoundary
from exchange.places.tiles import Square
from exchange.records import areas, store
from exchange.sync import engine
from policy import places
from policy.terms import DataType, Grade, OpenType
from tests.api.decoded import points
from tests.api.placed import ODD, ROUNDED, SPOTS, axes, built, inside
from tests.factories import accounts, exchange
from tests.factories.exchange import column


@pytest.fixture
def shifted(db):
    return built(axes(), SPOTS | ODD)


@pytest.fixture
def rounded(db):
    return built(axes("wgs84", grade=Grade.L3, mask=ROUNDED), SPOTS, shift=lambda *spot: spot)


def ids(answer):
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["rows"]}


def whole(answer):
    return json.loads(b"".join(answer.streaming_content))


def test_a_box_is_asked_for_in_wgs84_whatever_the_source_declares(shifted):
    found = ids(shifted.get(bbox="113.945,22.515,114.005,22.555", limit=1000))

    assert found == inside(113.945, 22.515, 114.005, 22.555)
    assert found


def test_near_a_point_comes_what_is_not_further(shifted):
    found = ids(shifted.get(near="114.0,22.55,1200", limit=1000))

    def metres(lon, lat):
        a, b = math.radians(22.55), math.radians(lat)
        half = math.sin((b - a) / 2) ** 2
        half += math.cos(a) * math.cos(b) * math.sin(math.radians(lon - 114) / 2) ** 2
        return 2 * areas.EARTH_RADIUS * math.asin(math.sqrt(half))

    assert found == {n for n, spot in SPOTS.items() if metres(*spot) <= 1200}
    assert len(found) > 2


def test_within_a_region_holes_and_parts_count(shifted):
    region = accounts.region(code="T-HERE")
    square = [[113.89, 22.49], [114.01, 22.49], [114.01, 22.7], [113.89, 22.7], [113.89, 22.49]]
    hole = [[113.93, 22.52], [113.96, 22.52], [113.96, 22.56], [113.93, 22.56], [113.93, 22.52]]
    feature = {
        "type": "Feature",
        "properties": {"code": region.code},
        "geometry": {"type": "Polygon", "coordinates": [square, hole]},
    }
    import_boundaries({"features": [feature]}, source="invented", by=None, at=exchange.NOW)

    found = ids(shifted.get(within="T-HERE", limit=1000))

    assert RegionBoundary.objects.get().region == region
    assert inside(113.965, 22.49, 114.005, 22.7) <= found
    assert not found & inside(113.935, 22.525, 113.955, 22.555)
    assert found <= inside(113.89, 22.49, 114.01, 22.7)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"bbox": "1,2,3"}, "area-refused"),
        ({"bbox": "114,23,113,22"}, "area-refused"),
        ({"bbox": "22,113,23,250"}, "area-refused"),
        ({"bbox": "113,22,114,23", "bbox-crs": "EPSG:3857"}, "area-refused"),
        ({"bbox-crs": "http://www.opengis.net/def/crs/EPSG/0/3857"}, "area-refused"),
        ({"bbox": "113,22,114,23", "bbox-crs": f"{areas.OGC}EPSG/0/4326"}, "area-refused"),
        ({"near": "114,22.5"}, "area-refused"),
        ({"near": "114,22.5,-5"}, "area-refused"),
        ({"near": "114,22.5,nan"}, "area-refused"),
        ({"within": "nowhere"}, "area-refused"),
        ({"within": "a'; DROP"}, "area-refused"),
    ],
)
def test_an_area_that_is_none_is_refused_in_words(shifted, params, code):
    answer = shifted.get(**params)

    assert answer.status_code == 400
    assert answer.json()["type"].endswith(code)


def test_a_system_that_is_not_understood_is_refused_with_those_that_are(shifted):
    told = shifted.get(**{"bbox": "113,22,114,23", "bbox-crs": "EPSG:3857"}).json()["detail"]

    assert "EPSG:3857" in told
    assert all(system in told for system in areas.LATITUDE_FIRST)


@pytest.mark.parametrize("system", [f"{areas.OGC}EPSG/0/4326", f"{areas.OGC}EPSG/0/4490"])
@pytest.mark.parametrize("path", ["records", "aggregate"])
def test_a_box_is_the_same_with_its_latitudes_first(shifted, system, path):
    box = {"bbox": "113.945,22.515,114.005,22.555"}
    turned = {"bbox": "22.515,113.945,22.555,114.005", "bbox-crs": system}

    bodies = [
        shifted.get(path, **asked).json()
        for asked in (box, box | {"bbox-crs": areas.CRS84}, turned)
    ]

    plain, named, other = (body.get("rows") or body["total"]["count"] for body in bodies)
    assert plain == named == other
    assert plain


def test_pages_of_an_area_go_on_where_they_stopped(shifted):
    seen, page = [], shifted.get(bbox="113.8,22.4,114.2,22.7", limit=70).json()
    while page["next"]:
        seen += [row["id"] for row in page["rows"]]
        page = shifted.client.get(page["next"], headers={"X-API-Key": shifted.key.raw}).json()
    seen += [row["id"] for row in page["rows"]]

    assert sorted(seen) == sorted(SPOTS)


def test_geojson_has_wgs84_as_geometry_and_what_came_beside_it(shifted):
    page = shifted.get("records.geojson", limit=3).json()

    feature = page["features"][0]
    assert feature["geometry"]["coordinates"] == pytest.approx(SPOTS[1], abs=2e-7)
    raw = feature["properties"]
    assert (raw["lon"], raw["lat"]) == pytest.approx(places.shifted(*SPOTS[1]))
    assert page["place"]["raw"]["system"] == "GCJ-02"
    assert page["place"]["geometry"]["system"] == "WGS84"
    assert (page["count"], page["next"] is None) == (3, False)


@pytest.mark.usefixtures("live_database")
def test_the_whole_as_geojson_drops_no_row():
    shifted = built(axes(), SPOTS | ODD)

    answer = shifted.get("records.geojson")
    found = whole(answer)

    assert answer["Content-Type"] == "application/geo+json"
    assert len(found["features"]) == len(SPOTS) + len(ODD)
    assert sum(one["geometry"] is None for one in found["features"]) == len(ODD)
    assert whole(shifted.get("records.geojson", name="none"))["features"] == []


def test_what_is_no_place_is_told_by_reason(shifted):
    told = shifted.client.get(f"/api/v1/datasets/{shifted.dataset.slug}").json()["places"]

    assert told["unplaced"] == {"zero": 1, "swapped": 1, "outside": 1}
    assert store.live(shifted.binding.resource_id, "open").unplaced == told["unplaced"]


def counted(found):
    return sum(count for _x, _y, count in found)


def test_a_tile_holds_each_row_once_thinned_by_cell(shifted):
    far = points(shifted.get("tiles/3/6/3.mvt").content)
    near = points(shifted.get("tiles/11/1672/892.mvt").content)

    assert len(far) <= 4
    assert counted(far) == len(SPOTS)
    box = Square(11, 1672, 892).box()
    assert counted(near) == len(inside(box.west, box.south, box.east, box.north))
    assert all(0 <= x <= 4096 and 0 <= y <= 4096 for x, y, _count in near)
    assert len(near) > 10


def test_a_tile_kept_is_the_same_and_a_new_row_makes_another(shifted):
    first = shifted.get("tiles/3/6/3.mvt")
    again = shifted.client.get(
        first.request["PATH_INFO"],
        headers={"X-API-Key": shifted.key.raw, "If-None-Match": first["ETag"]},
    )

    assert again.status_code == 304
    with Path(shifted.binding.object["path"]).open("a") as file:
        file.write("250,new,114.0,22.5\n")
    engine.sync(shifted.binding.pk)
    assert counted(points(shifted.get("tiles/3/6/3.mvt").content)) == len(SPOTS) + 1


def test_who_looks_at_a_map_has_calls_left_for_rows(shifted, settings):
    settings.ANONYMOUS_PER_MINUTE = 2
    looks = [shifted.get("tiles/3/6/3.mvt").status_code for _tile in range(12)]

    assert looks == [200] * 12
    assert shifted.get("records").status_code == 200


@pytest.mark.parametrize("tile", ["23/0/0", "3/8/0", "0/0/1"])
def test_a_tile_that_is_none_is_refused(shifted, tile):
    assert shifted.get(f"tiles/{tile}.mvt").json()["type"].endswith("area-refused")


def test_rounded_coordinates_are_rounded_everywhere(rounded):
    page = rounded.get("records.geojson", limit=200).json()

    spots = {tuple(one["geometry"]["coordinates"]) for one in page["features"]}
    assert all(round(part, 2) == part for spot in spots for part in spot)
    assert page["place"]["geometry"]["decimals"] == 2


def test_a_box_leans_on_what_the_reader_sees_of_rounded_coordinates(db):
    spots = {1: (114.0012, 22.5012), 2: (114.0049, 22.5049), 3: (114.0051, 22.5051)}
    way = built(axes("wgs84", grade=Grade.L3, mask=ROUNDED), spots, shift=lambda *spot: spot)

    assert ids(way.get(bbox="114,22.5,114,22.5")) == {1, 2}
    assert ids(way.get(bbox="114.001,22.501,114.002,22.502")) == set()
    assert ids(way.get(near="114,22.5,1")) == {1, 2}


def test_who_may_not_see_a_coordinate_may_not_ask_by_place(db):
    lon, _lat = axes()
    lat = column(
        "lat", DataType.DECIMAL, coordinate="gcj02.y", grade=Grade.L4, open_type=OpenType.NOT_OPEN
    )
    way = built((lon, lat), SPOTS)

    for path, params in (
        ("records", {"bbox": "113,22,115,23"}),
        ("records.geojson", {"limit": 2}),
        ("tiles/3/6/3.mvt", {}),
    ):
        answer = way.get(path, **params)
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1][-14:]) == (
            403,
            "field-withheld",
        )


def test_a_dataset_without_coordinates_says_so(way):
    assert way.get(bbox="113,22,115,23").json()["type"].endswith("no-place")
