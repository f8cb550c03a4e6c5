"""The front page: both languages, what is published and how fresh, for the open door's role."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.terms import State
from exchange.models import RecordTable
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType
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


def home(language="en", **params):
    return Client(headers={"Accept-Language": language}).get("/", params)


def test_the_page_lists_what_is_published_with_owner_rows_and_fields(served):
    page = home().content.decode()

    assert served.title_en in page
    assert served.owner.name_en in page
    assert re.search(r"<dt>Rows</dt>\s*<dd class=\"number\">2</dd>", page)
    assert "2 clear, 1 masked, 1 withheld" in page
    assert f'href="/api/v1/datasets/{served.slug}"' in page
    assert 'href="/api/docs/"' in page
    assert 'href="/office/"' in page


def test_a_concealed_field_is_not_even_counted(served):
    assert "2 withheld" not in home().content.decode()


def test_the_page_is_in_the_language_that_is_asked_for(served):
    english, chinese = home("en"), home("zh-CN")

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

    assert f'<h3 lang="zh-Hans"><a href="/api/v1/datasets/{dataset.slug}">' in (
        home().content.decode()
    )


def test_nothing_unpublished_is_shown(db):
    hidden = [catalog.dataset(state) for state in State if state != State.PUBLISHED]

    page = home().content.decode()

    assert not [one for one in hidden if one.slug in page]
    assert "No dataset is published yet" in page


def test_data_older_than_its_cycle_is_marked_late(served):
    assert "on time" in home().content.decode() or "late" in home().content.decode()
    RecordTable.objects.update(refreshed_at=timezone.now())
    assert "on time" in home().content.decode()
    RecordTable.objects.update(refreshed_at=timezone.now() - timedelta(days=3))
    assert 'class="mark late"' in home().content.decode()


def test_a_dataset_without_rows_says_so(db):
    catalog.dataset()

    assert "no rows yet" in home().content.decode()


def test_the_page_finds_by_words_and_says_what_to_do_where_nothing_is_found(served):
    assert served.slug in home(q=served.title_en).content.decode()

    empty = home(q="<nothing>").content.decode()
    assert served.slug not in empty
    assert "“&lt;nothing&gt;”" in empty


def test_the_page_narrows_by_department_and_widens_again(served):
    other = catalog.dataset(title_en="Another one")

    page = home().content.decode()
    way = re.search(rf'href="\?(owner={other.owner.slug})#datasets"', page)
    narrowed = home(owner=other.owner.slug).content.decode()

    assert way
    assert other.slug in narrowed
    assert served.slug not in narrowed
    assert 'href="?#datasets" aria-current="true"' in narrowed
    assert f'<input type="hidden" name="owner" value="{other.owner.slug}">' in narrowed
    assert "1 found" in narrowed
    assert "Take back one of your choices" in home(owner="nobody").content.decode()


def test_the_page_goes_on_where_there_is_more(db, monkeypatch):
    monkeypatch.setattr("portal.listing.PAGE", 1)
    first, second = catalog.dataset(), catalog.dataset()

    page = home().content.decode()
    following = re.search(r'href="\?after=(\d+)', page)

    assert second.slug in page
    assert first.slug in home(after=following[1]).content.decode()
    assert home(after="x").status_code == 200


def test_the_page_asks_a_constant_number_of_queries(served):
    home()
    cache.clear()
    with CaptureQueriesContext(connection) as one:
        home()
    for _more in range(3):
        catalog.dataset()
    with CaptureQueriesContext(connection) as many:
        home()

    assert len(many) == len(one) <= 11


def test_the_page_has_no_inline_script_or_style_and_asks_nothing_outside(served):
    answer = home()
    page = answer.content.decode()

    assert "<script" not in page
    assert "<style" not in page
    assert not re.search(r"\s(style|on\w+)\s*=", page)
    assert not re.search(r"(src|href|action)=\"(https?:)?//", page)
    assert answer["Content-Security-Policy"].startswith("default-src 'self'")
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_the_page_has_landmarks_one_heading_and_labels(served):
    page = home().content.decode()

    for landmark in ("<header", "<main", "<footer", "<nav"):
        assert landmark in page
    assert page.count("<h1") == 1
    assert re.findall(r'<(?:input|select)[^>]*id="([^"]+)"', page) == re.findall(
        r'<label for="([^"]+)"', page
    )
    assert page.index("<h1") < page.index("<h2") < page.index("<h3")


def test_the_page_works_as_the_open_doors_role(served):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE city_open")
        cursor.execute("SET LOCAL search_path = face, public")
    try:
        page = home().content.decode()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("SET LOCAL search_path = DEFAULT")

    assert "2 clear, 1 masked, 1 withheld" in page


def test_only_reading_is_answered(db):
    assert Client().post("/").status_code == 405


@override_settings(DEBUG=False)
def test_a_missing_page_says_what_to_do_in_both_languages(db):
    english = Client(headers={"Accept-Language": "en"}).get("/nowhere")
    chinese = Client(headers={"Accept-Language": "zh-CN"}).get("/nowhere")

    assert english.status_code == chinese.status_code == 404
    assert "There is nothing at this address" in english.content.decode()
    assert "首页" in chinese.content.decode()


def test_the_stylesheet_is_served_and_asks_nothing_outside(db):
    answer = Client().get("/static/portal/city.css")
    text = b"".join(answer.streaming_content).decode()

    assert answer.status_code == 200
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert not re.search(r"url\(|@import|https?:", text)


def _luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_has_a_contrast_of_at_least_4_5_in_light_and_dark(db):
    text = b"".join(Client().get("/static/portal/city.css").streaming_content).decode()
    palettes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    ]

    assert len(palettes) == 2
    for palette in palettes:
        for ink in ("ink", "quiet", "accent", "fresh", "late"):
            for paper in ("paper", "panel"):
                assert contrast(palette[ink], palette[paper]) >= 4.5, (ink, paper)
        assert contrast(palette["on-accent"], palette["accent"]) >= 4.5
        assert contrast(palette["quiet"], palette["paper"]) >= 3


def test_no_organisation_is_named_that_publishes_nothing(served):
    idle = accounts.organization()

    assert idle.name_en not in home().content.decode()
