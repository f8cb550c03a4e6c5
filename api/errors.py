"""Every error in one shape: problem+json (RFC 9457) with a code and the reasons behind it."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, MethodNotAllowed

from accounts.keys import KeyRefused
from accounts.quotas import QuotaExceeded, QuotaUnavailable
from exchange.problems import Problem

log = logging.getLogger(__name__)

TYPE = f"{settings.PUBLIC_BASE_URL}/api/errors"
MEDIA_TYPE = "application/problem+json"


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
        "title": HTTPStatus(status).phrase,
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
    if isinstance(failure, Problem):
        reasons = tuple(
            {"code": ground.code, "text": ground.text, "basis": ground.basis}
            for ground in failure.grounds
        )
        headers = getattr(failure, "headers", None)
        return problem(
            failure.status,
            failure.code,
            str(failure),
            request=plain,
            reasons=reasons,
            headers=headers,
        )
    if isinstance(failure, KeyRefused):
        return problem(
            failure.status,
            failure.code,
            str(failure),
            request=plain,
            headers={"WWW-Authenticate": 'Bearer realm="api"'},
        )
    if isinstance(failure, QuotaExceeded):
        headers = failure.quota.headers()
        return problem(
            failure.status, failure.code, str(failure), request=plain, headers=headers
        )
    if isinstance(failure, QuotaUnavailable):
        headers = {"Retry-After": str(failure.retry_after)}
        return problem(
            failure.status, failure.code, str(failure), request=plain, headers=headers
        )
    if isinstance(failure, Http404):
        return problem(404, "not-found", _("There is nothing at this address."), request=plain)
    if isinstance(failure, PermissionDenied):
        return problem(403, getattr(failure, "code", "not-allowed"), str(failure), request=plain)
    if isinstance(failure, MethodNotAllowed):
        sentence = _("This address does not take %(method)s. It is for reading: use GET.")
        return problem(
            405,
            "method-not-allowed",
            sentence % {"method": getattr(plain, "method", "")},
            request=plain,
        )
    if isinstance(failure, APIException):
        return problem(
            failure.status_code, str(failure.default_code), str(failure.detail), request=plain
        )
    log.error("unforeseen failure in the API", exc_info=failure)
    sentence = _(
        "Something of ours failed; it was written down under request id %(id)s. Try again later,"
        " and name the id if you report it."
    )
    return problem(500, "fault", sentence % {"id": getattr(plain, "id", "")}, request=plain)
