"""The whole public catalogue as a file: every published dataset and nothing else, in batches."""

import csv
import io

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from catalog import publishing, resources
from catalog.terms import State
from policy.terms import OpenType
from portal import catalogue
from portal.listing import FRESHNESS, Freshness
from tests.databases import as_open_door
from tests.factories import accounts, catalog, exchange

pytestmark = pytest.mark.django_db
TITLES = {"title_zh": "接口", "title_en": "An interface"}


@pytest.fixture(autouse=True)
def _forget():
    catalogue._kept.clear()


def answered(kind: str, language: str = "en", **headers):
    return Client().get(f"/datasets.{kind}?lang={language}", headers=headers)


def as_csv(language: str = "en") -> list[dict[str, str]]:
    answer = answered("csv", language)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def as_xlsx() -> list[tuple]:
    book = openpyxl.load_workbook(io.BytesIO(answered("xlsx").content))
    return [tuple(cell.value for cell in row) for row in book.active.rows]


def test_a_line_says_what_the_entry_is():
    place = accounts.organization(name_zh="交通运输局", name_en="Transport Bureau")
    made = catalog.dataset(slug="stops", title_zh="公交站点", title_en="Bus stops", owner=place)

    (line,) = as_csv()
    (chinese,) = as_csv("zh-hans")

    assert line["Title"] == "Bus stops"
    assert line["Title in the other language"] == "公交站点"
    assert line["Department"] == "Transport Bureau"
    assert line["Code"] == made.code
    assert line["Share type"] == "shared unconditionally"
    assert line["Open type"] == "opened unconditionally"
    assert line["Highest grade"] == "L1 public"
    assert line["Format"] == "table (CSV, JSON)"
    assert line["Freshness"] == "no rows yet"
    assert line["Licence"] == made.license
    assert line["Address"].endswith("/datasets/stops")
    assert chinese["名称"] == "公交站点"
    assert chinese["最高级别"] == "L1 公开"


def test_only_what_is_published_is_listed_as_the_open_doors_role():
    made = [catalog.dataset(slug=f"made-{number}") for number in range(3)]
    for state in State:
        if state != State.PUBLISHED:
            catalog.dataset(state)

    with as_open_door():
        listed = as_csv()
        head, *lines = as_xlsx()

    assert [one["Address"].rpartition("/")[2] for one in listed] == [one.slug for one in made]
    assert [next(iter(one.values())) for one in listed] == [line[0] for line in lines]
    assert list(listed[0]) == list(head)


def test_no_cell_is_a_formula():
    catalog.dataset(title_zh="=1+1", title_en="@SUM(A1)", abstract_en="+cmd|' /C calc'!A0")

    (line,) = as_csv()
    _head, cells = as_xlsx()

    assert line["Title"] == "'@SUM(A1)"
    assert line["Title in the other language"] == "'=1+1"
    assert line["Description"].startswith("'+cmd")
    assert [one for one in cells if isinstance(one, str) and one.startswith(("=", "+", "@"))] == []


def test_queries_grow_by_batches_and_no_entry_is_lost_between_them(monkeypatch):
    for number in range(5):
        catalog.dataset(slug=f"made-{number}")
    monkeypatch.setattr(catalogue, "BATCH", 2)

    with CaptureQueriesContext(connection) as asked:
        listed = as_csv()

    assert [one["Address"][-6:] for one in listed] == [f"made-{number}" for number in range(5)]
    assert len(asked) <= 3 * 3 + 1


def test_a_workbook_is_kept_until_an_entry_changes():
    catalog.dataset()
    first = answered("xlsx")

    with CaptureQueriesContext(connection) as asked:
        again = answered("xlsx", **{"if-none-match": first["ETag"]})
    catalog.dataset()

    assert again.status_code == 304
    assert len(asked) == 1
    assert len(as_xlsx()) == 3


def test_while_a_workbook_is_made_others_are_told_when_to_come_again():
    catalog.dataset()

    with catalogue._making:
        answer = answered("xlsx")
        chinese = answered("xlsx", "zh-hans")

    assert chinese.status_code == 503
    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert "10 seconds" in answer.content.decode()


def test_there_is_no_other_kind():
    assert answered("pdf").status_code == 404


def test_the_search_and_the_site_map_lead_to_it():
    catalog.dataset()

    for path in ("/datasets", "/site-map"):
        page = Client().get(path).content.decode()
        assert 'href="/datasets.csv"' in page
        assert 'href="/datasets.xlsx"' in page


def test_what_is_kept_is_one_workbook_for_each_language_however_often_entries_change():
    for _turn in range(3):
        catalog.dataset()
        for language in ("en", "zh-hans"):
            assert answered("xlsx", language).status_code == 200

    assert len(catalogue._kept) == 2
    assert len(as_xlsx()) == 4


def test_every_standing_of_a_list_has_its_words():
    assert set(FRESHNESS) == set(Freshness)


def test_entries_without_rows_for_everybody_are_lines_too():
    by = {"by": catalog.staff(Role.PUBLISHER, place := accounts.organization()), "at": catalog.NOW}
    link = publishing.create_dataset("link", owner=place, **exchange.COMPLETE, **TITLES, **by)
    resources.add_api(link.pk, title_zh="接口", url="https://a.example/", **by)
    catalog.bring(link.pk, State.PUBLISHED)
    catalog.dataset(open_type=OpenType.CONDITIONAL)

    lines = as_csv()

    assert {(one["Freshness"], one["Rows"]) for one in lines} == {
        ("files and links, no rows", ""),
        ("rows not for everyone", ""),
    }
    assert len(as_xlsx()) == 3
