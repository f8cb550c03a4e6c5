"""The desk of requests by due date: the provider's own, or the whole city's with what is late."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import lights, words
from backoffice.buttons import person_of
from backoffice.pages.deciding.sight import RIGHTS, SEES, seen_requests
from backoffice.pages.frame import number_of, office_page, shown
from catalog import deadlines
from exchange.models import Answer, ShareRequest
from exchange.models.requests import ShareRequestQuerySet
from exchange.sharing import as_seen, clocks
from exchange.workflow import WITH_PROVIDER, State

PER_PAGE = 50
TONES: dict[str, str] = {
    State.GRANTED: "good",
    State.REFUSED: "bad",
    State.SUPPLEMENT: "warn",
    State.TO_ANSWER: "warn",
}
WHEN = {
    "": gettext_lazy("waiting for somebody"),
    "late": gettext_lazy("past the last day in time"),
    "extension": gettext_lazy("more time asked for"),
    "all": gettext_lazy("waiting and answered"),
}
"""What the list shows, by the parameter `when`."""


@dataclass(frozen=True, slots=True)
class Row:
    """A request in the list, with its light."""

    request: ShareRequest
    tone: str
    light: str
    due: str
    mode: object
    answer: object
    seen: str
    waits: bool


@office_page(SEES)
def desk(request: HttpRequest) -> HttpResponse:
    """Show the requests that wait, what is due first on top."""
    person, today = person_of(request), timezone.localdate()
    found = filtered(seen_requests(person), request.GET, person.pk, today)
    rows = found.select_related("dataset__owner", "organization", "assigned_to").by_due_date()
    part = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return shown(
        request,
        "backoffice/sharing/desk.html",
        title=_("Requests to be answered"),
        part=part,
        rows=_rows(part.object_list),
        when=[
            (value, label, value == request.GET.get("when", "")) for value, label in WHEN.items()
        ],
        states=[(state.value, state.label) for state in State if state != State.DRAFT],
        chosen=request.GET,
        query=_query(request),
        may={word: person.has_perm(permission) for word, permission in RIGHTS.items()},
        mine=request.GET.get("mine") == "1",
        rules=words.PROFILES.get(settings.CLOCK_PROFILE, settings.CLOCK_PROFILE),
    )


def filtered(
    rows: ShareRequestQuerySet, told: Any, person_id: int, today: date
) -> ShareRequestQuerySet:
    """Return the requests that the filters leave."""
    when, state, words_ = told.get("when", ""), told.get("state", ""), told.get("q", "").strip()
    if state in State.values:
        rows = rows.filter(state=state)
    elif when != "all":
        rows = rows.open()
    if when == "late":
        rows = rows.late(today)
    elif when == "extension":
        rows = rows.with_provider().filter(extended_at=None).exclude(extended_because="")
    if told.get("mine") == "1":
        rows = rows.filter(assigned_to=person_id)
    return _searched(rows, words_)


def _searched(rows: ShareRequestQuerySet, text: str) -> ShareRequestQuerySet:
    if not text:
        return rows
    number = number_of(text.lstrip("#"))
    if number is not None:
        return rows.filter(pk=number)
    named = Q()
    for column in ("dataset__title_zh", "dataset__title_en", "dataset__slug", "purpose"):
        named |= Q(**{f"{column}__icontains": text})
    for column in ("organization__name_zh", "organization__name_en"):
        named |= Q(**{f"{column}__icontains": text})
    return rows.filter(named)


def _rows(found: Any) -> list[Row]:
    limits = deadlines.clocks()
    return [_row(one, limits) for one in found]


def _row(one: ShareRequest, limits: deadlines.Clocks) -> Row:
    due = None
    if one.due_from is not None and one.due_step:
        due = clocks.deadline(one, limits)
    return Row(
        request=one,
        tone=TONES.get(State(one.state), ""),
        light="" if due is None else due.light,
        due="" if due is None else lights.told(due),
        mode=words.MODES[one.mode],
        answer=Answer(one.answer).label if one.answer else "",
        seen=as_seen.digest(one),
        waits=one.state in WITH_PROVIDER,
    )


def _query(request: HttpRequest) -> str:
    kept = request.GET.copy()
    kept.pop("page", None)
    return kept.urlencode()


ADDRESSES = [path("deciding/", desk, name="deciding_desk")]
