"""The rows on a dataset's page: the API's own parameters, refusals, paging, and what is noted."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from audit import deliveries
from exchange.records import reading
from exchange.records.query import Filter, Operator, RecordQuery, Sort
from policy.terms import DataType
from portal.dataset import asked, preview
from portal.dataset.noted import READ_AS
from tests.databases import as_open_door
from tests.factories import catalog
from tests.factories.exchange import column
from tests.portal.dataset_ways import DATA, get, page, served, text


@pytest.fixture
def dataset(db):
    return served()


def table(html):
    """Return the rows of the preview as lists of what their cells hold."""
    part = re.search(r'<div class="scroll preview".*?<tbody>(.*?)</tbody>', html, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", part[1], re.DOTALL) if part else []
    return [
        [unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td.*?</td>", row)]
        for row in rows
    ]


def noted():
    return [one.told for one in deliveries.waiting()]


def test_the_page_shows_rows_as_everybody_sees_them(dataset):
    html = text(page(dataset))

    assert table(html)[0] == ["1", "alpha", "10.50", "138****"]
    assert "3 rows" in html
    assert "13800000001" not in html
    assert not re.search(r"\bs1\b", html)


def test_a_script_in_a_value_is_text(dataset):
    html = text(page(dataset))

    assert "<script>alert" not in html
    assert table(html)[2][1] == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"name.eq": "beta"}, ["2"]),
        ({"name": "beta"}, ["2"]),
        ({"price.gte": "15"}, ["2"]),
        ({"price.null": "true"}, ["3"]),
        ({"sort": "-id"}, ["3", "2", "1"]),
        ({"sort": "-id", "limit": "1"}, ["3"]),
        ({"name.in": "alpha,beta", "sort": "-price"}, ["2", "1"]),
        ({"lang": "en", "id.lt": "2"}, ["1"]),
    ],
)
def test_the_parameters_are_those_of_the_api(dataset, params, ids):
    on_page = [row[0] for row in table(text(page(dataset, **params)))]
    answer = get(f"/api/v1/datasets/{dataset.slug}/records", **params)

    assert on_page == ids == [str(row["id"]) for row in answer.json()["rows"]]


def test_fields_choose_columns_and_their_order(dataset):
    assert table(text(page(dataset, fields="phone,id")))[0] == ["138****", "1"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"phone.prefix": "139"}, "field-masked"),
        ({"sort": "phone"}, "field-masked"),
        ({"secret": "s1"}, "field-withheld"),
        ({"fields": "secret"}, "field-withheld"),
        ({"ghost": "g"}, "field-unknown"),
        ({"utm_source": "a"}, "field-unknown"),
        ({"price.gte": "cheap"}, "query-refused"),
        ({"price.like": "1"}, "query-refused"),
        ({"limit": "5000"}, "query-refused"),
        ({"cursor": "broken"}, "cursor-broken"),
    ],
)
def test_what_the_api_refuses_the_page_refuses_in_its_words(dataset, params, code):
    html = text(page(dataset, **params))
    refused = get(f"/api/v1/datasets/{dataset.slug}/records", **params).json()

    assert refused["code"] == code
    assert refused["detail"] in unescape(html)
    assert table(html) == []
    assert f'<a href="/api/errors#{code}">' in html


def test_a_key_in_the_address_is_not_used_and_said(dataset):
    html = text(page(dataset, name="cdx_abcdef_" + "A" * 43))

    assert "key-in-url" in html
    assert table(html) == []


def test_a_filter_that_finds_nothing_says_so(dataset):
    html = text(page(dataset, name="nothing"))

    assert "No row meets all conditions" in html
    assert "0 rows" in html


def test_pages_follow_each_other_and_lead_back(dataset):
    first = text(page(dataset, limit="2", sort="-id"))
    following = re.search(r'href="\?([^"]*cursor=[^"]*)#data" rel="next"', first)
    params = {k: v[0] for k, v in parse_qs(unescape(following[1])).items()}

    second = text(page(dataset, **params))

    assert [row[0] for row in table(first) + table(second)] == ["3", "2", "1"]
    assert 'href="?sort=-id&amp;limit=2#data">First rows' in second
    assert 'rel="next"' not in second


def test_each_page_and_only_what_it_showed_is_noted_as_a_read(dataset):
    page(dataset)
    page(dataset, name="beta")
    page(dataset, sort="phone")

    first, second = noted()
    assert (first["rows"], second["rows"]) == (3, 1)
    assert {first["app"], second["app"]} == {READ_AS}
    assert first["dataset"] == dataset.address
    assert first["channel"] == "open"
    assert first["fields_digest"]


def test_what_a_reader_asks_for_is_a_call_and_the_first_look_is_not(dataset, monkeypatch):
    monkeypatch.setattr(settings, "ANONYMOUS_PER_MINUTE", 1)

    looks = [table(text(page(dataset))) for _look in range(3)]
    asked_once, asked_again = page(dataset, sort="-id"), page(dataset, sort="-id")

    assert all(looks)
    assert table(text(asked_once))
    assert table(text(asked_again)) == []
    assert "rate-exceeded" in text(asked_again)
    assert 'id="field-name"' in text(asked_again)


def test_rows_that_cannot_be_noted_are_not_shown(dataset, monkeypatch):
    def down(**_told):
        raise redis.ConnectionError

    monkeypatch.setattr(deliveries, "note", down)

    html = text(page(dataset))

    assert table(html) == []
    assert "cannot be counted just now" in html
    assert 'id="field-name"' in html


@pytest.mark.django_db
def test_a_dataset_without_rows_says_that_they_are_awaited():
    html = text(page(catalog.dataset()))

    assert "first sync has not brought rows yet" in html
    assert "There are no rows to read by the API yet" in html


def test_a_long_value_is_folded_and_whole(db):
    columns = (column("id", DataType.INTEGER, is_key=True), column("note"))
    long = "x" * 300

    html = text(page(served(f"id,note\n1,{long}\n", columns)))

    assert f"</summary>{long}</details>" in html


def test_many_columns_are_cut_and_can_be_chosen(db):
    names = [f"c{number:02d}" for number in range(15)]
    columns = (column("id", DataType.INTEGER, is_key=True), *map(column, names))
    data = ",".join(["id", *names]) + "\n" + ",".join(["1", *names]) + "\n"
    dataset = served(data, columns)

    assert len(table(text(page(dataset)))[0]) == preview.MOST_COLUMNS
    assert "4 more fields are not shown here" in text(page(dataset))
    assert table(text(page(dataset, fields="c14")))[0] == ["c14"]


def test_rows_that_a_stricter_decision_overtook_are_read_again_and_noted_once(
    live_database, monkeypatch
):
    del live_database
    dataset, looks = served(), []

    def overtaken(_head):
        looks.append(len(noted()))
        return len(looks) == 1

    monkeypatch.setattr(reading, "overtaken", overtaken)
    monkeypatch.setattr(reading, "LEASE_SECONDS", 0)

    html = text(page(dataset))

    assert looks == [0, 0]
    assert len(noted()) == 1
    assert len(table(html)) == 3


def test_rows_that_are_replaced_again_and_again_leave_the_page_without_them(
    live_database, monkeypatch
):
    del live_database
    dataset = served()
    monkeypatch.setattr(reading, "overtaken", lambda _head: True)
    monkeypatch.setattr(reading, "LEASE_SECONDS", 0)

    html = text(page(dataset))

    assert "rows-replaced" in html
    assert table(html) == []
    assert noted() == []


def test_the_filter_form_leads_to_the_apis_parameters(dataset):
    answer = get(
        f"/datasets/{dataset.slug}/filter",
        field=["name", "", "price", "price", "price"],
        operator=["prefix", "eq", "null", "gte", "lt"],
        value=["b", "x", "", "1", ""],
        show=["id", "name"],
        sort="price",
        order="down",
        limit="50",
    )

    place = urlsplit(answer["Location"])
    assert (answer.status_code, place.path) == (302, f"/datasets/{dataset.slug}")
    assert parse_qs(place.query) == {
        "fields": ["id,name"],
        "name.prefix": ["b"],
        "price.null": ["true"],
        "price.gte": ["1"],
        "sort": ["-price"],
        "limit": ["50"],
    }


def test_the_form_shows_what_was_asked(dataset):
    html = text(page(dataset, **{"name.prefix": "be", "sort": "-id"}))

    form = re.search(
        r"<form method=\"get\" action=\"[^\"]*/filter\">(.*?)</form>", html, re.DOTALL
    )
    assert '<option value="name" selected>' in form[1]
    assert '<option value="prefix" selected>' in form[1]
    assert 'value="be"' in form[1]
    assert '<option value="down" selected>' in form[1]
    assert '<option value="phone"' not in form[1]


def test_htmx_gets_the_part_that_changes_alone(dataset):
    headers = {"HX-Request": "true", "HX-Target": "asked"}
    part = get(f"/datasets/{dataset.slug}", headers=headers)
    whole = get(
        f"/datasets/{dataset.slug}",
        headers={**headers, "HX-History-Restore-Request": "true"},
    )

    assert text(part).lstrip().startswith('<div id="asked">')
    assert "<html" in text(whole)
    assert "HX-Request" in part["Vary"]


def test_the_whole_page_works_as_the_open_doors_role(dataset):
    with as_open_door():
        html = text(page(dataset, **{"price.gte": "15"}))

    assert [row[0] for row in table(html)] == ["2"]


def test_downloads_have_rows_and_an_estimated_size(dataset):
    html = text(page(dataset, **{"name.eq": "beta"}))

    files = re.search(r'<ul class="files">(.*?)</ul>', html, re.DOTALL)[1]
    address = f"/api/v1/datasets/{dataset.slug}/records.csv"
    assert f'href="{address}"' in files
    assert f'href="{address}?name.eq=beta"' in files
    assert "1 row, about 3" in unescape(files)
    assert f'href="/datasets/{dataset.slug}.jsonld"' in files


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_two_downloads_have_the_same_name(dataset, language):
    html = text(page(dataset, language=language, **{"name.eq": "beta"}))

    files = re.search(r'<ul class="files">(.*?)</ul>', html, re.DOTALL)[1]
    names = re.findall(r'<b>(.*?)</b> <span class="badge">(.*?)</span>', files)
    assert len(names) == len(set(names)) >= 8


def test_the_estimated_size_is_near_the_real_one(dataset):
    html = unescape(text(page(dataset)))
    real = len(
        "id,name,price,phone\n1,alpha,10.50,138****\n2,beta,20,138****\n"
        "3,<script>alert(1)</script>,,138****\n"
    )

    told = int(re.search(r"3 rows, about (\d+)", html)[1])

    assert abs(told - real) <= 0.1 * real


def test_machines_find_its_description(dataset):
    html = text(page(dataset))
    answer = get(f"/datasets/{dataset.slug}.jsonld")

    assert f'type="application/ld+json" href="/datasets/{dataset.slug}.jsonld"' in html
    assert answer["Content-Type"] == "application/ld+json"
    told = answer.json()
    assert told["@type"] == "Dataset"
    assert {"@language": "zh-Hans", "@value": dataset.title_zh} in told["name"]
    assert "ghost" not in answer.content.decode()
    assert get("/datasets/nowhere.jsonld").status_code == 404


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=40)
SINGLE = st.builds(
    Filter,
    NAMES,
    st.sampled_from([one for one in Operator if one != Operator.ONE_OF]),
    st.tuples(TEXTS),
)
SEVERAL = st.builds(
    Filter,
    NAMES,
    st.just(Operator.ONE_OF),
    st.lists(TEXTS.filter(lambda text: "," not in text), min_size=1, max_size=3).map(tuple),
)
QUERIES = st.builds(
    RecordQuery,
    fields=st.lists(NAMES, max_size=3, unique=True).map(tuple),
    filters=st.lists(SINGLE | SEVERAL, max_size=4).map(tuple),
    sort=st.lists(st.builds(Sort, NAMES, st.booleans()), max_size=2, unique=True).map(tuple),
)


@given(QUERIES)
def test_the_parameters_of_a_query_are_read_back_as_the_query(query):
    params: dict[str, list[str]] = {}
    for name, value in asked.pairs(query):
        params.setdefault(name, []).append(value)

    again = RecordQuery.parse(params)

    # filters of one name come together in a mapping; they all hold, whatever their order
    assert sorted(again.filters, key=str) == sorted(query.filters, key=str)
    assert (again.fields, again.sort) == (query.fields, query.sort)


def test_the_data_of_these_tests_is_what_they_say():
    assert DATA.count("\n") == 4
