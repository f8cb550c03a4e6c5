"""The map of a dataset: a picture and a list of what anybody may see of its places."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.boundaries import import_boundaries
from accounts.models import RegionBoundary
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType
from tests.databases import as_open_door
from tests.factories import accounts, exchange
from tests.factories.exchange import column
from tests.portal.dataset_ways import get, page, served, text

pytestmark = pytest.mark.django_db

DATA = "id,name,lon,lat\n" + "".join(
    f"{n},stop <b>{n}</b>,{119.4 + n % 10 * 0.0123},{38.4 + n // 10 * 0.0123}\n" for n in range(60)
)


def columns(**over):
    return (
        column("id", DataType.INTEGER, is_key=True),
        column("name"),
        column("lon", DataType.DECIMAL, coordinate="wgs84.x"),
        column("lat", DataType.DECIMAL, coordinate="wgs84.y", **over),
    )


@pytest.fixture
def dataset(db):
    region = accounts.region(code="T-SEA", name_en="Seaside")
    ring = [[119.3, 38.3], [119.5, 38.3], [119.5, 38.5], [119.3, 38.5], [119.3, 38.3]]
    feature = {
        "properties": {"code": region.code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    import_boundaries({"features": [feature]}, source="invented", by=None, at=exchange.NOW)
    return served(DATA, columns())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_map_is_drawn_without_a_script_and_listed_beside(dataset, language):
    with as_open_door():
        html = text(page(dataset, "/map", language))

    assert html.count('<circle class="dot"') == 60
    assert 'class="district"' in html
    assert "invented" in html
    assert "stop &lt;b&gt;1&lt;/b&gt;" in html
    assert "style=" not in html
    assert not re.search(
        r'(src|href)="(https?:)?//', html.split("<main", 1)[1].split("</main", 1)[0]
    )


def test_a_query_of_the_address_is_drawn_alone(dataset):
    html = text(page(dataset, "/map", bbox="119.41,38.39,119.43,38.42"))

    assert html.count('<circle class="dot"') == 4
    assert "tiles/{z}/{x}/{y}.mvt?bbox=119.41" in html


def test_the_page_counts_names_and_downloads_the_rows_of_an_area(dataset):
    box = "119.41,38.39,119.43,38.42"

    html = text(page(dataset, bbox=box))
    form = {"field": "name", "operator": "prefix", "value": "stop", "bbox": box}
    led = get(f"/datasets/{dataset.slug}/filter", **form)

    assert re.search(r'role="status">\s*4 rows', html)
    assert "records.csv?bbox=119.41" in html
    assert f"<b>{box}</b>" in html
    assert f'<input type="hidden" name="bbox" value="{box}">' in html
    assert "bbox=119.41" in led["Location"]


def test_an_area_that_is_none_is_told_in_words(dataset):
    html = text(page(dataset, "/map", bbox="1,2"))

    assert "bbox=west,south,east,north" in html
    assert "<circle" not in html


def test_a_withheld_coordinate_has_no_map_and_the_page_leads_to_none(db):
    dataset = served(DATA, columns(grade=Grade.L4, open_type=OpenType.NOT_OPEN))

    assert "<circle" not in text(page(dataset, "/map"))
    assert f"/datasets/{dataset.slug}/map" not in text(page(dataset))


def test_rounded_coordinates_are_said_to_be_rounded(db):
    mask = Mask(MaskKind.ROUND_COORDINATE, digits=2)
    html = text(page(served(DATA, columns(grade=Grade.L3, mask=mask)), "/map"))

    assert "rounded to 2 decimals" in html


def test_the_page_of_the_dataset_leads_to_its_map(dataset):
    assert f"/datasets/{dataset.slug}/map" in text(page(dataset))


def test_questions_are_bounded(dataset):
    page(dataset, "/map")

    with CaptureQueriesContext(
        connection,
    ) as asked:
        page(dataset, "/map")

    assert len(asked) <= 14


def test_boundaries_are_public_with_their_source(dataset):
    found = get("/boundaries.geojson").json()

    assert found["features"][0]["properties"]["source"] == "invented"


def test_who_made_the_boundaries_is_told_in_the_language_of_the_page(dataset):
    RegionBoundary.objects.update(source="测绘院（虚构）", source_en="Survey (invented)")

    with as_open_door():
        chinese = text(page(dataset, "/map", "zh-hans"))
        english = text(page(dataset, "/map", "en"))

    assert "测绘院（虚构） ·" in chinese
    assert "Survey (invented)" not in chinese
    assert "Survey (invented) ·" in english
    assert "测绘院" not in english


def test_lines_and_outlines_are_drawn_as_they_run(db):
    rows = [
        '1,"LINESTRING (119.40 38.40, 119.44 38.42)"',
        '2,"POLYGON ((119.41 38.43, 119.43 38.43, 119.43 38.45, 119.41 38.43))"',
        '3,"POINT (119.42 38.44)"',
        "4,unknown",
    ]
    shapes = (
        column("id", DataType.INTEGER, is_key=True),
        column("route", coordinate="wgs84.wkt"),
    )
    dataset = served("id,route\n" + "\n".join(rows) + "\n", shapes)

    with as_open_door():
        html = text(page(dataset, "/map"))

    assert (html.count('<path class="line"'), html.count('<path class="area"')) == (1, 1)
    assert html.count('<circle class="dot"') == 1
    assert "3 rows, 2 drawn as they run, the others in 1 points" in html
    assert "119.420000" in html  # the middle of the first row's box
    assert "The field route is in WGS84" in html
    assert f"/datasets/{dataset.slug}/map" in text(page(dataset))


def test_a_geometry_that_is_masked_has_no_map(db):
    shapes = (
        column("id", DataType.INTEGER, is_key=True),
        column("route", coordinate="wgs84.wkt", grade=Grade.L3, mask=Mask(MaskKind.BLANK)),
    )
    dataset = served('id,route\n1,"POINT (119.42 38.44)"\n', shapes)

    assert "<circle" not in text(page(dataset, "/map"))
    assert f"/datasets/{dataset.slug}/map" not in text(page(dataset))
