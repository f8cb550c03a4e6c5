"""How ten pages look, at four widths, in both languages, light and dark: as was found right.

What is kept depends on no machine's fonts. Of the parts: left and right edge in pixels, and the
order from above; no heights. Of the blocks: the font that the stylesheet asks for and the colours,
"light/dark" where they differ. Both languages have to look like the one that is kept. After a
change that was looked at, write it anew:

    LAYOUT=renew .venv/bin/pytest -n 0 tests/journeys/browser/portal/test_layout.py
"""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from config import assets
from tests.journeys.browser.conftest import LANGUAGES, WIDE
from tests.journeys.browser.portal.conftest import City
from tests.journeys.browser.portal.looking import WIDER, Looker

pytestmark = pytest.mark.slow
KEPT = Path(__file__).with_name("layout.json")
RENEWS = os.environ.get("LAYOUT") == "renew"
STYLES = assets.ROOT / "portal" / "static" / "portal" / "city.css"
WIDTHS, HEIGHT = (360, 390, 768, 1440), 900
NEAR = 3
"""So many pixels an edge may stand elsewhere: scroll bars and fractions differ."""
PARTS = (
    "header.top, .crumbs, .hero, .dataset-head, main, main section, h1, form.find .row,"
    " main .tiles, main .tiles > div, main .grid, main .grid > *, main .split, main .split > *,"
    " main .map-split > *, main .scroll, main .tabs, main form.panel, main form.form,"
    " main .card.result, main .card.wish, footer.foot"
)
SHOWN = "checkVisibility({opacityProperty: true, visibilityProperty: true})"
BOXES = f"""(parts) => {{
  const seen = [...document.querySelectorAll(parts)].filter((one) => one.{SHOWN});
  const own = (one) => one.tagName === "SECTION"
    && (one.id || one.getAttribute("aria-labelledby"));
  const name = (one) => own(one) ? `section#${{own(one)}}`
    : [one.tagName.toLowerCase(), ...[...one.classList].slice(0, 1)].join(".");
  const boxes = {{}}, tops = [];
  for (const one of seen) {{
    const box = one.getBoundingClientRect(), called = name(one);
    boxes[called] ??= [];
    const edges = [Math.round(box.left), Math.round(box.right)];
    if (boxes[called].length < 4) boxes[called].push(edges);
    if (!tops.some(([known]) => known === called)) tops.push([called, box.top]);
  }}
  tops.sort((a, b) => a[1] - b[1]);
  return {{order: tops.map(([called]) => called).join(" > "), ...boxes}};
}}"""
BLOCKS = (
    "body, .top, .brand a, .main-nav, .sign, .crumbs, .hero, h1, h2, h3, .lead, main p, main a,"
    " .button, button, input, select, label, fieldset, summary, .panel, .card, .badge, .chip,"
    " .tiles :is(dt, dd), .facts dt, .note, .tabs, .scroll, th, td, caption, code, .quiet,"
    " .small, .fresh, .late, .icon, .verdict, blockquote, .map, .foot"
)
STYLED = f"""(blocks) => {{
  const hex = (_all, ...told) =>
    "#" + told.slice(0, 3).map((one) => Number(one).toString(16).padStart(2, "0")).join("");
  const brief = (colour) => colour.replace("rgba(0, 0, 0, 0)", "none")
    .replace(/rgb\\((\\d+), (\\d+), (\\d+)\\)/, hex).replaceAll(", ", ",");
  const edge = (style, side) => style[`border${{side}}Width`] === "0px" ? "0"
    : style[`border${{side}}Width`] + ":" + brief(style[`border${{side}}Color`]);
  const look = (style) => {{
    const edges = new Set(["Top", "Right", "Bottom", "Left"].map((side) => edge(style, side)));
    const shades = new Set((style.backgroundImage.match(/rgba?\\([^)]*\\)/g) ?? []).map(brief));
    const family = style.fontFamily.split(",")[0].replaceAll('"', "").replaceAll(" ", "-");
    return [
      `${{Math.round(parseFloat(style.fontSize))}}px`, style.fontWeight, family,
      brief(style.color), "on", brief(style.backgroundColor), ...shades,
      ...(edges.size > 1 || !edges.has("0") ? ["edge", ...edges] : []),
    ].join(" ");
  }};
  const kinds = (one) => [...one.classList].filter((kind) => !/^(htmx-.*|drawn)$/.test(kind));
  return [...document.querySelectorAll(blocks)]
    .filter((one) => one.{SHOWN} && !one.closest(".map *, .chart, .hidden"))
    .map((one) =>
      [[one.tagName.toLowerCase(), ...kinds(one)].join("."), look(getComputedStyle(one))]);
}}"""
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
ONE = (1440,)
PAINT = """(names) => names.forEach((name, place) =>
  document.documentElement.style.setProperty(name, `rgb(1, 2, ${place})`))"""
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


