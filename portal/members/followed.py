"""收藏: a member follows datasets, sees what changed of them, and chooses whether letters come."""

from datetime import datetime
from http import HTTPStatus

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import limits
from accounts.models import User
from catalog.models import Dataset
from community import follows
from community.models import Follower, Letters
from exchange import members_rights
from portal.frame import choose_language, shown
from portal.members.door import done, page, person_of, private_page, said

VISIT = "followed_since"
"""Of the session: when its member had looked at the list last, as it began. A visit is a session,
so that what is new stays marked while one looks at it."""


class LettersForm(forms.Form):
    """Whether letters come."""

    letters = forms.ChoiceField(
        label=gettext_lazy("Mail about what you follow"),
        choices=Letters.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "To the e-mail address of your account, in the language of this page, never more than"
            " one a day. In each is a link that ends them."
        ),
    )


@private_page
def followed(request: HttpRequest) -> HttpResponse:
    """List what a member follows, with what changed since the last visit."""
    person, now = person_of(request), timezone.now()
    since = _last_visit(request, person, now)
    listed = follows.followed(person, after=since, until=now) if since else []
    context = {
        "said": said(request),
        "listed": listed,
        "changed": sum(1 for one in listed if one.news),
        "since": since,
        "most": follows.MOST,
        "form": _form(follows.follower_of(person)),
    }
    return page(request, "portal/members/followed.html", context)


def _last_visit(request: HttpRequest, person: User, now: datetime) -> datetime | None:
    """Return since when something is new, None for who never followed anything."""
    kept = parse_datetime(str(request.session.get(VISIT, "")))
    if kept is not None:
        return kept
    before = follows.visit(by=person, at=now)
    if before is not None:
        request.session[VISIT] = before.isoformat()
    return before


def _form(follower: Follower | None) -> LettersForm:
    return LettersForm(initial={"letters": follower.letters if follower else Letters.NONE})


@private_page
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a dataset on the own list, and choose whether letters come."""
    person = person_of(request)
    dataset = Dataset.objects.published().select_related("owner").filter(slug=slug).first()
    if dataset is None:
        raise Http404
    form = _form(follows.follower_of(person))
    if request.method == "POST":
        form = LettersForm(request.POST)
        limits.spend(limits.FOLLOW, str(person.pk))
        if form.is_valid():
            return _added(request, dataset, Letters(form.cleaned_data["letters"]))
    context = {"dataset": dataset, "form": form, "known": follows.is_followed(dataset, by=person)}
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return page(request, "portal/members/follow.html", context, status=status)


def _added(request: HttpRequest, dataset: Dataset, letters: Letters) -> HttpResponse:
    person, now, language = person_of(request), timezone.now(), _language()
    follows.follow(dataset.pk, language=language, by=person, at=now)
    follows.choose_letters(letters, language=language, by=person, at=now)
    sentence = _("You follow “%(title)s” now.") % {"title": dataset.title}
    return done(request, sentence, "members-followed")


@private_page
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a dataset off the own list."""
    person = person_of(request)
    dataset = Dataset.objects.known().filter(slug=slug).first()
    if dataset is None or request.method != "POST":
        raise Http404
    limits.spend(limits.FOLLOW, str(person.pk))
    follows.unfollow(dataset.pk, by=person, at=timezone.now())
    sentence = _("“%(title)s” is off your list.") % {"title": dataset.title}
    return done(request, sentence, "members-followed")


@private_page
def letters(request: HttpRequest) -> HttpResponse:
    """Choose whether letters come."""
    person = person_of(request)
    form = LettersForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        raise Http404
    limits.spend(limits.FOLLOW, str(person.pk))
    wanted = Letters(form.cleaned_data["letters"])
    follows.choose_letters(wanted, language=_language(), by=person, at=timezone.now())
    sentence = _("Letters come from now on.") if wanted == Letters.DAILY else _("No letters come.")
    return done(request, sentence, "members-followed")


def _language() -> str:
    return get_language() or ""


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """End letters by the link that stands in each: the word in the address is the right to it.

    No session and no token of forms, since mail programs send this themselves (RFC 8058). To look
    at it ends nothing: programs that check mails for harm open every link.
    """
    choose_language(request)
    person = follows.person_of_token(token)
    if person is not None and request.method == "POST":
        with members_rights.seen_by(person):
            follows.stop_letters(person, at=timezone.now())
    context = {"known": person is not None, "ended": request.method == "POST"}
    status = HTTPStatus.NOT_FOUND if person is None else HTTPStatus.OK
    return shown(request, "portal/members/followed_stop.html", context, status=status)
