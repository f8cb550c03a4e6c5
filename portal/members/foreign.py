"""Accounts of people who come by way of the OpenID Connect server of the settings."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import addresses, limits, members
from accounts.models import User
from portal.members import oidc_server
from portal.members.oidc import CITY, CityProvider
from portal.members.oidc_server import Refused, Why


class ForeignAdapter(DefaultSocialAccountAdapter):
    """Signs people up and in whom the server vouches for.

    Somebody whose account has the same address is let in by it only where both sides have checked
    that address, and the account is linked with nobody else there. Else the owner of the address
    is written to, and whoever came sees what they would see for an address that nobody has.
    """

    def list_apps(
        self,
        request: HttpRequest,  # noqa: ARG002 - allauth's signature
        provider: str | None = None,
        client_id: str | None = None,
    ) -> list[SocialApp]:
        """Return the one server there is, from the settings alone: none stands in the database."""
        app = SocialApp(
            provider=CityProvider.id,
            provider_id=CITY,
            name=oidc_server.name()[:40],
            client_id=settings.OIDC_CLIENT,
            secret=settings.OIDC_SECRET,
            settings={"server_url": settings.OIDC_SERVER},
        )
        is_meant = provider in (None, CITY, CityProvider.id) and client_id in (None, app.client_id)
        return [app] if settings.OIDC_SERVER and is_meant else []

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> CityProvider:
        """Return the server as allauth knows it. Raises SocialApp.DoesNotExist where none is."""
        return CityProvider(request, app=self.get_app(request, provider, client_id))

    def get_requests_session(self) -> Any:
        """Refuse: what asks the server goes by `exchange.hooks.fetching`."""
        raise NotImplementedError("The server is asked by portal.members.oidc_server.asked.")

    def on_authentication_error(
        self,
        request: HttpRequest,  # noqa: ARG002 - allauth's signature
        provider: Any,  # noqa: ARG002 - allauth's signature
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Raise what the page says: Refused."""
        if error == AuthError.CANCELLED:
            raise Refused(Why.CANCELLED)
        if exception is None and "state_id" in (extra_context or {}):
            raise Refused(Why.STATE)
        raise Refused(Why.DECLINED if exception is None else Why.UNSOUND, str(exception or ""))

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:  # noqa: ARG002 - allauth's signature
        """Take the name as one: families and given names are not ours to tell apart."""
        user: User = sociallogin.user
        user.name, user.email = data.get("name", ""), data.get("email", "")
        return user

    def authenticate_by_email(self, sociallogin: Any) -> tuple[User, str] | None:
        """Return the member who has the address, where both sides have checked it."""
        vouched = [one.email for one in sociallogin.email_addresses if one.verified]
        owned = EmailAddress.objects.filter(email__in=map(str.lower, vouched), verified=True)
        for held in owned.select_related("user"):
            if members.is_member(held.user) and not members.is_linked(held.user):
                return held.user, held.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Link an account that was found by its address; count who is to be signed up.

        Raises Refused, limits.TooOften, limits.Uncounted.
        """
        sociallogin.token = None  # it has served; no session keeps it
        if not sociallogin.is_existing:
            if not sociallogin.user.email:
                raise Refused(Why.NO_ADDRESS)
            limits.spend(limits.SIGN_UP, addresses.of(request.META))
        elif sociallogin.account.pk is None:
            self._link(request, sociallogin)

    @transaction.atomic
    def _link(self, request: HttpRequest, sociallogin: Any) -> None:
        """Link an account with the person at the server; its owner is told by mail."""
        user = User.objects.select_for_update().get(pk=sociallogin.user.pk)
        if members.is_linked(user):  # by another who came at the same moment
            raise Refused(Why.AT_ONCE)
        members.linked(user, vouched=True, at=timezone.now())
        sociallogin.connect(request, user)

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:  # noqa: ARG002 - allauth's signature
        """Enter the person with the name and address that the server passes on."""
        given, at = sociallogin.user, timezone.now()
        name = given.name or given.email.partition("@")[0]
        user = members.sign_up(members.Newcomer(name, given.email), at=at)
        sociallogin.user = user
        sociallogin.save(request)
        members.linked(
            user, vouched=any(one.verified for one in sociallogin.email_addresses), at=at
        )
        return user
