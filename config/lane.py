"""The lane: pages of rows, answered without Django's detours when nothing is out of the ordinary.

One address makes nearly all the calls of the open API. Django's request, middleware, resolver and
response take a quarter of its time and add nothing to it that is not below. Whatever is not a
plain GET, and whatever is refused or fails, is Django's: it answers as if the lane were not there
(a call that was charged already is not charged again). docs/adr/0008 says what this is worth.
"""

import re
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.db import close_old_connections
from django.utils import translation

from api.pages import Answered, Asked, answered
from api.views.records import PAID
from audit import trace
from config import metrics
from config.middleware import PORTAL_POLICY, chosen_language, fixed_headers, sound_id

Application = Callable[[dict[str, Any], Callable], Iterable[bytes]]
PATH = re.compile(r"/api/v1/datasets/([-a-zA-Z0-9_]+)/records")
ROUTE = "api/v1/datasets/<slug:slug>/records"
STATUS = {200: "200 OK", 304: "304 Not Modified"}
MOST_PARAMETERS = 100


def lane(django: Application) -> Application:
    """Return a WSGI application that answers pages of rows itself and hands on the rest."""
    fixed = [*fixed_headers().items(), ("Content-Security-Policy", PORTAL_POLICY)]

    def serve(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        match = PATH.fullmatch(path)
        query = environ.get("QUERY_STRING", "")
        # A cookie may choose the language or sign somebody in; letters that are not escaped may be
        # in more than one encoding: all that is Django's.
        plain = environ["REQUEST_METHOD"] == "GET" and query.isascii()
        if match is None or not plain or "HTTP_COOKIE" in environ:
            return django(environ, start_response)
        began = time.perf_counter()
        chosen = chosen_language("", environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        translation.activate(chosen)
        name = sound_id(environ.get("HTTP_X_REQUEST_ID", ""))
        token = trace.request_id.set(name)
        asked = Asked(path, match[1], {}, environ)
        try:
            asked.params = parse_qs(
                query,
                keep_blank_values=True,
                max_num_fields=MOST_PARAMETERS,
            )
            answer = answered(asked)
        except Exception:  # noqa: BLE001 - Django asks once more and tells what is wrong
            environ[PAID] = asked.meter
            environ["HTTP_X_REQUEST_ID"] = name
            return django(environ, start_response)
        finally:
            trace.request_id.reset(token)
        close_old_connections()  # as Django after each request: a pool gets its connection back
        start_response(
            STATUS[answer.status],
            [
                *answer.headers.items(),
                *fixed,
                ("X-Request-ID", name),
                ("Content-Language", chosen),
                *_length(answer),
            ],
        )
        if settings.METRICS:
            metrics.count("GET", ROUTE, answer.status, began)
        return [answer.body]

    return serve


def _length(answer: Answered) -> list[tuple[str, str]]:
    return [("Content-Length", str(len(answer.body)))] if answer.status == 200 else []
