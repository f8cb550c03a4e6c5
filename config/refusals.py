"""What is answered where no view answers: pages of ours, and problems of ours below /api/.

Django's own answers are bare lines in English. Each of these says what happened and what to do, in
the reader's language, and needs no database.
"""

import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    DisallowedHost,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.defaults import page_not_found

from api.errors import problem
from config import middleware
from portal.frame import address_of, shown

logger = logging.getLogger(__name__)
TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


@dataclass(frozen=True, slots=True)
class Bare:
    """An answer of its own: status, code for machines, and a heading and a sentence for people."""

    status: int
    code: str
    title: str | Promise
    sentence: str | Promise


UNREADABLE = Bare(
    400,
    "address-unreadable",
    gettext_lazy("This cannot be read"),
    gettext_lazy(
        "The address or the form holds a character that no text can hold (NUL, written %%00 in an"
        " address). Nothing was done. Take it out, or type the text anew, and send it again."
    ),
)
LARGE = Bare(
    413,
    "body-unreadable",
    gettext_lazy("Too much at once"),
    gettext_lazy(
        "What was sent is larger than this address takes: %(size)s MB beside files, and"
        " %(fields)s inputs. Nothing was done. Send less at once, or hand in long texts as a file."
    ),
)
HOST = Bare(
    400,
    "host-not-served",
    gettext_lazy("Not the address of this platform"),
    gettext_lazy(
        "The platform was called by a name that it does not go by. Open it at the address that you"
        " were given. Who runs it can add the name to the setting ALLOWED_HOSTS."
    ),
)
BROKEN = Bare(
    400,
    "body-unreadable",
    gettext_lazy("This cannot be read"),
    gettext_lazy(
        "What was sent cannot be read: it broke off on the way, or was altered. Nothing was done."
        " Go back, load the page again and send it once more."
    ),
)
STALE = Bare(
    403,
    "not-allowed",
    gettext_lazy("The form is out of date"),
    gettext_lazy(
        "The form was not sent from a page that you opened in this browser, or you signed in or"
        " out since. Nothing was done. Go back, load the page again and send it once more; cookies"
        " have to be allowed for this site."
    ),
)
FAULT = Bare(
    500,
    "fault",
    gettext_lazy("Something failed"),
    gettext_lazy(
        "Something of ours failed; it was written down under request id %(id)s. Try again later,"
        " and name the id if you report it."
    ),
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what cannot be read: NUL, too much, an unknown host, or a broken body."""
    kinds: tuple[tuple[Any, Bare], ...] = (
        (middleware.Unreadable, UNREADABLE),
        (TOO_LARGE, LARGE),
        (DisallowedHost, HOST),
    )
    found = (bare for kind, bare in kinds if isinstance(exception, kind))
    return _answer(request, next(found, BROKEN))


def nothing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer where nothing is: in the portal's frame, which asks no database, with ways to go on.

    The back office, and a process without the portal's pages, have a page that stands alone.
    """
    if _is_office(request) or address_of("portal-home") is None:
        return page_not_found(request, exception)
    return shown(request, "portal/nothing.html", {}, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a fault of ours, naming the id under which it was written down."""
    return _answer(request, FAULT)


def form_stale(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token does not fit; Django's CSRF_FAILURE_VIEW. `reason` is logged."""
    del reason
    return _answer(request, STALE)


def _answer(request: HttpRequest, bare: Bare) -> HttpResponse:
    sentence = bare.sentence % {
        "size": f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1_000_000:g}",
        "fields": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
        "id": getattr(request, "id", "–"),
    }
    if _is_api(request):
        return problem(bare.status, bare.code, sentence, request=request)
    answer = _page(request, bare, {"heading": bare.title, "sentence": sentence})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(request: HttpRequest, bare: Bare, said: dict[str, Any]) -> HttpResponse:
    """Return a page in the portal's frame, or one that stands alone where no frame can be made."""
    if bare is not HOST and not _is_office(request) and _can_be_framed(request):
        try:
            return shown(request, "portal/not_done.html", said, status=bare.status)
        except Exception:  # the frame may be what fails, and somebody waits for an answer
            logger.exception("The frame of a page could not be made, so the page stands alone.")
    alone = said | {"way": _way_back(request)}
    return render(None, "portal/refused.html", alone, status=bare.status)


def _can_be_framed(request: HttpRequest) -> bool:
    """Whether this process has the portal's pages, and what the address asks can be read."""
    inputs = request.META.get("QUERY_STRING", "").count("&") + 1
    readable = inputs <= settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    return readable and address_of("portal-home") is not None


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def _is_office(request: HttpRequest) -> bool:
    return request.path_info.startswith(middleware.OFFICE)


def _way_back(request: HttpRequest) -> tuple[str, str]:
    """Return where to start anew, and its name: the desk, or the front page."""
    if _is_office(request):
        return "/office/", _("To my desk")
    return "/", _("To the front page")
