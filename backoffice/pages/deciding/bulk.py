"""Several requests at once. Each is a verb of its own, and each result is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.roles import NotAllowed
from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.pages.deciding.sight import SEES, seen_requests
from backoffice.pages.frame import number_of, office_page, shown
from exchange.models import ShareRequest
from exchange.sharing import deciding
from exchange.sharing.requests import asked

MOST = 200
"""So many requests can be chosen at a time."""


@dataclass(frozen=True, slots=True)
class Press:
    """What is done with one of the chosen requests: with one reason for all, as it was shown."""

    request: ShareRequest
    reason: str
    seen: str
    by: User
    at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """How it went with one request."""

    request: ShareRequest
    done: bool
    words: str


def _agree(press: Press) -> None:
    deciding.propose(
        press.request.pk,
        asked(press.request),
        reason=press.reason,
        seen=press.seen,
        by=press.by,
        at=press.at,
    )


def _sign(press: Press) -> None:
    deciding.sign_answer(press.request.pk, seen=press.seen, by=press.by, at=press.at)


ACTS: dict[str, tuple[Callable[[Press], Any], str | Promise]] = {
    "agree": (_agree, gettext_lazy("proposed to be agreed to as asked")),
    "sign": (_sign, gettext_lazy("signed")),
}


@office_page(SEES)
@require_POST
def several(request: HttpRequest, name: str) -> HttpResponse:
    """Do one thing with each chosen request, and show row by row how it went."""
    if name not in ACTS:
        raise Http404
    numbers = [number_of(one) for one in request.POST.getlist("chosen")][:MOST]
    found = seen_requests(person_of(request)).select_related("dataset__owner", "organization")
    chosen = found.filter(pk__in=[number for number in numbers if number is not None])
    results = [_result(request, name, one) for one in chosen.by_due_date()]
    return shown(
        request,
        "backoffice/sharing/bulk.html",
        title=_("Several requests at once"),
        results=results,
        done=sum(one.done for one in results),
    )


def _result(request: HttpRequest, name: str, one: ShareRequest) -> Result:
    call, done = ACTS[name]
    press = Press(
        request=one,
        reason=request.POST.get("reason", ""),
        seen=request.POST.get(f"seen_{one.pk}", ""),
        by=person_of(request),
        at=timezone.now(),
    )
    try:
        call(press)
    except (*REFUSALS, NotAllowed) as refusal:
        return Result(one, done=False, words=sentence(refusal))
    return Result(one, done=True, words=str(done))


ADDRESSES = [path("deciding/several/<slug:name>/", several, name="deciding_several")]
