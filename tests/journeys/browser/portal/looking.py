"""A page as a browser shows it: what it asked for, what it complained of, what axe says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, ViewportSize

from accounts.models import User
from config import assets
from tests.journeys.browser import capturing
from tests.journeys.browser.conftest import LANGUAGES, PATIENCE
from tests.journeys.browser.portal.conftest import City, session_cookie

AXE = assets.ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""Levels A and AA of WCAG 2.0 to 2.2, and what axe's makers advise."""
SEEN = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]
"""What colours and width change; the other rules read the document alone."""
OWN = ("data:", "blob:", "about:")
FAILED, DRIVER, ICON = "Failed to load resource", "[.WebGL", "/favicon.ico"
ASK = """async (rules) => {
  const only = rules ? {type: "rule", values: rules} : {type: "tag", values: %s};
  const told = await axe.run(document, {runOnly: only, resultTypes: ["violations"]});
  return told.violations.flatMap((rule) => rule.nodes.map((node) =>
    rule.id + ": " + node.target.join(" ") + ": "
    + (node.failureSummary || "").replace(/\\s+/g, " ").slice(0, 220)));
}"""
WIDER = """() => {
  const root = document.documentElement;
  const over = root.scrollWidth - root.clientWidth;
  const out = (one) => one.getBoundingClientRect().right > root.clientWidth + 1;
  const first = over > 0 ? [...document.querySelectorAll("body *")].find(out) : null;
  return over > 0
    ? [`wider than its window by ${over}, by ${first ? first.outerHTML.slice(0, 160) : "?"}`] : [];
}"""
SETTLED = """async () => {
  for (const _frame of [1, 2]) await new Promise(requestAnimationFrame);
}"""
"""What draws to measure is told of a new width with the next frame, and draws by the one after."""


@dataclass
class Looker:
    """Somebody's browser; what goes wrong in it is kept until it is asked for."""

    page: Page
    url: str
    strange: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, city: City, language: str, user: User | None = None, **more: Any) -> "Looker":
        """Open a browser for nobody, or for somebody; axe is at hand in every page."""
        context = city.site.browser.new_context(locale=LANGUAGES[language], **more)
        city.site.opened.append(context)
        if user is not None:
            context.add_cookies([session_cookie(city, user)])
        if AXE.exists():
            context.add_init_script(path=AXE)
        page = context.new_page()
        city.site.watch(page)
        return cls.watching(page, city.url)

    @classmethod
    def watching(cls, page: Page, url: str) -> "Looker":
        """Look at what happens in a page of the site at `url`, and in windows that it opens."""
        page.set_default_timeout(PATIENCE)
        looker = cls(page, url)
        page.on("console", looker._told)
        page.on("pageerror", lambda error: looker.strange.append(f"script: {error}"))
        page.on("dialog", lambda dialog: (looker.strange.append("a dialog"), dialog.dismiss()))
        page.on("websocket", lambda socket: looker._asked(socket.url))
        page.context.on("request", lambda request: looker._asked(request.url))
        return looker

    def open(self, address: str, *, status: int = 200) -> None:
        """Go to an address, which answers as expected."""
        answer = self.page.goto(f"{self.url}{address}")
        assert answer is not None
        assert answer.status == status, f"{address}: {answer.status}"

    def resize(self, size: Mapping[str, int]) -> None:
        """Give the window another size, and wait until the page has followed."""
        self.page.set_viewport_size(ViewportSize(width=size["width"], height=size["height"]))
        self.page.evaluate(SETTLED)

    def troubles(self) -> list[str]:
        """Return what was strange since the last time one asked."""
        told, self.strange = self.strange, []
        return told

    def judged(self, rules: list[str] | None = None) -> list[str]:
        """Return what axe finds in the page as it is now, and whether it is too wide."""
        return self.page.evaluate(ASK % TAGS, rules) + self.page.evaluate(WIDER)

    def picture(self, path: Path) -> None:
        """Keep the whole page as it is seen."""
        capturing.keep(self.page, path)

    def _told(self, message: ConsoleMessage) -> None:
        place, text = message.location.get("url", ""), message.text
        noise = text.startswith(DRIVER) or place.endswith(ICON)
        # it was answered 404, say, or has a field for a number that was given none
        itself = text.startswith(FAILED) or message.type == "warning"
        if message.type in {"error", "warning"} and not (
            noise or (itself and place == self.page.url)
        ):
            self.strange.append(f"console: {text} {place}")

    def _asked(self, address: str) -> None:
        if not address.startswith((f"{self.url}/", *OWN)):
            self.strange.append(f"asked {address}")


def need_axe() -> None:
    """Skip where axe was not fetched."""
    if not AXE.exists():
        pytest.skip("needs: axe-core (make assets)")
