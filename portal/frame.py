"""What every page of the portal has around it: language, ways in, where one is, the foot.

`?lang=` chooses the language, which a cookie remembers. The table WAYS names the pages that the
top leads to and FOOT those at the bottom: a new page is entered there once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.encoding import escape_uri_path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.bilingual import choose

SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Way:
    """An entry of a menu: a page by the name of its address (or the address itself), or more."""

    name: Promise | str
    to: str = ""
    under: tuple["Way", ...] = ()


LAW = (
    Way(_("Negative list"), "portal-negative-list"),
    Way(_("Duty list"), "portal-duty-list"),
    Way(_("Demand list"), "portal-demand-list"),
)
BUILD = (
    Way(_("Developers’ guide"), "portal-developers"),
    Way(_("API in words and examples"), "api:docs"),
    Way(_("Refusals of the API"), "api:errors"),
)
TAKE_PART = (
    Way(_("Apps built on the data"), "portal-apps"),
    Way(_("Wishes for data"), "portal-wishes"),
    Way(_("Contests"), "portal-contests"),
)
ABOUT = (
    Way(_("About the platform"), "portal-about"),
    Way(_("Help"), "portal-help"),
    Way(_("Open licence"), "portal-licence"),
    Way(_("Terms"), "portal-terms"),
    Way(_("Privacy"), "portal-privacy"),
    Way(_("Accessibility"), "portal-accessibility"),
    Way(_("Status"), "portal-status"),
    Way(_("What has changed"), "portal-changelog"),
    Way(_("Site map"), "portal-site-map"),
)
WAYS = (
    Way(_("Datasets"), "portal-datasets"),
    Way(_("Departments"), "portal-departments"),
    Way(_("Take part"), under=TAKE_PART),
    Way(_("Law"), under=LAW),
    Way(_("Developers"), under=BUILD),
    Way(_("Help"), "portal-help"),
)
FOOT = (
    Way(
        _("Find"),
        under=(
            Way(_("Datasets"), "portal-datasets"),
            Way(_("Departments"), "portal-departments"),
            Way(_("Figures"), "portal-figures"),
        ),
    ),
    Way(_("Take part"), under=TAKE_PART),
    Way(_("Law"), under=LAW),
    Way(_("Build"), under=BUILD),
    Way(_("About"), under=ABOUT),
    Way(_("For departments"), under=(Way(_("Back office"), "admin:index"),)),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link as a page shows it; `here` is the page itself or one above it."""

    name: str
    address: str = ""
    here: bool = False
    under: tuple["Link", ...] = ()


@dataclass(frozen=True, slots=True)
class Language:
    """This page in one language; `lang` is the tag of BCP 47."""

    name: str
    lang: str
    address: str
    here: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What the templates of the frame need; `here` is the whole address of the page, unasked."""

    city: str
    here: str
    ways: tuple[Link, ...]
    foot: tuple[Link, ...]
    languages: tuple[Language, ...]
    members: str | None


def shown(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Return a page in the language that was asked for, with what its frame needs."""
    chosen = choose_language(request)
    is_english = translation.get_language() == "en"
    frame = frame_of(request, is_english=is_english)
    context = {"frame": frame, "is_english": is_english} | context
    response = render(request, template, context, status=status)
    response.headers["Cache-Control"] = "no-cache"
    if chosen:
        _remember(response, chosen)
    return response


def frame_of(request: HttpRequest, *, is_english: bool) -> Frame:
    """Return the frame of a page at the request's address."""
    return Frame(
        city=city_name(),
        here=settings.PUBLIC_BASE_URL + escape_uri_path(request.path),
        ways=_links(WAYS, request.path),
        foot=_links(FOOT, request.path),
        languages=(
            _language(request, "zh-hans", "zh-Hans", "中文", here=not is_english),
            _language(request, "en", "en", "English", here=is_english),
        ),
        members=address_of("members-home"),
    )


def city_name() -> str:
    """Return the city's name in the language now active."""
    return choose(settings.CITY_NAME_ZH, settings.CITY_NAME_EN)


def choose_language(request: HttpRequest) -> str:
    """Speak the language of `?lang=`, if it names one of ours; returns it, else nothing."""
    chosen = request.GET.get("lang", "")
    if chosen not in dict(settings.LANGUAGES):
        return ""
    translation.activate(chosen)
    return chosen


def words_of(request: HttpRequest) -> str:
    """Return the words searched for, without the NUL that no text of the database can hold."""
    return request.GET.get("q", "")[:SHOWN_CHARACTERS].replace("\0", "")


def number_of(text: str) -> int | None:
    """Return a plain number of an address, None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def address_of(name: str) -> str | None:
    """Return a page's address, None where this process does not have it: each has its doors."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def dataset_address(slug: str) -> str:
    """Return the address of a dataset's page."""
    return reverse("portal-dataset", args=[slug])


def _links(ways: Sequence[Way], path: str) -> tuple[Link, ...]:
    found = (_link(way, path) for way in ways)
    return tuple(one for one in found if one.address or one.under)


def _link(way: Way, path: str) -> Link:
    if way.under:
        under = _links(way.under, path)
        return Link(str(way.name), here=any(one.here for one in under), under=under)
    address = address_of(way.to) or ""
    here = bool(address) and (path == address or path.startswith(f"{address.rstrip('/')}/"))
    return Link(str(way.name), address, here)


def _language(request: HttpRequest, code: str, lang: str, name: str, *, here: bool) -> Language:
    asked = request.GET.copy()
    asked["lang"] = code
    return Language(name, lang, f"?{asked.urlencode()}", here)


def _remember(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