@dataclass
class Visit:
    """What was seen of pages: parts by page and width, looks of blocks, and what is cut off."""

    parts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    looks: dict[str, dict[str, str]] = field(default_factory=dict)
    """The looks of each block, each with the page where it was first met."""
    cut: list[str] = field(default_factory=list)

    def look(self, looker: Looker, name: str, widths: Sequence[int] = WIDTHS) -> "Visit":
        """Look at the open page."""
        self.parts[name] = {}
        for width in widths:
            looker.resize({"width": width, "height": HEIGHT})
            for part, edges in looker.page.evaluate(BOXES, PARTS).items():
                self.parts[name].setdefault(part, {})[str(width)] = edges
            told = looker.page.evaluate(WIDER) + looker.page.evaluate(CLIPPED)
            self.cut += [f"{name} {width}: {one}" for one in told]
        for block, look in looks(looker):
            self.looks.setdefault(block, {}).setdefault(look, name)
        return self

    def kept(self) -> dict[str, Any]:
        """Return what is kept of it."""
        blocks = {block: sorted(self.looks[block]) for block in sorted(self.looks)}
        return {"blocks": blocks, **self.parts}


def looks(looker: Looker) -> list[tuple[str, str]]:
    """Return the blocks of the open page, each with how it looks in light and dark."""
    light, dark = (_styled(looker, scheme) for scheme in ("light", "dark"))
    looker.page.emulate_media(color_scheme="light")
    return [(block, _both(one, dark[place][1])) for place, (block, one) in enumerate(light)]


def _styled(looker: Looker, scheme: Any) -> list[tuple[str, str]]:
    looker.page.emulate_media(color_scheme=scheme)
    return looker.page.evaluate(STYLED, BLOCKS)


def _both(light: str, dark: str) -> str:
    """Return two looks in one: each word that differs as "light/dark"."""
    words = light.split(), dark.split()
    if len(words[0]) != len(words[1]):
        return f"{light} / {dark}"
    told = zip(*words, strict=True)
    return " ".join(one if one == other else f"{one}/{other}" for one, other in told)


def written(kept: dict[str, dict[str, Any]]) -> str:
    """Return the text of what is kept: a line for each look, and for each part of a page."""
    told = []
    for name, parts in kept.items():
        lines = (f' "{part}": {_lines(part, one, name)}' for part, one in parts.items())
        told.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(told) + "\n}\n"


def _lines(part: str, one: Any, name: str) -> str:
    several = name == "blocks" or part == "order"
    return (
        json.dumps(one, indent=2 if several else None)
        .replace("\n}", "\n }")
        .replace("\n]", "\n ]")
    )


def differences(found: Visit, kept: dict[str, Any]) -> list[str]:
    """Return what does not look as it did: page, part and width, or block; then and now."""
    told = []
    for block, known in kept["blocks"].items():
        met = found.looks.get(block, {})
        told += [f"no {block} looks {look}" for look in known if look not in met]
    for block, met in found.looks.items():
        known = kept["blocks"].get(block, [])
        told += [f"{met[look]}: {block} looks {look}" for look in met if look not in known]
    for name, now in found.parts.items():
        then = kept[name]
        for part in [*then, *(one for one in now if one not in then)]:
            told += [f"{name} {part} {one}" for one in _moved(now.get(part), then.get(part))]
    return told


def _moved(now: dict[str, Any] | None, then: dict[str, Any] | None) -> list[str]:
    widths = dict.fromkeys([*(then or {}), *(now or {})])
    found = ((width, (then or {}).get(width), (now or {}).get(width)) for width in widths)
    return [f"{width}: {old} became {new}" for width, old, new in found if not _near(old, new)]


