"""Who sees which requests here: the provider those for its data, the data authority all."""

from django.http import Http404, HttpRequest

from accounts.models import User
from accounts.roles import CITY_WIDE, PERMISSIONS
from backoffice.buttons import person_of
from exchange.models import ShareRequest
from exchange.models.requests import ShareRequestQuerySet
from exchange.sharing import deciding
from exchange.workflow import State

SEES = "exchange.view_sharerequest"
RIGHTS = {
    "answer": "exchange.answer_request",
    "sign": "exchange.sign_answer",
    "check": "exchange.check_request",
    "oversee": "exchange.oversee_request",
    "comment": "exchange.comment_request",
}


def seen_requests(person: User) -> ShareRequestQuerySet:
    """Return the received requests that a person may look into as provider or authority."""
    rows = ShareRequest.objects.filter(received_at__isnull=False)
    places = [(role, place) for role, place in person.live_roles() if SEES in PERMISSIONS[role]]
    if any(role in CITY_WIDE for role, _place in places):
        return rows
    return rows.filter(dataset__owner__in={place for _role, place in places})


def seen_request(request: HttpRequest, request_id: int) -> ShareRequest:
    """Return one of them with all that its page names. Raises Http404."""
    rows = seen_requests(person_of(request)).select_related(
        "dataset__owner",
        "organization",
        "basis",
        "renews",
        "drafted_by",
        "signed_by",
        "assigned_to",
        "proposed_by",
        "answered_by",
        "grant__agreement",
    )
    found = rows.filter(pk=request_id).first()
    if found is None:
        raise Http404
    return found


DECIDING = {
    State.IN_CHECK: ("check",),
    State.IN_REVIEW: ("answer",),
    State.TO_ANSWER: ("sign", "answer"),
}
"""By which of RIGHTS somebody decides on a request in a state."""


def rights(person: User, asked: ShareRequest) -> dict[str, bool]:
    """Return what a person may do with a request, by the words of RIGHTS."""
    owner = asked.dataset.owner
    return {word: person.has_perm(permission, owner) for word, permission in RIGHTS.items()}


def kept_from(person: User, asked: ShareRequest, may: dict[str, bool]) -> dict[str, str]:
    """Return by which of the rights that they hold a person does not decide, each with why not."""
    deciding_now = [word for word in DECIDING.get(State(asked.state), ()) if may[word]]
    found = {word: deciding.why_not(asked, RIGHTS[word], by=person) for word in deciding_now}
    return {word: why for word, why in found.items() if why}
