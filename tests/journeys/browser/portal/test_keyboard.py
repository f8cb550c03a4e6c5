"""The portal without a mouse: the way to the content, focus that is seen, menus, a download."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.browser.conftest import NARROW, WIDE
from tests.journeys.browser.portal.conftest import City
from tests.journeys.browser.portal.looking import Looker

pytestmark = pytest.mark.slow
FOCUS = """async () => {
  for (const _frame of [1, 2]) await new Promise(requestAnimationFrame);  // it is scrolled to
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one), box = one.getClientRects()[0];
  const all = [...document.querySelectorAll("*")];
  return {
    place: all.indexOf(one),
    what: one.tagName + " " + (one.textContent || one.name || one.id).trim().slice(0, 40),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
      && box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
      && box.right > 0 && box.left < innerWidth,
    covered: [0.1, 0.5, 0.9].every((part) => !one.contains(document.elementFromPoint(
      Math.min(Math.max(box.left + box.width * part, 1), innerWidth - 1),
      Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 1)))),
    at: [box.left, box.top, box.right, box.bottom].map(Math.round),
  };
}"""
MOST = 300


def here(looker: Looker) -> str:
    """Return the text of what has the focus."""
    return looker.page.evaluate("document.activeElement.textContent.trim()")


def tab_to(looker: Looker, selector: str) -> int:
    """Press Tab until an element that fits has the focus; returns how often."""
    for pressed in range(MOST):
        if looker.page.evaluate("(one) => document.activeElement.matches(one)", selector):
            return pressed
        looker.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {selector}")


@pytest.mark.parametrize("path", ["/", "/datasets", "/negative-list", "/my/sign-in/"])
def test_the_first_key_leads_past_the_menus(city: City, path: str):
    looker = Looker.at(city, "en", viewport=WIDE, reduced_motion="reduce")
    looker.open(path)

    looker.page.keyboard.press("Tab")
    assert looker.page.evaluate(FOCUS)["seen"]
    looker.page.keyboard.press("Enter")

    assert looker.page.evaluate("document.activeElement.id") == "content"
    looker.page.keyboard.press("Tab")
    assert looker.page.evaluate("!!document.activeElement.closest('main')")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("page", ["home", "search", "dataset", "chart", "sign-in"])
def test_focus_goes_in_the_order_of_the_page_and_is_always_seen(city: City, page: str, size):
    stops = f"/datasets/{city.living.stops.slug}"
    path = {
        "home": "/",
        "search": "/datasets",
        "dataset": stops,
        "chart": f"{stops}/chart",
        "sign-in": "/my/sign-in/",
    }[page]
    looker = Looker.at(city, "zh-hans", viewport=size, reduced_motion="reduce")
    looker.open(path)

    met = []
    for _press in range(MOST):
        looker.page.keyboard.press("Tab")
        focus = looker.page.evaluate(FOCUS)
        if focus is None:
            break
        met.append(focus)

    places = [one["place"] for one in met]
    assert len(met) > 10
    assert len(met) < MOST, "Tab never comes to the end"
    assert places == sorted(set(places))
    assert [one for one in met if not one["seen"] or one["covered"]] == []


def test_menus_open_by_key_close_by_escape_and_when_one_leaves(city: City):
    looker = Looker.at(city, "en", viewport=WIDE)
    looker.open("/")
    menus = looker.page.locator("details.menu")
    tab_to(looker, "details.menu summary")

    looker.page.keyboard.press("Enter")
    expect(menus.first).to_have_attribute("open", "")
    looker.page.keyboard.press("Tab")
    assert looker.page.evaluate("!!document.activeElement.closest('details.menu a')")
    looker.page.keyboard.press("Escape")
    expect(menus.first).not_to_have_attribute("open", "")
    assert looker.page.evaluate("document.activeElement.matches('details.menu summary')")

    looker.page.keyboard.press("Enter")
    tab_to(looker, "nav.languages a")
    expect(menus.first).not_to_have_attribute("open", "")


def test_rows_that_come_in_place_of_others_have_the_focus(city: City):
    looker = Looker.at(city, "en", viewport=WIDE)
    page = looker.page
    rows = page.locator(".preview")
    looker.open(f"/datasets/{city.living.stops.slug}")

    tab_to(looker, ".pages a[rel=next]")
    page.keyboard.press("Enter")
    page.wait_for_url("**cursor=**")
    expect(rows).to_be_focused()
    tab_to(looker, ".preview th a")
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=**")
    expect(rows).to_be_focused()
    page.get_by_text("Filter, sort, choose fields").press("Enter")
    page.get_by_label("Value 1").press("Enter")
    expect(rows).to_be_focused()

    assert looker.troubles() == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_one_searches_opens_and_downloads_by_keys_alone(city: City, language: str, tmp_path: Path):
    looker = Looker.at(city, language, viewport=WIDE, accept_downloads=True)
    page = looker.page
    looker.open("/")

    tab_to(looker, "#q")
    page.keyboard.type("gongjiaozhan")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url("**/datasets?q=gongjiaozhan*")
    tab_to(looker, ".result h2 a")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/datasets/{city.living.stops.slug}")
    tab_to(looker, "#downloads a")
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    path = tmp_path / "rows.csv"
    taken.value.save_as(path)

    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert len(rows) == 60
    assert rows[0]["district"]
    assert looker.troubles() == []
