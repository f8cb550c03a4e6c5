"""The sign-in form, and what happens around a session of the back office."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.forms import AuthenticationForm

from accounts import sessions, sign_in
from accounts.models import User


class SignInForm(AuthenticationForm):
    """User name and password. Every try is written down; never what was typed."""

    def clean(self) -> dict[str, Any]:
        """Sign in. Raises ValidationError, the same for a wrong name and a wrong password."""
        try:
            cleaned = super().clean()
        except ValidationError:
            self._refused()
            raise
        sign_in.signed_in(self.get_user(), at=timezone.now())
        return cleaned

    def _refused(self) -> None:
        name, now = self.cleaned_data.get("username"), timezone.now()
        locked = bool(getattr(self.request, "axes_locked_out", False))
        sign_in.failed(name, locked=locked, at=now)
        if locked:
            where = self.request.axes_ip_address
            text = sign_in.locked_sentence(name, at=now, ip_address=where)
            raise ValidationError(text, code="locked")


def locked_answer(
    request: HttpRequest,  # noqa: ARG001 - axes passes it
    response: HttpResponse,
    credentials: dict[str, Any] | None,  # noqa: ARG001 - axes passes it
) -> HttpResponse:
    """Answer a locked try with the page it was made on; named by AXES_LOCKOUT_CALLABLE."""
    response.status_code = 429
    return response


def bounded(get_response: Callable[[HttpRequest], HttpResponse]):
    """End sessions of the back office that are idle or too old (middleware)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/office/") and isinstance(request.user, User):
            _look(request, request.user)
        return get_response(request)

    return middleware


def _look(request: HttpRequest, person: User) -> None:
    now = timezone.now()
    # parts that a page renews by itself are fetched by htmx
    by_hand = request.method != "GET" or "HX-Request" not in request.headers
    ended = sessions.use(request.session, at=now, by_hand=by_hand)
    if ended is None:
        return
    sign_in.signed_out(person, at=now, because=ended)
    logout(request)
    said = {
        sessions.Ended.IDLE: _(
            "You were away for a while, so you were signed out. Sign in again."
        ),
        sessions.Ended.OLD: _("You were signed in for very long. Sign in again to go on."),
    }
    messages.info(request, said[ended])
