"""One page with everything that an answer to a request rests on, and what can be done with it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice import words
from backoffice.buttons import person_of
from backoffice.forms.deciding import AssignForm, MissingForm, OfferForm, RefusalForm, SaidForm
from backoffice.pages.deciding import facts
from backoffice.pages.deciding.desk import TONES
from backoffice.pages.deciding.sight import SEES, kept_from, rights, seen_request, seen_requests
from backoffice.pages.frame import office_page, shown
from catalog.models import Field
from exchange.models import ShareRequest
from exchange.sharing import as_seen, beside, disputes, matrix, stopping
from exchange.sharing.matrix import Offer
from exchange.sharing.requests import asked, offered
from exchange.workflow import State

DECIDED = (State.GRANTED, State.REFUSED, State.WITHDRAWN)
ASKING = "admin:asked"
"""Where the asking department looks at its request."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A step that was refused, with the form as it was filled in."""

    sentence: str
    status: int
    act: str = ""
    form: Any = None


@office_page(SEES)
def deciding(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show a request whole."""
    return page(request, request_id)


@office_page(SEES)
def place(request: HttpRequest, request_id: int) -> HttpResponse:
    """Lead to a request: who answers or oversees it to this page, who asked to its own."""
    answers = seen_requests(person_of(request)).filter(pk=request_id).exists()
    return redirect("admin:deciding" if answers else ASKING, request_id)


@office_page(SEES)
def printed(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show a request as it goes on paper."""
    found = seen_request(request, request_id)
    return render(request, "backoffice/sharing/print.html", told(found) | {"now": timezone.now()})


@office_page(SEES)
@require_POST
def live_matrix(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show what the asking department would see under the offer as the form has it now."""
    found = seen_request(request, request_id)
    fields = live_fields(found)
    form = OfferForm(request.POST, request=found, fields=fields)
    offer = form.offer if form.is_valid() else offered(found)
    context = {"rows": rows_of(found, offer), "choose": True, "problems": form.errors}
    return render(request, "backoffice/sharing/matrix.html", context)


def page(request: HttpRequest, request_id: int, refused: Refused | None = None) -> HttpResponse:
    """Return a request's page, with the refusal of a step if there was one."""
    found = seen_request(request, request_id)
    may = rights(person_of(request), found)
    why_not = kept_from(person_of(request), found, may)
    may |= dict.fromkeys(why_not, False)
    context = told(found) | {"may": may, "seen": as_seen.digest(found)}
    context["why_not"] = dict.fromkeys(why_not.values())
    context |= forms(found, may, context["barred"], refused)
    context |= disputes.of_request(found, person_of(request), at=timezone.now())
    form = context["offer_form"]
    if may["answer"] and found.state == State.IN_REVIEW:
        tried = refused is not None and refused.act == "propose" and form.is_valid()
        context["choose"] = True
        context["rows"] = rows_of(found, form.offer if tried else offered(found))
    return shown(
        request,
        "backoffice/sharing/deciding.html",
        title=_("Request %(request)s: %(dataset)s")
        % {"request": found.pk, "dataset": found.dataset},
        status=200 if refused is None else refused.status,
        refusal="" if refused is None else refused.sentence,
        **context,
    )


def told(found: ShareRequest) -> dict[str, Any]:
    """Return what everybody who sees a request sees of it."""
    today = timezone.localdate()
    fields = live_fields(found)
    names = {field.pk: field.label for field in fields}
    wanted, offer = asked(found), offered(found)
    stops = beside.stopped_on([found.dataset_id], found.organization_id)
    stopped = stops.get(found.dataset_id)
    return {
        "asked": found,
        "state": State(found.state),
        "tone": TONES.get(State(found.state), ""),
        "wanted": facts.terms(wanted, names),
        "offer": facts.terms(offer, names) if found.offered else None,
        "rows": rows_of(found, offer),
        "choose": False,
        "clock": facts.counted(found),
        "holds": [(grant, _held(grant, names)) for grant in beside.holds(found, today=today)],
        "misused": beside.misused(
            found.dataset_id, found.organization_id, today=today, channel=found.channel
        ),
        "stopped": stopped,
        "stopped_told": "" if stopped is None else stopping.sentence(stopped),
        "similar": beside.similar(found),
        "barred": matrix.barred(found.dataset, found.fields, today=today, channel=found.channel),
        "events": found.events.select_related("by", "for_whom").order_by("at", "pk"),
        "files": found.attachments.defer("content").order_by("pk"),
    }


def _held(grant: Any, names: dict[int, str]) -> dict[str, Any]:
    return {
        "fields": words.listed(names[pk] for pk in grant.fields if pk in names),
        "modes": words.listed(words.MODES[mode] for mode in grant.modes),
        "clear_up_to": words.GRADES[grant.clear_up_to],
    }


def forms(
    found: ShareRequest, may: dict[str, bool], barred: Any, refused: Refused | None
) -> dict[str, Any]:
    """Return the forms that the page offers; one that was refused as it was filled in."""
    made: dict[str, Any] = {
        "offer_form": OfferForm(request=found, fields=live_fields(found)),
        "propose_form": SaidForm(request=found, prefix="propose"),
        "refuse_form": RefusalForm(request=found, barred=bool(barred), prefix="refuse"),
        "more_form": MissingForm(request=found, prefix="more"),
        "reconsider_form": SaidForm(request=found, prefix="reconsider"),
        "comment_form": SaidForm(request=found, prefix="comment"),
        "time_form": SaidForm(request=found, prefix="time"),
    }
    if may["answer"] and found.state not in DECIDED:
        made["assign_form"] = AssignForm(request=found, prefix="assign")
    if refused is not None and refused.form is not None:
        made |= refused.form
    return made


def live_fields(found: ShareRequest) -> list[Field]:
    """Return the live fields of the dataset that is asked for."""
    return list(Field.objects.filter(resource__dataset=found.dataset_id).live())


def rows_of(found: ShareRequest, offer: Offer) -> list[facts.MatrixRow]:
    """Return the matrix under an offer as people read it."""
    lines = matrix.matrix(
        found.dataset,
        found.organization_id,
        offer,
        today=timezone.localdate(),
        besides=found.renews_id,
        channel=found.channel,
    )
    return facts.matrix_rows(lines, found)


ADDRESSES = [
    path("requests/<int:request_id>/place/", place, name="request_place"),
    path("deciding/<int:request_id>/", deciding, name="deciding"),
    path("deciding/<int:request_id>/print/", printed, name="deciding_print"),
    path("deciding/<int:request_id>/matrix/", live_matrix, name="deciding_matrix"),
]
