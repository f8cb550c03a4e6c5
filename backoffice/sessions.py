"""What holds for every page of the back office: how long a session lasts, and its two factors."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import second_factor, sessions, sign_in
from accounts.models import User

WITHOUT_PASSWORD = ("logout", "set_language", "password_change", "jsi18n")
"""Where whoever has to choose a new password may go before they have."""
WITHOUT_FACTOR = (*WITHOUT_PASSWORD, "second_factor")
"""Where whoever has to set up a second factor may go before they have."""


def bounded(get_response: Callable[[HttpRequest], HttpResponse]):
    """End sessions that are idle or too old, and lead to the second factor (middleware)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/office/") and isinstance(request.user, User):
            person = request.user
            if not _ended(request, person):
                if _owes_factor(request, person):
                    return redirect("admin:second_factor")
                if _owes_password(request):
                    return _to_password(request)
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
        and not _is_at(request, WITHOUT_FACTOR)
        and not second_factor.has(person)
    )


def _owes_password(request: HttpRequest) -> bool:
    owes = bool(request.session.get(sessions.TO_RENEW))
    return owes and not _is_at(request, WITHOUT_PASSWORD)


def _to_password(request: HttpRequest) -> HttpResponse:
    text = _("Your password is older than %(days)s days. Choose a new one; then everything opens.")
    messages.warning(request, text % {"days": settings.PASSWORD_DAYS})
    return redirect("admin:password_change")


def _is_at(request: HttpRequest, names: tuple[str, ...]) -> bool:
    return request.path_info in {reverse(f"admin:{name}") for name in names}
