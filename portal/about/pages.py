"""Pages about the platform: each a text in Chinese and one in English, in one frame.

A text is written twice and not translated sentence by sentence, so that each reads as its readers
write: `portal/about/<name>.zh-hans.html` and `.en.html`. A test holds the two to the same headings
and the same links.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts import colleagues, quotas, refused
from accounts.guessing import WINDOW
from portal.frame import address_of, choose_language, shown


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the name of its address and of its texts, its title, and a sentence about it."""

    name: str
    title: Promise
    about: Promise

    @property
    def address(self) -> str:
        """Where it stands."""
        return reverse(f"portal-{self.name}")


PAGES: Mapping[str, Page] = {
    one.name: one
    for one in (
        Page(
            "about",
            _("About the platform"),
            _("What the city’s data exchange is, for whom, and what it promises."),
        ),
        Page(
            "help",
            _("Help"),
            _("Search, filter, download, draw, comment, wish, correct, apply: step by step."),
        ),
        Page(
            "developers",
            _("Developers’ guide"),
            _("The first call in three steps, keys, limits, pages, changes, figures, places."),
        ),
        Page(
            "licence",
            _("Open licence"),
            _("What you may do with the data, and the licences that the datasets carry."),
        ),
        Page(
            "terms",
            _("Terms"),
            _("What holds for who uses the portal and its API."),
        ),
        Page("privacy", _("Privacy"), _("What is kept, for how long, and what is not.")),
        Page(
            "accessibility",
            _("Accessibility"),
            _("What the portal does so that everybody can use it, and what is still missing."),
        ),
        Page("status", _("Status"), _("How fresh the data is, and what was synced last.")),
        Page("changelog", _("What has changed"), _("News of the portal and its API, by date.")),
    )
}


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Say what the exchange is."""
    return text(request, "about")


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Say what holds for who uses it."""
    return text(request, "terms")


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say who can use it how, and what is missing."""
    return text(request, "accessibility", {"contacts": settings.SECURITY_CONTACT})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept of whom; every number is the one that the code goes by."""
    kept = {
        "language_cookie": settings.LANGUAGE_COOKIE_NAME,
        "idle_minutes": settings.SESSION_IDLE_MINUTES,
        "session_hours": settings.SESSION_COOKIE_AGE // 3600,
        "lock_minutes": settings.SIGN_IN_LOCK_MINUTES,
        "failure_minutes": int(WINDOW.total_seconds()) // 60,
        "quota_days": quotas.KEPT_SECONDS // 86_400,
        "refused_calls": refused.KEPT,
        "refused_days": refused.KEPT_SECONDS // 86_400,
        "invitation_days": colleagues.DAYS + colleagues.KEPT_DAYS,
    }
    return text(request, "privacy", kept)


@require_safe
def changelog(request: HttpRequest) -> HttpResponse:
    """Say what is new for who uses the portal."""
    return text(request, "changelog")


def text(
    request: HttpRequest, name: str, context: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Return the page of that name in the language that was asked for."""
    choose_language(request)
    language = "en" if translation.get_language() == "en" else "zh-hans"
    around = {
        "page": PAGES[name],
        "pages": tuple(PAGES.values()),
        "text": f"portal/about/{name}.{language}.html",
        "members": {
            "home": address_of("members-home"),
            "sign_up": address_of("account_signup"),
            "apps": address_of("members-apps"),
            "applications": address_of("members-applications"),
            "leaked": address_of("members-leaked"),
        },
    }
    return shown(request, "portal/about/page.html", around | dict(context or {}))
