"""The front page. `?lang=` chooses its language, which a cookie remembers."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from catalog.search import Filters
from portal import listing

SHOWN_CHARACTERS = 200


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, list the published datasets, and show the ways in."""
    words = words_of(request)
    choose_language(request)
    after = number_of(request.GET.get("after", ""))
    filters = Filters.parse(request.GET.dict())
    page = listing.list_page(words, filters, after=after, now=timezone.now())
    context = {"page": page, "words": words, "filters": filters, "query": page.query}
    return shown(request, "portal/home.html", context)


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


def shown(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Return a page in the language that was asked for, with what its frame needs."""
    chosen = choose_language(request)
    is_english = translation.get_language() == "en"
    frame = {
        "city": settings.CITY_NAME_EN if is_english else settings.CITY_NAME_ZH,
        "is_english": is_english,
        "languages": (("zh-hans", "zh-Hans", "中文"), ("en", "en", "English")),
        "page_lang": "en" if is_english else "zh-Hans",
        "office": _office(),
    }
    response = render(request, template, frame | context)
    response.headers["Cache-Control"] = "no-cache"
    if chosen:
        _remember(response, chosen)
    return response


def number_of(text: str) -> int | None:
    """Return a plain number of an address, None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _office() -> str | None:
    """Return the way to the back office, None where this process does not have it."""
    try:
        return reverse("admin:index")
    except NoReverseMatch:
        return None


def _remember(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
