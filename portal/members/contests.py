"""A member's apps in contests: entered, and taken out again."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from community import contests
from community.contests import ENTERABLE
from community.models import Contest, ContestEntry, Showcase
from portal.contests import standing
from portal.frame import number_of
from portal.members.door import done, page, person_of, private_page, said


@private_page
def listed(request: HttpRequest) -> HttpResponse:
    """List contests that take entries, and what was entered by the member or their companies."""
    person, today = person_of(request), timezone.localdate()
    taking = Contest.objects.taking(today).select_related("organizer").order_by("entries_until")
    entries = ContestEntry.objects.filter(showcase__in=Showcase.objects.spoken_for(person))
    context = {
        "said": said(request),
        "taking": [standing(one) for one in taking],
        "entries": [
            (one, one.contest in taking)
            for one in entries.select_related("contest", "showcase")
            .defer("showcase__picture")
            .order_by("-pk")
        ],
    }
    return page(request, "portal/members/contests.html", context)


@private_page
def enter(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose an app and enter it."""
    person = person_of(request)
    made = _contest(slug)
    if request.method == "POST":
        chosen = _app(request.POST.get("app", ""), person)
        contests.enter(made.pk, chosen.pk, by=person, at=timezone.now())
        text = _("“%(app)s” is entered. Others see it there once the app is shown.")
        return done(request, text % {"app": chosen.title}, "members-contests")
    entered = ContestEntry.objects.filter(contest=made).values("showcase")
    apps = Showcase.objects.spoken_for(person).filter(state__in=ENTERABLE).without_picture()
    context = {
        "contest": made,
        "standing": standing(made),
        "apps": list(apps.exclude(pk__in=entered).order_by("-pk")),
    }
    return page(request, "portal/members/contest.html", context)


@private_page
def leave(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take an app out of a contest."""
    if request.method != "POST":
        raise Http404
    person = person_of(request)
    made, chosen = _contest(slug), _app(str(number), person)
    contests.leave(made.pk, chosen.pk, by=person, at=timezone.now())
    text = _("“%(app)s” is taken out of the contest.") % {"app": chosen.title}
    return done(request, text, "members-contests")


def _contest(slug: str) -> Contest:
    """Return a contest that everybody sees. Raises Http404."""
    rows = Contest.objects.listed().select_related("organizer")
    made = rows.filter(slug=slug).first()
    if made is None:
        raise Http404
    return made


def _app(told: str, person: User) -> Showcase:
    """Return an app that the member can speak for. Raises Http404 for another's, too."""
    rows = Showcase.objects.spoken_for(person).without_picture()
    chosen = rows.filter(pk=number_of(told) or 0).first()
    if chosen is None:
        raise Http404
    return chosen
