"""Every sort of page: axe finds nothing, nothing is blocked, nothing is asked of elsewhere.

In Chinese and English, light and dark, 1440 and 390 pixels wide: the first page of each sort in
the four looks of LOOKS, by which each language, each colour scheme and each width meets every
other; what differs from it only by what there is to show in the two of MORE, which have each once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from django.urls import URLPattern

from accounts.models import User
from community import follows
from portal import urls as portal
from portal.members import urls as members
from tests.factories import dealings
from tests.journeys.browser.conftest import LANGUAGES, NARROW, WIDE
from tests.journeys.browser.portal.conftest import City
from tests.journeys.browser.portal.looking import SEEN, Looker, need_axe
from tests.journeys.browser.portal.walking import view_of

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
MORE = {"zh-hans": (Look("dark", NARROW),), "en": (Look("light", WIDE, SEEN),)}

ENTRANCE = (
    *("/my/sign-up/", "/my/password/forgotten/", "/my/confirm/", "/my/leaked/", "/my/closed/"),
    *("/my/signed-out/", "/my/password/first/", "/my/password/forgotten/sent/"),
    *("/my/password/new/done/", "/my/password/new/1-over/", "/my/confirm/over/"),
)
STEPS = {
    *("account_logout", "members-app-close", "members-key-revoke", "members-key-rotate"),
    *("members-application-comment", "members-invite"),
    *("members-application-withdraw", "members-colleague", "members-contest-leave"),
    *("members-grant-dispose", "members-grant-end", "members-grant-renew", "members-leave"),
    *("members-follow", "members-unfollow", "members-letters", "members-step-down"),
    *("members-uninvite", "members-unlink", "members-webhook-end", "members-webhook-replay"),
    *("members-webhook-rotate", "members-webhook-step", "members-withdraw"),
    *("openid_connect_callback", "openid_connect_login"),
}
PARTS = {"members-foreseen", "portal-dataset-filter", "portal-datasets-suggest"}
FILES = {
    *("members-agreement-pdf", "members-calls-file", "portal-app-picture", "portal-boundaries"),
    *("portal-catalogue", "portal-chart-file", "portal-dataset-atom", "portal-dataset-jsonld"),
    *("portal-datasets-feed", "portal-duty-list-file", "portal-figures-file", "portal-robots"),
    *("portal-figures-raw", "portal-negative-list-file", "portal-security", "portal-sitemap"),
    *("portal-sitemap-datasets", "portal-sitemap-pages", "portal-demand-list-file"),
}
UNSEEN = STEPS | PARTS | FILES
"""What is not looked at: steps of forms, parts of pages, and files."""
DOCS, ERRORS = "/api/docs/", "/api/errors"
SWAGGERS = ("nested-interactive: ", "heading-order: ", "region: .information-container")
"""Faults in the markup of Swagger UI: buttons that hold links, levels of its headings, and its
introduction that stands in no landmark."""


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
    dealings.refused_call(city.dealings.market)
    pages = dict.fromkeys([*city.kinds("/my/", member), *beside(city)], 200)

    assert len(pages) > 10
    told = faults(city, language, pages, member)
    assert not told, told


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_the_entrance_has_a_fault(city: City, language: str):
    pages = dict.fromkeys([*city.kinds("/my/sign-in/"), *ENTRANCE], 200)

    told = faults(city, language, pages)
    assert not told, told


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_that_a_letter_leads_to_has_a_fault(city: City, language: str):
    joins, stops = by_letter(city)

    told = faults(city, language, joins, city.hostile.guest) + faults(city, language, stops)
    assert not told, told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_descriptions_of_the_api_have_no_fault_but_swagger_uis(city: City, language: str):
    need_axe()
    looker = Looker.at(city, language, reduced_motion="reduce")
    found = []
    for address, drawn in ((DOCS, ".opblock"), (ERRORS, "main table")):
        looker.open(address)
        looker.page.wait_for_selector(drawn)
        for size in (WIDE, NARROW):
            looker.resize(size)
            found += [f"{address} {size['width']}: {one}" for one in looker.judged()]

    told = "\n".join(one for one in found if not one.split(": ", 1)[1].startswith(SWAGGERS))
    assert not told, told


def by_letter(city: City) -> tuple[dict[str, int], dict[str, int]]:
    """Return the pages whose addresses stand in letters alone: to join a company, as the guest
    who is invited, and to end letters, as anybody."""
    word = follows.stop_token(city.living.member.pk)
    joins = {f"/my/join/{city.hostile.dealings.invited.token}/": 200}
    return joins, {f"/my/followed/stop/{word}/": 200, "/my/followed/stop/cut-off/": 404}


def beside(city: City) -> list[str]:
    """Return pages of a member to which no link below "/my/" leads."""
    made = city.dealings
    return [
        f"/my/talk/comment/{city.living.shops.slug}/",
        f"/my/talk/vote/{city.hostile.wish.pk}/",
        f"/my/applications/new/{made.market.dataset.slug}/",
        f"/my/applications/{made.requests[0].pk}/change/",
        *(f"/my/applications/{one.pk}/" for one in made.requests),
        *(f"/my/applications/grants/{one.pk}/" for one in made.grants),
    ]


def test_no_sort_of_page_is_left_out_unsaid(city: City):
    met = [*city.kinds("/"), *city.kinds("/my/", city.living.member), *beside(city)]
    met += [*city.kinds("/my/sign-in/"), *ENTRANCE, *by_letter(city)[0], *by_letter(city)[1]]
    listed = [*portal.urlpatterns, *members.urlpatterns]
    named = {one.name for one in listed if isinstance(one, URLPattern)}

    told = named - {view_of(one) for one in met}

    assert told == UNSEEN, "\n".join(sorted(told ^ UNSEEN))


def faults(city: City, language: str, pages: Mapping[str, int], user: User | None = None) -> str:
    """Return what is wrong with pages, one a line."""
    need_axe()
    looker = Looker.at(city, language, user, reduced_motion="reduce")
    found = []
    for address, status, looks in looked_at(language, pages):
        for number, look in enumerate(looks):
            looker.page.emulate_media(color_scheme=look.scheme)
            looker.resize(look.size)
            if number == 0:
                looker.open(address, status=status)
            found += [
                f"{address} {look.scheme} {look.size['width']}: {one}"
                for one in looker.judged(look.rules) + looker.troubles()
            ]
    return "\n".join(found)


def looked_at(
    language: str, pages: Mapping[str, int]
) -> Iterator[tuple[str, int, tuple[Look, ...]]]:
    """Yield each address with its status and how it is looked at."""
    met: set[tuple[str, int]] = set()
    for address, status in pages.items():
        sort = (view_of(address), status)
        yield address, status, (MORE if sort in met else LOOKS)[language]
        met.add(sort)


def test_each_page_is_looked_at_in_both_languages_schemes_and_widths():
    pages = {"/": 200, "/datasets": 200, "/datasets?page=2": 200, "/datasets/a": 410}

    told = {language: list(looked_at(language, pages)) for language in LANGUAGES}

    for place, address in enumerate(pages):
        looks = [look for one in told.values() for look in one[place][2]]
        assert {look.scheme for look in looks} == {"light", "dark"}, address
        assert {look.size["width"] for look in looks} == {390, 1440}, address
        assert [look for look in looks if look.rules is None], address
    assert [len(one[2]) for one in told["en"]] == [2, 2, 1, 2]
