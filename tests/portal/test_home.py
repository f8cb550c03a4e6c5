"""The front page: search first, then themes, what is new, the city in figures."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Dataset, Subject
from catalog.terms import State
from community import contests
from exchange.models import RecordTable, Zone
from exchange.sync import engine
from policy.terms import DataType
from portal import front, icons
from tests.databases import as_open_door
from tests.factories import catalog, community, exchange
from tests.factories.exchange import column


@pytest.fixture
def served(db):
    """Return a published dataset with two rows."""
    where = exchange.house()
    columns = (column("id", DataType.INTEGER, is_key=True), column("name"))
    binding = exchange.csv_binding(where, "id,name\n1,a\n2,b\n", columns)
    engine.sync(binding.pk)
    return exchange.publish(where, binding.resource)


def home(language="en", **params):
    return Client(headers={"Accept-Language": language}).get("/", params)


def test_the_page_searches_first(db):
    page = home().content.decode()

    assert page.index('action="/datasets"') < page.index("<h2")
    assert page.count("<h1") == 1


def test_the_figures_are_those_of_the_database(served):
    catalog.dataset()
    for state in State:
        if state != State.PUBLISHED:
            catalog.dataset(state)

    page = home().content.decode()

    told = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))
    assert told == {
        "datasets in the catalogue": "2",
        "departments that publish": "2",
        "datasets with rows for everybody": "1",
        "rows open to everybody": "2",
    }


def test_themes_lead_to_their_datasets(db):
    subject = Subject.objects.create(code="101", name_zh="交通运输", name_en="Transport")
    catalog.dataset(subject=subject)

    page = home().content.decode()

    assert 'href="/datasets?subject=101"' in page
    assert "icons.svg#traffic" in page
    assert re.search(r"<b>Transport</b><span[^>]*>Datasets: 1<", page)


def test_each_icon_that_a_theme_may_get_is_drawn():
    drawn = Client().get("/static/portal/icons.svg")
    ids = re.findall(r'id="(\w+)"', b"".join(drawn.streaming_content).decode())

    assert {*icons.WORDS, icons.OTHERWISE} <= set(ids)


def test_what_is_new_stands_there_with_its_day_and_nothing_unpublished(served):
    hidden = [catalog.dataset(state) for state in State if state != State.PUBLISHED]

    page = home().content.decode()

    assert page.count(served.title_en) == 2  # newly published, newly refreshed
    assert not [one for one in hidden if one.slug in page]


def test_what_is_new_is_the_newest_by_either_time(db):
    now = exchange.now()
    for number in range(9):  # the first published is the last renewed
        made = catalog.dataset(title_en=f"Set {number}.")
        Dataset.objects.filter(pk=made.pk).update(published_at=now + timedelta(hours=number))
        RecordTable.objects.create(
            resource=catalog.table(made),
            zone=Zone.OPEN,
            version=1,
            table_name=f"ds_{made.pk}_v1",
            live=True,
            built_at=now,
            refreshed_at=now - timedelta(hours=number),
        )

    new = front.front()

    assert [one.title_en for one in new.published] == [f"Set {n}." for n in (8, 7, 6, 5, 4, 3)]
    assert [one.title_en for one in new.refreshed] == [f"Set {n}." for n in range(6)]


def test_contests_that_take_entries_stand_there_the_first_to_end_on_top_and_no_others(db):
    now, day = exchange.now(), timezone.localdate(exchange.now())
    later = community.contest(at=now)
    last = community.contest(at=now, opens_on=day, entries_until=day)  # its only day is today
    others = [
        community.contest(at=now, shown=False),
        community.contest(at=now + timedelta(days=11)),  # opens tomorrow
        community.judged(at=now),
        community.contest(at=now),
    ]
    contests.withdraw(others[-1].pk, reason="x", by=community.operator(), at=now)

    with as_open_door():
        page = home().content.decode()
        chinese = home("zh-CN").content.decode()

    assert page.index(last.title_en) < page.index(later.title_en)
    assert f"entries until {day}" in page
    assert f'href="/contests/{last.slug}">{last.title_zh}<' in chinese
    assert not [one for one in others if f'"/contests/{one.slug}"' in page]


def test_an_empty_city_has_a_front_page(db):
    page = home("zh-CN").content.decode()

    assert "contests-title" not in page

    assert '<html lang="zh-Hans">' in page
    assert "城市数据" in page


def test_the_page_asks_a_constant_number_of_queries(served):
    home()
    cache.clear()
    with CaptureQueriesContext(connection) as one:
        home()
    for _more in range(3):
        catalog.dataset()
        community.contest(at=exchange.now())
    with CaptureQueriesContext(connection) as many:
        home()

    assert len(many) == len(one) <= 12


def test_the_page_works_as_the_open_doors_role(served):
    with as_open_door():
        page = home().content.decode()

    assert served.title_en in page
