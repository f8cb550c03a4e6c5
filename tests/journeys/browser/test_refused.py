"""Whatever a page's content policy refuses is noticed, and fails the journey that met it."""

import pytest
from playwright.sync_api import Browser, Route

from config.middleware import CONTENT_POLICY
from tests.journeys.browser.conftest import PATIENCE, Site

CLEAN, BAD = "http://office.invalid/clean", "http://office.invalid/bad"
PAGE = "<!doctype html><link rel='icon' href='data:,'><p>nothing</p>"
HEADERS = {"Content-Security-Policy": CONTENT_POLICY, "Content-Type": "text/html"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        "<script>document.title = 'ran'</script>",
        "<p style='color: red'>red</p>",
        "<style>p { color: red }</style>",
        "<p onclick='this.remove()'>gone</p>",
        "<script src='https://elsewhere.invalid/a.js'></script>",
    ],
)
def test_what_a_policy_refuses_fails_the_journey(browser: Browser, body: str):
    def answered(route: Route) -> None:
        text = PAGE + body if route.request.url == BAD else PAGE
        route.fulfill(body=text, headers=HEADERS)

    site, page = Site("http://office.invalid", browser), browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.route("**", answered)
    site.watch(page)
    page.goto(CLEAN)
    site.nothing_refused()

    page.goto(BAD)

    with pytest.raises(AssertionError, match="Content Security Policy"):
        site.nothing_refused()
    page.close()
