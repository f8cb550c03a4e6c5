"""A citizen finds data with a slip of the pen, filters, charts and downloads; or asks why not."""

import csv
import io
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.utils import translation
from django.utils.translation import gettext as _
from playwright.sync_api import expect

from config import assets
from demo.invented import DISTRICTS
from tests.factories import catalog, living
from tests.journeys.browser.conftest import LANGUAGES, NARROW, PATIENCE, WIDE
from tests.journeys.browser.portal.conftest import City
from tests.journeys.browser.portal.looking import Looker

pytestmark = pytest.mark.slow
WHERE = DISTRICTS[1].name_zh


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV."""
    return list(csv.DictReader(io.StringIO(text)))


def given() -> list[dict[str, str]]:
    """Return the rows of the department's file."""
    return rows(living.stop_rows())


@pytest.fixture(params=list(LANGUAGES))
def language(request: pytest.FixtureRequest):
    """Speak a language while the citizen does, so that labels are found by the same words."""
    with translation.override(request.param):
        yield request.param


def test_a_slip_is_forgiven_and_a_suggestion_leads_to_the_dataset(city: City, language: str):
    looker = Looker.at(city, language, viewport=WIDE)
    page = looker.page
    looker.open("/")

    page.get_by_role("combobox").fill("公交占点")
    page.get_by_role("button", name=_("Search"), exact=True).click()
    expect(page.locator(".note b")).to_have_text("公交站点")
    expect(page.locator(".result h2")).to_have_count(1)

    page.get_by_role("combobox").fill("公交站")
    found = page.get_by_role("option", name=city.living.stops.title)
    found.first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(city.living.stops.title)
    assert looker.troubles() == []


def test_rows_are_filtered_on_the_page_and_the_very_rows_are_downloaded(
    city: City, language: str, tmp_path: Path
):
    looker = Looker.at(city, language, viewport=WIDE, accept_downloads=True)
    page = looker.page
    looker.open(f"/datasets/{city.living.stops.slug}")

    page.get_by_text(_("Filter, sort, choose fields")).click()
    page.get_by_label(f"{_('Field')} 1").select_option(value="district")
    page.get_by_label(f"{_('Value')} 1").fill(WHERE)
    page.get_by_label(_("Sort by")).select_option(value="lines")
    page.locator("#data form button[type=submit]").click()
    chip = page.locator("#data .chip.on")
    expect(chip).to_contain_text(WHERE)
    expect(page.locator("#data .preview tbody tr")).to_have_count(12)
    expect(page.locator("#api pre").first).to_contain_text("sort=lines")
    page.wait_for_url(lambda url: WHERE in unquote(url))
    link = page.locator("#downloads a", has_text=_("Rows on screen"))
    with page.expect_download() as taken:
        link.first.click()
    path = tmp_path / "rows.csv"
    taken.value.save_as(path)

    wanted = [one for one in given() if one["district"] == WHERE]
    told = rows(path.read_text("utf-8-sig"))
    assert sorted(int(one["id"]) for one in told) == sorted(int(one["id"]) for one in wanted)
    assert [int(one["lines"]) for one in told] == sorted(int(one["lines"]) for one in wanted)
    by_id = {one["id"]: one for one in wanted}
    for name in ("name", "opened_on"):
        assert [one[name] for one in told] == [by_id[one["id"]][name] for one in told]
    assert looker.troubles() == []


@pytest.mark.parametrize("kind", ["bar", "line", "pie"])
def test_a_chart_is_drawn_from_the_table_that_stands_below_it(
    city: City, language: str, kind: str
):
    looker = Looker.at(city, language, viewport=WIDE if kind == "bar" else NARROW)
    page = looker.page
    looker.open(f"/datasets/{city.living.stops.slug}")

    page.locator(".tabs").get_by_role("link", name=_("Chart"), exact=True).click()
    page.get_by_label(_("Grouped by")).select_option(value="district")
    page.get_by_label(_("Drawn as")).select_option(value=kind)
    page.get_by_role("button", name=_("Show"), exact=True).click()
    page.wait_for_url("**group=district**")

    cells = page.locator("#figures tbody tr")
    told = {
        one.locator("th").inner_text(): int(one.locator("td.number").first.inner_text())
        for one in cells.all()
    }
    assert told == Counter(one["district"] for one in given())
    if (assets.VENDOR / "echarts.js").exists():
        expect(page.locator("#chart[data-drawn=yes] canvas")).to_be_visible(timeout=PATIENCE)
        assert page.evaluate(PAINTED) > 500
    assert looker.troubles() == []


PAINTED = """() => {
  const canvas = document.querySelector("#chart canvas");
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const ground = data.slice(0, 4).join();
  let painted = 0;
  for (let at = 0; at < data.length; at += 4) painted += data.slice(at, at + 4).join() !== ground;
  return painted;
}"""


def test_without_what_draws_the_table_and_the_sketch_stand(city: City, language: str):
    looker = Looker.at(city, language, viewport=WIDE)
    looker.page.route("**/vendor/**", lambda route: route.abort())
    stops = f"/datasets/{city.living.stops.slug}"

    looker.open(f"{stops}/chart?group=district")
    expect(looker.page.locator("#figures tbody tr")).to_have_count(5)
    expect(looker.page.locator("#chart")).to_be_hidden()
    looker.open(f"{stops}/map")
    expect(looker.page.locator("svg.sketch circle").first).to_be_visible()


def test_who_asks_why_a_field_is_missing_gets_the_law(city: City, language: str):
    looker = Looker.at(city, language, viewport=NARROW)
    page, shops = looker.page, city.living.shops
    looker.open(f"/datasets/{shops.slug}")

    page.locator("#field-owner_id a.badge").click()
    page.wait_for_url("**/why?field=owner_id*")

    answer = page.locator("article#field-owner_id")
    law = "Invented Privacy Rules" if language == "en" else "虚构市个人信息保护条例"
    expect(answer).to_contain_text(law)
    expect(answer.locator("blockquote")).to_have_text(catalog.TEXT)
    answer.get_by_role("link").first.click()
    page.wait_for_url("**/negative-list#line-*")
    expect(page.locator("main")).to_contain_text(law)
    assert looker.troubles() == []
