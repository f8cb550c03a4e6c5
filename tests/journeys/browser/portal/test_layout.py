"""Where the parts of ten pages stand, at four widths, against what was found right when looked at.

Boxes alone, left and right edge in pixels, and the order from above: fonts differ between
machines, so heights and pictures would. After a change that was looked at, write them anew:

    LAYOUT=renew .venv/bin/pytest -n 0 tests/journeys/browser/portal/test_layout.py
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from config import assets
from tests.journeys.browser.conftest import WIDE
from tests.journeys.browser.portal.conftest import City
from tests.journeys.browser.portal.looking import WIDER, Looker

pytestmark = pytest.mark.slow
KEPT = Path(__file__).with_name("layout.json")
RENEWS = os.environ.get("LAYOUT") == "renew"
WIDTHS, HEIGHT = (360, 390, 768, 1440), 900
NEAR = 3
"""So many pixels an edge may stand elsewhere: scroll bars and fractions differ."""
PARTS = (
    "header.top, .hero, main, h1, form.find .row, main .tiles, main .tiles > div, main .grid,"
    " main .grid > *, main .split, main .split > *, main .map-split > *, main .scroll, main .tabs,"
    " main form.panel, main form.form, main .card.result, main .card.wish, footer.foot"
)
BOXES = """(parts) => {
  const seen = [...document.querySelectorAll(parts)].filter((one) => one.offsetParent);
  const name = (one) => [one.tagName.toLowerCase(), ...[...one.classList].slice(0, 1)].join(".");
  const boxes = {}, tops = [];
  for (const one of seen) {
    const box = one.getBoundingClientRect(), called = name(one);
    boxes[called] ??= [];
    const edges = [Math.round(box.left), Math.round(box.right)];
    if (boxes[called].length < 4) boxes[called].push(edges);
    if (!tops.some(([known]) => known === called)) tops.push([called, box.top]);
  }
  tops.sort((a, b) => a[1] - b[1]);
  return {boxes, order: tops.map(([called]) => called)};
}"""
CLIPPED = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const style = getComputedStyle(one);
  return one.offsetParent && !one.closest(".hidden, .shot, .map, svg") && one.textContent.trim()
    && ["hidden", "clip"].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
}).map((one) => "cut off: " + one.outerHTML.slice(0, 120))"""
LONG = """() => {
  const box = document.querySelector(".preview"), rows = box.querySelector("tbody");
  for (let more = 0; more < 60; more++) rows.append(rows.rows[0].cloneNode(true));
  return box.scrollHeight - box.clientHeight;
}"""
PAPER = {"width": 700, "height": 1000}  # what the margins of A4 leave
INK = "getComputedStyle(document.body).color"

DEAF = "addEventListener('resize', (told) => told.stopImmediatePropagation(), true)"


def pages(city: City) -> dict[str, str]:
    """Return the ten pages by name."""
    stops = f"/datasets/{city.living.stops.slug}"
    return {
        "home": "/",
        "search": "/datasets",
        "dataset": stops,
        "why": f"{stops}/why",
        "quality": f"{stops}/history",
        "chart": f"{stops}/chart?group=district",
        "map": f"{stops}/map",
        "departments": "/departments",
        "wishes": "/wishes",
        "sign-in": "/my/sign-in/",
    }


def facts(looker: Looker) -> dict[str, Any]:
    """Return where the parts of the open page stand at each width."""
    told = {}
    for width in WIDTHS:
        looker.resize({"width": width, "height": HEIGHT})
        told[str(width)] = looker.page.evaluate(BOXES, PARTS)
    return told


def written(found: dict[str, Any]) -> str:
    """Return what is kept: a line for each page and width."""
    told = (
        f'"{name}": {{\n'
        + ",\n".join(f' "{width}": {json.dumps(one)}' for width, one in widths.items())
        + "\n}"
        for name, widths in found.items()
    )
    return "{\n" + ",\n".join(told) + "\n}\n"


