"""The page of a dataset: what it is, its fields, and what stands in its place."""

import copy
import json
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import relations
from catalog.models import CodeList, Dataset
from catalog.terms import State
from exchange import access, counted
from exchange.models import RecordTable
from exchange.sync import engine
from oversight.models import Daily, Door
from policy.terms import DataType, Grade, OpenType
from tests.databases import as_open_door
from tests.factories import catalog, exchange
from tests.portal.dataset_ways import COLUMNS, get, page, served, text

pytestmark = pytest.mark.django_db


DESCRIBED = r'<script type="application/ld\+json">([^<>&]*)</script>'


@pytest.fixture(scope="module")
def made(module_database):
    with module_database.unblock():
        return served()


@pytest.fixture
def dataset(db, made):
    return copy.deepcopy(made)


def field(html, name):
    """Return the row of a field."""
    return re.search(rf'<tr id="field-{name}">(.*?)</tr>', html, re.DOTALL)[1]


def test_the_page_says_what_it_is_and_who_answers_for_it(dataset):
    html = text(page(dataset))

    assert f"<h1>{dataset.title_en}</h1>" in html
    assert dataset.owner.name_en in html
    assert dataset.code in html
    assert dataset.contact in html
    assert 'href="https://creativecommons.org/licenses/by/4.0/" rel="license external"' in html
    assert "promised: daily" in html
    assert "open in part" in html


def test_each_field_has_its_treatment_with_the_reason(dataset):
    html = text(page(dataset))

    assert "in clear" in field(html, "name")
    assert "at most 40 characters" in field(html, "name")
    assert "the first 3 characters stay, the rest is starred" in field(html, "phone")
    assert "ask for a grant" in field(html, "extra")
    assert "does not open this field" in field(html, "secret")
    assert f"/datasets/{dataset.slug}/why?field=secret#field-secret" in field(html, "secret")


def test_a_concealed_field_is_nowhere_on_any_page(dataset):
    for part in ("", "/why"):
        assert "ghost" not in text(page(dataset, part))


@override_settings(DEBUG=False)
def test_what_is_not_published_and_what_is_not_there_are_the_same_answer(dataset):
    others = [
        catalog.dataset(state)
        for state in State
        if state not in (State.PUBLISHED, State.WITHDRAWN)
    ]

    answers = {
        one: get(f"/datasets/{one}") for one in ("nowhere", *(each.slug for each in others))
    }

    assert {answer.status_code for answer in answers.values()} == {404}
    told = {answer.content.decode().replace(one, "…") for one, answer in answers.items()}
    assert len(told) == 1  # but for the address that was asked for, which the languages lead to


def test_a_withdrawn_dataset_says_since_when_and_why_and_what_there_is_instead(db):
    instead = catalog.dataset()
    gone = catalog.dataset(State.DRAFT)
    by = catalog.able("catalog.update_dataset", gone.owner)
    relations.relate(gone.pk, related=[instead], by=by, at=catalog.NOW)
    catalog.bring(gone.pk, State.WITHDRAWN)
    gone.refresh_from_db()

    for part in ("", "/why"):
        answer = page(gone, part)

        assert answer.status_code == 410
        assert timezone.localtime(gone.withdrawn_at).strftime("%Y-%m-%d") in text(answer)
        assert gone.withdrawn_reason in text(answer)
        assert f'href="/datasets/{instead.slug}"' in text(answer)


def test_datasets_of_the_same_subject_are_related_where_none_is_named(db):
    subject = catalog.subject()
    one, other = catalog.dataset(subject=subject), catalog.dataset(subject=subject)
    stranger = catalog.dataset()

    html = text(page(one))

    assert f'href="/datasets/{other.slug}"' in html
    assert stranger.slug not in html


def test_a_dataset_without_rows_shows_its_fields_by_law(db):
    html = text(page(catalog.dataset()))

    assert "no rows yet" in html
    assert "in clear" in field(html, "name")
    assert "open to everyone" in html


def test_a_dataset_that_needs_a_grant_for_everything_says_so(db):
    closed = catalog.dataset(grade=Grade.L2, open_type=OpenType.CONDITIONAL)

    assert "under a grant only" in text(page(closed))


def test_data_older_than_promised_is_late_since_a_day(dataset):
    RecordTable.objects.update(refreshed_at=timezone.now() - timedelta(days=3))

    html = text(page(dataset))

    assert 'class="mark late"' in html
    assert "late since" in html


def test_the_page_is_in_the_language_that_is_asked_for(dataset):
    html = text(page(dataset, language="zh-CN"))

    assert f"<h1>{dataset.title_zh}</h1>" in html
    assert "保留前 3 位，其余以星号代替" in html
    assert "You see" not in html


def test_a_code_list_is_named_at_its_field(db):
    codes = CodeList.objects.create(name="GB/T 2260", version="2023", title_zh="行政区划")
    one = catalog.dataset(fields=[catalog.new_field("region", code_list=codes)])

    with as_open_door():
        html = text(page(one))

    assert "GB/T 2260 (2023)" in field(html, "region")


