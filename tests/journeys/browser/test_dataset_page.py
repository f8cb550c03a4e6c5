"""A dataset's page in a real browser: its description for machines meets the content policy, and
its chart and its department are one step away. In both languages, wide and narrow."""

import itertools
import json
from random import Random

from playwright.sync_api import expect

from accounts import boundaries
from accounts.models import CodeSystem
from demo import invented
from exchange import counted
from exchange.sync import engine
from policy.terms import DataType
from tests.factories import accounts, catalog, exchange
from tests.factories.exchange import column
from tests.journeys.browser import capturing
from tests.journeys.browser.conftest import LANGUAGES, NARROW, PATIENCE, PICTURES, WIDE

COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("lon", DataType.DECIMAL, coordinate="wgs84.x"),
    column("lat", DataType.DECIMAL, coordinate="wgs84.y"),
)


def stops():
    """Return a dataset of stops in districts that have boundaries."""
    chance = Random("stops")  # noqa: S311 - invented places
    rows = []
    for number, one in enumerate(invented.DISTRICTS * 9):
        longitude, latitude = invented.spot(one, chance)
        rows.append(f"{number},{invented.STREETS[number % 30]}站,{longitude},{latitude}")
    for one in invented.DISTRICTS:
        names = {"name_zh": one.name_zh, "name_en": one.name_en}
        accounts.region(code=one.code, code_system=CodeSystem.LOCAL, **names)
    made = invented.boundaries()
    boundaries.import_boundaries(made, source="演示数据（虚构）", by=None, at=exchange.NOW)
    return published("id,name,lon,lat\n" + "\n".join(rows) + "\n", COLUMNS)


def published(data, columns, by=""):
    """Return a published dataset; by counts alone where a field is named to count by."""
    where = exchange.house()
    binding = exchange.csv_binding(where, data, columns)
    if by:
        [field] = binding.resource.fields.filter(name=by)
        who = catalog.able("exchange.count_only", binding.resource.dataset.owner)
        told = {"reason": "small groups", "by": who, "at": exchange.NOW}
        counted.count_only(binding.resource.dataset_id, [(field.pk, "")], smallest=5, **told)
    engine.sync(binding.pk)
    return exchange.publish(where, binding.resource)


def test_the_page_leads_on_and_nothing_of_it_offends_the_content_policy(site):
    whole = stops()
    confined = published("id,name\n1,a\n2,a\n", COLUMNS[:2], by="name")
    told = []

    for language, size in itertools.product(LANGUAGES, (WIDE, NARROW)):
        context = site.browser.new_context(viewport=size, locale=LANGUAGES[language])
        site.opened.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda one: told.append(one.text) if one.type == "error" else None)
        shot = f"dataset-{language}-{size['width']}"

        page.goto(f"{site.url}/datasets/{whole.slug}")
        described = page.locator('script[type="application/ld+json"]').text_content()
        assert json.loads(described)["@type"] == "Dataset"
        seen(page, f"{shot}-page")
        page.locator(".tabs").get_by_role("link").nth(1).click()
        expect(page.locator("table.figures")).to_be_visible()
        page.locator("#group").select_option("@district")
        page.locator("form.ask button").click()
        expect(page.locator("table.figures tbody tr")).to_have_count(len(invented.DISTRICTS))
        seen(page, f"{shot}-chart")
        page.locator(".dataset-head .owner a").nth(1).click()
        expect(page).to_have_url(f"{site.url}/departments/{whole.owner.slug}")
        page.goto(f"{site.url}/datasets/{confined.slug}")
        expect(page.locator("#data .note .button").first).to_be_visible()
        seen(page, f"{shot}-counts")
        page.goto(f"{site.url}/datasets")
        seen(page, f"{shot}-search")

    assert told == []


def seen(page, name):
    """Keep a picture, and hold that the page is no wider than its window."""
    capturing.keep(page, PICTURES / f"{name}.png")
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    ), page.url
