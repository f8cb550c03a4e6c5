"""Every sort of page: axe finds nothing, nothing is blocked, nothing is asked of elsewhere.

In Chinese and English, light and dark, 1440 and 390 pixels wide: each page in the four looks of
LOOKS, by which each language, each colour scheme and each width meets every other.
"""

from dataclasses import dataclass

import pytest

from accounts.models import User
from tests.journeys.browser.conftest import LANGUAGES, NARROW, WIDE
from tests.journeys.browser.portal.conftest import City
from tests.journeys.browser.portal.looking import SEEN, Looker, need_axe

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    scheme: str
    size: dict[str, int]
    rules: list[str] | None = None


LOOKS = {
    "zh-hans": (Look("light", WIDE), Look("dark", NARROW, SEEN)),
    "en": (Look("dark", WIDE), Look("light", NARROW, SEEN)),
}


def special(city: City) -> dict[str, int]:
    """Return addresses to which no link leads, each with the status it answers."""
    stops, shops = f"/datasets/{city.living.stops.slug}", f"/datasets/{city.living.shops.slug}"
    return {
        "/nowhere": 404,
        f"/datasets/{city.living.withdrawn.slug}": 410,
        "/datasets?q=麒麟": 200,
        "/datasets?q=公交占点": 200,
        "/datasets?page=99": 200,
        "/wishes?q=nothing": 200,
        f"{stops}?district=望潮区&sort=-lines": 200,
        f"{stops}?nothing=1": 200,
        f"{shops}?phone=1": 200,
        f"{stops}/chart?group=district&kind=pie": 200,
        f"{stops}/chart?group=nothing": 400,
        f"{stops}/map?bbox=1,1,2,2": 200,
        f"{shops}/why?field=owner_id": 200,
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_for_everybody_has_a_fault(city: City, language: str):
    pages = dict.fromkeys(city.kinds("/"), 200) | special(city)

    told = faults(city, language, pages)
    assert not told, told


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_a_member_has_a_fault(city: City, language: str):
    member = city.living.member
    pages = dict.fromkeys(city.kinds("/my/", member), 200)

    assert len(pages) > 10
    told = faults(city, language, pages, member)
    assert not told, told


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_the_entrance_has_a_fault(city: City, language: str):
    pages = dict.fromkeys(city.kinds("/my/sign-in/"), 200) | dict.fromkeys(
        ["/my/sign-up/", "/my/password/forgotten/", "/my/confirm/", "/my/leaked/"], 200
    )

    told = faults(city, language, pages)
    assert not told, told


def faults(city: City, language: str, pages: dict[str, int], user: User | None = None) -> str:
    """Return what is wrong with pages, one a line."""
    need_axe()
    looker = Looker.at(city, language, user, reduced_motion="reduce")
    found = []
    for address, status in pages.items():
        for number, look in enumerate(LOOKS[language]):
            looker.page.emulate_media(color_scheme=look.scheme)
            looker.resize(look.size)
            if number == 0:
                looker.open(address, status=status)
            found += [
                f"{address} {look.scheme} {look.size['width']}: {one}"
                for one in looker.judged(look.rules) + looker.troubles()
            ]
    return "\n".join(found)
