"""One request as who asks sees it: everything about it, what happened, and what can be done."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import words
from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.pages.asking import sitting
from backoffice.pages.asking.own import told
from backoffice.pages.asking.panels import Panel, panel
from backoffice.pages.deciding.facts import counted
from backoffice.pages.frame import office_page, shown
from backoffice.scopes import conditions, field_names
from catalog import deadlines
from exchange.models import Grant, ShareRequest
from exchange.sharing import asking, attachments, contents, deciding, disputes, sittings
from exchange.sharing.requests import asked, offered
from exchange.workflow import MOVES, State, Step

SEE = "exchange.view_sharerequest"
VOUCHED = (
    ("true", gettext_lazy("What the request says is true.")),
    ("lawful", gettext_lazy("The use is lawful and within the department's duties.")),
    ("needed", gettext_lazy("The fields and rows asked for are needed, and no more than these.")),
)
"""What the head of the asking department vouches for (Order 809, article 20)."""


@office_page(SEE)
def one(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show a request of the person's own department."""
    return _page(request, sitting.mine(person_of(request), request_id))


def _page(
    request: HttpRequest, found: ShareRequest, *, status: int = 200, refusal: str = ""
) -> HttpResponse:
    parts = list(sittings.together(found))
    may = {
        step: (State(found.state), step) in MOVES and _holds(request, step, found)
        for step in (Step.EDIT, Step.SUBMIT, Step.SUPPLY, Step.SIGN, Step.WITHDRAW)
    }
    why_not = asking.why_not_sign(found, person_of(request)) if may[Step.SIGN] else ""
    return shown(
        request,
        "backoffice/asking/one.html",
        title=_("Request %(number)s: %(dataset)s")
        % {"number": found.pk, "dataset": found.dataset},
        status=status,
        refusal=refusal,
        asked=found,
        told=told(found, deadlines.clocks(), timezone.localdate()),
        facts=facts(found),
        clock=counted(found),
        parts=parts,
        panels=[_panel(part) for part in parts],
        seen=[(part.pk, contents.digest(part)) for part in parts],
        may={str(step): held for step, held in may.items()},
        why_not=why_not,
        signers=words.listed(one.name for one in asking.signers(found)) if why_not else "",
        may_submit=may[Step.SUBMIT] or may[Step.SUPPLY],
        may_ask=request.user.has_perm(sitting.ASK, found.organization),
        vouched=VOUCHED,
        files=found.attachments.defer("content").order_by("pk"),
        kinds=", ".join(attachments.KINDS),
        events=found.events.select_related("by", "for_whom").order_by("at", "pk"),
        grant=Grant.objects.filter(request=found).select_related("agreement").first(),
        offer=_offer(found),
        **disputes.of_request(found, person_of(request), at=timezone.now()),
    )


def _holds(request: HttpRequest, step: Step, found: ShareRequest) -> bool:
    needed = sitting.SIGN if step == Step.SIGN else sitting.ASK
    return request.user.has_perm(needed, found.organization)


def _panel(found: ShareRequest) -> Panel:
    return panel(
        found.dataset,
        found.organization_id,
        asked(found),
        ticked=set(found.fields),
        today=timezone.localdate(),
        besides=found.renews_id,
    )


def facts(found: ShareRequest) -> list[tuple[str | Promise, Any]]:
    """Return what a request says, each part by its name."""
    return [
        (_("provider"), found.dataset.owner),
        (_("used as"), found.get_purpose_class_display()),
        (_("purpose"), found.purpose),
        (_("scene of use"), found.scene),
        (_("Legal basis"), found.basis or found.basis_text),
        (_("way of use"), words.MODES[found.mode]),
        (_("clear up to"), words.GRADES[found.clear_up_to]),
        (_("conditions on rows"), conditions(found.rows)),
        (_("system that uses it"), found.system),
        (_("calls a day, on average"), found.calls_average),
        (_("calls a day, at the peak"), found.calls_peak),
        (_("Period"), f"{found.wanted_from:%Y-%m-%d} – {found.wanted_until:%Y-%m-%d}"),
        (_("renews"), found.renews),
        (_("drafted by"), found.drafted_by.name),
        (_("signed by"), found.signed_by and found.signed_by.name),
    ]


