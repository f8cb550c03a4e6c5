"""Contests that have ended and wait for their results."""

from django.utils.translation import gettext_lazy

from backoffice.waiting.piles import Asked, Pile, Thing, list_of, page_of, pile
from community.models import Contest
from community.states import ContestState


def to_announce(asked: Asked) -> Pile:
    """Contests whose last day for entries is over, by the day for which results are promised."""
    return pile(
        gettext_lazy("Contests whose results are to be announced"),
        Contest.objects.judged(asked.today)
        .select_related("organizer")
        .order_by("results_on", "pk"),
        lambda one: Thing(
            title=str(one),
            place=page_of(one),
            note=str(one.organizer),
            due_on=one.results_on,
            light="bad" if one.results_on < asked.today else "warn",
        ),
        place=list_of(Contest, state__exact=ContestState.PUBLISHED),
    )
