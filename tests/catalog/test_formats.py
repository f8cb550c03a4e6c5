"""In which formats entries give their data, and finding them by these."""

from io import BytesIO

import pytest

from accounts.roles import Role
from catalog import files, resources
from catalog.formats import FILES, Format, bits, has_places, of_file
from catalog.models import Field, SearchEntry
from catalog.search import Filters, Reader, find
from catalog.terms import State
from policy.terms import DataType, OpenType
from tests.factories import catalog
from tests.factories.catalog import NOW, new_field, staff

PLACE = (
    new_field("lng", data_type=DataType.DOUBLE, coordinate="wgs84.x"),
    new_field("lat", data_type=DataType.DOUBLE, coordinate="wgs84.y"),
)


def having(name: str, **how) -> list[str]:
    return [one.slug for one in find(filters=Filters(format=name), **how).datasets]


def test_every_kind_of_file_that_may_be_handed_in_has_a_format():
    assert set(FILES) == set(files.KINDS)
    assert of_file("Stops.GeoJSON") == Format.GEOJSON
    assert of_file("没有名") is None


def test_one_axis_is_no_place():
    lng, lat = (Field(name=one.name, coordinate=one.coordinate) for one in PLACE)

    assert has_places([lng, lat])
    assert not has_places([lng])
    assert not has_places([Field(name="name")])


def test_a_set_of_formats_is_a_number_of_bits():
    assert bits([]) == 0
    assert bits([Format.TABLE, Format.SHEET, Format.SHEET]) == 0b101


@pytest.mark.django_db
def test_entries_with_places_that_are_open_are_had_as_geojson():
    catalog.dataset(slug="places", fields=PLACE)
    catalog.dataset(slug="closed", fields=PLACE, open_type=OpenType.NOT_OPEN)
    catalog.dataset(slug="plain")

    assert having("geojson") == ["places"]
    assert having("table") == ["plain", "closed", "places"]
    assert having("picture") == having("nothing") == []


@pytest.mark.django_db
def test_a_file_counts_as_its_newest_version_is_until_it_ends(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")
    made = catalog.dataset(State.DRAFT, slug="mixed")
    told = {"by": staff(Role.PUBLISHER, made.owner), "at": NOW}
    reader = Reader(organizations=frozenset({made.owner_id}))

    file = resources.add_file(
        made.pk, title_zh="表", name="a.csv", stream=BytesIO(b"a\n1\n"), **told
    )
    resources.add_api(made.pk, title_zh="接口", url="https://a.example/", **told)
    before = having("sheet", reader=reader)
    resources.add_file_version(file.pk, name="a.json", stream=BytesIO(b"[]"), **told)

    assert (
        before == having("structured", reader=reader) == having("api", reader=reader) == ["mixed"]
    )
    assert having("sheet", reader=reader) == []
    assert having("api") == []  # a draft is its department's own
    resources.end_resource(file.pk, **told)
    assert SearchEntry.objects.get(dataset=made).formats == bits([Format.TABLE, Format.API])


@pytest.mark.django_db
def test_formats_are_counted_each_by_itself():
    catalog.dataset(fields=PLACE)
    catalog.dataset()

    facet = next(one for one in find(facets=True).facets if one.name == "format")

    assert {one.value: one.count for one in facet.options} == {"table": 2, "geojson": 1}
    assert [one.query for one in facet.options if one.value == "geojson"] == ["format=geojson"]
