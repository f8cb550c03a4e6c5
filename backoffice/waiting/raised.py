"""What departments raise with each other: reports of something wrong, and disputes."""

from functools import cache

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from backoffice.waiting.piles import Asked, Pile, Text, Thing, list_of, page_of, pile
from catalog import deadlines
from catalog.terms import ClockStep
from exchange.correction_flow import CorrectionState
from exchange.models import Correction, Dispute, Stop
from exchange.workflow import DisputeState

ABOVE = (DisputeState.AUTHORITY, DisputeState.SUPERIOR, DisputeState.GOVERNMENT)
"""Where the data authority settles a dispute, or records how it was settled."""


def reports(asked: Asked) -> Pile:
    """Reports of something wrong that the provider answers, what is due first on top."""
    rows = Correction.objects.filter(state=CorrectionState.OPEN)
    return _reports(asked, gettext_lazy("Reports of something wrong to be answered"), rows)


def late_reports(asked: Asked) -> Pile:
    """Reports whose last day in time is over, for who watches the limits."""
    rows = Correction.objects.filter(state=CorrectionState.OPEN, due_on__lt=asked.today)
    title = gettext_lazy("Reports of something wrong whose answer is late")
    return _reports(asked, title, rows, urgent=True)


def _reports(asked: Asked, title: Text, rows: QuerySet, *, urgent: bool = False) -> Pile:
    clocks = cache(deadlines.clocks)  # read where something waits, once

    def thing(one: Correction) -> Thing:
        limit = clocks().limit(ClockStep.CORRECTION).working_days
        left = 0 if one.due_on is None else clocks().calendar.between(asked.today, one.due_on)
        return Thing(
            title=str(one),
            place=page_of(one),
            note=one.text,
            due_on=one.due_on,
            light=deadlines.light(left, limit),
        )

    found = asked.own(rows, "dataset__owner").select_related("dataset", "organization")
    return pile(
        title,
        found.order_by("due_on", "pk"),
        thing,
        place=list_of(Correction, state__exact=CorrectionState.OPEN),
        urgent=urgent,
    )


def _dispute(one: Dispute) -> Thing:
    return Thing(title=str(one), place=reverse("admin:dispute", args=[one.pk]), note=one.claim)


def talked_over(asked: Asked) -> Pile:
    """Disputes that the provider talks over with the asking department."""
    rows = Dispute.objects.filter(state=DisputeState.NEGOTIATION)
    return pile(
        gettext_lazy("Disputes to be talked over"),
        asked.own(rows, "request__dataset__owner")
        .select_related("request__dataset", "request__organization")
        .order_by("pk"),
        _dispute,
        place=list_of(Dispute, state__exact=DisputeState.NEGOTIATION),
    )


def to_settle(asked: Asked) -> Pile:
    """Disputes taken to the data authority or past it; none to which its own office is a party."""
    party = Q(request__organization__in=asked.places) | Q(request__dataset__owner__in=asked.places)
    rows = Dispute.objects.filter(state__in=ABOVE).exclude(party)
    return pile(
        gettext_lazy("Disputes to be settled"),
        rows.select_related("request__dataset", "request__organization").order_by("pk"),
        _dispute,
        place=list_of(Dispute),
    )


def stops(asked: Asked) -> Pile:
    """Stops of a service that the consumer objected to, or did not answer in time."""
    rows = Stop.objects.for_authority(asked.today)
    return pile(
        gettext_lazy("Stops of a service to be decided"),
        rows.select_related("grant__dataset", "grant__organization").order_by("from_day", "pk"),
        lambda stop: Thing(
            title=str(stop.grant),
            place=page_of(stop),
            note=stop.answer or stop.cause,
            due_on=stop.from_day,
            light="warn",
        ),
        place=list_of(Stop),
    )
