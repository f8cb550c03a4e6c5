"""The whole demo city in a real browser: its main pages fit, are drawn, and ask nobody else.

The pictures of them in the documentation are made here:

    PICTURES=docs/pictures .venv/bin/pytest -n 0 tests/journeys/browser/test_portal_pictures.py
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils import timezone
from playwright.sync_api import Page, expect

from demo import city, growing, inputs, visits
from demo.inputs import Registry
from exchange.sync import engine
from oversight import standings
from portal import assets
from portal.dataset.map import MAP
from tests.factories import exchange
from tests.journeys.browser.conftest import LANGUAGES, NARROW, PATIENCE, Site, keep_picture

SIZE = {"width": 1280, "height": 860}
SEED, ROWS = 1, 22 * 211
PAGES = {
    "home": "/",
    "search": "/datasets?q=yuebao",
    "dataset": "/datasets/air-quality-daily",
    "chart": "/datasets/weather-daily/chart?group=day&bucket=month&measure=avg:high&kind=line",
    "map": "/datasets/parks/map",
    "department": "/departments/transport",
    "figures": "/figures",
    "apps": "/apps",
    "wishes": "/wishes",
}

SHOWN = """() => Promise.all([...document.images]
    .filter(one => one.getBoundingClientRect().top < innerHeight)
    .map(one => one.decode())).then(() => null)"""
"""Wait for the pictures on the screen, which come when they are looked at."""


@pytest.fixture
def lively(site: Site) -> Iterator[Site]:
    """Serve the demo city with all its rows, and three weeks of visits."""
    at = timezone.now()
    url = exchange.source_database()
    intake = Path(settings.FILE_ROOTS[0])
    inputs.write_files(intake, seed=SEED, total=ROWS)
    growing.write_files(intake, seed=SEED)
    with psycopg.connect(url) as connection:
        inputs.fill_registry(connection, seed=SEED, total=ROWS)
        info = connection.info
        registry = Registry(info.host, info.port or 5432, info.dbname, info.user, "not asked for")
    built = city.build(registry, intake, at=at)
    growing.grow(intake, at=at)
    for binding in built.bindings:
        engine.sync(binding.pk)
    for dated_back in (True, False):
        for small, binding in growing.bindings(dated_back=dated_back):
            engine.sync(binding.pk, clock=partial(growing.read_at, small, at=at))
    visits.make(at=at)
    standings.compute(at=timezone.now())
    yield site
    exchange.drop_database(url)


@dataclass
class Looking:
    """A visitor's page, and what it did besides being seen."""

    page: Page
    site: Site
    strange: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", self._asked)
        self.page.on("pageerror", lambda error: self.strange.append(str(error)))

    def _asked(self, request) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:")):
            self.strange.append(request.url)

    def at(self, path: str) -> None:
        answer = self.page.goto(f"{self.site.url}{path}", wait_until="load")
        assert answer is not None
        assert answer.status == 200, path
        self.page.evaluate(SHOWN)
        if "/chart" in path and assets.present(assets.CHARTS):
            expect(self.page.locator("#chart[data-drawn]")).to_be_visible()
        if path.endswith("/map") and finders.find(MAP) is not None and self._draws():
            expect(self.page.locator("#map.drawn")).to_be_visible()

    def _draws(self) -> bool:
        return self.page.evaluate("!!document.createElement('canvas').getContext('webgl2')")

    def picture(self, name: str) -> None:
        """Keep what is on the screen."""
        keep_picture(self.page, name)

    def fits(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_the_main_pages_of_the_city_are_full_fit_and_ask_nobody_else(lively):
    for language, locale in LANGUAGES.items():
        for size in (SIZE, NARROW):
            context = lively.browser.new_context(
                viewport=size, locale=locale, reduced_motion="reduce", color_scheme="light"
            )
            lively.opened.append(context)
            looking = Looking(context.new_page(), lively)
            for name, path in PAGES.items():
                looking.at(path)
                assert looking.fits(), (name, language, size)
                if size is SIZE:
                    looking.picture(f"portal-{name}-{language}")
            assert looking.strange == []
