"""利用促进 for everybody: contests, what was entered, and the awards."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from catalog.models import Dataset
from community.models import Contest, ContestEntry, Showcase
from community.states import ContestState, Phase
from portal.frame import choose_language, shown
from portal.showcases import awarded_apps, page_of

PAGE = 20
ENTRIES = 24
PHASES: dict[Phase, tuple[Promise, str]] = {
    Phase.AHEAD: (_("opens soon"), "accent"),
    Phase.OPEN: (_("takes entries"), "good"),
    Phase.JUDGED: (_("being judged"), "warm"),
    Phase.ANNOUNCED: (_("results announced"), "violet"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A contest, and how far it is today: in words, and by the tone of its badge."""

    contest: Contest
    phase: str
    word: Promise
    tone: str


def standing(contest: Contest) -> Standing:
    """Return how far a contest is today, in the city."""
    phase = contest.phase(timezone.localdate())
    return Standing(contest, str(phase), *PHASES[phase])


@require_safe
def contests(request: HttpRequest) -> HttpResponse:
    """List contests: those without results first, what ends last on top."""
    choose_language(request)
    rows = Contest.objects.listed().select_related("organizer")
    order = (F("announced_at").desc(nulls_first=True), "-entries_until", "-pk")
    page = page_of(request, rows.order_by(*order), PAGE)
    context = {"page": page, "standings": [standing(one) for one in page]}
    return shown(request, "portal/contests.html", context)


@require_safe
def contest(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a contest, its entries and its awards.

    404 for one that was never published; 410 for one that was called off, with day and reason.
    """
    choose_language(request)
    made = Contest.objects.seen().select_related("organizer").filter(slug=slug).first()
    if made is None:
        raise Http404
    if made.state == ContestState.WITHDRAWN:
        return shown(request, "portal/contest_off.html", {"contest": made}, status=410)
    entries = ContestEntry.objects.shown().filter(contest=made)
    invited = made.datasets.filter(pk__in=Dataset.objects.published()).select_related("owner")
    context = {
        "standing": standing(made),
        "contest": made,
        "datasets": list(invited.order_by("title_zh")),
        "awarded": _awarded(entries),
        "page": page_of(request, _apps(entries), ENTRIES),
    }
    return shown(request, "portal/contest.html", context)


def _awarded(entries: Any) -> list[tuple[ContestEntry, Showcase]]:
    """Return the entries that got an award, the best first, each with its app."""
    given = list(entries.awarded())
    apps = _apps(entries).in_bulk([one.showcase_id for one in given])
    return [(one, apps[one.showcase_id]) for one in given]


def _apps(entries: Any) -> Any:
    """Return the apps of entries, the newest first."""
    return awarded_apps().filter(pk__in=entries.values("showcase"))
