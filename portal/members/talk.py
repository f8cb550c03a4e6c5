"""A member takes part: comments, apps, wishes and votes, and takes back what is their own."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import limits
from accounts.models import User
from accounts.roles import NotAllowed
from catalog.models import Dataset
from community import comments, showcases, speaking, wishes
from community.models import Comment, CommentKind, Showcase, Speaker, Vote, Wish
from community.states import COMMENT_MOVES, SHOWCASE_MOVES, WISH_MOVES, CommentStep, WishStep
from community.states import ShowcaseStep as AppStep
from exchange.problems import Problem
from exchange.workflow import StepRefused
from portal.members.door import done, member_page, page, person_of, refused, said
from portal.members.talk_forms import AppForm, CommentForm, NameForm, TalkForm, WishForm

REFUSALS = (Problem, StepRefused, NotAllowed, ValidationError)
Verb = Callable[[dict[str, Any], User], Any]


@member_page
def talk(request: HttpRequest) -> HttpResponse:
    """List what a member said, with what became of it."""
    person = person_of(request)
    mine = {"speaker__user": person}
    context = {
        "said": said(request),
        "speaker": Speaker.objects.filter(user=person).first(),
        "comments": [
            (one, (one.state, CommentStep.WITHDRAW) in COMMENT_MOVES)
            for one in Comment.objects.filter(**mine)
            .select_related("dataset", "answered_for")
            .order_by("-pk")
        ],
        "apps": [
            (one, (one.state, AppStep.WITHDRAW) in SHOWCASE_MOVES)
            for one in Showcase.objects.filter(**mine).without_picture().order_by("-pk")
        ],
        "wishes": [
            (one, (one.state, WishStep.WITHDRAW) in WISH_MOVES)
            for one in Wish.objects.filter(**mine).select_related("answered_for").order_by("-pk")
        ],
    }
    return page(request, "portal/members/talk.html", context)


@member_page
def name(request: HttpRequest) -> HttpResponse:
    """Choose the name that others see."""

    def verb(told: dict[str, Any], by: User) -> None:
        speaking.take_name(told["shown_name"], by=by, at=timezone.now())

    heading = gettext_lazy("Name that others see")
    return _asked(request, NameForm, verb, heading, _("This is your name from now on."))


@member_page
def comment(request: HttpRequest, slug: str) -> HttpResponse:
    """Comment on a dataset, or say what is wrong."""
    dataset = Dataset.objects.published().filter(slug=slug).first()
    if dataset is None:
        raise Http404

    def verb(told: dict[str, Any], by: User) -> None:
        remark = comments.Remark(
            CommentKind(told["kind"]), told["text"], row=told["row"], field=told["field"]
        )
        comments.say(dataset.pk, remark, by=by, at=timezone.now())

    done_ = _("Thank you. It appears once somebody has looked at it.")
    heading = _("Comment on “%(title)s”") % {"title": dataset.title}
    first = {"field": request.GET.get("field", "")[:63], "row": request.GET.get("row", "")[:18]}
    if request.GET.get("kind") in CommentKind.values:
        first["kind"] = request.GET["kind"]
    return _asked(request, CommentForm, verb, heading, done_, first=first)


@member_page
def new_app(request: HttpRequest) -> HttpResponse:
    """Hand in an app."""

    def verb(told: dict[str, Any], by: User) -> None:
        upload = told.pop("picture", None)
        if upload:
            limits.spend(limits.PICTURE, str(by.pk))
        app = showcases.Shown(picture=upload.file if upload else None, **told)
        showcases.submit(app, by=by, at=timezone.now())

    done_ = _("Thank you. It appears once the data authority has looked at it.")
    first = {"datasets": request.GET.get("dataset", "")[:60]}
    heading = gettext_lazy("Show what you built")
    return _asked(request, AppForm, verb, heading, done_, first=first)


@member_page
def new_wish(request: HttpRequest) -> HttpResponse:
    """Wish for data."""

    def verb(told: dict[str, Any], by: User) -> None:
        wishes.wish(wishes.Wished(**told), by=by, at=timezone.now())

    done_ = _("Thank you. It appears once somebody has looked at it, and has your vote already.")
    first = {
        "dataset": request.GET.get("dataset", "")[:60],
        "title": request.GET.get("title", "")[:100],
    }
    return _asked(request, WishForm, verb, gettext_lazy("Wish for data"), done_, first=first)


@member_page
def vote(request: HttpRequest, number: int) -> HttpResponse:
    """Wish for the same, or take that back."""
    person = person_of(request)
    wish = Wish.objects.shown().filter(pk=number).first()
    if wish is None:
        raise Http404
    cast = Vote.objects.filter(wish=wish, user=person).exists()
    if request.method != "POST":
        return page(request, "portal/members/vote.html", {"wish": wish, "cast": cast})
    wanted = request.POST.get("vote") != "no"
    try:
        (wishes.vote if wanted else wishes.unvote)(wish.pk, by=person, at=timezone.now())
    except REFUSALS as no:
        return refused(request, no)
    text = _("Your vote is counted.") if wanted else _("Your vote is taken back.")
    return done(request, text, "members-talk")


WITHDRAWN: dict[str, Callable[..., Any]] = {
    "comment": comments.withdraw,
    "app": showcases.withdraw,
    "wish": wishes.withdraw,
}


@member_page
def withdraw(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Take back what is one's own."""
    verb = WITHDRAWN.get(kind)
    if verb is None or request.method != "POST":
        raise Http404
    try:
        verb(number, by=person_of(request), at=timezone.now())
    except REFUSALS as no:
        return refused(request, no)
    except ObjectDoesNotExist:
        raise Http404 from None
    return done(request, _("It is taken back, and its text deleted."), "members-talk")


def _asked(
    request: HttpRequest,
    kind: type[TalkForm] | type[NameForm],
    verb: Verb,
    heading: str | Promise,
    done_: str,
    *,
    first: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show a form, or call the verb with what it says; a refusal keeps what was typed."""
    person = person_of(request)
    sent = request.method == "POST"
    form = kind(request.POST, request.FILES, by=person) if sent else kind(initial=first, by=person)
    status = HTTPStatus.OK
    if sent and form.is_valid():
        try:
            _carried_out(verb, dict(form.cleaned_data), person, named=kind is NameForm)
        except REFUSALS as no:
            form.add_error(None, no.messages if isinstance(no, ValidationError) else str(no))
            status = getattr(no, "status", HTTPStatus.BAD_REQUEST)
        else:
            return done(request, done_, "members-talk")
    elif sent:
        status = HTTPStatus.BAD_REQUEST
    context = {"form": form, "heading": heading}
    return page(request, "portal/members/talk_form.html", context, status=status)


@transaction.atomic
def _carried_out(verb: Verb, told: dict[str, Any], by: User, *, named: bool) -> None:
    """Take the name that was chosen with it first: both happen, or neither."""
    if not named and "shown_name" in told:
        speaking.take_name(told.pop("shown_name"), by=by, at=timezone.now())
    verb(told, by)