def _near(one: Any, other: Any) -> bool:
    """Whether edges, or lists of them, are nearly the same; names are or are not."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_near, one, other))
    if isinstance(one, int) and isinstance(other, int):
        return abs(one - other) <= NEAR
    return bool(one == other)


@pytest.fixture(scope="module")
def _visits() -> dict[str, Visit]:
    return {}


@pytest.fixture(params=list(LANGUAGES))
def visit(request: pytest.FixtureRequest, city: City, _visits: dict[str, Visit]) -> Visit:
    """What a visit of the ten pages in a language showed; it is made once."""
    language = request.param
    if language not in _visits:
        looker, made = Looker.at(city, language, reduced_motion="reduce"), Visit()
        for name, address in pages(city).items():
            looker.open(address)
            made.look(looker, name)
        _visits[language] = made
    return _visits[language]


def test_ten_pages_look_as_they_did_in_either_language(visit: Visit):
    if RENEWS and visit.looks:
        KEPT.write_text(written(visit.kept()))
    kept = json.loads(KEPT.read_text())

    told = differences(visit, kept)

    assert kept.keys() == {"blocks", *visit.parts}
    assert not told, "\n".join(told)


def test_no_page_is_wider_than_its_window_and_no_text_is_cut_off(visit: Visit):
    assert not visit.cut, "\n".join(visit.cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_too_long_is_not_wider_than_its_window_either(city: City, language: str):
    looker = Looker.at(city, language, reduced_motion="reduce")
    looker.open(f"/datasets/{city.hostile.dataset.slug}")

    found = Visit().look(looker, "hostile").cut

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


CHANGES = {
    "a part stands elsewhere": "one('main .split > *').style.marginLeft = '12px'",
    "a part stands last": "one('main').append(one('form.find'))",
    "columns stand below each other": "one('main .split').style.display = 'block'",
    "a part is gone": "one('form.find').style.display = 'none'",
    "a part is not seen": "one('aside.facets').style.opacity = 0",
    "badges are gone": "all('.badge.open').forEach((badge) => badge.remove())",
    "letters are larger": "one('h1').style.fontSize = '2.25rem'",
    "letters are of another kind": "one('label').style.fontFamily = 'serif'",
    "an edge has another colour": "one('.card').style.borderColor = '#cfdadd'",
    "another colour in the dark alone": "one('h1').style.color = 'light-dark(#12222a, #e8eff3)'",
    "no styles at all": "one('link[rel=stylesheet]').disabled = true",
}
TRY = """(change) => {
  const [one, all] = ["querySelector", "querySelectorAll"].map((name) =>
    (told) => document[name](told));
  %s;
}"""


def test_what_changes_is_told_in_the_other_language_too(city: City):
    before, told = Visit(), {}
    looker = Looker.at(city, "zh-hans", reduced_motion="reduce")
    looker.open("/datasets")
    kept = before.look(looker, "search", ONE).kept()
    looker = Looker.at(city, "en", reduced_motion="reduce")

    for name, change in {"nothing": "0", **CHANGES}.items():
        looker.open("/datasets")
        looker.page.evaluate(TRY % change)
        told[name] = differences(Visit().look(looker, "search", ONE), kept)

    assert [name for name, found in told.items() if not found] == ["nothing"]


def test_two_parts_that_change_places_are_told(city: City):
    looker = Looker.at(city, "en", reduced_motion="reduce")
    looker.open("/")
    kept = Visit().look(looker, "home", ONE).kept()

    looker.page.evaluate(TRY % "one('main section#why').after(one('main .section'))")

    [*told] = differences(Visit().look(looker, "home", ONE), kept)
    assert told
    assert all(one.startswith("home order") for one in told)


def test_a_colour_of_the_stylesheet_cannot_change_unseen(city: City):
    names = re.findall(r"(--[\w-]+): (?:#|rgb)", STYLES.read_text().partition("}")[0])
    looker, seen = Looker.at(city, "en", reduced_motion="reduce", viewport=WIDE), set()

    for page in ("home", "search", "dataset", "why"):
        looker.open(pages(city)[page])
        looker.page.evaluate(PAINT, names)
        seen |= set(re.findall("#0102..", " ".join(look for _block, look in looks(looker))))

    assert len(names) > 20
    assert [name for place, name in enumerate(names) if f"#0102{place:02x}" not in seen] == []
