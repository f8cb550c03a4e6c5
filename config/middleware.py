"""What every answer carries: a request id, and what its page may load."""

import itertools
import re
import time
import uuid
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest
from django.utils import translation
from django.utils.cache import patch_vary_headers

from accounts import addresses, looking
from audit import trace

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'"
)
OFFICE = "/office/"
MEMBERS = "/my/"
OWN = ("/static/", "/healthz", "/readyz", "/metrics", "/i18n/")
"""What each process answers, whichever doors it opens."""
SOUND_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Unreadable(SuspiciousOperation):
    """An address or a form holds a character that no text of the database can hold (NUL)."""


def sound_id(given):
    """Return the id a proxy gave a request, or a new one where it is none that can be logged."""
    return given if SOUND_ID.fullmatch(given) else uuid.uuid4().hex


def traced(get_response):
    """Give each request an id, taken from a proxy's X-Request-ID where that is sound.

    Id and address of the sender go with all that happens in its course; what leaves this process,
    such as a task, takes the id along and not the address.
    """

    def middleware(request):
        request.id = sound_id(request.META.get("HTTP_X_REQUEST_ID", ""))
        token = trace.request_id.set(request.id)
        place = trace.address.set(addresses.of(request.META))
        came = trace.began.set(time.perf_counter())
        try:
            response = get_response(request)
        finally:
            trace.began.reset(came)
            trace.address.reset(place)
            trace.request_id.reset(token)
        response["X-Request-ID"] = request.id
        return response

    return middleware


def looked_at(get_response):
    """Read rights once for a page that is only looked at.

    What may change something (POST and the like) reads them afresh each time.
    """

    def middleware(request):
        if request.method not in ("GET", "HEAD"):
            return get_response(request)
        with looking.read_once():
            return get_response(request)

    return middleware


def guarded(get_response):
    """Say what a browser may do with an answer: load, frame, guess, refer.

    These are the headers of Django's SecurityMiddleware and XFrameOptionsMiddleware too, at a
    fifth of their cost.
    """
    fixed = fixed_headers()

    def middleware(request):
        response = get_response(request)
        headers = response.headers
        for name, value in fixed.items():
            headers.setdefault(name, value)
        return response

    return middleware


def behind_own_doors(get_response):
    """Answer nothing of the open door, in a process that does not open it.

    Its pages are linked all the same: a proxy leads to the process that has them.
    """
    doors = {"conditional": ("/api/",), "members": (MEMBERS,), "office": (OFFICE, "/api/")}
    ours = (*OWN, *itertools.chain.from_iterable(doors[name] for name in settings.DOORS))

    def middleware(request):
        if not request.path_info.startswith(ours):
            raise Http404
        return get_response(request)

    return middleware


def fixed_headers():
    """Return what every answer tells a browser, whatever its address."""
    fixed = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        "Content-Security-Policy": CONTENT_POLICY,
    }
    if settings.SECURE:
        fixed["Strict-Transport-Security"] = (
            f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
        )
    return fixed


def language(get_response):
    """Answer in the language of the cookie or of `Accept-Language`, as Django's middleware does.

    Its choice is kept for each pair of the two; no address carries a language here.
    """

    def middleware(request):
        chosen = chosen_language(
            request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""),
            request.META.get("HTTP_ACCEPT_LANGUAGE", ""),
        )
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen
        response = get_response(request)
        if "Vary" not in response.headers or "Accept-Language" not in response.headers["Vary"]:
            patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language())
        return response

    return middleware


@lru_cache(maxsize=1024)
def chosen_language(cookie, accepted):
    """Return the language for a cookie and an `Accept-Language`, "" where there is none."""
    asked = HttpRequest()
    asked.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    if cookie:
        asked.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    return translation.get_language_from_request(asked)


class Readable:
    """Refuse NUL in an address, or a form of people who sign in: no text of the database holds it.

    Raises Unreadable, which is answered with a sentence (`config.refusals.bad_request`). Bodies of
    the API are its own to read. Stands below the check of tokens, which reads forms first.
    """

    def __init__(self, get_response):
        """Keep what answers."""
        self.get_response = get_response

    def __call__(self, request):
        """Look at the address, and hand on."""
        if "\0" in request.path_info or _has_nul(request.META.get("QUERY_STRING", "")):
            raise Unreadable
        return self.get_response(request)

    def process_view(self, request, _view, _args, _named):
        """Look at a form of back office or members, once its token was found good."""
        if request.method == "POST" and request.path_info.startswith((OFFICE, MEMBERS)):
            told = itertools.chain.from_iterable(texts for _name, texts in request.POST.lists())
            if any("\0" in text for text in told):
                raise Unreadable


def _has_nul(query):
    return "%00" in query or "\0" in query
