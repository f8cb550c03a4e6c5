"""The page of a search: the address carries everything, and what was understood is told."""

import re
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from catalog import indexing, search
from catalog.asking import Asked, Term
from catalog.terms import State
from portal import finding
from portal.marking import marked, marks
from tests.databases import as_open_door
from tests.factories import accounts, catalog

ATOM = "{http://www.w3.org/2005/Atom}"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget():
    cache.clear()


@pytest.fixture
def stops():
    return catalog.dataset(
        slug="stops",
        title_zh="城市公交站点",
        title_en="Bus stops",
        abstract_zh="每日更新的候车亭。",
    )


def page_of(path="/datasets", language="zh-CN", **params) -> str:
    answer = Client(headers={"Accept-Language": language}).get(path, params)
    assert answer.status_code == 200
    return answer.content.decode()


def slugs(page: str) -> list[str]:
    return re.findall(r'<h2[^>]*><a href="/(?:api/v1/)?datasets/([^"/]+)"', page)


def test_the_words_of_the_question_are_marked(stops):
    assert "城市<mark>公交</mark>站点" in page_of(q="公交")
    assert "<mark>Bus</mark> stops" in page_of(q="bus", language="en")


def test_a_slip_is_told_with_what_was_read(stops):
    page = page_of(q="公交占点")

    assert slugs(page) == ["stops"]
    assert "公交占点" in page
    assert "<b>公交站点</b>" in page


def test_what_was_not_looked_for_is_told_without_a_hole_for_scripts(stops):
    page = page_of(q="公交 麒麟 <script>alert(1)</script>", language="en")

    assert "Not looked for" in page
    assert "“麒麟”" in page
    assert "<script>alert" not in page


def test_choices_are_chips_that_take_them_back(stops):
    page = page_of(q="公交", owner=stops.owner.slug, sort="title", language="en")

    assert re.search(r'<a class="chip on" href="\?q=%E5%85%AC%E4%BA%A4&amp;sort=title">', page)
    assert '<input type="hidden" name="owner"' in page
    assert '<input type="hidden" name="sort" value="title">' in page


def test_a_choice_that_nobody_has_can_be_taken_back(stops):
    page = page_of(owner="nobody", language="en")

    assert "Department: nobody" in page
    assert "Take back one of your choices" in page


def test_the_format_is_in_the_address_the_feed_and_the_api(stops):
    catalog.dataset(slug="others", fields=("a",))

    assert slugs(page_of(format="table")) == ["others", "stops"]
    assert slugs(page_of(format="geojson")) == []
    assert 'href="?" aria-current="true">数据表（CSV、JSON）' in page_of(format="table")
    assert "<entry>" in page_of("/datasets.atom", format="table")
    assert "<entry>" not in page_of("/datasets.atom", format="sheet")
    listed = Client().get("/api/v1/datasets", {"format": "table", "facets": "true"}).json()
    assert listed["total"] == 2
    assert [(one["value"], one["count"]) for one in listed["facets"]["format"]] == [("table", 2)]


def test_the_order_is_in_the_address(stops):
    catalog.dataset(slug="zoo", title_zh="动物园", title_en="Zoo")
    catalog.dataset(slug="air", title_zh="空气", title_en="Air")

    assert slugs(page_of(sort="title")) == ["stops", "zoo", "air"]
    assert slugs(page_of(sort="title", language="en")) == ["air", "stops", "zoo"]
    assert slugs(page_of(sort="newest")) == ["air", "zoo", "stops"]
    assert set(slugs(page_of(sort="refreshed"))) == {"air", "zoo", "stops"}
    assert slugs(page_of(sort="nonsense")) == ["air", "zoo", "stops"]


def test_pages_have_numbers_and_one_beyond_the_last_says_so(stops, monkeypatch):
    monkeypatch.setattr(finding, "PAGE", 1)
    for number in range(5):
        catalog.dataset(slug=f"more-{number}")

    first, last, beyond = page_of(), page_of(page="6"), page_of(page="7", language="en")

    assert slugs(first) == ["more-4"]
    assert 'href="?page=2"' in first
    assert 'href="?page=6"' in first
    assert slugs(last) == ["stops"]
    assert slugs(beyond) == []
    assert "There is no such page: this list has 6." in beyond
    assert 'href="?page=6"' in beyond


@pytest.mark.parametrize("number", ["0", "-1", "x", "999999999999999999", "1e9", ""])
def test_any_page_number_is_answered(stops, number):
    assert "<h1" in page_of(page=number)


@pytest.mark.parametrize("q", ["", " ", "%", "'", "公交" * 500, "<b>", "a" * 5000, "&amp;", "|!&"])
def test_any_words_are_answered(stops, q):
    assert "<h1" in page_of(q=q)


def test_no_result_helps_on(stops):
    page = page_of(q="公交 麒麟", owner="nobody", language="en")

    assert 'class="chip" href="?q=%E5%85%AC%E4%BA%A4' in page or "Take back" in page


def test_where_nothing_is_found_what_is_near_themes_and_a_wish_lead_on(stops):
    stops.subject = catalog.subject()
    stops.save()
    indexing.index_all([stops.pk], at=catalog.NOW)

    page = page_of(q="城郊", language="en")

    assert "No published dataset has “城郊”" in page
    assert '<a href="/datasets/stops">Bus stops</a>' in page
    assert f'class="chip" href="?subject={stops.subject.code}"' in page
    assert f'href="/my/talk/wish/?title={quote("城郊")}"' in page


