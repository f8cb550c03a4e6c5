"""The list of datasets: what is published and how fresh, for the open door's role."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.terms import State
from exchange.models import RecordTable
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType
from tests.databases import as_open_door
from tests.factories import accounts, catalog, exchange
from tests.factories.exchange import column

COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("phone", grade=Grade.L3, mask=Mask(MaskKind.KEEP_EDGES, keep_left=3)),
    column("secret", grade=Grade.L4, open_type=OpenType.NOT_OPEN),
    column("ghost", grade=Grade.L4, open_type=OpenType.NOT_OPEN, concealed=True),
)
DATA = "id,name,phone,secret,ghost\n1,a,13800000000,s,g\n2,b,13800000001,s,g\n"


@pytest.fixture
def served(db):
    """Return a published dataset with rows."""
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, COLUMNS)
    engine.sync(binding.pk)
    return exchange.publish(where, binding.resource)


def listed(language="en", **params):
    return Client(headers={"Accept-Language": language}).get("/datasets", params)


def test_the_page_lists_what_is_published_with_owner_rows_and_fields(served):
    page = listed().content.decode()

    assert served.title_en in page
    assert served.owner.name_en in page
    assert re.search(r"<dt>Rows</dt>\s*<dd class=\"number\">2</dd>", page)
    assert "2 clear, 1 masked, 1 withheld" in page
    assert f'href="/datasets/{served.slug}"' in page
    assert 'href="/api/docs/"' in page
    assert 'href="/office/"' in page


def test_a_concealed_field_is_not_even_counted(served):
    assert "2 withheld" not in listed().content.decode()


def test_the_page_is_in_the_language_that_is_asked_for(served):
    english, chinese = listed("en"), listed("zh-CN")

    assert '<html lang="en">' in english.content.decode()
    assert "Published datasets" in english.content.decode()
    assert '<html lang="zh-Hans">' in chinese.content.decode()
    assert "已发布的数据集" in chinese.content.decode()
    assert served.title_zh in chinese.content.decode()


def test_the_language_switch_is_remembered_and_beats_the_browser(served):
    client = Client(headers={"Accept-Language": "zh-CN"})

    switched = client.get("/", {"lang": "en"})
    afterwards = client.get("/")

    assert '<html lang="en">' in switched.content.decode()
    assert '<html lang="en">' in afterwards.content.decode()
    assert client.get("/", {"lang": "xx"}).status_code == 200


def test_a_chinese_title_on_an_english_page_says_its_language(db):
    dataset = catalog.dataset(title_en="")

    assert f'<h2 lang="zh-Hans"><a href="/datasets/{dataset.slug}">' in (listed().content.decode())


def test_nothing_unpublished_is_shown(db):
    hidden = [catalog.dataset(state) for state in State if state != State.PUBLISHED]

    page = listed().content.decode()

    assert not [one for one in hidden if one.slug in page]
    assert "No dataset is published yet" in page


def test_data_older_than_its_cycle_is_marked_late(served):
    assert "on time" in listed().content.decode() or "late" in listed().content.decode()
    RecordTable.objects.update(refreshed_at=timezone.now())
    assert "on time" in listed().content.decode()
    RecordTable.objects.update(refreshed_at=timezone.now() - timedelta(days=3))
    assert 'class="mark late"' in listed().content.decode()


def test_a_dataset_without_rows_says_so(db):
    catalog.dataset()

    assert "no rows yet" in listed().content.decode()


def test_the_page_finds_by_words_and_says_what_to_do_where_nothing_is_found(served):
    assert served.slug in listed(q=served.title_en).content.decode()

    empty = listed(q="<nothing>").content.decode()
    assert served.slug not in empty
    assert "“&lt;nothing&gt;”" in empty


def test_the_page_narrows_by_department_and_widens_again(served):
    other = catalog.dataset(slug="another", title_en="Another one")

    page = listed().content.decode()
    way = re.search(rf'href="\?(owner={other.owner.slug})"', page)
    narrowed = listed(owner=other.owner.slug).content.decode()

    assert way
    assert other.slug in narrowed
    assert served.slug not in narrowed
    assert 'href="?" aria-current="true"' in narrowed
    assert f'<input type="hidden" name="owner" value="{other.owner.slug}">' in narrowed
    assert "1 found" in narrowed
    assert "Take back one of your choices" in listed(owner="nobody").content.decode()


def test_the_page_goes_on_where_there_is_more(db, monkeypatch):
    monkeypatch.setattr("portal.finding.PAGE", 1)
    first, second = catalog.dataset(), catalog.dataset()

    page = listed().content.decode()

    assert second.slug in page
    assert 'href="?page=2"' in page
    assert first.slug in listed(page=2).content.decode()


def test_the_page_asks_a_constant_number_of_queries(served):
    listed()
    cache.clear()
    with CaptureQueriesContext(connection) as one:
        listed()
    for _more in range(3):
        catalog.dataset()
    with CaptureQueriesContext(connection) as many:
        listed()

    assert len(many) == len(one) <= 11


def test_the_page_has_no_inline_script_or_style_and_asks_nothing_outside(served):
    answer = listed()
    page = answer.content.decode()

    assert re.findall(r"<script[^>]*>", page) == [
        '<script src="/static/portal/menu.js" defer>',
        '<script src="/static/portal/suggest.js" defer>',
    ]
    assert "<style" not in page
    assert not re.search(r"\s(style|on\w+)\s*=", page)
    asking = re.sub(r'<link rel="alternate" hreflang[^>]*>', "", page)  # named, and not asked for
    assert not re.search(r"(src|href|action)=\"(https?:)?//", asking)
    assert answer["Content-Security-Policy"].startswith("default-src 'self'")
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_the_page_has_landmarks_one_heading_and_labels(served):
    page = listed().content.decode()

    for landmark in ("<header", "<main", "<footer", "<nav"):
        assert landmark in page
    assert page.count("<h1") == 1
    assert re.findall(r'<(?:input|select)[^>]*id="([^"]+)"', page) == re.findall(
        r'<label for="([^"]+)"', page
    )
    assert page.index("<h1") < page.index("<h2")


def test_the_page_works_as_the_open_doors_role(served):
    with as_open_door():
        page = listed().content.decode()

    assert "2 clear, 1 masked, 1 withheld" in page


def test_only_reading_is_answered(db):
    assert Client().post("/datasets").status_code == 405


def test_no_organisation_is_named_that_publishes_nothing(served):
    idle = accounts.organization()

    assert idle.name_en not in listed().content.decode()


def test_facets_are_folded_so_that_results_come_first_on_a_phone(db):
    catalog.dataset()
    catalog.dataset()

    for asked in ({}, {"q": "Dataset"}, {"open": "unconditional"}):
        page = Client().get("/datasets", asked).content.decode()
        assert page.count('<details class="fold">') == 1, asked
