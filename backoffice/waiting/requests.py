"""Share requests that wait for the provider or the data authority, and grants that need a hand."""

from functools import cache
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from backoffice.waiting.piles import Asked, Pile, Text, Thing, list_of, page_of, pile
from catalog import deadlines
from exchange.models import Grant, ShareRequest
from exchange.sharing import clocks, delivering
from exchange.workflow import WITH_PROVIDER, State
from policy.terms import Channel


def _desk(**query: str) -> str:
    place = reverse("admin:deciding_desk")
    return f"{place}?{urlencode(query)}" if query else place


def _pile(asked: Asked, title: Text, rows: QuerySet, place: str, *, urgent: bool = False) -> Pile:
    limits = cache(deadlines.clocks)  # read where something waits, once

    def thing(request: ShareRequest) -> Thing:
        runs = request.due_from is not None
        due = clocks.deadline(request, limits(), today=asked.today) if runs else None
        return Thing(
            title=f"#{request.pk} {request.organization} → {request.dataset}",
            place=reverse("admin:deciding", args=[request.pk]),
            note=request.purpose,
            due_on=due.due_on if due else None,
            light=due.light if due else "",
        )

    found = asked.own(rows, "dataset__owner").select_related("dataset", "organization")
    first = found.order_by(F("due_on").asc(nulls_last=True), "pk")
    return pile(title, first, thing, place=place, urgent=urgent)


def _others(asked: Asked, rows: QuerySet) -> QuerySet:
    """Leave out what the person asked for: nobody decides on a request of their own."""
    own = Q(drafted_by=asked.user) | Q(signed_by=asked.user)
    return rows.exclude(own)


def to_answer(asked: Asked) -> Pile:
    """Requests for which the reviewer has to propose an answer, in time."""
    rows = ShareRequest.objects.filter(state=State.IN_REVIEW).exclude(due_on__lt=asked.today)
    title = gettext_lazy("Share requests to be answered")
    return _pile(asked, title, _others(asked, rows), _desk(state=State.IN_REVIEW))


def late(asked: Asked) -> Pile:
    """Requests whose last day in time is over: the provider's, or the whole city's."""
    rows = ShareRequest.objects.late(asked.today).filter(
        state__in=(*WITH_PROVIDER, State.IN_CHECK)
    )
    title = gettext_lazy("Share requests that are late")
    return _pile(asked, title, rows, _desk(when="late"), urgent=True)


def to_sign(asked: Asked) -> Pile:
    """Answers that somebody else proposed, before the head."""
    rows = ShareRequest.objects.filter(state=State.TO_ANSWER).exclude(proposed_by=asked.user)
    title = gettext_lazy("Answers to share requests to be signed")
    return _pile(asked, title, _others(asked, rows), _desk(state=State.TO_ANSWER))


def to_check(asked: Asked) -> Pile:
    """Requests in the formal check of the data authority."""
    rows = ShareRequest.objects.filter(state=State.IN_CHECK)
    title = gettext_lazy("Share requests for the formal check")
    return _pile(asked, title, _others(asked, rows), _desk(state=State.IN_CHECK))


def extensions(asked: Asked) -> Pile:
    """Requests for which a provider asks for more time."""
    rows = ShareRequest.objects.with_provider().filter(extended_at=None)
    title = gettext_lazy("Providers that ask for more time")
    return _pile(asked, title, rows.exclude(extended_because=""), _desk(when="extension"))


def to_deliver(asked: Asked) -> Pile:
    """Grants whose rows are not on the platform yet: the provider's, or the whole city's."""
    limits = cache(deadlines.clocks)

    def thing(grant: Grant) -> Thing:
        due = delivering.due(grant, limits(), today=asked.today)
        return Thing(
            title=f"#{grant.pk} {grant.organization} ← {grant.dataset}",
            place=page_of(grant),
            note=grant.purpose,
            due_on=due.due_on,
            light=due.light,
        )

    rows = asked.own(delivering.waiting(asked.today), "dataset__owner")
    found = rows.select_related("organization", "dataset", "request")
    title = gettext_lazy("Agreed to, and not shared yet")
    return pile(title, found, thing, place=list_of(Grant))


def past_their_term(asked: Asked) -> Pile:
    """Suspended grants whose term to mend is over: to be resumed or ended."""
    rows = Grant.objects.filter(
        channel=Channel.SHARE,
        suspended_at__isnull=False,
        revoked_at=None,
        mend_by__lt=asked.today,
        valid_until__gte=asked.today,
    )
    return pile(
        gettext_lazy("Suspended grants whose term to mend is over"),
        asked.own(rows, "dataset__owner")
        .select_related("organization", "dataset")
        .order_by("mend_by", "pk"),
        lambda grant: Thing(
            title=f"{grant.organization} ← {grant.dataset}",
            place=page_of(grant),
            note=grant.suspended_because,
            due_on=grant.mend_by,
            light="bad",
        ),
        place=list_of(Grant, suspended_at__isnull=False),
        urgent=True,
    )
