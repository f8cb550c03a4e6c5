"""A dataset that is open under conditions only: every page says so, and leads to applying."""

import json
import re

import pytest

from catalog import indexing
from catalog.models import Dataset
from policy.terms import DataType, Grade, OpenType
from tests.databases import as_open_door
from tests.factories.catalog import NOW
from tests.factories.exchange import column
from tests.portal.dataset_ways import get, page, served, text

pytestmark = pytest.mark.django_db
DATA = "id,name\n1,alpha\n"


def published(open_type) -> Dataset:
    terms = {"grade": Grade.L2, "open_type": open_type}
    columns = (column("id", DataType.INTEGER, is_key=True, **terms), column("name", **terms))
    return served(DATA, columns)


@pytest.fixture
def conditional(db) -> Dataset:
    return published(OpenType.CONDITIONAL)


@pytest.mark.parametrize("part", ["", "/chart"])
def test_the_page_and_the_chart_say_under_which_conditions(conditional, part):
    html = text(page(conditional, part))

    assert "the rows are there for companies that hold a grant" in html
    assert f'href="/my/applications/new/{conditional.slug}/"' in html
    assert "first sync has not brought rows yet" not in html
    assert "#conditional-only" in html


def test_no_part_of_the_page_awaits_rows(conditional):
    for part in ("", "/history", "/why"):
        html = text(page(conditional, part))

        assert "no rows yet" not in html
        assert "rows yet" not in html
    assert "no file of them is offered to everyone" in text(page(conditional))


def test_the_page_holds_as_the_open_door_sees_it(conditional):
    with as_open_door():
        html = text(page(conditional))

    assert "the rows are there for companies that hold a grant" in html


def test_the_list_does_not_await_its_rows_either(conditional):
    indexing.index(conditional.pk, at=NOW)

    html = text(get("/datasets"))

    assert "rows not for everyone" in html
    assert "no rows yet" not in html


def test_what_is_not_open_at_all_leads_to_the_reasons_and_not_to_applying():
    closed = published(OpenType.NOT_OPEN)

    html = text(page(closed))

    assert "No field of this dataset is open to the public or to companies" in html
    assert "applications/new" not in html
    assert "#nothing-open" in html


def test_catalogues_are_told_the_condition_and_offered_no_file(conditional):
    html = text(page(conditional))

    told = json.loads(re.search(r'<script type="application/ld\+json">([^<]*)</script>', html)[1])
    assert "有条件开放" in json.dumps(told["conditionsOfAccess"], ensure_ascii=False)
    assert "distribution" not in told
    assert "isAccessibleForFree" not in told
