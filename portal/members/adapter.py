"""What django-allauth asks of this house: who may sign in, how people are made, what mails say."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import addresses, limits, members, sign_in
from accounts.models import User
from accounts.roles import NotAllowed
from portal.frame import city_name
from portal.members.door import refused

NOBODY = "e-mail "
"""Before an address that no member has: no user name begins so, since it holds a space."""
ELSEWHERE = "from_elsewhere"
"""In a session that began at the OpenID Connect server."""


class Adapter(DefaultAccountAdapter):
    """Signs people up and in by the verbs of `accounts.members` and `accounts.sign_in`."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _(
            "E-mail address or password is not right. Whoever works in the back office signs in "
            "there: at /office/."
        ),
        "email_taken": _("There is an account with this e-mail address already."),
        "enter_current_password": _("The password is not right."),
        "too_many_login_attempts": _("That was tried too often. Wait a few minutes."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return where the person comes from, by the proxies that are trusted."""
        return addresses.of(request.META)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return the member of that e-mail address and password, or None.

        Failures count and lock as in the back office. An address that no member has takes as long.
        """
        email, now = str(credentials.get("email", "")).lower(), timezone.now()
        user = members.by_email(email)
        name = user.username if user else NOBODY + email
        found = authenticate(request, username=name, password=credentials.get("password"))
        if found is None:
            sign_in.failed(name, locked=sign_in.is_locked_out(request), at=now)
            if sign_in.is_locked_out(request):
                where = sign_in.address(request)
                sentence = sign_in.locked_sentence(name, at=now, ip_address=where)
                raise self.locked(sentence)
        return found if isinstance(found, User) else None

    def locked(self, sentence: str) -> Exception:
        """Return what the form of who is locked out says."""
        error = self.validation_error("too_many_login_attempts")
        error.message = sentence
        return error

    def pre_login(self, request: HttpRequest, user: User, **_told: Any) -> HttpResponse | None:
        """Stop who works in the back office: they would get round its second factor.

        Who was deactivated and comes by way of another server is told so, and comes no further.
        """
        if not user.is_active:
            return self.respond_user_inactive(request, user)
        try:
            members.refuse_office(user)
        except NotAllowed as no:
            return refused(request, no)
        return None

    def post_login(self, request: HttpRequest, user: User, **told: Any) -> HttpResponse:
        """Write the sign-in down, and lead on."""
        sign_in.signed_in(user, at=timezone.now())
        request.session[ELSEWHERE] = "sociallogin" in (told.get("signal_kwargs") or {})
        return super().post_login(request, user, **told)

    def logout(self, request: HttpRequest) -> None:
        """Write the sign-out down."""
        if isinstance(request.user, User):
            sign_in.signed_out(request.user, at=timezone.now())
        super().logout(request)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> User:  # noqa: ARG002, FBT001, FBT002 - allauth's signature
        """Enter the person who filled in the form."""
        given = form.cleaned_data
        newcomer = members.Newcomer(given["name"], given["email"], given.get("password1"))
        return members.sign_up(newcomer, at=timezone.now())

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """Confirm an address, and write it down."""
        is_well = super().confirm_email(request, email_address)
        if is_well:
            members.confirmed(email_address.user, at=timezone.now())
        return is_well

    def set_password(self, user: User, password: str) -> None:
        """Give a person the password they chose."""
        members.set_password(user, password, at=timezone.now())

    def add_message(self, *_said: Any, **_more: Any) -> None:
        """Say nothing: our pages say themselves what was done."""

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Answer a person who has left as one who is not known."""
        raise ImmediateHttpResponse(super().respond_user_inactive(request, user))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:  # noqa: ARG002 - allauth's signature
        """Return the address in a letter: below the known one, whatever the request called us."""
        path = reverse("account_confirm_email", args=[emailconfirmation.key])
        return settings.PUBLIC_BASE_URL + path

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the address in a letter, as above."""
        number, _dash, rest = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": number, "key": rest})
        return settings.PUBLIC_BASE_URL + path

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a letter in the language of the page; a few an hour to one address at most."""
        try:
            limits.spend(limits.MAIL, email.lower())
        except limits.TooOften:
            return  # and the page says what it always says
        place = f"portal/members/mail/{template_prefix.rpartition('/')[2]}"
        known = {
            **context,
            "city": city_name(),
            "email": email,
            "site": settings.PUBLIC_BASE_URL,
            "sign_up": settings.PUBLIC_BASE_URL + reverse("account_signup"),
            "forgotten": settings.PUBLIC_BASE_URL + reverse("account_reset_password"),
        }
        text = render_to_string(f"{place}.html", known).strip()
        subject, _break, body = text.partition("\n")
        mail = EmailMessage(subject.strip(), body.strip() + "\n", to=[email])
        mail.extra_headers["Content-Language"] = get_language() or ""
        mail.send()
