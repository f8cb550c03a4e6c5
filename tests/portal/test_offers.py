"""What a dataset offers beside its table: files to take away, links that say where they lead."""

import io
import json
import re

import pytest

from catalog import publishing, resources
from catalog.models import Dataset
from policy.terms import OpenType
from tests.databases import as_open_door
from tests.factories import exchange
from tests.portal.dataset_ways import get, page, text

pytestmark = pytest.mark.django_db
DIGEST = "492d5ea496056f1a6a6592241032fab764c321596317930b4fa0e1e8bc3b7470"
"""Of the file's bytes, by `sha256sum`."""


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")


def published(*, is_public=True) -> Dataset:
    """Publish an entry that offers a file and a link, and no table."""
    where = exchange.house()
    by = {"by": where.publisher, "at": exchange.NOW}
    made = publishing.create_dataset(
        "tides",
        title_zh="潮汐",
        title_en="Tides",
        owner=where.department,
        **by,
        **exchange.COMPLETE,
    )
    file = resources.add_file(
        made.pk,
        title_zh="潮汐表",
        title_en="Tide table",
        name="tides.csv",
        stream=io.BytesIO(b"a,b\n1,2\n"),
        is_public=is_public,
        **by,
    )
    resources.add_link(
        made.pk, title_zh="预报台", title_en="Forecast", url="https://sea.example/now", **by
    )
    return exchange.publish(where, file)


def test_an_open_file_stands_among_the_downloads_with_its_size_and_digest():
    html = text(page(published()))

    listed = re.search(r'<section id="downloads".*?</section>', html, re.DOTALL)[0]
    assert 'href="/api/v1/datasets/tides/files/file_1"' in listed
    assert "Tide table" in listed
    assert "8\xa0bytes" in listed
    assert DIGEST in listed


def test_a_link_says_to_whom_it_leads():
    html = text(page(published()))

    assert (
        '<a href="https://sea.example/now" rel="external noopener noreferrer">Forecast</a>' in html
    )
    assert "leaves this site, to sea.example" in html


def test_a_file_that_is_not_open_is_named_with_the_reason():
    html = text(page(published(is_public=False)))

    assert "has not opened this file" in html
    assert "/files/file_1" not in html


def test_the_page_holds_as_the_open_door_sees_it():
    dataset = published()

    with as_open_door():
        html = text(page(dataset))

    assert 'href="/api/v1/datasets/tides/files/file_1"' in html


def test_catalogues_are_told_of_the_file():
    told = json.loads(get(f"/datasets/{published().slug}.jsonld").content)

    [file] = told["distribution"]
    assert (file["encodingFormat"], file["contentSize"]) == ("text/csv", "8 B")
    assert file["sha256"] == DIGEST
    assert file["contentUrl"].endswith("/api/v1/datasets/tides/files/file_1")


def test_an_entry_with_an_open_file_is_found_as_open_and_awaits_no_rows():
    dataset = published()

    html = text(get("/datasets", open=str(OpenType.UNCONDITIONAL)))

    assert dataset.title_en in html
    assert "files and links, no rows" in html
    assert "no rows yet" not in html


def test_an_entry_whose_file_is_closed_is_not_found_as_open():
    dataset = published(is_public=False)

    assert dataset.title_en not in text(get("/datasets", open=str(OpenType.UNCONDITIONAL)))
