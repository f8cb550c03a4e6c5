"""Who looks at pages in these tests sees what a page asks of another house, however it asks."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page

from config.middleware import CONTENT_POLICY
from tests.journeys.browser.conftest import PATIENCE, Seat, Site
from tests.journeys.browser.portal.looking import Looker
from tests.journeys.browser.portal.walking import Reader, Walk

pytestmark = pytest.mark.slow
WRITTEN = {
    "picture": "<img src='%s'>",
    "picture-by-width": "<img srcset='%s 2x, %s 1x'>",
    "script": "<script src='%s'></script>",
    "styles": "<link rel=stylesheet href='%s'>",
    "ahead": "<link rel=preload as=image href='%s'>",
    "later": "<link rel=prefetch href='%s'>",
    "frame": "<iframe src='%s'></iframe>",
    "object": "<object data='%s'></object>",
    "embedded": "<embed src='%s'>",
    "film": "<video src='%s' preload=auto></video>",
    "poster": "<video poster='%s'></video>",
    "sound": "<audio src='%s' preload=auto></audio>",
    "button": "<input type=image src='%s'>",
    "drawing": "<svg><image href='%s' width=9 height=9 /></svg>",
}
"""What stands in the page itself, by a word for the address that it asks."""
WORKED_OUT = {
    "imported-styles": "<style>@import '%s';</style>",
    "ground": "<p style=\"background: url('%s')\">ground</p>",
    "font": "<style>@font-face {font-family: own; src: url('%s')} b {font-family: own}</style>"
    "<b>font</b>",
    "imported-script": "<script type=module>import '%s'</script>",
    "fetched": "<script>fetch('%s', {mode: 'no-cors'})</script>",
    "signal": "<script>navigator.sendBeacon('%s', 'here')</script>",
    "events": "<script>new EventSource('%s')</script>",
    "socket": "<script>new WebSocket('%s'.replace('http', 'ws'))</script>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob([`fetch('%s')`])))</script>",
    "window": "<script>open('%s')</script>",
}
"""What styles and scripts ask for."""
WAYS = WRITTEN | WORKED_OUT
PAGE = "<!doctype html><html lang=en><title>Asking</title><body><main><h1>Asking</h1>%s</main>"


class _Answers(BaseHTTPRequestHandler):
    """Answers one page, at "/" without a policy, at "/strict" with the platform's."""

    page = ""

    def do_GET(self) -> None:
        """Answer."""
        is_page = self.path in {"/", "/strict"}
        self.send_response(200 if is_page else 404)
        self.send_header("Content-Type", "text/html")
        if self.path == "/strict":
            self.send_header("Content-Security-Policy", CONTENT_POLICY)
        self.end_headers()
        self.wfile.write(self.page.encode() if is_page else b"")

    do_POST = do_GET  # noqa: N815 - the library's word

    def log_message(self, *_told: object) -> None:
        """Say nothing."""


def asking(elsewhere: str, ways: Mapping[str, str]) -> str:
    """Return a page that asks another house in so many ways."""
    told = (text.replace("%s", f"{elsewhere}/{word}") for word, text in ways.items())
    return PAGE % "\n".join(told)


@pytest.fixture(scope="module")
def houses() -> Iterator[tuple[str, str]]:
    """Serve two houses: one has a page that asks the other in every way."""
    with ExitStack() as stack:
        own, other = (
            stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _Answers)) for _ in range(2)
        )
        for server in (own, other):
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        url, elsewhere = (f"http://127.0.0.1:{one.server_port}" for one in (own, other))
        _Answers.page = asking(elsewhere, WAYS)
        yield url, elsewhere


def named(told: list[str], elsewhere: str) -> set[str]:
    """Return by which words troubles name an address of the other house."""
    host = elsewhere.removeprefix("http:")
    return {one.rpartition("/")[2] for one in told if f"{host}/" in one}


def wait_until(told: Callable[[], bool], page: Page) -> None:
    """Give the browser time to tell: of windows, workers and sockets it does so after the page."""
    until = time.monotonic() + PATIENCE / 1000
    while not told() and time.monotonic() < until:
        page.wait_for_timeout(20)


def test_a_seat_and_a_looker_tell_of_all_that_a_page_asks_elsewhere(
    houses: tuple[str, str], browser: Browser
):
    url, elsewhere = houses
    site = Site(url, browser)
    seat = site.visitor("en")
    looker = Looker.watching(browser.new_page(), url)

    def told_by_the_looker() -> set[str]:
        return named([one for one in looker.strange if one.startswith("asked ")], elsewhere)

    for page in (seat.page, looker.page):
        page.goto(f"{url}/")

    wait_until(lambda: named(seat.troubles, elsewhere) == WAYS.keys(), seat.page)
    wait_until(lambda: told_by_the_looker() == WAYS.keys(), looker.page)
    assert named(seat.troubles, elsewhere) == WAYS.keys()
    assert told_by_the_looker() == WAYS.keys()


def test_a_looker_tells_of_what_the_policy_keeps_from_being_asked(
    houses: tuple[str, str], browser: Browser
):
    url, _elsewhere = houses
    looker = Looker.watching(browser.new_page(), url)

    def told() -> list[str]:
        return [one for one in looker.strange if one.startswith("console: ")]

    looker.page.goto(f"{url}/strict")

    wait_until(lambda: len(told()) >= len(WAYS), looker.page)
    assert len(told()) >= len(WAYS), "\n".join(told())


def test_a_walk_tells_of_all_that_stands_in_a_page(houses: tuple[str, str]):
    url, elsewhere = houses
    reader = Reader(url, {})

    told = Walk(reader).walk("/").troubles()

    reader.close()
    assert named(told, elsewhere) == WRITTEN.keys()


def test_another_port_is_another_house():
    seat = Seat(page=None, url="http://127.0.0.1:80")

    for asked in ("http://127.0.0.1:80/", "http://127.0.0.1:8080/", "http://127.0.0.1:80.net/"):
        seat.note(asked)

    assert len(seat.troubles) == 2
