"""The lane: pages of rows, answered without Django's detours when nothing is out of the ordinary.

One address makes nearly all the calls of the open API, and two those of the department API: pages
and claims. Django's request, middleware, resolver and response take a quarter of its time and add
nothing to it that is not below. Whatever is asked otherwise, and whatever is refused or fails, is
Django's: it answers as if the lane were not there (a call that was charged already is not charged
again). docs/adr/0008 says what this is worth.
"""

import io
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.db import close_old_connections
from django.utils import translation

from api import pages
from api.office import claims
from api.office import pages as office
from api.pages import Answered, Asked
from api.views.records import PAID
from audit import trace
from config import metrics, wire
from config.middleware import chosen_language, fixed_headers, sound_id

Application = Callable[[dict[str, Any], Callable], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Way:
    """An address that the lane answers: at which doors, its form, its route in the counters."""

    doors: frozenset[str]
    method: str
    path: re.Pattern[str]
    route: str
    answered: Callable[[Asked], Answered]


WAYS = (
    Way(
        frozenset({"open", "conditional"}),
        "GET",
        re.compile(r"/api/v1/datasets/([-a-zA-Z0-9_]+)/records"),
        "api/v1/datasets/<slug:slug>/records",
        pages.answered,
    ),
    Way(
        frozenset({"office"}),
        "GET",
        re.compile(r"/api/v1/office/datasets/([-a-zA-Z0-9_]+)/records"),
        "api/v1/office/datasets/<slug:slug>/records",
        office.answered,
    ),
    Way(
        frozenset({"office"}),
        "POST",
        re.compile(r"/api/v1/office/datasets/([-a-zA-Z0-9_]+)/verifications"),
        "api/v1/office/datasets/<slug:slug>/verifications",
        claims.answered,
    ),
)
STATUS = {200: "200 OK", 304: "304 Not Modified"}
MOST_PARAMETERS = 100


def lane(django: Application) -> Application:
    """Return a WSGI application that answers pages of rows itself and hands on the rest."""
    fixed = fixed_headers().items()
    ways = [way for way in WAYS if not way.doors.isdisjoint(settings.DOORS)]

    def serve(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        way, slug = _way(ways, path)
        query = environ.get("QUERY_STRING", "")
        # A cookie may choose the language or sign somebody in; letters that are not escaped may be
        # in more than one encoding: all that is Django's.
        plain = way is not None and environ["REQUEST_METHOD"] == way.method and query.isascii()
        body = _body(environ) if plain and "HTTP_COOKIE" not in environ else None
        if way is None or body is None:
            return django(environ, start_response)
        began = time.perf_counter()
        chosen = chosen_language("", environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        translation.activate(chosen)
        name = sound_id(environ.get("HTTP_X_REQUEST_ID", ""))
        token, came = trace.request_id.set(name), trace.began.set(began)
        sent = wire.untagged(environ)
        asked = Asked(path, slug, {}, environ, body=body)
        try:
            asked.params = _parameters(query)
            answer = way.answered(asked)
        except Exception:  # noqa: BLE001 - Django asks once more and tells what is wrong
            environ[PAID] = asked.meter
            environ["HTTP_X_REQUEST_ID"] = name
            return django(environ, start_response)
        finally:
            trace.began.reset(came)
            trace.request_id.reset(token)
        close_old_connections()  # as Django after each request: a pool gets its connection back
        body, headers = _on_the_wire(answer, environ, sent)
        start_response(
            STATUS[answer.status],
            [*headers.items(), *fixed, ("X-Request-ID", name), ("Content-Language", chosen)],
        )
        if settings.METRICS:
            metrics.count(way.method, way.route, answer.status, began)
        return [body]

    return serve


def _way(ways: list[Way], path: str) -> tuple[Way | None, str]:
    """Return which way an address goes, and the dataset in it."""
    for way in ways:
        match = way.path.fullmatch(path)
        if match is not None:
            return way, match[1]
    return None, ""


@lru_cache(maxsize=256)
def _parameters(query: str) -> Mapping[str, list[str]]:
    """Return all values of each parameter of an address. Raises ValueError for too many."""
    return parse_qs(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)


def _body(environ: dict[str, Any]) -> bytes | None:
    """Return what was sent, there to be read once more; None where its length is not plain."""
    if environ["REQUEST_METHOD"] == "GET":
        return b""
    length = environ.get("CONTENT_LENGTH") or ""
    if not (length.isascii() and length.isdigit() and int(length) <= claims.LONGEST_BODY):
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _on_the_wire(
    answer: Answered, environ: dict[str, Any], sent: str
) -> tuple[bytes, dict[str, str]]:
    """Return body and headers as this caller takes them: packed, or as they are."""
    if answer.status != 200:
        return b"", answer.headers | wire.weakened(answer.headers, sent)
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    body, changed = wire.rows(answer.body, answer.headers, accepted)
    return body, answer.headers | changed | {"Content-Length": str(len(body))}
