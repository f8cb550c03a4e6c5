"""A dispute's page: its steps, and what each side can do next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.models import User
from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.forms import disputes as forms
from backoffice.forms.dressed import OfficeForm
from backoffice.pages.frame import office_page, shown
from backoffice.pages.runs import desk_of
from exchange.models import About, Dispute, ShareRequest, Side
from exchange.sharing import disputes
from exchange.workflow import DISPUTE_MOVES, DisputeState, DisputeStep


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done on the page: whose it is, its form, and the verb behind it."""

    title: str | Promise
    side: Side | None
    steps: tuple[DisputeStep, ...]
    form: type[OfficeForm]
    verb: Callable[..., Dispute]
    permission: str = ""
    danger: bool = False

    def possible(self, dispute: Dispute, sides: tuple[Side, ...], by: User) -> bool:
        """Whether this person can do it now, as the tables stand; the verb asks again."""
        state = DisputeState(dispute.state)
        mine = bool(sides) if self.side is None else self.side in sides
        owner = dispute.request.dataset.owner
        allowed = not self.permission or by.has_perm(self.permission, owner)
        return mine and allowed and any((state, one) in DISPUTE_MOVES for one in self.steps)


def _decide(dispute_id: int, *, outcome: str, **told: Any) -> Dispute:
    return disputes.decide(dispute_id, for_asker=outcome == DisputeStep.FOR_ASKER, **told)


ACTS: Mapping[str, Act] = {
    "say": Act(
        gettext_lazy("Say something"), None, (DisputeStep.SAY,), forms.SayForm, disputes.say
    ),
    "concede": Act(
        gettext_lazy("Give in and look at it anew"),
        Side.PROVIDER,
        (DisputeStep.CONCEDE,),
        forms.ConcedeForm,
        disputes.concede,
        permission="exchange.sign_answer",
    ),
    "escalate": Act(
        gettext_lazy("Take it one step up"),
        Side.ASKER,
        disputes.UP,
        forms.EscalateForm,
        disputes.escalate,
    ),
    "decide": Act(
        gettext_lazy("Settle it, or record how it was settled"),
        Side.AUTHORITY,
        (DisputeStep.STAND,),
        forms.DecideForm,
        _decide,
    ),
    "drop": Act(
        gettext_lazy("Give it up"),
        Side.ASKER,
        (DisputeStep.DROP,),
        forms.DropForm,
        disputes.drop,
        danger=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Offered:
    """An act with its form, as the page draws it."""

    name: str
    act: Act
    form: OfficeForm


def _seen(request: HttpRequest) -> QuerySet[Dispute]:
    found: QuerySet[Dispute] = desk_of(Dispute).get_queryset(request)
    return found.select_related(
        "request__dataset__owner", "request__organization", "opened_by", "settled_by"
    )


@office_page("exchange.view_dispute")
def dispute(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """Show a dispute with its steps, and what this person can do. 404 for who is no party."""
    return _page(request, get_object_or_404(_seen(request), pk=dispute_id))


def _page(
    request: HttpRequest,
    about: Dispute,
    *,
    tried: OfficeForm | None = None,
    name: str = "",
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    person = person_of(request)
    sides = disputes.sides(about, person)
    offered = [
        Offered(
            one,
            act,
            tried if one == name and tried is not None else _form(act, about, person, one),
        )
        for one, act in ACTS.items()
        if act.possible(about, sides, person)
    ]
    return shown(
        request,
        "backoffice/sharing/dispute.html",
        title=_("Dispute over request %(request)s") % {"request": about.request_id},
        status=status,
        dispute=about,
        asked=about.request,
        events=about.events.select_related("by", "for_whom").order_by("at", "pk"),
        offered=offered,
        refusal=refusal,
        tried=name,
    )


def _form(act: Act, about: Dispute, person: User, name: str) -> OfficeForm:
    return act.form(by=person, target=about, auto_id=f"{name}_%s")


@office_page("exchange.view_dispute")
@require_POST
def act(request: HttpRequest, dispute_id: int, name: str) -> HttpResponse:
    """Take one step in a dispute; a refusal is shown on the page, with its status."""
    about = get_object_or_404(_seen(request), pk=dispute_id)
    chosen = ACTS.get(name)
    if chosen is None:
        raise Http404
    person = person_of(request)
    form = chosen.form(request.POST, by=person, target=about, auto_id=f"{name}_%s")
    if not form.is_valid():
        return _page(request, about, tried=form, name=name, status=400)
    try:
        chosen.verb(about.pk, **form.cleaned_data, by=person, at=timezone.now())
    except REFUSALS as why_not:
        about.refresh_from_db()
        return _page(
            request,
            about,
            tried=form,
            name=name,
            refusal=sentence(why_not),
            status=getattr(why_not, "status", 400),
        )
    messages.success(request, _("It is kept, and the other side is told."))
    return redirect("admin:dispute", about.pk)


@office_page("exchange.open_dispute")
def request_dispute(request: HttpRequest, request_id: int) -> HttpResponse:
    """Ask what a dispute over a request is about, and open it; its page comes next."""
    person, now = person_of(request), timezone.now()
    places = desk_of(ShareRequest).places(request)
    found = ShareRequest.objects.seen_at(places).select_related("dataset__owner", "organization")
    asked = get_object_or_404(found, pk=request_id)
    first = {"open_to": disputes.open_to(asked, at=now)}
    form = forms.OpenForm(request.POST or None, initial=first, by=person, target=asked)
    refusal, status = "", 200
    if request.method == "POST" and form.is_valid():
        try:
            opened = _opened(asked, form, by=person, at=now)
        except REFUSALS as why_not:
            refusal, status = sentence(why_not), getattr(why_not, "status", 400)
        else:
            messages.success(request, _("The dispute is open, and the provider is told."))
            return redirect("admin:dispute", opened.pk)
    elif request.method == "POST":
        status = 400
    return shown(
        request,
        "backoffice/sharing/open_dispute.html",
        title=_("Open a dispute over request %(request)s") % {"request": asked.pk},
        status=status,
        asked=asked,
        form=form,
        refusal=refusal,
    )


def _opened(asked: ShareRequest, form: OfficeForm, *, by: User, at: datetime) -> Dispute:
    told = form.cleaned_data
    return disputes.open_dispute(
        asked.pk, about=About(told["about"]), claim=told["claim"], by=by, at=at
    )


ADDRESSES = [
    path("disputes/<int:dispute_id>/", dispute, name="dispute"),
    path("disputes/<int:dispute_id>/<slug:name>/", act, name="dispute_act"),
    path("requests/<int:request_id>/dispute/", request_dispute, name="request_dispute"),
]
