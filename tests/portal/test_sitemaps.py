"""Where everything is, for people and for search engines; and whom one tells of a weakness."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Dataset, Subject
from catalog.terms import State
from config import environment
from portal import robots, sitemaps
from portal.frame import ABOUT
from tests.factories import catalog
from tests.factories.bulk import copies

pytestmark = pytest.mark.django_db
SPACE = {"s": sitemaps.NAMESPACE}


def read(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200, path
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode()


def addresses(path: str, settings) -> list[str]:
    """Return the paths that a file for search engines names."""
    tree = ElementTree.fromstring(read(path))  # noqa: S314 - our own
    found = [one.text or "" for one in tree.findall(".//s:loc", SPACE)]
    assert all(one.startswith(f"{settings.PUBLIC_BASE_URL}/") for one in found)
    return [one.removeprefix(settings.PUBLIC_BASE_URL) for one in found]


def test_the_index_leads_to_every_page_and_every_published_dataset(settings):
    made = [catalog.dataset() for _time in range(3)]
    for state in State:
        if state != State.PUBLISHED:
            catalog.dataset(state)

    parts = addresses("/sitemap.xml", settings)
    found = [one for part in parts for one in addresses(part, settings)]

    assert parts == ["/sitemap-pages.xml", "/sitemap-datasets-1.xml"]
    datasets = {one for one in found if one.startswith("/datasets/")}
    assert datasets == {f"/datasets/{one.slug}" for one in made}
    assert {"/", "/about", "/about/licence", "/negative-list", "/figures"} <= set(found)
    assert {f"/departments/{one.owner.slug}" for one in made} <= set(found)
    assert not [one for one in found if one.startswith(("/office/", "/my/"))]
    assert len(found) == len(set(found))
    assert {Client().get(one).status_code for one in found} == {200}


def test_a_part_ends_where_the_next_begins(monkeypatch, settings):
    monkeypatch.setattr(sitemaps, "PART", 2)
    made = [catalog.dataset() for _time in range(5)]

    parts = addresses("/sitemap.xml", settings)[1:]
    found = [addresses(part, settings) for part in parts]

    assert [len(part) for part in found] == [2, 2, 1]
    assert [one for part in found for one in part] == [f"/datasets/{one.slug}" for one in made]
    assert Client().get("/sitemap-datasets-4.xml").status_code == 404
    assert Client().get("/sitemap-datasets-0.xml").status_code == 404


def test_a_file_is_written_some_hundred_addresses_at_a_time(monkeypatch):
    monkeypatch.setattr(sitemaps, "BATCH", 3)
    for _time in range(7):
        catalog.dataset()

    pieces = list(Client().get("/sitemap-datasets-1.xml").streaming_content)

    assert len(pieces) == 4
    assert b"".join(pieces).count(b"<loc>") == 7


def test_many_datasets_cost_as_many_queries_as_few(settings):
    made = catalog.dataset()
    with CaptureQueriesContext(connection) as few:
        read("/sitemap-datasets-1.xml")
    copies(made, 300, slug="'many-' || i", code="'m/' || i")
    with CaptureQueriesContext(connection) as many:
        read("/sitemap-datasets-1.xml")

    assert len(addresses("/sitemap-datasets-1.xml", settings)) == 301
    assert len(many) == len(few) <= 3


def test_a_dataset_says_when_it_changed_and_the_index_when_its_newest_did():
    for days in (9, 3):
        made = catalog.dataset()
        at = timezone.now() - timedelta(days=days)
        Dataset.objects.filter(pk=made.pk).update(published_at=at)
    newest = f"<lastmod>{timezone.localdate(at):%Y-%m-%d}</lastmod>"

    assert read("/sitemap-datasets-1.xml").count("<lastmod>") == 2
    assert newest in read("/sitemap-datasets-1.xml")
    assert read("/sitemap.xml").count(newest) == 1


def test_an_empty_city_has_an_index_without_datasets(settings):
    assert addresses("/sitemap.xml", settings) == ["/sitemap-pages.xml"]


@pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemap-pages.xml", "/site-map"])
def test_the_open_doors_role_may_read_them(path):
    catalog.dataset()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE city_open")
        cursor.execute("SET LOCAL search_path = face, public")

    assert Client().get(path).status_code == 200


def test_the_page_for_people_names_menus_themes_and_departments():
    subject = Subject.objects.create(code="101", name_zh="交通运输", name_en="Transport")
    made = catalog.dataset(subject=subject)

    page = Client(headers={"Accept-Language": "en"}).get("/site-map").content.decode()

    assert 'href="/datasets?subject=101"' in page
    assert f'href="/departments/{made.owner.slug}"' in page
    assert all(str(one.name) in page for one in ABOUT)
    assert 'href="/sitemap.xml"' in page


def test_crawlers_are_led_to_pages_and_kept_from_accounts_rows_and_searches(settings):
    told = read("/robots.txt").splitlines()

    assert told[0] == "User-agent: *"
    assert f"Sitemap: {settings.PUBLIC_BASE_URL}/sitemap.xml" in told
    for path in ("/my/", "/office/", "/api/v1/", "/datasets?"):
        assert f"Disallow: {path}" in told
    assert "Disallow: /" not in told
    for path in ("/datasets?lang=", "/datasets/*?lang="):  # the page itself, in the other language
        assert f"Allow: {path}" in told


# --- security.txt (RFC 9116) ------------------------------------------------------------------


def test_without_a_contact_there_is_no_security_txt(settings):
    settings.SECURITY_CONTACT = []

    assert Client().get("/.well-known/security.txt").status_code == 404


def test_security_txt_names_contacts_and_a_day_within_a_year(settings):
    settings.SECURITY_CONTACT = ["mailto:security@data.example", "https://data.example/report"]

    lines = read("/.well-known/security.txt").splitlines()

    assert lines[:2] == [f"Contact: {one}" for one in settings.SECURITY_CONTACT]
    assert sum(line.startswith("Expires: ") for line in lines) == 1
    assert f"Canonical: {settings.PUBLIC_BASE_URL}/.well-known/security.txt" in lines
    assert "Preferred-Languages: zh, en" in lines
    ends = next(line for line in lines if line.startswith("Expires: ")).removeprefix("Expires: ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", ends)
    left = datetime.fromisoformat(ends) - datetime.now(UTC)
    assert timedelta(days=150) < left < timedelta(days=365)


def test_a_file_asked_for_at_any_hour_is_good_for_half_a_year():
    late = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)

    assert robots.expires(late) == datetime(2026, 8, 29, tzinfo=UTC)


def test_a_contact_has_to_be_an_address_that_a_browser_opens(monkeypatch):
    monkeypatch.setenv("SECURITY_CONTACT", "security@data.example")

    with pytest.raises(ImproperlyConfigured, match="mailto:"):
        environment.contacts("SECURITY_CONTACT")
