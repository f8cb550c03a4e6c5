"""What every answer carries: a request id, and what its page may load."""

import re
import uuid

from config import logs

PORTAL_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'"
)
# unfold's pages are driven by Alpine, which evaluates expressions and sets inline styles
OFFICE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval' 'unsafe-inline';"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:;"
    " object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
SOUND_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id(get_response):
    """Give each request an id, taken from a proxy's X-Request-ID where that is sound."""

    def middleware(request):
        given = request.headers.get("X-Request-ID", "")
        request.id = given if SOUND_ID.fullmatch(given) else uuid.uuid4().hex
        token = logs.request_id.set(request.id)
        try:
            response = get_response(request)
        finally:
            logs.request_id.reset(token)
        response["X-Request-ID"] = request.id
        return response

    return middleware


def content_policy(get_response):
    """Say what a page may load. Only the back office, on its own path, has the looser policy."""

    def middleware(request):
        response = get_response(request)
        office = request.path.startswith("/office/")
        response.headers.setdefault(
            "Content-Security-Policy", OFFICE_POLICY if office else PORTAL_POLICY
        )
        return response

    return middleware
