"""The inbox: what a person's roles were told."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import notices
from backoffice.buttons import person_of
from backoffice.pages.frame import office_page, place_of, shown

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Told:
    """A notice with the way to what it is about."""

    line: notices.Line
    place: str


@office_page()
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the latest notices, newest first."""
    lines = notices.inbox(person_of(request), latest=SHOWN)
    entries = [Told(line, place_of(line.target)) for line in lines]
    return shown(request, "backoffice/inbox.html", title=_("Inbox"), entries=entries)


@office_page()
@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """Mark all notices as seen."""
    notices.see(person_of(request), at=timezone.now())
    return redirect("admin:inbox")


ADDRESSES = [
    path("inbox/", inbox, name="inbox"),
    path("inbox/seen/", seen, name="inbox_seen"),
]
