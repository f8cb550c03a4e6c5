"""The whole public catalogue as a file: every published dataset and nothing else, in batches."""

import csv
import io
import random
from datetime import timedelta
from itertools import count

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Organization
from accounts.roles import Role
from catalog import exports, publishing, resources
from catalog.labels import GRADES
from catalog.models import Dataset, Resource, SearchEntry
from catalog.terms import State, UpdateCycle
from exchange import opening
from exchange.models import RecordTable, Zone
from policy.terms import OpenType
from portal import catalogue
from portal.listing import FRESHNESS, Freshness
from tests.databases import as_open_door, undone
from tests.factories import accounts, catalog, exchange

pytestmark = pytest.mark.django_db
STATE = 3
"""Queries that ask for the state of the catalogue."""
TITLES = {"title_zh": "接口", "title_en": "An interface"}


@pytest.fixture(autouse=True)
def _forget():
    catalogue._kept.clear()


def answered(kind: str, language: str = "en", **headers):
    return Client().get(f"/datasets.{kind}?lang={language}", headers=headers)


def as_csv(language: str = "en") -> list[dict[str, str]]:
    answer = answered("csv", language)
    assert answer.status_code == 200
    text = answer.content.decode("utf-8-sig")
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
    assert len(asked) <= 3 * 3 + 1 + 2 * STATE


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_is_made_once_for_each_state_of_the_catalogue(kind, monkeypatch):
    catalog.dataset()
    first = answered(kind)
    monkeypatch.setattr(catalogue, "rows", lambda *_told: pytest.fail("made anew"))

    with CaptureQueriesContext(connection) as asked:
        same = answered(kind)
        known = answered(kind, **{"if-none-match": first["ETag"]})

    assert (same.content, same["ETag"]) == (first.content, first["ETag"])
    assert (known.status_code, known.content) == (304, b"")
    assert len(asked) == 2 * STATE


def retitled(dataset):
    Dataset.objects.filter(pk=dataset.pk).update(title_zh=f"名称{next(numbers)}")


def regraded(dataset):
    SearchEntry.objects.filter(pk=dataset.pk).update(grade=choice(list(GRADES)))


def renamed(dataset):
    Organization.objects.filter(pk=dataset.owner_id).update(name_en=f"Bureau {next(numbers)}")


def withdrawn(dataset):
    RecordTable.objects.filter(resource__dataset=dataset).delete()  # of `refreshed`: no table is
    if Dataset.objects.published().filter(pk=dataset.pk).exists():
        opening.withdraw(dataset.pk, by=accounts.user(Role.OPERATOR), at=catalog.NOW, reason="–")


def refreshed(dataset):
    RecordTable.objects.filter(resource__dataset=dataset).delete()
    RecordTable.objects.create(
        resource=catalog.table(dataset),
        zone=Zone.OPEN,
        version=1,
        table_name="ds_invented_v1",
        rows=next(numbers),
        live=True,
        built_at=catalog.NOW,
        refreshed_at=catalog.NOW + timedelta(hours=next(numbers) % 50),
    )


def closed(dataset):
    RecordTable.objects.filter(resource__dataset=dataset).update(live=False)


def ended(dataset):
    Resource.objects.filter(dataset=dataset).update(ended_at=catalog.NOW)


def recycled(dataset):
    Dataset.objects.filter(pk=dataset.pk).update(update_cycle=choice(list(UpdateCycle)))


def nothing(_dataset):
    return


numbers = count(1)
choice = random.Random(7).choice  # noqa: S311 - no secret
CHANGES = (retitled, regraded, renamed, withdrawn, refreshed, closed, ended, recycled, nothing)
steps = st.tuples(st.sampled_from(CHANGES), st.integers(0, 1), st.integers(0, 60))


def anew(language, now):
    lines = catalogue.rows(language, now)
    return "".join(exports.csv_lines(catalogue._head(language), lines)).encode()


def test_no_file_is_ever_of_another_state():
    """Whatever changed, and however much time went by, a file is what would be made anew."""
    datasets = [catalog.dataset(), catalog.dataset()]

    @settings(max_examples=20, deadline=None)
    @given(taken=st.lists(steps, min_size=2, max_size=6))
    def holds(taken):
        catalogue._kept.clear()
        now = catalog.NOW
        with undone():
            for change, which, hours in taken:
                change(datasets[which])
                now += timedelta(hours=hours)
                for language in ("en", "zh-hans"):
                    assert catalogue.file("csv", language, now).body == anew(language, now)

    holds()


def test_a_file_that_the_catalogue_changed_under_is_not_kept(monkeypatch):
    dataset = catalog.dataset()
    rows = catalogue.rows

    def meanwhile(*told):
        yield from rows(*told)
        retitled(dataset)

    with monkeypatch.context() as slow:
        slow.setattr(catalogue, "rows", meanwhile)
        answered("csv")

    assert catalogue._kept == {}


@pytest.mark.parametrize(("kind", "other"), [("csv", "xlsx"), ("xlsx", "csv")])
def test_while_a_file_is_made_others_are_told_when_to_come_again(kind, other):
    catalog.dataset()

    with catalogue._making[kind]:
        answer = answered(kind)
        chinese = answered(kind, "zh-hans")
        free = answered(other)

    assert (answer.status_code, chinese.status_code, free.status_code) == (503, 503, 200)
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


def test_what_is_kept_is_one_file_for_each_kind_and_language_however_often_entries_change():
    for _turn in range(3):
        catalog.dataset()
        for language in ("en", "zh-hans"):
            for kind in ("csv", "xlsx"):
                assert answered(kind, language).status_code == 200

    assert len(catalogue._kept) == 4
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
