"""The members' door: who may come in, how long a session lasts, and how refusals are shown."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import members, sessions, sign_in
from accounts.limits import TooOften, Uncounted
from accounts.models import User
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed
from exchange import members_rights
from exchange.problems import Problem
from portal.frame import choose_language, shown
from portal.members import menu

MEMBERS = "/my/"
View = Callable[..., HttpResponse]


def bounded(get_response: Callable[[HttpRequest], HttpResponse]):
    """End members' sessions that are idle or too old, and keep their pages out of every cache."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(MEMBERS):
            return get_response(request)
        if isinstance(request.user, User) and members.is_member(request.user):
            now = timezone.now()
            ended = sessions.use(request.session, at=now)
            if ended is not None:
                sign_in.signed_out(request.user, at=now, because=ended)
                logout(request)
                return redirect_to_login(request.path, reverse("account_login"))
        response = get_response(request)
        response["Cache-Control"] = "no-store"
        return response

    return middleware


def member_page(view: View) -> View:
    """Show a page to members alone; whoever has not signed in is asked to, and comes back here.

    Takes GET and POST. What a verb refuses is shown as a page of its own, with the refusal's
    status.
    """

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def guarded(request: HttpRequest, **where: Any) -> HttpResponse:
        choose_language(request)
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path(), reverse("account_login"))
        try:
            members.refuse_office(request.user)
            return view(request, **where)
        except (NotAllowed, StepRefused, Problem, TooOften, Uncounted) as no:
            return refused(request, no)
        except ValidationError as no:
            return refused(request, no, status=400)

    return guarded


def private_page(view: View) -> View:
    """Show a page to members, with what is this person's own in the database: what their
    companies applied for and hold, and what they follow."""

    @member_page
    @wraps(view)
    def guarded(request: HttpRequest, **where: Any) -> HttpResponse:
        with members_rights.seen_by(person_of(request).pk):
            return view(request, **where)

    return guarded


def refused(request: HttpRequest, no: Exception, *, status: int = 0) -> HttpResponse:
    """Show why something was not done, with the refusal's own status unless another is given."""
    said = no.messages if isinstance(no, ValidationError) else [str(no)]
    context = {"sentences": said, "back": request.headers.get("Referer") and request.path}
    status = status or getattr(no, "status", 400)
    return shown(request, "portal/members/refused.html", context, status=status)


def person_of(request: HttpRequest) -> User:
    """Return who is signed in, on a page that only members see."""
    return cast("User", request.user)


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Return a page of a member, with the menu of the members' pages."""
    return shown(request, template, {"menu": menu.of(request.path)} | context, status=status)


def done(request: HttpRequest, sentence: str, name: str, **where: Any) -> HttpResponse:
    """Lead to a page by the name of its address, which then says what was done."""
    request.session["said"] = sentence
    return redirect(reverse(name, kwargs=where))


def said(request: HttpRequest) -> str:
    """Return what was done a moment ago, once."""
    return str(request.session.pop("said", "")) if "said" in request.session else ""