def test_the_bounds_of_a_field_are_told_in_words_where_one_side_is_free(db):
    bounds = {"low": (0, None), "high": (None, 100), "both": (-90, 90)}
    columns = [
        catalog.new_field(name, data_type=DataType.INTEGER, minimum=least, maximum=most)
        for name, (least, most) in bounds.items()
    ]
    one = catalog.dataset(fields=columns)

    with as_open_door():
        english, chinese = text(page(one)), text(page(one, language="zh-CN"))

    assert "0 or more" in field(english, "low")
    assert "100 or less" in field(english, "high")
    assert "-90 … 90" in field(english, "both")
    assert "不小于 0" in field(chinese, "low")
    assert "不大于 100" in field(chinese, "high")


def test_the_pages_work_as_the_open_doors_role(dataset):
    other = catalog.dataset()
    Dataset.objects.get(pk=dataset.pk).related.add(other)

    with as_open_door():
        whole, why = page(dataset), page(dataset, "/why")

    assert other.slug in text(whole)
    assert "does not open this field" in text(why)


@pytest.mark.parametrize("params", [{}, {"price.gte": "15", "limit": "1"}])
def test_the_page_asks_at_most_twelve_queries_also_where_nothing_is_kept(dataset, params):
    page(dataset)
    cache.clear()
    access._looks.clear()
    access._decisions.clear()

    with CaptureQueriesContext(connection) as asked:
        page(dataset, **params)

    assert len(asked) <= 12


def test_the_pages_have_no_inline_script_or_style(dataset):
    for part in ("", "/why"):
        html = re.sub(DESCRIBED, "", text(page(dataset, part)))

        assert not re.search(r"<script(?! src=)|<style|\s(style|on\w+)\s*=", html)
        assert html.count("<h1") == 1


def test_what_people_say_stands_on_the_page(dataset):
    html = text(page(dataset))

    assert 'id="talk"' in html
    assert 'id="used-by"' in html


def test_the_page_holds_its_description_for_machines_as_the_file_has_it(dataset):
    described = re.findall(DESCRIBED, text(page(dataset)))

    assert [json.loads(one) for one in described] == [json.loads(text(page(dataset, ".jsonld")))]


def test_no_text_of_an_entry_ends_its_description_for_machines(db):
    attack = "</script><script>alert(1)</script><!--"
    html = text(page(served(abstract_zh=attack, abstract_en=attack)))

    assert "<script>alert" not in html
    assert attack in json.loads(re.search(DESCRIBED, html)[1])["description"][1]["@value"]


def test_departments_lead_to_their_pages(dataset):
    there = f'<a href="/departments/{dataset.owner.slug}">{dataset.owner.name_en}</a>'

    pages = [page(dataset), page(dataset, "/why"), page(dataset, "/history"), get("/datasets")]

    assert all(there in text(one) for one in [*pages, page(dataset, "/chart"), get("/")])
    assert get(f"/departments/{dataset.owner.slug}").status_code == 200


def test_how_often_it_was_asked_for_stands_on_the_page(dataset):
    today = timezone.localdate()
    for door, ago, views in ((Door.PORTAL, 0, 7), (Door.OPEN, 29, 0), (Door.PORTAL, 30, 100)):
        Daily.objects.create(
            dataset=dataset,
            day=today - timedelta(days=ago),
            door=door,
            views=views,
            calls=0 if views else 1234,
        )

    with as_open_door():
        html = text(page(dataset))

    assert re.search(r"<dt>Page views</dt><dd>7</dd>", html)
    assert re.search(r"<dt>Calls</dt><dd>1,234</dd>", html)


def test_tabs_lead_to_each_part_that_there_is(dataset):
    html = text(page(dataset))
    tabs = re.search(r'<nav class="tabs".*?</nav>', html, re.DOTALL)[0]

    assert f'href="/datasets/{dataset.slug}/chart"' in tabs
    for part in re.findall(r'href="[^"]*#([^"]+)"', tabs):
        assert f'id="{part}"' in html, part
    for address in re.findall(r'href="([^"#]+)"', tabs):
        assert get(address).status_code == 200, address


def test_a_dataset_open_by_counts_says_by_which_and_offers_no_file_of_rows(db):
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,2\n", COLUMNS[:3])
    fields = {one.name: one.pk for one in binding.resource.fields.all()}
    by = catalog.able("exchange.count_only", binding.resource.dataset.owner)
    told = {"reason": "small groups", "by": by, "at": exchange.NOW}
    counted.count_only(binding.resource.dataset_id, [(fields["name"], "")], smallest=5, **told)
    engine.sync(binding.pk)
    one = exchange.publish(where, binding.resource)

    with as_open_door():
        html = text(page(one))

    assert "in groups of 5 or more, by: name." in html
    assert ">open by counts alone</span>" in html
    assert "open to everyone" not in html
    assert f'href="/api/v1/datasets/{one.slug}/aggregate"' in html
    assert "records.csv" not in html
    assert 'role="alert"' not in html


def test_only_reading_is_answered(dataset):
    assert Client().post(f"/datasets/{dataset.slug}").status_code == 405


def test_the_lists_lead_to_the_page(dataset):
    assert f'href="/datasets/{dataset.slug}"' in text(get("/datasets"))
    assert f'href="/datasets/{dataset.slug}/why"' in text(get("/datasets"))
    assert f'href="/datasets/{dataset.slug}"' in text(get("/"))
