"""Signing up, in and out: allauth's pages in our frame, bounded by our limits."""

from typing import Any

from allauth.account import views as allauth
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.generic import TemplateView

from accounts import addresses, limits, quotas
from accounts.models import User
from portal.frame import choose_language, shown
from portal.members import oidc_server
from portal.members.adapter import ELSEWHERE
from portal.members.door import refused


class Framed:
    """Shows a page of allauth's in our frame; `limit` bounds how often its form is sent."""

    request: HttpRequest
    template_name = ""
    limit: limits.Limit | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Speak the language of the address, and count what is sent."""
        choose_language(request)
        try:
            if self.limit is not None and request.method == "POST":
                limits.spend(self.limit, self.counted_as(request))
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # of the view beside
        except (limits.TooOften, limits.Uncounted) as no:
            return refused(request, no)

    def counted_as(self, request: HttpRequest) -> str:
        """Return under what a form is counted: the network address, of IPv6 its network of 64."""
        return quotas.by_address(addresses.of(request.META))

    def render_to_response(self, context: dict[str, Any], **_more: Any) -> HttpResponse:
        """Return the page."""
        context.pop("view", None)
        more = {"oidc": _foreign(), "next": self.request.GET.get("next", "")}
        locked = getattr(self.request, "axes_locked_out", False)
        return shown(
            self.request, self.template_name, context | more, status=429 if locked else 200
        )


def _foreign() -> dict[str, str] | None:
    """Return name and address of the OpenID Connect server, where there is one."""
    if not settings.OIDC_SERVER:
        return None
    return {"name": oidc_server.name(), "address": reverse("openid_connect_login", args=["city"])}


class SignIn(Framed, allauth.LoginView):
    """Sign in by e-mail address and password."""

    template_name = "portal/members/sign_in.html"
    limit = limits.SIGN_IN

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Say so to who comes from confirming an address."""
        return super().get_context_data(**more) | {"is_confirmed": "confirmed" in self.request.GET}


class SignUp(Framed, allauth.SignupView):
    """Sign up."""

    template_name = "portal/members/sign_up.html"
    limit = limits.SIGN_UP

    def form_valid(self, form: Any) -> HttpResponse:
        """Enter person and address, both or neither."""
        with transaction.atomic():
            return super().form_valid(form)


class SignOut(Framed, allauth.LogoutView):
    """Sign out, after a click."""

    template_name = "portal/members/sign_out.html"

    def get_redirect_url(self) -> str:
        """Lead who came by way of another server to where it is said that they are still there."""
        if self.request.session.get(ELSEWHERE) and not self.get_next_url():
            return reverse("members-signed-out")
        return super().get_redirect_url()


class SignedOut(Framed, TemplateView):
    """Say that somebody is signed out here, and not at the server they came from."""

    template_name = "portal/members/signed_out.html"


class Sent(Framed, allauth.EmailVerificationSentView):
    """Say that a letter is on its way; the same whether the address was new or not."""

    template_name = "portal/members/sent.html"


class Confirm(Framed, allauth.ConfirmEmailView):
    """Confirm an e-mail address: by a button, since programs follow the links of letters."""

    template_name = "portal/members/confirm.html"


class Forgotten(Framed, allauth.PasswordResetView):
    """Ask for a letter with a link to a new password."""

    template_name = "portal/members/forgotten.html"
    limit = limits.FORGOTTEN


class ForgottenSent(Framed, allauth.PasswordResetDoneView):
    """Say that a letter is on its way, whether or not there is an account."""

    template_name = "portal/members/forgotten_sent.html"


class NewPassword(Framed, allauth.PasswordResetFromKeyView):
    """Choose a new password by the link of a letter."""

    template_name = "portal/members/new_password.html"
    limit = limits.FORGOTTEN


class NewPasswordDone(Framed, allauth.PasswordResetFromKeyDoneView):
    """Say that the new password holds."""

    template_name = "portal/members/new_password_done.html"


class ChangePassword(Framed, allauth.PasswordChangeView):
    """Choose another password, with the present one."""

    template_name = "portal/members/change_password.html"
    limit = limits.PASSWORD

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead to sign-in, and those without a password to choose one by mail."""
        if not isinstance(request.user, User):
            return allauth.redirect(reverse("account_login"))
        if not request.user.has_usable_password():
            return allauth.redirect(reverse("account_reset_password"))
        return super().dispatch(request, *args, **kwargs)

    def counted_as(self, request: HttpRequest) -> str:
        """Count by the person: who took over a session comes from anywhere."""
        return str(request.user.pk)


class Gone(Framed, allauth.AccountInactiveView):
    """Say that the account is closed."""

    template_name = "portal/members/gone.html"
