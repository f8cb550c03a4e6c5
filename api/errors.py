"""Every error in one shape: problem+json (RFC 9457) with a code and the reasons behind it."""

import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import (
    APIException,
    MethodNotAllowed,
    NotAcceptable,
    ParseError,
)

from accounts import keys, refused
from accounts.bounds import KeyBound
from accounts.keys import KeyRefused
from accounts.quotas import QuotaExceeded, QuotaUnavailable
from accounts.refusals import StepRefused
from accounts.refused import RefusedCall
from accounts.wording import again, in_each
from api.authentication import KeyInAddress, presented
from api.refusals import TITLES
from catalog.refusals import CatalogRefusal
from exchange.problems import Problem
from oversight import key_counts

log = logging.getLogger(__name__)

TYPE = f"{settings.PUBLIC_BASE_URL}/api/errors"
MEDIA_TYPE = "application/problem+json"
LONGEST_KEPT = 400
"""Characters of a sentence that the owner of a key finds again."""


def title(status: int) -> str:
    """Return what a status says in short, in the reader's language."""
    return str(TITLES.get(status) or HTTPStatus(status).phrase)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    request: Any = None,
    reasons: tuple[Mapping[str, str], ...] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return an error as problem+json; `detail` is a sentence for a person."""
    body = {
        "type": f"{TYPE}#{code}",
        "title": title(status),
        "status": status,
        "code": code,
        "detail": detail,
        "reasons": list(reasons),
        "request_id": getattr(request, "id", ""),
    }
    answer = HttpResponse(
        json.dumps(body, ensure_ascii=False), status=status, content_type=MEDIA_TYPE
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = get_language() or settings.LANGUAGE_CODE
    for name, value in (headers or {}).items():
        answer.headers[name] = value
    return answer


def handle(failure: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Translate what a view raised; DRF's EXCEPTION_HANDLER."""
    request = context.get("request")
    plain = getattr(request, "_request", request)
    translate = next((to for kind, to in TRANSLATIONS if isinstance(failure, kind)), _fault)
    answer = translate(failure, plain)
    if answer.status_code < 500:
        _keep(failure, request, answer.status_code, lambda: translate(failure, plain))
    return answer


def _keep(failure: Exception, request: Any, status: int, say: Callable[[], HttpResponse]) -> None:
    """Keep the refusal for the owner of the key that called, if one of ours did.

    `say` answers it in the language now active: it is kept as it reads in each.
    """
    number = _key_of(failure, request)
    if number is not None:
        said = str(getattr(failure, "code", "") or getattr(failure, "default_code", ""))
        # what Django raises has no code of its own
        code = said.replace("_", "-") or ("not-found" if status == 404 else str(status))
        told = in_each(lambda: str(json.loads(say().content)["detail"])[:LONGEST_KEPT])
        now = timezone.now()
        refused.note(RefusedCall(now, number, request.path[:200], status, code, told))
        key_counts.refused(number, code, at=now)


def _sentence(failure: Exception) -> str:
    """Return what a failure says, in the language now active where it can be said again."""
    return again(failure.args[0]) if failure.args else ""


