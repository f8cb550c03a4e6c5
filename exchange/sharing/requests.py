"""What every verb about a share request does: lock it first, and write down what happened.

Also who has seen which part of it, and that nobody decides on a request of their own.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Organization, User
from accounts.roles import NotAllowed
from exchange.models import RequestEvent, ShareRequest
from exchange.problems import Problem
from exchange.sharing import two_sides
from exchange.sharing.matrix import Offer
from exchange.workflow import STEPS, Aside, State, Step, StepRefused, move
from policy.terms import Grade, Mode


class RequestUnfit(Problem):
    """What was asked for, or answered, does not fit."""

    code = "request-unfit"
    status = 400


class RequestIncomplete(RequestUnfit):
    """Things are missing; all of them are told at once (Order 809 art 21)."""

    code = "request-incomplete"
    status = 409

    def __init__(self, sentence: object, missing: Sequence[str]) -> None:
        """Keep what is missing beside the sentence that introduces it."""
        super().__init__(sentence)
        self.missing = tuple(missing)


class BasisGone(RequestUnfit):
    """The article leaned on has run out, or has not begun."""

    code = "basis-gone"


def locked(request_id: int) -> ShareRequest:
    """Return a request whose row nobody else can move until the verb is done.

    Raises ShareRequest.DoesNotExist.
    """
    return (
        ShareRequest.objects.select_for_update(of=("self",))
        .select_related("dataset__owner", "organization", "basis", "renews")
        .get(pk=request_id)
    )


def moved(request: ShareRequest, step: Step) -> State:
    """Return a request's state after a step; the caller saves it.

    Raises StepRefused, which names who took the last step and when: of two who decide at once, one
    wins and the other is told.
    """
    try:
        return move(request.state, step, of=request.pk)
    except StepRefused as refused:
        raise StepRefused(f"{refused} {last_step(request)}".strip()) from refused


def last_step(request: ShareRequest) -> str:
    """Return who moved a request last, and when, as a sentence; "" where nobody has."""
    steps = request.events.filter(what__in=[str(step) for step in STEPS])
    last = steps.select_related("by").order_by("-at", "-pk").first()
    if last is None:
        return ""
    return _("It was %(step)s by %(person)s on %(time)s.") % {
        "step": last.get_what_display(),
        "person": last.by or _("the platform"),
        "time": f"{timezone.localtime(last.at):%Y-%m-%d %H:%M}",
    }


def event(
    request: ShareRequest, what: Step | Aside, text: str = "", *, by: User | None, at: datetime
) -> RequestEvent:
    """Write down what happened, as both departments read it; `text` is what the person said.

    Who acts in a colleague's stead is named with that colleague.
    """
    lender = None if by is None or by.acts_for is None else by.acts_for.id
    return RequestEvent.objects.create(
        request=request,
        what=what,
        state=request.state,
        text=text,
        by=by,
        for_whom_id=lender,
        at=at,
    )


BY_ASKER = (Step.EDIT, Step.SUBMIT, Step.SUPPLY, Step.SIGN)
"""Who took one of these steps asked for it: who wrote it, laid it before the head, or signed."""


def another_than_asked(
    request: ShareRequest, by: User, *, held: two_sides.Held | None = None
) -> None:
    """Return unless `by` asked for it, acts for who did, or serves who asks. Raises NotAllowed.

    Who wrote, laid before the head or signed the request asked for it, and so did the colleague in
    whose stead they did. `held` as for `two_sides.none_of`.
    """
    steps = request.events.filter(what__in=[str(step) for step in BY_ASKER])
    asked_by = {request.drafted_by_id, request.signed_by_id}
    asked_by.update(*steps.values_list("by_id", "for_whom_id"))
    if any(by.stands_for(person) for person in asked_by):
        raise NotAllowed(
            _(
                "You asked for this yourself, for %(organization)s, so somebody else decides"
                " on it. Another holder of the role can."
            )
            % {"organization": request.organization}
        )
    two_sides.none_of(request.organization, by, deciding_for=request.dataset.owner, held=held)


def stood_behind(request: ShareRequest, *steps: Step) -> set[int]:
    """Return the people in whose stead somebody took one of these steps."""
    rows = request.events.filter(what__in=[str(step) for step in steps], for_whom__isnull=False)
    return {person for person in rows.values_list("for_whom_id", flat=True) if person}


def asked(request: ShareRequest) -> Offer:
    """Return what a request asks for, as an offer."""
    return Offer(
        fields=tuple(request.fields),
        mode=Mode(request.mode),
        clear_up_to=Grade(request.clear_up_to),
        valid_from=request.wanted_from,
        valid_until=request.wanted_until,
        rows=tuple(request.rows),
        daily_quota=request.calls_peak,
    )


def offered(request: ShareRequest) -> Offer:
    """Return what the provider offers, or what was asked for while there is no proposal."""
    if not request.offered:
        return asked(request)
    kept = request.offered
    return Offer(
        fields=tuple(kept["fields"]),
        mode=Mode(kept["mode"]),
        clear_up_to=Grade(kept["clear_up_to"]),
        valid_from=date.fromisoformat(kept["valid_from"]),
        valid_until=date.fromisoformat(kept["valid_until"]),
        rows=tuple(kept["rows"]),
        daily_quota=kept["daily_quota"],
    )


def as_json(offer: Offer) -> dict[str, Any]:
    """Return an offer as `ShareRequest.offered` keeps it."""
    return {
        "fields": sorted(offer.fields),
        "mode": str(offer.mode),
        "clear_up_to": int(offer.clear_up_to),
        "valid_from": str(offer.valid_from),
        "valid_until": str(offer.valid_until),
        "rows": list(offer.rows),
        "daily_quota": offer.daily_quota,
    }


def said(reason: str) -> str:
    """Return a reason without space around it. Raises RequestUnfit where none was given."""
    if not reason.strip():
        raise RequestUnfit(_("Say why, so that whoever reads it knows what to do."))
    return reason.strip()


ON_THE_WAY = (
    "request.signable",
    "request.given_back",
    "request.checkable",
    "request.received",
    "request.more_asked",
    "request.answerable",
    "request.reconsidered",
    "request.extension",
    "request.due",
    "request.late",
    "request.climbed",
    "request.check_due",
    "request.check_late",
    "request.check_climbed",
    "request.holder_left",
)
"""What is told of a request until it is answered or withdrawn; the end settles all of it."""


AT_A_COMPANY = {"request.refused": "application.refused"}
"""What is said otherwise to a company than to a department: it opens no dispute here."""


def tell(
    kind: str,
    request: ShareRequest,
    *,
    to: Organization | None,
    at: datetime,
    due_on: date | None = None,
    **words: Any,
) -> None:
    """Tell of a request, in one organisation or (None) at the data authority."""
    company = request.opening and to is not None and to.pk == request.organization_id
    notices.tell(
        AT_A_COMPANY.get(kind, kind) if company else kind,
        organization=to,
        target=request.address,
        at=at,
        due_on=due_on,
        request=request.pk,
        dataset=request.dataset,
        owner=request.dataset.owner,
        asker=request.organization,
        **words,
    )


def settle(request: ShareRequest, *more: str, at: datetime) -> None:
    """Close what was told of a request on its way, and `more` kinds."""
    notices.settle(request.address, *ON_THE_WAY, *more, at=at)
