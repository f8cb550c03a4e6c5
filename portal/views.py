"""The front page. `?lang=` chooses its language, which a cookie remembers."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from portal import listing

SHOWN_CHARACTERS = 200


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, list the published datasets, and show the ways in."""
    chosen = request.GET.get("lang", "")
    known = chosen in dict(settings.LANGUAGES)
    if known:
        translation.activate(chosen)
    words = request.GET.get("q", "")[:SHOWN_CHARACTERS].replace("\0", "")
    page = listing.list_page(words, after=_place(request.GET.get("after", "")), now=timezone.now())
    is_english = translation.get_language() == "en"
    response = render(
        request,
        "portal/home.html",
        {
            "page": page,
            "words": words,
            "city": settings.CITY_NAME_EN if is_english else settings.CITY_NAME_ZH,
            "is_english": is_english,
            "languages": (("zh-hans", "zh-Hans", "中文"), ("en", "en", "English")),
            "page_lang": "en" if is_english else "zh-Hans",
            "office": _office(),
        },
    )
    response.headers["Cache-Control"] = "no-cache"
    if known:
        _remember(response, chosen)
    return response


def _place(text: str) -> int | None:
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
