"""Rows whose place is a geometry: areas, GeoJSON and tiles, whatever system the text is in."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.test import Client
from psycopg import sql

from accounts.boundaries import import_boundaries
from exchange.places.tiles import Square
from exchange.records import located, store
from exchange.records.areas import Box
from exchange.records.compile import VisibleField, place_of
from exchange.records.statements import rows, run
from exchange.sync import engine
from policy import places
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType, Treatment
from tests.api.conftest import Way
from tests.api.decoded import layers
from tests.databases import as_open_door
from tests.factories import accounts, exchange
from tests.factories.exchange import column

ROADS = {n: [(113.9 + n * 0.01, 22.5), (113.902 + n * 0.01, 22.54)] for n in range(1, 21)}
PARK = [(114.2, 22.5), (114.3, 22.5), (114.3, 22.6), (114.2, 22.6), (114.2, 22.5)]
ODD = {
    301: "待测绘",
    302: "LINESTRING (22.5 114, 22.6 114)",
    303: "POLYGON ((114 22, 115 22, 115 23, 114 22.5))",
    304: "POINT (0 0)",
    305: "",
}
TOLD = {"unreadable": 1, "swapped": 1, "unclosed": 1, "zero": 1}


def wkt(kind, spots, shift):
    written = ", ".join("{!r} {!r}".format(*shift(*spot)) for spot in spots)
    return f"{kind} (({written}))" if kind == "POLYGON" else f"{kind} ({written})"


def texts(shift=places.shifted):
    roads = {n: wkt("LINESTRING", spots, shift) for n, spots in ROADS.items()}
    return roads | {100: wkt("POLYGON", PARK, shift)} | ODD


def built(rows=None, *, declared="gcj02.wkt", **over):
    """Return a published dataset of roads and a park."""
    where = exchange.house()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "name", "route"])
    writer.writerows([n, f"way {n}", text] for n, text in (rows or texts()).items())
    columns = (
        column("id", DataType.INTEGER, is_key=True),
        column("name"),
        column("route", coordinate=declared, **over),
    )
    binding = exchange.csv_binding(where, out.getvalue(), columns)
    run = engine.sync(binding.pk)
    assert run.rejected == 0, run.problem
    dataset = exchange.publish(where, binding.resource)
    return Way(where, binding, dataset, accounts.api_key(at=exchange.now()), Client())


@pytest.fixture
def way(db):
    return built()


def ids(answer):
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["rows"]}


def code(answer):
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]


def test_geojson_has_the_geometry_in_wgs84_and_the_text_as_it_came(way):
    page = way.get("records.geojson", limit=1).json()

    (feature,) = page["features"]
    assert feature["geometry"]["type"] == "LineString"
    assert feature["geometry"]["coordinates"] == [pytest.approx(s, abs=2e-7) for s in ROADS[1]]
    assert feature["properties"]["route"] == texts()[1]
    assert page["place"]["raw"] == {
        "system": "GCJ-02",
        "field": "route",
        "form": "wkt",
        "rounded": False,
    }
    assert page["place"]["geometry"]["system"] == "WGS84"


@pytest.mark.usefixtures("live_database")
def test_the_whole_as_geojson_drops_no_row():
    found = json.loads(b"".join(built().get("records.geojson").streaming_content))

    geometries = [one["geometry"] for one in found["features"]]
    assert len(geometries) == len(ROADS) + 1 + len(ODD)
    assert geometries.count(None) == len(ODD)


def test_geojson_of_any_system_is_taken_as_a_source_has_it(db):
    held = {"type": "Polygon", "coordinates": [[places.shifted(*spot) for spot in PARK]]}
    way = built({1: json.dumps(held)}, declared="gcj02.geojson")

    (feature,) = way.get("records.geojson", limit=1).json()["features"]

    assert feature["geometry"]["coordinates"][0] == [pytest.approx(s, abs=2e-7) for s in PARK]


def test_a_box_takes_every_geometry_whose_own_box_meets_it(way):
    assert ids(way.get(bbox="113.915,22.51,113.935,22.52", limit=1000)) == {2, 3}
    assert ids(way.get(bbox="114.25,22.55,114.26,22.56")) == {100}
    assert ids(way.get(bbox="115,22,116,23")) == set()


def test_near_is_measured_to_the_nearest_spot_of_a_line_and_is_nothing_inside_an_outline(way):
    assert ids(way.get(near="114.25,22.55,1")) == {100}
    assert ids(way.get(near="113.911,22.52,50")) == {1}
    assert ids(way.get(near="113.911,22.52,1100")) == {1, 2}
    assert ids(way.get(near="114.19,22.55,1000")) == set()
    assert ids(way.get(near="114.19,22.55,1100")) == {100}


def bounded(**boxes):
    for name, (west, south, east, north) in boxes.items():
        region = accounts.region(code=name)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        feature = {
            "properties": {"code": region.code},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        import_boundaries({"features": [feature]}, source="invented", by=None, at=exchange.NOW)


def test_a_geometry_is_of_the_region_that_holds_the_middle_of_its_box(way):
    bounded(HERE=(113.9, 22.4, 113.9412, 22.7), THERE=(113.9412, 22.4, 114.15, 22.7))

    counted = way.get("aggregate", group="@district").json()

    assert ids(way.get(within="HERE")) == {1, 2, 3, 4}
    by = {one["by"]["@district"]: one["values"]["count"] for one in counted["groups"]}
    assert by == {"HERE": 4, "THERE": 16, None: 1 + len(ODD)}


def test_what_is_no_geometry_is_told_by_reason(way):
    told = way.client.get(f"/api/v1/datasets/{way.dataset.slug}").json()

    assert told["places"]["unplaced"] == TOLD
    assert {one["name"]: one["coordinate"] for one in told["fields"]}["route"] == "gcj02.wkt"
    assert store.live(way.binding.resource_id, "open").unplaced == TOLD


def test_a_text_that_was_mended_has_its_geometry_with_the_next_run(way):
    path = Path(way.binding.object["path"])
    path.write_text(path.read_text().replace("待测绘", '"LINESTRING (114.1 22.1, 114.2 22.2)"'))

    engine.sync(way.binding.pk)

    assert ids(way.get(bbox="114.1,22.1,114.2,22.2")) == {301}
    assert store.live(way.binding.resource_id, "open").unplaced == {
        why: n for why, n in TOLD.items() if why != "unreadable"
    }


def test_a_department_s_question_finds_geometries_by_an_index_of_their_boxes(way):
    engine.sync(way.binding.pk)  # a second run makes no second index
    table = store.live(way.binding.resource_id, "shared")
    column = table.columns[-1]["column"]
    seen = VisibleField("route", column, DataType.TEXT, Treatment.CLEAR, coordinate="gcj02.wkt")
    at = place_of({"route": seen}).at

    run(sql.SQL("SET LOCAL enable_seqscan = off"))
    plan = rows(
        sql.SQL("EXPLAIN SELECT _id FROM {} WHERE {}").format(
            store.of(table), located.condition(Box(114.25, 22.55, 114.26, 22.56), at)
        )
    )

    named = f"{table.table_name}_{column}_gcj02_wkt"
    assert named in str(plan)
    assert rows(
        sql.SQL("SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%exchange_box%'")
    ) == [(named,)]


def test_a_tile_draws_the_large_as_they_run_and_the_small_as_points(way):
    near = layers(way.get("tiles/11/1672/892.mvt").content)
    far = layers(way.get("tiles/3/6/3.mvt").content)

    assert set(near) == {"lines"}
    assert {kind for _id, kind, _lines in near["lines"]} == {2}
    assert {kind for _id, kind, _lines in far["points"]} == {1}
    assert set(far) == {"points"}
    square = Square(11, 1672, 892)
    box = square.box()
    seen = [
        n
        for n, spots in ROADS.items()
        if min(x for x, _y in spots) <= box.east and max(x for x, _y in spots) >= box.west
    ]
    assert len(near["lines"]) == len(seen) > 3
    for _id, _kind, ((start, end),) in near["lines"]:
        assert all(-64 <= part <= 4160 for part in (*start, *end))


def test_an_outline_is_closed_and_runs_clockwise_in_a_tile(way):
    found = layers(way.get("tiles/11/1674/892.mvt").content)

    ((_id, kind, (ring,)),) = found["areas"]
    assert kind == 3
    assert ring.pop() == "Z"
    following = [*ring[1:], ring[0]]
    assert sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, following, strict=True)) > 0


def test_the_open_door_reads_places_by_its_own_rights(way):
    with as_open_door():
        assert ids(way.get(near="114.25,22.55,1", key="")) == {100}
        assert way.get("records.geojson", key="", limit=3).json()["count"] == 3
        assert layers(way.get("tiles/11/1674/892.mvt", key="").content)["areas"]


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"grade": Grade.L4, "open_type": OpenType.NOT_OPEN}, "field-withheld"),
        ({"grade": Grade.L3, "mask": Mask(MaskKind.BLANK)}, "field-masked"),
        ({"grade": Grade.L3, "mask": Mask(MaskKind.KEEP_EDGES, keep_left=3)}, "field-masked"),
    ],
)
def test_who_does_not_see_a_geometry_in_clear_has_no_place(db, over, why):
    way = built(**over)

    for what, params in (
        ("records", {"bbox": "113,22,115,23"}),
        ("records", {"near": "114,22.5,1000"}),
        ("records.geojson", {"limit": 2}),
        ("tiles/3/6/3.mvt", {}),
    ):
        assert code(way.get(what, **params))[1].endswith(why)
    assert way.client.get(f"/api/v1/datasets/{way.dataset.slug}").json()["places"] is None
    assert store.live(way.binding.resource_id, "open").unplaced == {}
