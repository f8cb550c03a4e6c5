"""What holds for every page of the back office: how long a session lasts, and its two factors."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import second_factor, sessions, sign_in
from accounts.models import User

WITHOUT_FACTOR = ("second_factor", "logout", "set_language", "password_change", "jsi18n")
"""Where whoever has to set up a second factor may go before they have."""


def bounded(get_response: Callable[[HttpRequest], HttpResponse]):
    """End sessions that are idle or too old, and lead to the second factor (middleware)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/office/") and isinstance(request.user, User):
            person = request.user
            if not _ended(request, person) and _owes_factor(request, person):
                return redirect("admin:second_factor")
        return get_response(request)

    return middleware


def _ended(request: HttpRequest, person: User) -> bool:
    now = timezone.now()
    # parts that a page renews by itself are fetched by htmx
    by_hand = request.method != "GET" or "HX-Request" not in request.headers
    ended = sessions.use(request.session, at=now, by_hand=by_hand)
    if ended is None:
        return False
    sign_in.signed_out(person, at=now, because=ended)
    logout(request)
    said = {
        sessions.Ended.IDLE: _(
            "You were away for a while, so you were signed out. Sign in again."
        ),
        sessions.Ended.OLD: _("You were signed in for very long. Sign in again to go on."),
    }
    messages.info(request, said[ended])
    return True


def _owes_factor(request: HttpRequest, person: User) -> bool:
    """Whether the person must set up a second factor before they see this page."""
    return (
        second_factor.is_required_of(person)
        and request.path_info not in {reverse(f"admin:{name}") for name in WITHOUT_FACTOR}
        and not second_factor.has(person)
    )
