"""What the front page shows of people taking part: contests, apps, wishes, and their answers."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from community.models import Contest, Showcase, Wish
from community.states import WishState

CONTESTS = 3
APPS = 3
WISHES = 4


@dataclass(frozen=True, slots=True)
class TakingPart:
    """Contests that take entries today, the first to end on top; the newest apps, what most people
    wish for, and the latest answers. Each may be none.
    """

    contests: tuple[Contest, ...]
    apps: tuple[Showcase, ...]
    waiting: tuple[Wish, ...]
    answered: tuple[Wish, ...]


def taking_part() -> TakingPart:
    """Return what people made and wish for, as everybody sees it. Three queries."""
    open_today = Contest.objects.taking(timezone.localdate()).select_related("organizer")
    apps = Showcase.objects.shown().named().without_picture().select_related("organization")
    wishes = _wishes()
    return TakingPart(
        tuple(open_today.order_by("entries_until", "pk")[:CONTESTS]),
        tuple(apps.order_by("-shown_at", "-pk")[:APPS]),
        tuple(one for one in wishes if one.state == WishState.OPEN),
        tuple(one for one in wishes if one.state == WishState.ANSWERED),
    )


def _wishes() -> list[Wish]:
    """Return the first of either state: those that wait by votes, those answered by their day.

    A wish that waits has no answer, so one order sorts both.
    """
    rows = Wish.objects.order_by("-answered_at", "-votes", "-pk")
    first = [
        rows.filter(state=state).values("pk")[:WISHES]
        for state in (WishState.OPEN, WishState.ANSWERED)
    ]
    chosen = rows.filter(Q(pk__in=first[0]) | Q(pk__in=first[1]))
    return list(chosen.select_related("provider", "answered_for"))
