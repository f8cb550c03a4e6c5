"""Several requests at once. Each is a verb of its own, and each result is told."""

from collections import Counter
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
from exchange.models import Answer, ShareRequest
from exchange.models.requests import ShareRequestQuerySet
from exchange.sharing import deciding
from exchange.sharing.requests import asked
from exchange.workflow import State

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
    if name == "sign" and (counts := _unlike(request, chosen)):
        return _asked_first(request, counts, list(chosen.by_due_date()))
    results = [_result(request, name, one) for one in chosen.by_due_date()]
    return shown(
        request,
        "backoffice/sharing/bulk.html",
        title=_("Several requests at once"),
        results=results,
        done=sum(one.done for one in results),
    )


def _unlike(request: HttpRequest, chosen: ShareRequestQuerySet) -> Counter[str]:
    """Return how many answers of each kind would be signed, where some are no plain consent.

    Empty once the page that says so was seen.
    """
    if request.POST.get("counted"):
        return Counter()
    waiting = chosen.filter(state=State.TO_ANSWER).order_by()
    counts = Counter(waiting.values_list("answer", flat=True))
    return counts if set(counts) - {str(Answer.WHOLE)} else Counter()


def _asked_first(
    request: HttpRequest, counts: Counter[str], chosen: list[ShareRequest]
) -> HttpResponse:
    """Say before anything is signed how many answers of each kind are chosen."""
    return shown(
        request,
        "backoffice/sharing/signing.html",
        title=_("Sign several answers"),
        counts=[(kind.label, counts[kind]) for kind in Answer if counts[kind]],
        chosen=[(one, request.POST.get(f"seen_{one.pk}", "")) for one in chosen],
        total=sum(counts.values()),
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
