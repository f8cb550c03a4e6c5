"""Counters for Prometheus: how many requests, how they ended, how long they took.

Labels are names of routes, never addresses: an address may carry what somebody searched for.
"""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

requests = Counter("city_requests", "Requests answered", ["method", "route", "status"])
seconds = Histogram("city_request_seconds", "Seconds until an answer began", ["route"])
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Answer = Callable[[HttpRequest], HttpResponse]


def counted(get_response: Answer) -> Answer:
    """Count each request under its route."""

    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        route = (match.route if match else "") or "unknown"
        method = request.method if request.method in METHODS else "other"
        count(method, route, response.status_code, began)
        return response

    return middleware


def count(method: str, route: str, status: int, began: float) -> None:
    """Count one answer; `began` is the moment by `time.perf_counter` when its request came."""
    requests.labels(method, route, status).inc()
    seconds.labels(route).observe(time.perf_counter() - began)


def metrics(_request: HttpRequest) -> HttpResponse:
    """Answer the counters of this process."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
