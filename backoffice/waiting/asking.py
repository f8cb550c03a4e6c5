"""What waits in a department that asks: requests to draft, sign or complete, grants that end."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from backoffice.waiting.piles import SOON, Asked, Pile, Thing, list_of, page_of, pile
from exchange.models import Grant, ShareRequest, Stop
from exchange.stop_flow import StopState
from exchange.workflow import State
from policy.terms import Channel


def _request(request: ShareRequest, note: str = "") -> Thing:
    place = reverse("admin:asked", args=[request.pk])
    return Thing(title=f"#{request.pk} {request.dataset}", place=place, note=note)


def _requests(asked: Asked, title: Promise, state: State, *, urgent: bool = False) -> Pile:
    rows = asked.own(ShareRequest.objects.filter(state=state), "organization")
    return pile(
        title,
        rows.select_related("dataset").order_by("pk"),
        lambda one: _request(one, " ".join(one.missing) or one.purpose),
        place=reverse("admin:own_requests"),
        urgent=urgent,
    )


def to_sign(asked: Asked) -> Pile:
    """Requests that wait for the head's signature."""
    title = gettext_lazy("Share requests to be signed")
    return _requests(asked, title, State.TO_SIGN, urgent=True)


def to_complete(asked: Asked) -> Pile:
    """Requests that were sent back, with what is missing."""
    title = gettext_lazy("Share requests to be completed")
    return _requests(asked, title, State.SUPPLEMENT, urgent=True)


def drafts(asked: Asked) -> Pile:
    """Requests that nobody else sees yet."""
    return _requests(asked, gettext_lazy("Drafts of share requests"), State.DRAFT)


def _grants(asked: Asked) -> QuerySet[Grant]:
    rows = asked.own(Grant.objects.filter(channel=Channel.SHARE, revoked_at=None), "organization")
    return rows.select_related("dataset").order_by("valid_until", "pk")


def _grant(grant: Grant, note: str = "", *, mend: bool = False) -> Thing:
    ended = None if grant.revoked_at is None else timezone.localdate(grant.revoked_at)
    return Thing(
        title=f"#{grant.pk} {grant.dataset}",
        place=f"{reverse('admin:own_grants')}#grant-{grant.pk}",
        note=note,
        due_on=grant.mend_by if mend else ended or grant.valid_until,
        light="bad" if mend else "warn",
    )


def ending(asked: Asked) -> Pile:
    """Grants of the department with a month left, or less."""
    rows = _grants(asked).filter(
        suspended_at=None, valid_until__gte=asked.today, valid_until__lte=asked.today + SOON
    )
    place = reverse("admin:own_grants")
    return pile(gettext_lazy("Own grants that end soon"), rows, _grant, place=place)


def suspended(asked: Asked) -> Pile:
    """Grants of the department that are suspended for misuse, to be mended in time."""
    rows = _grants(asked).filter(suspended_at__isnull=False, valid_until__gte=asked.today)
    return pile(
        gettext_lazy("Own grants that are suspended"),
        rows,
        lambda one: _grant(one, one.suspended_because, mend=True),
        place=reverse("admin:own_grants"),
        urgent=True,
    )


def to_dispose(asked: Asked) -> Pile:
    """Grants of the department that are over, before the head, who notes the disposal."""
    rows = asked.own(Grant.objects.to_dispose(asked.today), "organization")
    return pile(
        gettext_lazy("Own grants that are over: what was received is to be disposed of"),
        rows.select_related("dataset").order_by("valid_until", "pk"),
        lambda one: _grant(one, one.ended_because),
        place=reverse("admin:own_grants"),
    )


def to_be_stopped(asked: Asked) -> Pile:
    """Services of the department that a provider asks to stop, before the head."""
    rows = Stop.objects.filter(state=StopState.ASKED)
    return pile(
        gettext_lazy("Services that a provider wants to stop"),
        asked.own(rows, "grant__organization")
        .select_related("grant__dataset", "grant__organization")
        .order_by("due_on", "pk"),
        lambda stop: Thing(
            title=f"#{stop.grant_id} {stop.grant.dataset}",
            place=page_of(stop),
            note=stop.cause,
            due_on=stop.due_on,
            light="bad" if stop.due_on < asked.today else "warn",
        ),
        place=list_of(Stop, state__exact=StopState.ASKED),
        urgent=True,
    )
