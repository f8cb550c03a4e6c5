"""One served city for all looks at the portal: its data is made once, its server started once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser

from accounts.models import User
from oversight import standings
from tests import databases
from tests.conftest import forget
from tests.factories import dealings, exchange, hostile, living
from tests.factories.dealings import Dealings
from tests.factories.hostile import Hostile
from tests.factories.living import Living
from tests.journeys.browser.conftest import Site, serving
from tests.journeys.browser.portal.walking import Reader, Walk, view_of

MANY = {"ANONYMOUS_PER_MINUTE": "100000", "ANONYMOUS_PER_DAY": "1000000"}
TALKATIVE = {"TALK_PER_DAY": "1000"}
PER_VIEW = 3
"""So many pages of one sort are looked at: they differ by what there is to show."""
LEFT = ("/i18n/", "/api/", "/office/", "/static/")


@dataclass
class City:
    """The served city."""

    site: Site
    living: Living
    hostile: Hostile
    dealings: Dealings
    walks: dict[tuple[str, str], Walk] = field(default_factory=dict)
    sorts: dict[tuple[str, int | None], Walk] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.site.url

    def reader(self, language: str = "zh-hans", user: User | None = None) -> Reader:
        """Return who reads its pages: nobody, or somebody signed in."""
        cookies = [f"{settings.LANGUAGE_COOKIE_NAME}={language}"]
        if user is not None:
            cookies.append(f"{settings.SESSION_COOKIE_NAME}={session_of(user)}")
        return Reader(self.url, {"Cookie": "; ".join(cookies)})

    def walked(self, language: str, start: str) -> Walk:
        """Return what was found by following every link from "/", or as the member from "/my/"."""
        if (language, start) not in self.walks:
            reader = self.reader(language, None if start == "/" else self.living.member)
            self.walks[language, start] = Walk(reader, within=start).walk(start)
            reader.close()
        return self.walks[language, start]

    def kinds(self, start: str, user: User | None = None) -> list[str]:
        """Return addresses of every sort of page that links lead to, a few of each."""
        return list(self.sorted(start, user).pages)

    def sorted(self, start: str, user: User | None = None) -> Walk:
        """Return a walk along every sort of page that links lead to, to a few of each."""
        named = (start, user and user.pk)
        if named in self.sorts:
            return self.sorts[named]
        reader, met = self.reader(user=user), Counter[str]()

        def is_new(address: str) -> bool:
            met[view_of(address)] += 1
            return bool(view_of(address)) and met[view_of(address)] <= PER_VIEW

        self.sorts[named] = Walk(reader, within=start, left=LEFT).walk(start, follow=is_new)
        reader.close()
        return self.sorts[named]


def session_of(user: User) -> str:
    """Sign somebody in, and return the session's number."""
    client = Client()
    client.force_login(user, "accounts.backends.RoleBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def session_cookie(city: City, user: User) -> dict[str, str]:
    """Return the cookie with which somebody is signed in."""
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": session_of(user), "url": city.url}


@pytest.fixture(scope="package")
def _city(django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("city")
    with (
        pytest.MonkeyPatch.context() as patch,
        databases.committing(django_db_blocker, patch) as url,
        serving(url, None, folder, patch, besides=MANY | TALKATIVE) as site,
    ):
        forget()
        here, others = living.city(), hostile.things()
        [app] = here.company.apps.all()
        made = City(site, here, others, dealings.dealings(here.company, here.member, app))
        standings.compute(at=exchange.now())
        yield made


@pytest.fixture
def city(_city: City, browser: Browser) -> Iterator[City]:
    """The city, looked at by the browser of this module."""
    _city.site.browser = browser
    yield _city
    while _city.site.opened:
        _city.site.opened.pop().close()
    _city.site.nothing_refused()
