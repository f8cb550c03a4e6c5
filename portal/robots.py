"""What programs are told that come by themselves: crawlers, and who has found a weakness."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

PLAIN = "text/plain; charset=utf-8"
DAY = 24 * 3600
VALID_DAYS = 180
"""Days that security.txt is good for; RFC 9116 asks for less than a year."""
CLOSED = (
    "/my/",
    "/office/",
    "/api/v1/",
    "/datasets?",
    "/datasets.csv",
    "/datasets.xlsx",
    "/datasets/suggest",
    "/datasets/*/filter",
    "/datasets/*/chart?",
    "/datasets/*?",
)
"""What holds nothing to index: accounts, rows by program, and each search in each order."""
OPEN = ("/datasets?lang=", "/datasets/*?lang=")
"""Pages in a language, which have their address in the other: the longer rule is the one kept."""


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """Let crawlers read all pages, and no search, row or account (RFC 9309)."""
    lines = ["User-agent: *", *(f"Allow: {path}" for path in OPEN)]
    lines += [f"Disallow: {path}" for path in CLOSED]
    lines += ["", f"Sitemap: {settings.PUBLIC_BASE_URL}{reverse('portal-sitemap')}", ""]
    return _told("\n".join(lines))


@require_safe
def security(_request: HttpRequest) -> HttpResponse:
    """Say to whom a weakness is reported (RFC 9116), where the settings name somebody."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    lines = [
        *(f"Contact: {one}" for one in settings.SECURITY_CONTACT),
        f"Expires: {expires(timezone.now()):%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: zh, en",
        f"Canonical: {settings.PUBLIC_BASE_URL}{reverse('portal-security')}",
        "",
    ]
    return _told("\n".join(lines))


def expires(now: datetime) -> datetime:
    """Return until when the file is good: midnight (UTC) of a day about half a year on."""
    day = now.astimezone(UTC) + timedelta(days=VALID_DAYS)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def _told(text: str) -> HttpResponse:
    answer = HttpResponse(text, content_type=PLAIN)
    answer.headers["Cache-Control"] = f"public, max-age={DAY}"
    return answer
