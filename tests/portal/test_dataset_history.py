"""What is measured of a dataset's rows, and what happened to it."""

import re

import pytest

from catalog.terms import State
from exchange import opening
from exchange.sync import engine
from policy.terms import DataType, Grade, MaskKind
from tests.databases import as_open_door
from tests.factories import catalog, exchange
from tests.factories.exchange import column
from tests.portal.dataset_ways import get, page, served, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(db):
    return served()


def changes(html):
    """Return the sentences of the timeline."""
    part = re.search(r'<ol class="timeline">(.*?)</ol>', html, re.DOTALL)[1]
    return re.findall(r"<br>([^<]*)", part)


def test_the_fields_in_clear_are_counted_and_no_others(dataset):
    html = text(page(dataset, "/history"))

    told = dict(re.findall(r'<th scope="row">(\w+)</th>.*?<td class="number">([\d.]+)</td>', html))
    assert told == {"id": "100", "name": "100", "price": "66.6"}


def test_the_last_syncs_are_told_with_what_they_turned_away(db):
    columns = (column("id", DataType.INTEGER, is_key=True), column("name", length=3))
    where = exchange.house()
    resource = exchange.table(where, columns)
    binding = exchange.csv_binding(
        where, "id,name\n1,a\n2,b\n3,long\n", columns, resource=resource, max_rejected_percent=100
    )
    engine.sync(binding.pk)
    dataset = exchange.publish(where, resource)

    html = text(page(dataset, "/history"))

    last = re.search(r"Last syncs.*?<tbody><tr>(.*?)</tr>", html, re.DOTALL)[1]
    assert re.findall(r'"number">(\d+)<', last) == ["3", "1", "0"]
    assert "66.6%" in html


def test_a_regrading_is_told_with_before_and_after(dataset):
    fields = dataset.resources.get().fields
    opening.regrade(
        dataset.pk,
        {fields.get(name="name").pk: {"grade": Grade.L2, "mask_kind": MaskKind.BLANK}},
        by=catalog.able("exchange.regrade_field", dataset.owner),
        at=exchange.now(),
        reason="test",
    )

    html = text(page(dataset, "/history"))

    assert "name (name): L1 public → L2 internal; masked otherwise" in html
    assert "Published with 6 fields." in changes(html)


def test_a_line_of_the_negative_list_is_told(dataset):
    line = catalog.negative_line(dataset, ["name"])

    html = text(page(dataset, "/history"))

    assert f"Line {line.number} of the negative list bars fields" in html
    assert "name (name)" in html


def test_what_is_concealed_is_not_told(dataset):
    for part in ("/history", ".atom", ".jsonld"):
        assert "ghost" not in text(page(dataset, part))


def test_the_feed_has_the_changes_in_the_readers_language(dataset):
    english, chinese = page(dataset, ".atom"), page(dataset, ".atom", language="zh-CN")

    assert english["Content-Type"].startswith("application/atom+xml")
    assert "Published with 6 fields." in text(english)
    assert 'xml:lang="zh-Hans"' in text(chinese)
    assert dataset.title_zh in text(chinese)
    assert f'href="/datasets/{dataset.slug}.atom"' in text(page(dataset))


def test_the_pages_work_as_the_open_doors_role(dataset):
    with as_open_door():
        html, feed = text(page(dataset, "/history")), page(dataset, ".atom")

    assert "66.6" in html
    assert re.search(r"Last syncs.*?<td class=\"number\">3</td>", html, re.DOTALL)
    assert feed.status_code == 200


def test_a_dataset_without_rows_has_nothing_measured(db):
    html = text(page(catalog.dataset(), "/history"))

    assert "nothing is measured" in html
    assert "<meter" not in html


def test_withdrawn_and_unknown_datasets_are_answered_as_on_their_page(db):
    gone = catalog.dataset(State.WITHDRAWN)

    for part in ("/history", ".atom", ".jsonld"):
        answer = page(gone, part)
        assert answer.status_code == 410
        assert gone.withdrawn_reason in text(answer)
    assert get("/datasets/nowhere/history").status_code == 404
