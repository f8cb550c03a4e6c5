"""Signing in by the OpenID Connect server of the settings, as allauth leads people there and back.

allauth keeps what was begun (state, PKCE) in the session; `portal.members.oidc_server` asks the
server and judges its answers, which allauth by itself would take unsigned and without a nonce.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.models import SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from portal.members import oidc_server
from portal.members.oidc_server import Person

CITY = "city"
"""What allauth calls the one server there is."""


class Client(OAuth2Client):
    """Makes the address to which people are led."""

    def get_redirect_url(self, authorization_url: str, scope: Any, extra_params: Any) -> str:
        """Return it; a server's own may hold a query already."""
        asked = {
            "client_id": self.consumer_key,
            "redirect_uri": self.callback_url,
            "scope": " ".join(scope),
            "response_type": "code",
            "state": self.state,
            **extra_params,
        }
        joint = "&" if "?" in authorization_url else "?"
        return f"{authorization_url}{joint}{urlencode(asked)}"


class Server(OpenIDConnectOAuth2Adapter):
    """The server, for the time of one request."""

    client_class = Client

    @property
    def openid_config(self) -> dict[str, Any]:
        """What it says of itself, asked once. Raises oidc_server.Refused."""
        if not hasattr(self, "_openid_config"):
            self._openid_config = oidc_server.discovered()
        return self._openid_config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:  # noqa: ARG002 - allauth's signature
        """Return where people come back: below the known address, whatever the request says."""
        path = reverse("openid_connect_callback", kwargs={"provider_id": CITY})
        return settings.PUBLIC_BASE_URL + path

    def get_access_token_data(
        self,
        request: HttpRequest,
        app: Any,  # noqa: ARG002 - allauth's signature
        client: OAuth2Client,
        pkce_code_verifier: str | None = None,
    ) -> dict[str, str]:
        """Return the tokens for the code in the request. Raises oidc_server.Refused."""
        verifier = pkce_code_verifier or ""
        self._nonce = oidc_server.nonce(verifier)
        code = request.GET.get("code", "")
        id_token, access_token = oidc_server.redeemed(
            self.openid_config, code, verifier=verifier, back=client.callback_url
        )
        return {"id_token": id_token, "access_token": access_token}

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **told: Any):  # noqa: ARG002 - allauth's signature
        """Return whom the tokens vouch for, as allauth has it. Raises oidc_server.Refused."""
        claims = oidc_server.claims(
            self.openid_config, told["response"]["id_token"], expected=self._nonce
        )
        found = oidc_server.person(self.openid_config, claims, token.token)
        return self.get_provider().sociallogin_from_response(request, found)


class CityProvider(OpenIDConnectProvider):
    """What allauth is to know of the server: of a person as little as an account needs."""

    oauth2_adapter_class = Server

    def get_pkce_params(self) -> dict[str, Any]:
        """Return what the sign-in is bound to: PKCE, and a nonce that is made of its verifier."""
        bound = super().get_pkce_params()
        return bound | {"nonce": oidc_server.nonce(bound["code_verifier"])}

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Take from who begins nothing but where they want to go afterwards, here."""
        return {"process": AuthProcess.LOGIN, "next_url": get_next_redirect_url(request)}

    def extract_uid(self, data: Person) -> str:
        """Return by what an account knows a person again."""
        return data.uid

    def extract_extra_data(self, data: Person) -> dict[str, Any]:  # noqa: ARG002 - allauth's signature
        """Keep nothing else of what the server told."""
        return {}

    def extract_common_fields(self, data: Person) -> dict[str, Any]:
        """Return name and address, for an account that is to be made."""
        return {"name": data.name, "email": data.email}

    def extract_email_addresses(self, data: Person) -> list[EmailAddress]:
        """Return the address, and whether the server has checked it."""
        if not data.email:
            return []
        return [EmailAddress(email=data.email, verified=data.vouched, primary=True)]
