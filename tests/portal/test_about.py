"""The pages about the platform: whole in both languages, true to the code, open to all."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import colleagues, quotas
from accounts.keys import OWN_PLACE
from accounts.roles import Role
from api.refusals import REFUSALS
from catalog.models import Dataset
from exchange import opening
from exchange.models import CountingRule, RecordTable
from oversight import standings
from portal.about import developers, pages
from tests.databases import as_open_door
from tests.factories import accounts, catalog
from tests.portal import guided

pytestmark = pytest.mark.django_db
TEXTS = Path(settings.BASE_DIR) / "portal" / "templates" / "portal" / "about"
NAMES = sorted(pages.PAGES)


def get(name, language="en"):
    return Client(headers={"Accept-Language": language}).get(pages.PAGES[name].address)


def text(name, language="en") -> str:
    answer = get(name, language)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def served():
    """Return a published dataset with rows, a text, a number and a place."""
    return guided.a_dataset()


# --- all of them ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_each_page_stands_in_an_empty_city_and_in_a_full_one(name, language, request):
    empty = text(name, language)
    request.getfixturevalue("served")
    full = text(name, language)

    for page in (empty, full):
        assert page.count("<h1") == 1
        assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in page
        assert not re.search(r"None", re.sub(r"<[^>]+>", " ", page).replace("If-None-Match", ""))
        assert 'href=""' not in page


@pytest.mark.parametrize("name", NAMES)
def test_each_page_is_read_by_the_open_doors_role_in_a_bounded_number_of_queries(name, served):
    get(name)
    with CaptureQueriesContext(connection) as asked, as_open_door():
        answer = get(name)

    assert answer.status_code == 200
    assert len(asked) <= 16


@pytest.mark.parametrize("name", NAMES)
def test_the_two_texts_of_a_page_have_the_same_headings_and_the_same_links(name):
    zh, en = ((TEXTS / f"{name}.{language}.html").read_text() for language in ("zh-hans", "en"))

    for pattern in (r"<h[23]", r"<li>|<li ", r"<tr>", r"<dt>", r"{% (?:url|include)[^%]*%}"):
        assert sorted(re.findall(pattern, zh)) == sorted(re.findall(pattern, en)), pattern


def test_no_text_lies_there_that_no_page_shows():
    shown = {f"{name}.{language}" for name in NAMES for language in ("zh-hans", "en")}
    lying = {path.name.removesuffix(".html") for path in TEXTS.glob("*.*.html")}

    assert lying == shown


@pytest.mark.parametrize("name", NAMES)
def test_no_link_of_a_page_is_broken(name, served):
    found = set(re.findall(r'href="(/[^"#]*)', text(name)))

    broken = {
        link
        for link in found
        if not link.startswith("/static/") and Client().get(link).status_code not in (200, 302)
    }
    assert broken == set()


def test_the_menus_lead_to_every_page():
    home = Client(headers={"Accept-Language": "en"}).get("/").content.decode()

    assert {f'href="{one.address}"' for one in pages.PAGES.values()} <= set(
        re.findall(r'href="[^"]*"', home)
    )


# --- developers -----------------------------------------------------------------------------


def test_a_dataset_that_is_open_by_counts_alone_is_no_example(served):
    CountingRule.objects.create(
        dataset=served,
        smallest_group=5,
        reason="it names people",
        set_by=accounts.user(Role.OPERATOR),
        set_at=timezone.now(),
    )

    assert developers.examples.found().rows is None
    assert "No dataset has open rows yet" in text("developers")


def test_the_guide_names_codes_that_there_are_with_their_status():
    known = {one.code: one.statuses for one in REFUSALS}

    for code, status, told in developers.CODES:
        assert status in known[code]
        assert str(told)
    assert "#feed-gone" in text("developers")


def test_the_guides_limits_are_those_of_the_settings(settings):
    settings.ANONYMOUS_PER_MINUTE, settings.ANONYMOUS_PER_DAY = 61, 5001

    page = re.sub(r"<[^>]+>", "", text("developers"))

    for number in ("61", "5,001", str(OWN_PLACE["rate_per_minute"]), "20,000", "600", "100,000"):
        assert number in page


def test_what_the_guide_says_of_a_304_holds(served):
    where = f"/api/v1/datasets/{served.slug}/records"
    first = Client().get(where)

    again = Client().get(where, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert int(again.headers["RateLimit-Remaining"]) < int(first.headers["RateLimit-Remaining"])


# --- licence --------------------------------------------------------------------------------


def test_the_licences_are_those_of_the_published_datasets_with_their_number():
    for told in ("CC-BY-4.0", " cc-by-4.0", "ODbL-1.0", "City terms 2026"):
        made = catalog.dataset()
        Dataset.objects.filter(pk=made.pk).update(license=told)
    catalog.dataset(state=catalog.State.DRAFT)

    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", text("licence"))

    told = [re.sub(r"<[^>]+>", "|", row) for row in rows]
    assert len(told) == 3
    assert "Creative Commons Attribution 4.0" in told[0]
    assert "|2|" in told[0]
    assert "https://creativecommons.org/licenses/by/4.0/" in rows[0]
    assert any("City terms 2026" in row and "see its text" in row for row in told)


def test_licences_are_named_in_the_language_that_was_asked_for():
    Dataset.objects.filter(pk=catalog.dataset().pk).update(license="CC-BY-4.0")
    chinese = Client(headers={"Accept-Language": "zh-CN"})

    page = chinese.get("/about/licence", {"lang": "en"}).content.decode()

    assert "Creative Commons Attribution 4.0" in page


# --- privacy --------------------------------------------------------------------------------


def test_privacy_tells_the_numbers_that_the_code_goes_by(settings):
    settings.SESSION_IDLE_MINUTES, settings.SIGN_IN_LOCK_MINUTES = 17, 43
    page = text("privacy")

    for told in (
        "17 minutes without a click",
        "a lock of 43 minutes",
        f"after {quotas.KEPT_SECONDS // 86400} days",
        settings.LANGUAGE_COOKIE_NAME,
        f"{settings.SESSION_COOKIE_AGE // 3600} hours at most",
        f"{colleagues.DAYS + colleagues.KEPT_DAYS} days after it was sent",
    ):
        assert told in page


def test_a_reader_gets_no_cookie_but_the_one_with_the_language(served, settings):
    client = Client()
    for path in ("/", "/datasets", f"/datasets/{served.slug}", "/about/privacy"):
        client.get(path)
    assert not client.cookies

    client.get("/?lang=en")

    assert set(client.cookies) == {settings.LANGUAGE_COOKIE_NAME}
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME]["max-age"] == 365 * 24 * 3600


# --- status ---------------------------------------------------------------------------------


def test_the_status_of_an_empty_city_says_what_it_does_not_know():
    page = text("status")

    for told in ("has not run yet", "Not worked out yet", "No sync has come to its end yet"):
        assert told in page


def test_the_status_names_what_was_synced_and_what_is_late(served):
    slow = RecordTable.objects.filter(resource__dataset=served)
    slow.update(refreshed_at=timezone.now() - timedelta(days=900))
    standings.compute(at=timezone.now())

    page = text("status")

    assert page.count(f'href="/datasets/{served.slug}"') == 2
    assert "may stand still" not in page
    assert '<td class="number">2</td>' in page
    assert str(settings.VAR) not in page


def test_a_clock_that_stands_still_is_told(served):
    standings.compute(at=timezone.now() - timedelta(hours=9))

    assert "may stand still" in text("status")


def test_a_status_of_what_is_not_published_tells_nothing(served):
    assert served.slug in text("status")
    opening.withdraw(
        served.pk, by=accounts.user(Role.OPERATOR), at=timezone.now(), reason="it names people"
    )

    assert served.slug not in text("status")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_help_leads_who_applied_to_their_applications(language):
    assert 'href="/my/applications/"' in text("help", language)
