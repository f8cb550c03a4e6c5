"""What the pages of the back office beside the desks share: who may see them, their frame."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.http import content_disposition_header

from accounts.roles import require
from backoffice.buttons import person_of

View = Callable[..., HttpResponseBase]
Answer = TypeVar("Answer", bound=HttpResponseBase)

LONGEST_NUMBER = 18  # so many digits any number of the database can have

PLACES = {
    "dataset": "catalog_dataset",
    "field": "catalog_field",
    "resource": "catalog_resource",
    "demand": "catalog_demand",
    "line": "catalog_negativeline",
    "basis": "catalog_legalbasis",
    "revision": "catalog_revision",
    "source": "exchange_source",
    "grant": "exchange_grant",
    "stop": "exchange_stop",
    "correction": "exchange_correction",
    "comment": "community_comment",
    "contest": "community_contest",
    "showcase": "community_showcase",
    "wish": "community_wish",
    "organization": "accounts_organization",
    "user": "accounts_user",
}
"""Which desk shows what a target such as "dataset:12" names."""

PAGES = {"regrade": "admin:regrading", "batch": "admin:own_grants"}
"""Which page shows what a target names that is no row of a desk."""

NUMBERED = {
    "run": "admin:run",
    "binding": "admin:last_run",
    "request": "admin:request_place",
    "dispute": "admin:dispute",
}
"""Which page of ours shows a target by its number: of a binding, what its last run came to; of a
request, the page of who answers it or of who asked."""


def office_page(permission: str = "") -> Callable[[View], View]:
    """Let a view be seen by who is signed in to the back office and holds `permission`.

    Whoever is not signed in is sent to the sign-in page; without the right it is 403 (NotAllowed).
    Whether the person may see this very row is the view's own question.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if permission:
                require(person_of(request), permission)
            return view(request, *args, **kwargs)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return admin.site.admin_view(inner)(request, *args, **kwargs)

        guarded.__dict__["permission"] = permission  # what a page asks can be read off it
        return guarded

    return decorated


def shown(
    request: HttpRequest, template: str, *, title: Any, status: int = 200, **context: Any
) -> HttpResponse:
    """Return a page in the back office's frame. A part for htmx needs no frame: render it bare."""
    around = admin.site.each_context(request) | {"title": title}
    return TemplateResponse(request, template, around | context, status=status)


def as_file(answer: Answer, name: str) -> Answer:
    """Return an answer as a file to be kept under this name: shown nowhere, kept on no way."""
    named = content_disposition_header(as_attachment=True, filename=name)
    answer.headers["Content-Disposition"] = named or "attachment"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def number_of(text: str) -> int | None:
    """Return the number that somebody gave in an address or a form, None for anything else."""
    return int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else None


def place_of(target: str) -> str:
    """Return the address of what a target such as "dataset:12" names, "" where none shows it."""
    kind, _colon, number = target.partition(":")
    if kind in NUMBERED and number.isdigit():
        return reverse(NUMBERED[kind], args=[int(number)])
    if kind in PAGES:
        return reverse(PAGES[kind])
    if kind not in PLACES or not number.isdigit():
        return ""
    try:
        return reverse(f"admin:{PLACES[kind]}_change", args=[int(number)])
    except NoReverseMatch:
        return ""
