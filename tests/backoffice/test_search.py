"""The search page and the desk's search field: who finds what, and the way to it."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import OFFICE_ROLES, Role
from catalog.terms import State
from policy.terms import Grade
from tests.factories import accounts, catalog

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client):
    """Return what reads the search page as a person."""

    def read(person, language="en", **params):
        client.force_login(person)
        asked = {"HTTP_ACCEPT_LANGUAGE": language}
        answer = client.get(reverse("admin:search"), params, **asked)
        assert answer.status_code == 200
        return answer.content.decode()

    return read


def test_a_clerk_finds_the_own_drafts_with_the_way_to_the_desk_and_others_without(page):
    own = catalog.dataset(State.DRAFT, title_en="Own draft")
    foreign = catalog.dataset(title_en="Foreign entry", grade=Grade.L1)
    hidden = catalog.dataset(State.DRAFT, title_en="Foreign draft")
    clerk = catalog.staff(Role.PUBLISHER, own.owner)

    html = page(clerk)

    assert f'href="{reverse("admin:catalog_dataset_change", args=[own.pk])}"' in html
    assert reverse("admin:catalog_dataset_change", args=[foreign.pk]) not in html
    assert foreign.title_en in html
    assert f'href="/datasets/{foreign.slug}"' in html
    assert hidden.title_en not in html
    assert "2 found" in html
    assert "L1 public" in html


def test_words_and_facets_narrow_and_are_taken_back(page):
    made = catalog.dataset(title_zh="停车场", title_en="Car parks")
    catalog.dataset(title_zh="公园", title_en="Parks and woods")
    operator = accounts.user(Role.OPERATOR)

    html = page(operator, q="停车", owner=made.owner.slug)
    nothing = page(operator, q="灯塔")

    assert "1 found" in html
    assert 'class="badge" href="?q=%E5%81%9C%E8%BD%A6"' in html
    assert f'<input type="hidden" name="owner" value="{made.owner.slug}">' in html
    assert "take back a choice" in nothing


def test_there_is_a_next_page(page, monkeypatch):
    monkeypatch.setattr("backoffice.pages.search.PAGE", 1)
    first, second = catalog.dataset(title_en="First"), catalog.dataset(title_en="Second")
    operator = accounts.user(Role.OPERATOR)

    html = page(operator)
    following = re.search(r'href="\?after=(\d+)"', html)

    assert second.title_en in html
    assert first.title_en in page(operator, after=following[1])
    assert page(operator, after="x" * 400, q="'\"" * 500)


def test_every_role_of_the_office_may_search_and_nobody_else(page, client):
    catalog.dataset(title_en="Public entry")

    for role in OFFICE_ROLES:
        assert "Public entry" in page(accounts.user(role))
    client.logout()
    assert client.get(reverse("admin:search")).status_code == 302


def test_the_page_speaks_chinese(page):
    catalog.dataset(title_zh="停车场")

    html = page(accounts.user(Role.OPERATOR), "zh-hans")

    assert "检索目录" in html
    assert "停车场" in html


def test_the_desks_field_finds_by_the_same_words(client):
    made = catalog.dataset(title_zh="城市公交站点", title_en="Stops")
    other = catalog.dataset(title_zh="公园", title_en="Parks")
    client.force_login(accounts.user(Role.OPERATOR))

    def listed(q):
        return client.get(reverse("admin:catalog_dataset_changelist"), {"q": q}).content.decode()

    for q in ("站点公交", "gjzd", made.slug):
        assert made.title_zh in listed(q)
        assert other.title_zh not in listed(q)
    assert made.title_zh in listed(" ")
    assert made.title_zh not in listed("'&|")


def test_the_page_costs_a_constant_number_of_queries(page):
    operator = accounts.user(Role.OPERATOR)
    catalog.dataset(subject=catalog.subject())
    page(operator)
    cache.clear()
    with CaptureQueriesContext(connection) as few:
        page(operator)
    for _more in range(5):
        catalog.dataset(subject=catalog.subject())

    with CaptureQueriesContext(connection) as more:
        page(operator)

    assert len(more) == len(few)
