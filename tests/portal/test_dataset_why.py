"""Why a field is not to be seen: the decision with the law, for each kind of reader and day."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from catalog.terms import LineState, Substitute
from policy.facts import Mask
from policy.terms import DataType, MaskKind
from portal.dataset import words
from tests.factories import catalog, exchange
from tests.factories.exchange import column
from tests.portal.dataset_ways import page, served, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(db):
    return served()


def verdict(html, name):
    """Return what is said of a field at length."""
    return re.search(rf'<article[^>]*id="field-{name}">(.*?)</article>', html, re.DOTALL)[1]


def cells(html, name):
    """Return how each kind of reader sees a field, from the table."""
    row = re.search(rf"<code>{name}</code></th>(.*?)</tr>", html, re.DOTALL)[1]
    return re.findall(r'class="badge (\w+)"', row)


def test_a_citizen_is_told_why_and_what_to_do(dataset):
    html = text(page(dataset, "/why"))

    assert "needs-grant" in verdict(html, "extra")
    assert "As a company: apply for a grant" in verdict(html, "extra")
    assert "not-open" in verdict(html, "secret")
    assert "Ask for it publicly" in verdict(html, "secret")
    assert "the first 3 characters stay" in verdict(html, "phone")


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ({"keep_left": 1}, "the first character stays, the rest is starred"),
        ({"keep_left": 3}, "the first 3 characters stay, the rest is starred"),
        ({"keep_right": 1}, "the last character stays, the rest is starred"),
        ({"keep_right": 4}, "the last 4 characters stay, the rest is starred"),
    ],
)
def test_one_character_is_not_called_characters(sides, said):
    with override("en"):
        assert words.mask_in_words(Mask(MaskKind.KEEP_EDGES, **sides)) == said


def test_one_field_alone_can_be_asked_about(dataset):
    html = text(page(dataset, "/why", field="name"))

    assert "default-open" in verdict(html, "name")
    assert 'id="field-secret"' not in html


@pytest.mark.parametrize("name", ["ghost", "nothing", "<b>"])
def test_concealed_and_unknown_fields_are_the_same_answer(dataset, name):
    html = text(page(dataset, "/why", field=name))
    shown = name.replace("<", "&lt;").replace(">", "&gt;")

    assert f"no field “{shown}” that could be named" in html
    assert "<article" not in html


def test_every_reader_has_a_column(dataset):
    html = text(page(dataset, "/why"))

    assert cells(html, "name") == ["clear"] * 5
    assert cells(html, "phone") == ["masked", "clear", "masked", "clear", "clear"]
    assert cells(html, "extra") == ["withheld", "clear", "clear", "clear", "clear"]
    assert cells(html, "secret")[:4] == ["withheld"] * 4


def test_a_department_reads_its_own_reasons(dataset):
    html = text(page(dataset, "/why", reader="department"))

    assert "verify-only" in verdict(html, "secret")
    assert "needs-grant" not in html


def test_a_line_is_shown_with_its_article_word_for_word(dataset):
    line = catalog.negative_line(
        dataset, ["name"], substitute=Substitute.STATISTICS, from_on=catalog.TODAY
    )

    html = text(page(dataset, "/why", field="name"))

    told = verdict(html, "name")
    assert line.basis.text_zh in told
    assert line.basis.law_en in told
    assert f"/negative-list#line-{line.number}" in told
    assert "statistics" in told
    assert f"{line.review_on:%Y-%m-%d}" in told


def test_a_line_that_has_ended_is_told_of_the_day_on_which_it_held(db):
    one = catalog.dataset(fields=["name"])
    line = catalog.negative_line(one, ["name"], state=LineState.PUBLISHED)
    day = timezone.localdate(line.published_at)

    html = text(page(one, "/why", field="name", as_of=f"{day:%Y-%m-%d}"))

    assert line.basis.text_zh in verdict(html, "name")


def test_a_day_before_publication_decided_nothing(dataset):
    day = timezone.localdate(dataset.published_at) - timedelta(days=1)

    assert "had not been published by" in text(page(dataset, "/why", as_of=f"{day:%Y-%m-%d}"))


@pytest.mark.parametrize("day", ["yesterday", "2026-02-31", "<x>"])
def test_what_is_no_day_is_said(dataset, day):
    answer = page(dataset, "/why", as_of=day, reader="nobody")

    assert answer.status_code == 200
    assert "is no day" in text(answer)


def test_what_the_zone_still_withholds_is_not_called_clear(db):
    columns = (column("id", DataType.INTEGER, is_key=True), column("name"))
    where = exchange.house()
    resource = exchange.table(where, columns)
    dataset = exchange.publish(where, resource)

    assert cells(text(page(dataset, "/why")), "name")[0] == "clear"
