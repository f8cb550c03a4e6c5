"""What a person does with a request on its page: each is one verb, and says how it went."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.models import User
from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.forms.deciding import (
    AssignForm,
    MissingForm,
    OfferForm,
    RefusalForm,
    SaidForm,
    StepForm,
)
from backoffice.pages.deciding.one import Refused, live_fields, page
from backoffice.pages.deciding.sight import SEES, seen_request
from backoffice.pages.frame import office_page
from exchange.models import Ground, ShareRequest
from exchange.sharing import clocks, deciding, matrix


@dataclass(frozen=True, slots=True)
class Said:
    """What was sent: on which request, the forms as filled in, what was shown, by whom, when."""

    asked: ShareRequest
    forms: dict[str, Any]
    seen: str
    by: User
    at: datetime

    def words(self, name: str, field: str = "reason") -> Any:
        """Return what a form says."""
        return self.forms[f"{name}_form"].cleaned_data[field]

    @property
    def who(self) -> dict[str, Any]:
        """Who acts and when, as verbs ask it."""
        return {"by": self.by, "at": self.at}


@dataclass(frozen=True, slots=True)
class Act:
    """A step: the verb, what is said when it is done, and the forms it reads."""

    call: Callable[[Said], Any]
    done: str | Promise
    reads: Callable[[HttpRequest, ShareRequest], dict[str, Any]] = lambda _request, _asked: {}


def _form(name: str, kind: type[StepForm] = SaidForm) -> Any:
    def read(request: HttpRequest, asked: ShareRequest) -> dict[str, Any]:
        return {f"{name}_form": kind(request.POST, request=asked, prefix=name)}

    return read


def _offer(request: HttpRequest, asked: ShareRequest) -> dict[str, Any]:
    form = OfferForm(request.POST, request=asked, fields=live_fields(asked))
    return {"offer_form": form} | _form("propose")(request, asked)


def _refusal(request: HttpRequest, asked: ShareRequest) -> dict[str, Any]:
    today = timezone.localdate()
    barred = matrix.barred(asked.dataset, asked.fields, today=today, channel=asked.channel)
    return {
        "refuse_form": RefusalForm(
            request.POST, request=asked, barred=bool(barred), prefix="refuse"
        )
    }


ACTS: dict[str, Act] = {
    "pass": Act(
        lambda said: deciding.pass_check(said.asked.pk, **said.who),
        gettext_lazy("The request is with the provider now."),
    ),
    "more": Act(
        lambda said: deciding.ask_more(said.asked.pk, missing=said.words("more"), **said.who),
        gettext_lazy("The applicant is told everything that is missing."),
        _form("more", MissingForm),
    ),
    "propose": Act(
        lambda said: deciding.propose(
            said.asked.pk,
            said.forms["offer_form"].offer,
            reason=said.words("propose"),
            seen=said.seen,
            **said.who,
        ),
        gettext_lazy("The proposed answer is before the head."),
        _offer,
    ),
    "refuse": Act(
        lambda said: deciding.propose_refusal(
            said.asked.pk,
            ground=Ground(said.words("refuse", "ground")),
            reason=said.words("refuse"),
            seen=said.seen,
            **said.who,
        ),
        gettext_lazy("The proposed refusal is before the head."),
        _refusal,
    ),
    "reconsider": Act(
        lambda said: deciding.reconsider(
            said.asked.pk, reason=said.words("reconsider"), **said.who
        ),
        gettext_lazy("The answer is given back to the reviewer."),
        _form("reconsider"),
    ),
    "sign": Act(
        lambda said: deciding.sign_answer(said.asked.pk, seen=said.seen, **said.who),
        gettext_lazy("The answer is signed, and the applicant is told."),
    ),
    "assign": Act(
        lambda said: deciding.assign(said.asked.pk, to=said.words("assign", "to"), **said.who),
        gettext_lazy("The request is given to whom you chose."),
        _form("assign", AssignForm),
    ),
    "comment": Act(
        lambda said: deciding.comment(said.asked.pk, text=said.words("comment"), **said.who),
        gettext_lazy("The applicant can read your comment."),
        _form("comment"),
    ),
    "ask-time": Act(
        lambda said: clocks.ask_extension(said.asked.pk, reason=said.words("time"), **said.who),
        gettext_lazy("The data authority is asked for more time."),
        _form("time"),
    ),
    "give-time": Act(
        lambda said: clocks.extend(said.asked.pk, **said.who),
        gettext_lazy("More time is given, and the applicant is told."),
    ),
}
"""Every step that the page of a request offers, by the last part of its address."""


@office_page(SEES)
@require_POST
def act(request: HttpRequest, request_id: int, name: str) -> HttpResponse:
    """Take a step, or show the page again with the reason why not."""
    if name not in ACTS:
        raise Http404
    taken = ACTS[name]
    asked = seen_request(request, request_id)
    forms = taken.reads(request, asked)
    amiss = [form for form in forms.values() if not form.is_valid()]
    if amiss:
        text = _("Something is missing or does not fit; it is marked below.")
        return page(request, request_id, Refused(text, 400, name, forms))
    said = Said(asked, forms, request.POST.get("seen", ""), person_of(request), timezone.now())
    try:
        taken.call(said)
    except REFUSALS as refusal:
        status = getattr(refusal, "status", 400)
        return page(request, request_id, Refused(sentence(refusal), status, name, forms))
    messages.success(request, str(taken.done))
    return redirect("admin:deciding", request_id)


ADDRESSES = [path("deciding/<int:request_id>/do/<slug:name>/", act, name="deciding_act")]