def test_what_has_few_of_the_characters_is_not_near(stops):
    assert finding.near_to("城郊麒麟") == ()


def test_words_that_are_not_chinese_have_no_characters_to_be_near_by(stops):
    assert finding.near_to("zebras 7") == ()


def test_a_page_asks_at_most_twelve_queries(stops):
    page_of(q="公交")
    with CaptureQueriesContext(connection) as asked:
        page_of(q="公交占点 kindergatens")

    mine = [
        one
        for one in asked
        if not re.match(r"SAVEPOINT|RELEASE|SET LOCAL enable_seqscan", one["sql"])
    ]
    assert len(mine) <= 12


def test_the_page_names_its_feed(stops):
    page = page_of(q="公交", sort="newest")

    assert re.search(
        r'<link rel="alternate" type="application/atom\+xml"'
        r' href="/datasets\.atom\?q=%E5%85%AC%E4%BA%A4&amp;sort=newest"',
        page,
    )


# --- the feed


def feed_of(**params):
    answer = Client(headers={"Accept-Language": "en"}).get("/datasets.atom", params)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/atom+xml")
    return answer, ElementTree.fromstring(answer.content)  # noqa: S314 - made by ourselves


def test_any_search_is_a_feed(stops):
    catalog.dataset(slug="park", title_en="Park <b>")
    catalog.dataset(State.DRAFT, slug="draft")

    _answer, feed = feed_of(q="bus")
    _answer, all_of_them = feed_of()

    assert [one.text for one in feed.iter(f"{ATOM}title")][1:] == ["Bus stops"]
    assert len(all_of_them.findall(f"{ATOM}entry")) == 2
    for one in (feed, *all_of_them.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert one.find(f"{ATOM}{name}").text
    assert {one.get("rel") for one in feed.findall(f"{ATOM}link")} == {"alternate", "self"}


def test_a_feed_that_did_not_change_is_not_sent_again(stops):
    first, _feed = feed_of(q="bus")
    again = Client(headers={"Accept-Language": "en"}).get(
        "/datasets.atom", {"q": "bus"}, headers={"If-None-Match": first["ETag"]}
    )

    assert again.status_code == 304


def test_ids_of_a_feed_stay(stops):
    ids = [one.text for one in feed_of(q="bus")[1].iter(f"{ATOM}id")]

    stops.title_en = "Other stops"
    stops.save()

    assert [one.text for one in feed_of(q="bus")[1].iter(f"{ATOM}id")] == ids
    assert len(set(ids)) == 2


def test_an_empty_feed_and_control_characters_are_valid_too(stops):
    _answer, feed = feed_of(q="麒麟\x01")

    assert not feed.findall(f"{ATOM}entry")
    assert feed.find(f"{ATOM}updated").text.startswith("2026-01-01")


# --- suggestions


def suggested(q, language="zh-CN"):
    answer = Client(headers={"Accept-Language": language}).get("/datasets/suggest", {"q": q})
    assert answer.status_code == 200
    return answer.json()["suggestions"]


@pytest.mark.parametrize("typed", ["公", "公交", "gongj", "csgj", "Bus st", "bus", "站點"])
def test_titles_are_suggested_by_their_beginning_sound_and_initials(stops, typed):
    assert [one["text"] for one in suggested(typed)][:1] == ["城市公交站点"]


def test_departments_are_suggested_too(db):
    owner = accounts.organization(name_zh="海洋发展局", name_en="Ocean Bureau")
    catalog.dataset(owner=owner)

    for typed in ("海洋", "haiyang", "ocean"):
        found = [one for one in suggested(typed) if one["text"] == "海洋发展局"]
        assert found[0]["address"] == f"/datasets?owner={owner.slug}", typed


def test_nothing_unpublished_is_suggested(db):
    catalog.dataset(State.DRAFT, title_zh="秘密花园")

    assert suggested("秘密") == []


def test_suggesting_is_one_query_and_any_text_is_answered(stops):
    with CaptureQueriesContext(connection) as asked:
        suggested("gong")

    assert len(asked) == 1
    for typed in ("", "%", "_", "'", "a" * 900, "公" * 300):
        suggested(typed)


def test_search_feed_and_suggestions_work_as_the_open_doors_role(stops):
    with as_open_door():
        page = page_of(q="公車占點 kindergatens", sort="refreshed")
        told = suggested("gong")
        _answer, feed = feed_of(q="bus")

    assert slugs(page) == ["stops"]
    assert told
    assert feed.findall(f"{ATOM}entry")


# --- marking


@given(text=st.text(), word=st.text(min_size=1, max_size=4))
def test_a_marked_text_is_the_text_and_no_tag_of_it_is_one(text, word):
    html = marked(text, marks(Asked((Term(word),))))

    plain = html.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in plain
    assert html.count("<mark>") == html.count("</mark>")


def test_marks_find_traditional_characters_wide_letters_and_no_middle_of_a_word():
    words = marks(Asked((Term("停车", ("car park",)),)))

    assert marked("路邊停車資訊", words) == "路邊<mark>停車</mark>資訊"
    assert marked("Ｃａｒ　park & scar", words) == "<mark>Ｃａｒ　park</mark> &amp; scar"


def test_the_search_of_the_page_is_the_search_of_the_catalogue(stops):
    assert slugs(page_of(q="gongjiao")) == [one.slug for one in search.find("gongjiao").datasets]
