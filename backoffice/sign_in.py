"""Signing in at the back office: password, then the second factor's code where there is one."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from unfold.forms import AuthenticationForm

from accounts import passwords, second_factor, sessions, sign_in
from accounts.models import User
from backoffice.forms.dressed import dress

PENDING = "second_step"
PENDING_SECONDS = 300
BACKEND = "accounts.backends.RoleBackend"


class SignInForm(AuthenticationForm):
    """User name and password. Every failure is written down; never what was typed."""

    def clean(self) -> dict[str, Any]:
        """Check both. Raises ValidationError, the same for a wrong name and a wrong password."""
        try:
            return super().clean()
        except ValidationError:
            self._refused()
            raise

    def confirm_login_allowed(self, user: Any) -> None:
        """Say to whoever is known, and has no role here, that name and password are right."""
        if user.is_active and not user.is_staff:
            raise ValidationError(
                _(
                    "User name and password are right, but none of your roles works in the back"
                    " office. Ask the security administrator for one if you should work here."
                ),
                code="no-role",
            )
        super().confirm_login_allowed(user)

    def _refused(self) -> None:
        name, now = self.cleaned_data.get("username"), timezone.now()
        locked = sign_in.is_locked_out(self.request)
        sign_in.failed(name, locked=locked, at=now)
        if locked:
            raise ValidationError(_locked(self.request, name), code="locked")


class CodeForm(forms.Form):
    """The code of an authenticator app, or a recovery code."""

    code = forms.CharField(
        label=gettext_lazy("Code from the app"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Dress the field as the back office's are."""
        super().__init__(*args, **kwargs)
        dress(self)


class SignIn(LoginView):
    """The sign-in page: where a second factor is in use, the password alone opens nothing."""

    authentication_form = SignInForm
    template_name = "backoffice/login.html"
    next_page = "admin:index"

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, or ask for the code."""
        user, now = form.get_user(), timezone.now()
        if second_factor.has(user):
            self.request.session[PENDING] = {
                "user": user.pk,
                "at": now.timestamp(),
                "next": self.get_success_url(),
            }
            return redirect("admin:sign_in_code")
        return entered(self.request, user, self.get_success_url())


def entered(request: HttpRequest, user: User, address: str) -> HttpResponse:
    """Begin a person's session and send them to `address`."""
    now = timezone.now()
    login(request, user, backend=BACKEND)
    sign_in.signed_in(user, at=now)
    if passwords.is_old(user, at=now):
        request.session[sessions.TO_RENEW] = True
    return redirect(address)


@never_cache
@sensitive_post_parameters()
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask for the code of whoever gave the right password a moment ago."""
    now = timezone.now()
    pending = request.session.get(PENDING) or {}
    user = _pending_user(pending, now.timestamp())
    if user is None:
        request.session.pop(PENDING, None)
        return redirect("admin:login")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if sign_in.check_code(request, user, form.cleaned_data["code"], at=now):
            del request.session[PENDING]
            return entered(request, user, pending["next"])
        form.add_error(None, _refused_code(request, user))
    context = admin.site.each_context(request) | {"title": _("Second step"), "form": form}
    return TemplateResponse(request, "backoffice/code.html", context)


def _pending_user(pending: dict[str, Any], now: float) -> User | None:
    if now - pending.get("at", 0.0) > PENDING_SECONDS:
        return None
    return User.objects.filter(pk=pending["user"], is_active=True).first()


def _refused_code(request: HttpRequest, user: User) -> str:
    if not sign_in.is_locked_out(request):
        return second_factor.wrong_sentence()
    request.session.pop(PENDING)
    return _locked(request, user.username)


def _locked(request: HttpRequest, username: str) -> str:
    where = sign_in.address(request)
    return sign_in.locked_sentence(username, at=timezone.now(), ip_address=where)


def locked_answer(
    request: HttpRequest,  # noqa: ARG001 - axes passes it
    response: HttpResponse,
    credentials: dict[str, Any] | None,  # noqa: ARG001 - axes passes it
) -> HttpResponse:
    """Answer a locked try with the page it was made on; named by AXES_LOCKOUT_CALLABLE."""
    response.status_code = 429
    return response
