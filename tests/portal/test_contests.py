"""Contests for everybody: what is published, its entries and awards, and nothing of a draft."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.models import Dataset
from community import contests, showcases
from community.models import Contest, ContestEntry
from exchange.database_roles import HIDDEN
from tests.databases import as_open_door
from tests.factories import catalog, community, exchange

pytestmark = pytest.mark.django_db


def now():
    return exchange.now()


def get(path, language="en"):
    return Client(headers={"Accept-Language": language}).get(path)


def page(path, language="en") -> str:
    answer = get(path, language)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.fixture
def held():
    """A contest that takes entries, one with an award, one called off, and a draft."""
    taking = community.contest(at=now(), datasets=[catalog.dataset(title_en="Bus stops").pk])
    author = community.member("Lin")
    app, waiting = community.showcase(by=author, shown=True), community.showcase(by=author)
    for one in (app, waiting):
        contests.enter(taking.pk, one.pk, by=author, at=now())
    over = community.awarded(app, at=now())
    off = community.contest(at=now())
    contests.withdraw(off.pk, reason="no jury came together", by=community.operator(), at=now())
    return {
        "taking": taking,
        "over": over,
        "off": off,
        "draft": community.contest(shown=False, at=now(), title_en="Not told yet"),
        "app": app,
        "waiting": waiting,
    }


def test_the_list_says_how_far_each_contest_is_and_nothing_of_drafts(held):
    ahead = community.contest(at=now() + timedelta(days=15))
    judged = community.judged(at=now())
    with as_open_door():
        told = page("/contests")

    assert told.count('<li class="card">') == 4
    for word in ("takes entries", "opens soon", "being judged", "results announced"):
        assert f">{word}<" in told
    assert told.index(judged.title_en) < told.index(held["over"].title_en)
    assert ahead.title_en in told
    assert held["draft"].title_en not in told
    assert held["off"].title_en not in told


def test_before_the_first_contest_the_page_says_so():
    assert "No contest is held yet" in page("/contests")
    assert "还没有举办大赛" in page("/contests", "zh-CN")


def test_a_contest_shows_days_rules_datasets_and_the_apps_that_are_shown(held):
    with as_open_door():
        told = page(f"/contests/{held['taking'].slug}")

    assert held["taking"].rules_en in told
    assert f"{held['taking'].entries_until}" in told
    assert "Bus stops" in told
    assert held["app"].title_en in told
    assert held["waiting"].title_en not in told
    assert "Lin" in told
    assert f'href="/my/contests/{held["taking"].slug}/"' in told


def test_a_contest_is_whole_in_chinese(held):
    told = page(f"/contests/{held['over'].slug}", "zh-CN")

    assert held["over"].rules_zh in told
    assert held["over"].rules_en not in told
    assert "一等奖" in told
    assert "First prize" not in told


def test_awards_stand_at_the_contest_at_the_app_and_on_its_card(held):
    app = held["app"]
    with as_open_door():
        told = [page(f"/contests/{held['over'].slug}"), page(f"/apps/{app.pk}"), page("/apps")]

    assert ["First prize" in one for one in told] == [True] * 3
    assert f'href="/contests/{held["over"].slug}"' in told[1]


def test_before_the_results_an_award_is_on_no_page(held):
    community.judged(community.showcase(shown=True), at=now())

    assert page("/apps").count("First prize") == 1


def test_an_app_that_is_taken_back_leaves_the_contest_with_its_award(held):
    showcases.withdraw(held["app"].pk, by=held["app"].speaker.user, at=now())

    for which in ("taking", "over"):
        assert held["app"].title_en not in page(f"/contests/{held[which].slug}")
    assert "No award was given" in page(f"/contests/{held['over'].slug}")


def test_a_contest_that_was_called_off_is_answered_with_day_and_reason(held):
    with as_open_door():
        answer = get(f"/contests/{held['off'].slug}")

    assert answer.status_code == 410
    assert "no jury came together" in answer.content.decode()


def test_a_draft_is_answered_as_if_it_was_not_there(held):
    contests.withdraw(held["draft"].pk, reason="x", by=community.operator(), at=now())

    for slug in (held["draft"].slug, "nothing"):
        with as_open_door():
            assert get(f"/contests/{slug}").status_code == 404


def test_a_dataset_that_is_withdrawn_is_not_told_by_the_contest(held):
    gone = {"withdrawn_at": now(), "withdrawn_by": community.operator(), "withdrawn_reason": "x"}
    for told in ({"state": "withdrawn"} | gone, {"state": "draft"}):
        Dataset.objects.filter(title_en="Bus stops").update(**told)
        assert "Bus stops" not in page(f"/contests/{held['taking'].slug}")
        with as_open_door():
            assert not Contest.datasets.through.objects.exists()


def test_the_open_door_reads_no_draft_no_entry_that_is_not_shown_and_nobody_of_the_office(held):
    with as_open_door():
        slugs = set(Contest.objects.values_list("slug", flat=True))
        apps = set(ContestEntry.objects.values_list("showcase", flat=True))
        people = list(Contest.objects.exclude(moved_by=None)) + list(
            ContestEntry.objects.exclude(entered_by=None)
        )

    assert slugs == {held[name].slug for name in ("taking", "over", "off")}
    assert apps == {held["app"].pk}
    assert people == []


def test_every_column_that_names_a_person_is_hidden():
    for model in (Contest, ContestEntry):
        people = {
            field.column
            for field in model._meta.concrete_fields
            if field.is_relation and field.related_model is User
        }
        assert people == HIDDEN[model._meta.db_table]


def test_the_pages_ask_a_constant_number_of_queries(held):
    paths = ("/contests", f"/contests/{held['taking'].slug}", f"/contests/{held['over'].slug}")
    counts = {}
    for path in paths:
        with CaptureQueriesContext(connection) as asked:
            page(path)
        counts[path] = len(asked)
    author = community.member()
    for _more in range(3):
        app = community.showcase(by=author, shown=True)
        contests.enter(held["taking"].pk, app.pk, by=author, at=now())
        community.awarded(app, at=now())

    for path, before in counts.items():
        with CaptureQueriesContext(connection) as asked:
            page(path)
        assert len(asked) == before <= 10, path


def test_search_engines_are_told_of_contests_and_of_no_draft(held):
    told = page("/sitemap-pages.xml")

    assert f"/contests/{held['taking'].slug}</loc>" in told
    assert f"/contests/{held['draft'].slug}" not in told
    assert f"/contests/{held['off'].slug}" not in told
    assert 'href="/contests"' in page("/site-map")
