"""People who come by way of an OpenID Connect server, for tests."""

from django.conf import settings
from django.test import Client

from accounts.models import User
from tests.portal.members.identity import Server

BEGIN, BACK = "/my/oidc/city/login/", "/my/oidc/city/login/callback/"


def visitor(language: str = "en") -> Client:
    """Return the browser of somebody whom nobody knows."""
    return Client(headers={"Accept-Language": language})


def led(client: Client, **form: str) -> str:
    """Press the button; return the address at the server to which it leads."""
    answer = client.post(BEGIN, form)
    assert answer.status_code == 200, answer.content.decode()
    return answer["Refresh"].removeprefix("0; url=")


def allowed(client: Client, server: Server, **form: str) -> str:
    """Begin, and say yes at the server; return the address of this site to which it sends back."""
    return server.allowed(led(client, **form)).removeprefix(settings.PUBLIC_BASE_URL)


def come(client: Client, server: Server, **form: str):
    """Go there and back; return what this site answers."""
    return client.get(allowed(client, server, **form))


def is_in(client: Client) -> bool:
    """Whether somebody is signed in here."""
    return "_auth_user_id" in client.session


def who(client: Client) -> User:
    """Return who is signed in."""
    return User.objects.get(pk=client.session["_auth_user_id"])
