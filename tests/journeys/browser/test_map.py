"""The map of a dataset in a real browser: tiles and worker of the own origin, a strict CSP.

And the sketch where no script runs. Both in the two languages, wide and narrow.
"""

from dataclasses import dataclass, field
from random import Random

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import expect

from accounts import boundaries
from accounts.models import CodeSystem
from demo import invented
from policy import places
from policy.terms import DataType
from portal.dataset.map import MAP
from tests.factories import accounts, exchange
from tests.factories.exchange import column
from tests.journeys.browser import capturing
from tests.journeys.browser.conftest import LANGUAGES, NARROW, PATIENCE, PICTURES, WIDE
from tests.portal.dataset_ways import served

COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("lon", DataType.DECIMAL, coordinate="wgs84.x"),
    column("lat", DataType.DECIMAL, coordinate="wgs84.y"),
)


@pytest.fixture
def stops(site):
    chance = Random("map")  # noqa: S311 - invented places
    rows = []
    for number in range(600):
        lon, lat = invented.spot(invented.DISTRICTS[number % 5], chance)
        rows.append(f"{number},{invented.STREETS[number % 30]}站,{lon},{lat}")
    for one in invented.DISTRICTS:
        accounts.region(
            code=one.code,
            code_system=CodeSystem.LOCAL,
            name_zh=one.name_zh,
            name_en=one.name_en,
        )
    boundaries.import_boundaries(
        invented.boundaries(), source="演示数据（虚构）", by=None, at=exchange.NOW
    )
    data = "id,name,lon,lat\n" + "\n".join(rows) + "\n"
    return served(data, COLUMNS)


@pytest.fixture
def ways(stops):
    """Greenways as lines and a park as an outline, in GCJ-02, between the districts of `stops`."""
    chance = Random("ways")  # noqa: S311 - invented places
    rows = ["id,name,route"]
    for number in range(60):
        lon, lat = invented.spot(invented.DISTRICTS[number % 5], chance)
        spots = [(lon + step * 0.004, lat + chance.uniform(0, 0.01)) for step in range(9)]
        if number % 4 == 0:
            spots = [*spots, (lon + 0.02, lat + 0.03), spots[0]]
        text = ", ".join("{:.6f} {:.6f}".format(*places.shifted(*spot)) for spot in spots)
        text = f"POLYGON (({text}))" if number % 4 == 0 else f"LINESTRING ({text})"
        rows.append(f'{number},{invented.STREETS[number % 30]}绿道,"{text}"')
    columns = (*COLUMNS[:2], column("route", coordinate="gcj02.wkt"))
    return served("\n".join(rows) + "\n", columns)


@dataclass
class Watched:
    """What a page did besides being seen."""

    url: str
    strange: list[str] = field(default_factory=list)
    tiles: set[int] = field(default_factory=set)

    def asked(self, request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.strange.append(request.url)

    def answered(self, response) -> None:
        if ".mvt" in response.url:
            self.tiles.add(response.status)

    def told(self, message) -> None:
        if "Content Security" in message.text:
            self.strange.append(message.text)


SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])


@SIZES
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_map_is_drawn_by_tiles_of_the_own_origin(site, stops, language, size, request):
    drawn(site, stops, language, size, f"map-{request.node.callspec.id}")


@SIZES
@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_and_outlines_are_drawn_by_tiles_as_well(site, ways, language, size, request):
    drawn(site, ways, language, size, f"map-ways-{request.node.callspec.id}")


def drawn(site, dataset, language, size, picture):
    """Open the map of a dataset, hold it to its own origin and take its picture."""
    context = site.browser.new_context(viewport=size, locale=LANGUAGES[language])
    site.opened.append(context)
    page, watched = context.new_page(), Watched(site.url)
    page.set_default_timeout(PATIENCE)
    for event, seen in (
        ("request", watched.asked),
        ("response", watched.answered),
        ("console", watched.told),
    ):
        page.on(event, seen)

    page.goto(f"{site.url}/datasets/{dataset.slug}/map")

    can_draw = page.evaluate("!!document.createElement('canvas').getContext('webgl2')")
    if can_draw and finders.find(MAP) is not None:
        # it is drawn when its tiles have come, which may be before anybody could wait for one
        expect(page.locator("#map.drawn")).to_be_visible(timeout=PATIENCE)
        assert watched.tiles == {200}
    capturing.keep(page, PICTURES / f"{picture}.png")
    assert watched.strange == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_the_sketch_stands(site, stops):
    context = site.browser.new_context(viewport=WIDE, locale="zh-CN", java_script_enabled=False)
    site.opened.append(context)
    page = context.new_page()

    page.goto(f"{site.url}/datasets/{stops.slug}/map")

    expect(page.locator("svg.sketch")).to_be_visible()
    assert page.locator("svg.sketch circle").count() > 200
    capturing.keep(page, PICTURES / "map-sketch.png")