def _key_of(failure: Exception, request: Any) -> int | None:
    number = getattr(failure, "key_id", None)
    if number is not None or request is None or isinstance(failure, KeyRefused | KeyInAddress):
        return number
    try:
        raw = presented(request.META, ())
    except KeyInAddress:  # it was refused for something else before that was looked at
        return None
    key = keys.find(raw) if raw else None
    return None if key is None else key.pk


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Answer an unknown address below /api/ in the shape of the others."""
    return _not_found(Http404(), request)


def _refused(failure: Problem, request: Any) -> HttpResponse:
    reasons = tuple(
        {"code": ground.code, "text": ground.text, "basis": ground.basis}
        for ground in failure.grounds
    )
    headers = getattr(failure, "headers", None)
    return problem(
        failure.status,
        failure.code,
        _sentence(failure),
        request=request,
        reasons=reasons,
        headers=headers,
    )


def _refused_below(failure: CatalogRefusal | StepRefused | KeyBound, request: Any) -> HttpResponse:
    return problem(failure.status, failure.code, _sentence(failure), request=request)


def _unreadable(failure: ParseError, request: Any) -> HttpResponse:
    told = _(
        "The body cannot be read: %(why)s. Send what the API's document says for this address, in"
        " the media type that it names."
    )
    return problem(400, "body-unreadable", told % {"why": _why_unread(failure)}, request=request)


def _why_unread(failure: ParseError) -> str:
    """Return what a parser of ours says, or where a body stops being JSON; the framework's own
    sentence has one language."""
    cause = failure.__context__
    if isinstance(cause, json.JSONDecodeError):
        place = {"line": cause.lineno, "column": cause.colno}
        return _("from line %(line)s, character %(column)s on it is no JSON") % place
    if isinstance(cause, UnicodeDecodeError):
        return _("it is not written in UTF-8")
    return str(failure.detail)


def _suspicious(_failure: SuspiciousOperation, request: Any) -> HttpResponse:
    told = _("The body is larger, or has more parts, than this address takes. Send less at once.")
    return problem(400, "body-unreadable", told, request=request)


def _key_refused(failure: KeyRefused, request: Any) -> HttpResponse:
    headers = {"WWW-Authenticate": 'Bearer realm="api"'}
    return problem(
        failure.status, failure.code, _sentence(failure), request=request, headers=headers
    )


def _exceeded(failure: QuotaExceeded, request: Any) -> HttpResponse:
    headers = failure.quota.headers()
    return problem(
        failure.status, failure.code, _sentence(failure), request=request, headers=headers
    )


def _uncounted(failure: QuotaUnavailable, request: Any) -> HttpResponse:
    headers = {"Retry-After": str(failure.retry_after)}
    return problem(
        failure.status, failure.code, _sentence(failure), request=request, headers=headers
    )


def _not_found(_failure: Http404, request: Any) -> HttpResponse:
    return problem(404, "not-found", _("There is nothing at this address."), request=request)


def _not_allowed(failure: PermissionDenied, request: Any) -> HttpResponse:
    code = getattr(failure, "code", "not-allowed")
    return problem(403, code, _sentence(failure), request=request)


def _wrong_method(_failure: MethodNotAllowed, request: Any) -> HttpResponse:
    sentence = _("This address does not take %(method)s. It is for reading: use GET.")
    told = sentence % {"method": getattr(request, "method", "")}
    allowed = {"Allow": "GET, HEAD"}
    return problem(405, "method-not-allowed", told, request=request, headers=allowed)


def _no_such_form(_failure: NotAcceptable, request: Any) -> HttpResponse:
    told = _(
        "This address has none of the forms that the header Accept names. Leave Accept out, or"
        " name */*, and you get the one it has."
    )
    return problem(406, "not-acceptable", told, request=request)


def _by_framework(failure: APIException, request: Any) -> HttpResponse:
    code = str(failure.default_code).replace("_", "-")
    return problem(failure.status_code, code, str(failure.detail), request=request)


def _fault(failure: Exception, request: Any) -> HttpResponse:
    log.error("unforeseen failure in the API", exc_info=failure)
    sentence = _(
        "Something of ours failed; it was written down under request id %(id)s. Try again later,"
        " and name the id if you report it."
    )
    return problem(500, "fault", sentence % {"id": getattr(request, "id", "")}, request=request)


# the first that fits translates
TRANSLATIONS: tuple[tuple[type[Exception], Callable[[Any, Any], HttpResponse]], ...] = (
    (Problem, _refused),
    (CatalogRefusal, _refused_below),
    (StepRefused, _refused_below),
    (KeyRefused, _key_refused),
    (KeyBound, _refused_below),
    (QuotaExceeded, _exceeded),
    (QuotaUnavailable, _uncounted),
    (Http404, _not_found),
    (PermissionDenied, _not_allowed),
    (MethodNotAllowed, _wrong_method),
    (NotAcceptable, _no_such_form),
    (ParseError, _unreadable),
    (SuspiciousOperation, _suspicious),
    (APIException, _by_framework),
)
