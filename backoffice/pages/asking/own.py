"""What the person's departments ask for: where each request stands, and what to do next."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import lights, words
from backoffice.buttons import person_of
from backoffice.pages.asking import sitting
from backoffice.pages.frame import office_page, shown
from catalog import deadlines
from exchange.models import ShareRequest
from exchange.sharing import clocks
from exchange.workflow import State

PAGE = 50
NEXT = {
    State.DRAFT: gettext_lazy("Complete it and lay it before the head."),
    State.TO_SIGN: gettext_lazy("The head signs it, or gives it back."),
    State.RECEIVED: gettext_lazy("It is being passed on."),
    State.IN_CHECK: gettext_lazy("The data authority looks whether it is complete."),
    State.IN_REVIEW: gettext_lazy("The provider answers."),
    State.SUPPLEMENT: gettext_lazy("Complete what was found missing, and lay it before the head."),
    State.TO_ANSWER: gettext_lazy("The provider's head signs the answer."),
    State.GRANTED: gettext_lazy("Use what was granted."),
    State.REFUSED: gettext_lazy("Read the reason; ask for less, or open a dispute."),
    State.WITHDRAWN: gettext_lazy("Nothing. Copy it to ask again."),
}
"""What comes next at each state, as the asking department reads it."""

COLOURS = {
    State.GRANTED: "good",
    State.REFUSED: "bad",
    State.WITHDRAWN: "",
    State.SUPPLEMENT: "bad",
}
DONE = (State.GRANTED, State.REFUSED, State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Told:
    """A request as its list shows it."""

    request: ShareRequest
    state: str | Promise
    colour: str
    way: Any
    light: str
    due: str
    next: str | Promise


@office_page("exchange.view_sharerequest")
def own_requests(request: HttpRequest) -> HttpResponse:
    """Show a page of the requests of the person's departments, newest first."""
    rows = ShareRequest.objects.filter(
        organization__in=sitting.own_places(person_of(request))
    ).select_related("dataset__owner", "organization")
    which = request.GET.get("which", "open")
    if which == "open":
        rows = rows.exclude(state__in=DONE)
    elif which == "done":
        rows = rows.filter(state__in=DONE)
    page = Paginator(rows.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    return shown(
        request,
        "backoffice/asking/own.html",
        title=_("Requests of my department"),
        page=page,
        told=_told(list(page.object_list), timezone.localdate()),
        which=which,
        choices=[("open", _("On their way")), ("done", _("Answered")), ("all", _("All of them"))],
        may_ask=request.user.has_perm(sitting.ASK),
    )


def _told(rows: list[ShareRequest], today: date) -> list[Told]:
    limits = deadlines.clocks()
    return [told(row, limits, today) for row in rows]


def told(row: ShareRequest, limits: deadlines.Clocks, today: date) -> Told:
    """Return a request in words, with the light of its limit where one runs."""
    state = State(row.state)
    light, due = "", ""
    if row.due_from is not None:
        deadline = clocks.deadline(row, limits, today=today)
        light, due = deadline.light, lights.told(deadline)
    return Told(
        request=row,
        state=state.label,
        colour=COLOURS.get(state, "warn"),
        way=words.MODES[row.mode],
        light=light,
        due=due,
        next=NEXT[state],
    )


ADDRESSES = [path("own-requests/", own_requests, name="own_requests")]
