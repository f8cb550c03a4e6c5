"""What the person's departments were granted: its state, its days, and what to do when it ends."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import quotas
from accounts.quotas import GrantLeft, QuotaUnavailable
from backoffice import words
from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.pages.asking import batches, sitting
from backoffice.pages.frame import office_page, shown
from backoffice.scopes import conditions, field_names
from exchange.models import Ending, Grant, ShareRequest, Stop
from exchange.sharing import delivering, lifecycle, serving, standing, stopping, tries
from exchange.sharing.standing import Standing
from exchange.workflow import GRANT_MOVES, GrantState, GrantStep
from policy.terms import Channel, Mode

SEE = "exchange.view_grant"
PAGE = 30
COLOURS = {
    GrantState.LIVE: "good",
    GrantState.SUSPENDED: "bad",
    GrantState.ENDED: "warn",
    GrantState.DISPOSED: "",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A grant as who received it sees it, with what this person can do."""

    grant: Grant
    state: str | Promise
    colour: str
    way: str
    fields: str
    rows: str
    days_left: int | None
    why: str
    calls: GrantLeft | None
    holds: bool
    renews: bool
    renewal: int | None
    ends: bool
    disposes: bool
    batches: batches.Files | None
    subjects: int | None
    stop: Stop | None
    stop_told: str
    deliver_by: date | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What is read for a page of grants at once: calls of today, files, a stop, misses left, the
    request that renews it, and until when rows that are not there yet are shared.
    """

    calls: GrantLeft | None
    files: batches.Files | None
    stop: Stop | None
    subjects: int | None
    renewal: int | None
    deliver_by: date | None


@office_page(SEE)
def own_grants(request: HttpRequest) -> HttpResponse:
    """Show a page of what the person's departments were granted, newest first."""
    rows = _own(request).select_related("dataset__owner", "organization", "request", "agreement")
    page = Paginator(rows.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    return shown(
        request,
        "backoffice/asking/grants.html",
        title=_("Grants of my department"),
        page=page,
        held=_all_held(request, list(page.object_list)),
    )


def _all_held(request: HttpRequest, grants: list[Grant]) -> list[Held]:
    today, calls = timezone.localdate(), _calls(grants)
    files, stops = batches.of(request, grants), stopping.of_grants(grants)
    left, renewals = _subjects_left(grants), _renewals(grants)
    waited_for = delivering.days(grants, today)
    return [
        _held(
            request,
            one,
            today,
            Beside(
                calls=calls.get(one.pk),
                files=files.get(one.pk),
                stop=stops.get(one.pk),
                subjects=left.get(one.pk),
                renewal=renewals.get(one.pk),
                deliver_by=waited_for.get(one.pk),
            ),
        )
        for one in grants
    ]


def _renewals(grants: list[Grant]) -> dict[int, int]:
    """Return by grant the request that is on its way to renew it."""
    rows = ShareRequest.objects.filter(renews__in=grants).on_its_way()
    return dict(rows.values_list("renews", "pk"))


def _subjects_left(grants: list[Grant]) -> dict[int, int]:
    """Return by verification grant on how many further subjects claims may miss today."""
    verifies = [one for one in grants if str(Mode.VERIFY) in one.modes]
    try:
        left = tries.subjects_left([tries.of_grant(one) for one in verifies], at=timezone.now())
    except QuotaUnavailable:
        return {}
    return {one.pk: count for one, count in zip(verifies, left, strict=True)}


def _calls(grants: list[Grant]) -> dict[int, GrantLeft]:
    """Return the calls of today by grant; empty where Valkey, which counts them, is away."""
    meters = [serving.meter(one) for one in grants]
    try:
        return quotas.left_under(meters, at=timezone.now())
    except QuotaUnavailable:
        return {}


def _own(request: HttpRequest) -> Any:
    places = sitting.own_places(person_of(request))
    return Grant.objects.filter(organization__in=places, channel=Channel.SHARE)


def _held(
    request: HttpRequest,
    grant: Grant,
    today: date,
    beside: Beside,
) -> Held:
    stands = standing.of(grant, today)
    state, live = stands.state, stands.state == GrantState.LIVE and not stands.withdrawn
    asks = request.user.has_perm(sitting.ASK, grant.organization)
    signs = request.user.has_perm(sitting.SIGN, grant.organization)
    return Held(
        grant=grant,
        state=stands.label,
        colour="bad" if stands.withdrawn else COLOURS[state],
        way=words.listed(words.MODES[mode] for mode in grant.modes),
        fields=field_names(grant.fields),
        rows=conditions(grant.rows),
        days_left=(grant.valid_until - today).days if live else None,
        why=_why(grant, stands),
        calls=beside.calls,
        holds=live,
        renews=asks
        and beside.renewal is None
        and not stands.withdrawn
        and grant.suspended_at is None
        and grant.revoked_at is None
        and not grant.ending,
        renewal=beside.renewal,
        ends=asks and (state, GrantStep.END) in GRANT_MOVES,
        disposes=signs and (state, GrantStep.DISPOSE) in GRANT_MOVES,
        batches=beside.files,
        subjects=beside.subjects if live else None,
        stop=beside.stop,
        stop_told="" if beside.stop is None else stopping.sentence(beside.stop),
        deliver_by=beside.deliver_by,
    )


def _why(grant: Grant, stands: Standing) -> str:
    """Return why a grant is as it is; of one that another replaces, as calls are told."""
    if stands.withdrawn or grant.ending == Ending.REPLACED:
        return stands.why
    return grant.ended_because or grant.suspended_because


def _over(request: HttpRequest, grant: Grant) -> str:
    reason = request.POST.get("text", "")
    lifecycle.purpose_over(grant.pk, reason=reason, by=person_of(request), at=timezone.now())
    return _("The grant has ended. Dispose of what was received, and note how.")


def _dispose(request: HttpRequest, grant: Grant) -> str:
    receipt = request.POST.get("text", "")
    lifecycle.dispose(grant.pk, receipt=receipt, by=person_of(request), at=timezone.now())
    return _("The receipt is kept, and the provider is told.")


ACTIONS: dict[str, Callable[[HttpRequest, Grant], str]] = {"over": _over, "dispose": _dispose}


@office_page(SEE)
@require_POST
def act(request: HttpRequest, grant_id: int, action: str) -> HttpResponse:
    """Do something with a grant of the person's own department, and say how it went."""
    found = _own(request).filter(pk=grant_id).first()
    if found is None:
        raise Http404
    try:
        messages.success(request, ACTIONS[action](request, found))
    except REFUSALS as refusal:
        messages.warning(request, sentence(refusal))
    return redirect("admin:own_grants")


ADDRESSES = [
    path("own-grants/", own_grants, name="own_grants"),
    *(
        path(f"own-grants/<int:grant_id>/{name}/", act, {"action": name}, name=f"own_grant_{name}")
        for name in ACTIONS
    ),
]