def _offer(found: ShareRequest) -> list[tuple[str | Promise, Any]]:
    """Return what the provider's answer gives; nothing before it is signed."""
    if found.state not in (State.GRANTED, State.REFUSED) or not found.answer:
        return []
    told: list[tuple[str | Promise, Any]] = [
        (_("answer"), found.get_answer_display()),
        (_("ground of refusal"), found.get_ground_display()),
        (_("reason of the answer"), found.answer_reason),
    ]
    if found.offered:
        terms = offered(found)
        told += [
            (_("fields"), field_names(terms.fields)),
            (_("conditions on rows"), conditions(terms.rows)),
            (_("way of use"), words.MODES[str(terms.mode)]),
            (_("clear up to"), words.GRADES[int(terms.clear_up_to)]),
            (_("Period"), f"{terms.valid_from:%Y-%m-%d} – {terms.valid_until:%Y-%m-%d}"),
            (_("daily quota"), terms.daily_quota),
        ]
    return told


def _submit(request: HttpRequest, found: ShareRequest) -> str:
    parts = [one.pk for one in sittings.together(found)]
    sittings.submit(parts, by=person_of(request), at=timezone.now())
    return _("The request lies before the head of your department.")


def _withdraw(request: HttpRequest, found: ShareRequest) -> str:
    reason = request.POST.get("reason", "").strip()
    asking.withdraw(found.pk, reason=reason, by=person_of(request), at=timezone.now())
    return _("The request is withdrawn.")


def _comment(request: HttpRequest, found: ShareRequest) -> str:
    text = request.POST.get("text", "")
    deciding.comment(found.pk, text=text, by=person_of(request), at=timezone.now())
    return _("Your comment is there for both departments to read.")


def _sign(request: HttpRequest, found: ShareRequest) -> str:
    seen = {
        one.pk: str(request.POST[f"seen-{one.pk}"])
        for one in sittings.together(found)
        if f"seen-{one.pk}" in request.POST
    }
    vouched = {name for name, _text in VOUCHED} <= set(request.POST.getlist("vouched"))
    signed = sittings.sign(
        seen or {found.pk: ""},
        vouched=vouched,
        by=person_of(request),
        at=timezone.now(),
    )
    if all(one.state == State.GRANTED for one in signed):
        return _("The request is signed and granted at once: the law gives it to any department.")
    return _("The request is signed and on its way to the provider.")


def _give_back(request: HttpRequest, found: ShareRequest) -> str:
    parts = [one.pk for one in sittings.together(found)]
    reason = request.POST.get("reason", "")
    sittings.give_back(parts, reason=reason, by=person_of(request), at=timezone.now())
    return _("The request is given back with your reason.")


ACTIONS: dict[str, Callable[[HttpRequest, ShareRequest], str]] = {
    "submit": _submit,
    "withdraw": _withdraw,
    "comment": _comment,
    "sign": _sign,
    "give-back": _give_back,
}


@office_page(SEE)
@require_POST
def act(request: HttpRequest, request_id: int, action: str) -> HttpResponse:
    """Do something with a request, or show on its page why not."""
    found = sitting.mine(person_of(request), request_id)
    try:
        messages.success(request, ACTIONS[action](request, found))
    except REFUSALS as refusal:
        again = sitting.mine(person_of(request), request_id)  # as it stands now
        status = getattr(refusal, "status", 400)
        return _page(request, again, status=status, refusal=sentence(refusal))
    return redirect("admin:asked", found.pk)


ADDRESSES = [
    path("own-requests/<int:request_id>/", one, name="asked"),
    *(
        path(f"own-requests/<int:request_id>/{name}/", act, {"action": name}, name=f"asked_{name}")
        for name in ACTIONS
    ),
]