def differences(found: dict[str, Any], kept: dict[str, Any]) -> list[str]:
    """Return where a page's parts do not stand as they did: width, part, then and now."""
    told = []
    for width, then in kept.items():
        now = found[width]
        if now["order"] != then["order"]:
            told.append(f"{width}: order {then['order']} became {now['order']}")
        for part, edges in then["boxes"].items():
            moved = now["boxes"].get(part, [])
            if not _near(moved, edges):
                told.append(f"{width}: {part} stood at {edges}, stands at {moved}")
    return told


def _near(found: list[list[int]], kept: list[list[int]]) -> bool:
    return len(found) == len(kept) and all(
        abs(one - other) <= NEAR
        for now, then in zip(found, kept, strict=True)
        for one, other in zip(now, then, strict=True)
    )


def test_the_parts_of_ten_pages_stand_where_they_stood(city: City):
    looker, found = Looker.at(city, "zh-hans", reduced_motion="reduce"), {}

    for name, address in pages(city).items():
        looker.open(address)
        found[name] = facts(looker)

    if RENEWS:
        KEPT.write_text(written(found))
    kept = json.loads(KEPT.read_text())
    assert kept.keys() == found.keys()
    told = [f"{name} {one}" for name in kept for one in differences(found[name], kept[name])]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_page_is_wider_than_its_window_and_no_text_is_cut_off(city: City, language: str):
    looker, found = Looker.at(city, language, reduced_motion="reduce"), []

    for name, address in (pages(city) | {"hostile": _hostile(city)}).items():
        looker.open(address)
        for width in WIDTHS:
            looker.resize({"width": width, "height": HEIGHT})
            told = looker.page.evaluate(WIDER) + looker.page.evaluate(CLIPPED)
            found += [f"{name} {width}: {one}" for one in told]

    assert not found, "\n".join(found)


def test_a_chart_that_is_not_yet_drawn_anew_does_not_widen_the_page(city: City):
    looker = Looker.at(city, "en", reduced_motion="reduce", viewport=WIDE)
    looker.page.add_init_script(DEAF)
    looker.open(pages(city)["chart"])
    if not (assets.VENDOR / "echarts.js").exists():
        pytest.skip("needs: echarts (make assets)")
    drawn = "document.querySelector('#chart canvas').offsetWidth"
    width = looker.page.evaluate(drawn)

    looker.resize({"width": 360, "height": HEIGHT})

    assert looker.page.evaluate(drawn) == width > 360
    assert looker.page.evaluate(WIDER) == []


def test_on_paper_a_long_table_is_whole_and_a_dark_screen_prints_dark_on_white(city: City):
    looker = Looker.at(city, "en", viewport=WIDE, color_scheme="dark")
    looker.open(pages(city)["dataset"])
    assert looker.page.evaluate(LONG) > 0
    light = looker.page.evaluate(INK)

    looker.page.emulate_media(media="print")

    assert looker.page.evaluate(LONG) == 0
    looker.resize(PAPER)
    assert looker.page.evaluate(WIDER) == []
    assert (light, looker.page.evaluate(INK)) == ("rgb(232, 239, 242)", "rgb(18, 34, 42)")


def _hostile(city: City) -> str:
    return f"/datasets/{city.hostile.dataset.slug}"


@pytest.mark.parametrize(
    "change",
    [
        "document.querySelector('main .split > *').style.marginLeft = '12px'",
        "document.querySelector('form.find .row').style.maxWidth = '20rem'",
        "document.querySelector('main').append(document.querySelector('form.find'))",
        "document.querySelector('main .split').style.display = 'block'",
    ],
)
def test_a_part_that_moves_is_told(city: City, change: str):
    looker = Looker.at(city, "zh-hans", reduced_motion="reduce")
    looker.open("/datasets")
    before = facts(looker)

    looker.page.evaluate(change)

    assert differences(facts(looker), before)
    assert differences(before, before) == []
