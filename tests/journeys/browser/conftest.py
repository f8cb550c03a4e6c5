"""A real browser before the real server: people at work, and pictures of what they saw."""

import contextlib
import http.client
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from accounts.models import User
from config import supervise
from tests import services
from tests.journeys.browser import capturing, clock

PICTURES = Path(os.environ.get("PICTURES") or services.BASE / "pictures")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LANGUAGES = {"zh-hans": "zh-CN", "en": "en-GB"}
CLOCKED = "tests.journeys.browser.clocked:application"
COLOURS = 128  # of a picture
PATIENCE = 20_000  # milliseconds for a page on a busy machine
REFUSED = "Content Security Policy"  # what the browser says of what it did not load or run
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("needs: chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as driver:
        # playwright waits in a loop of its own, which Django takes for an asynchronous caller
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = driver.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


@dataclass
class Site:
    """The served platform: where it listens, and the browser that looks at it."""

    url: str
    browser: Browser
    opened: list[Any] = field(default_factory=list)
    crew: supervise.Crew | None = None
    environment: dict[str, str] = field(default_factory=dict)
    days: Path | None = None
    refused: list[str] = field(default_factory=list)

    def with_worker(self) -> None:
        """Have a worker take the syncs."""
        assert self.crew is not None
        command = supervise.worker("city", concurrency=1)
        self.crew.start(supervise.Child("worker", command, self.environment))

    def days_pass(self, days: int) -> None:
        """Move the clock of the server and of this process; who sat there is signed out by it."""
        assert self.days is not None
        self.days.write_text(str(int(self.days.read_text()) + days))

    def visitor(self, language: str = "zh-hans", *, narrow: bool = False) -> "Seat":
        """Sit somebody down whom nobody knows."""
        return self._seated(self._context(language, narrow=narrow))

    def _context(self, language: str, *, narrow: bool) -> Any:
        context = self.browser.new_context(
            viewport=NARROW if narrow else WIDE,
            locale=LANGUAGES[language],
            reduced_motion="reduce",
        )
        self.opened.append(context)
        return context

    def seat(self, user: User, language: str = "zh-hans", *, narrow: bool = False) -> "Seat":
        """Sit a person down at the back office, signed in."""
        context = self._context(language, narrow=narrow)
        client = Client()
        client.force_login(user)
        context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                    "url": self.url,
                },
                {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": self.url},
            ]
        )
        return self._seated(context)

    def _seated(self, context: Any) -> "Seat":
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        self.watch(page)
        seat = Seat(page, self.url)
        page.on("pageerror", lambda error: seat.troubles.append(f"{page.url}: {error}"))
        page.on("websocket", lambda socket: seat.note(socket.url))
        context.on("request", lambda request: seat.note(request.url))
        return seat

    def watch(self, page: Page) -> None:
        """Keep what a page's content policy refuses; by that its test fails, whatever it is of."""

        def told(message: ConsoleMessage) -> None:
            if REFUSED in message.text:
                self.refused.append(f"{page.url}: {message.text}")

        page.on("console", told)

    def nothing_refused(self) -> None:
        """Fail where a content policy refused anything since one last asked."""
        refused, self.refused = self.refused, []
        assert not refused, "\n".join(refused)


@dataclass
class Seat:
    """A person at a browser: what they do is counted, what goes wrong is kept.

    A step is a press of a link or a button; what is typed into a form goes with its button.
    """

    page: Page
    url: str
    steps: int = 0
    troubles: list[str] = field(default_factory=list)

    def note(self, asked: str) -> None:
        """Keep requests that leave the site."""
        if not asked.startswith((f"{self.url}/", "data:", "blob:", "about:")):
            self.troubles.append(f"the page asked {asked}")

    def open(self, path: str) -> None:
        """Go to an address of the site; typing it is no step of the work."""
        answer = self.page.goto(f"{self.url}{path}")
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"

    def press(self, name: str, role: str = "button", *, nth: int = 0) -> None:
        """Press a button, or follow a link, by what stands on it. One step."""
        self.steps += 1
        self.page.get_by_role(role, name=name, exact=True).nth(nth).click()

    def fill(self, label: str, value: str) -> None:
        """Write into a field by its label."""
        self.page.get_by_label(label, exact=True).fill(value)

    def choose(self, label: str, value: str) -> None:
        """Choose from a list by what is shown."""
        self.page.get_by_label(label, exact=True).select_option(label=value)

    def sees(self, text: str) -> None:
        """Wait until a text is there to be read."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)

    def picture(self, name: str) -> Path:
        """Keep what is on the screen."""
        return keep_picture(self.page, name)

    def fits(self) -> bool:
        """Whether the page is no wider than its window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )


def keep_picture(page: Page, name: str) -> Path:
    """Keep what is on the screen, in COLOURS colours: small enough for the documentation."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    with Image.open(BytesIO(capturing.capture(page, full_page=False))) as whole:
        few = whole.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    return path


@pytest.fixture
def site(
    live_database: str, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """Serve the platform on a database and a folder of files of the test's own."""
    with serving(live_database, browser, tmp_path, monkeypatch) as served:
        yield served


@pytest.fixture
def clocked_site(
    live_database: str, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """Serve it with a clock that `Site.days_pass` moves."""
    days = tmp_path / "days"
    days.write_text("0")
    monkeypatch.setattr(timezone, "now", clock.ahead(days))
    told = {clock.DAYS: str(days)}
    with serving(live_database, browser, tmp_path, monkeypatch, CLOCKED, told) as served:
        served.days = days
        yield served


@contextlib.contextmanager
def serving(
    database: str,
    browser: Browser | None,
    folder: Path,
    patch: pytest.MonkeyPatch,
    program: str = "",
    besides: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Site]:
    """Serve the platform on a database until the end, looked at by a browser if there is one."""
    patch.setattr(settings, "FILE_ROOTS", [str(folder / "intake")])
    patch.setattr(settings, "BATCH_ROOT", str(folder / "batches"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "DATABASE_URL": database,
        "REDIS_URL": settings.REDIS_URL,
        "FILE_ROOTS": ":".join(str(root) for root in settings.FILE_ROOTS),
        "BATCH_ROOT": settings.BATCH_ROOT,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        **besides,
    }
    *command, usual = supervise.web(port=port)
    with supervise.crew(folder / "logs") as crew:
        crew.start(supervise.Child("web", (*command, program or usual), environment))
        url = f"http://127.0.0.1:{port}"
        _wait(port, crew)
        served = Site(url, browser)
        served.crew, served.environment = crew, environment
        yield served
        for context in served.opened:
            context.close()
        served.nothing_refused()


def _wait(port: int, crew: supervise.Crew) -> None:
    while True:
        crew.check()
        with (
            contextlib.suppress(OSError),
            contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as asking,
        ):
            asking.request("GET", "/healthz")
            assert asking.getresponse().status == 200
            return
