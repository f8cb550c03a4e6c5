"""Members for tests: who sign up and in by the pages, as people do."""

from allauth.account.models import EmailAddress
from django.test import Client

from accounts import members
from accounts.models import User
from tests.factories.exchange import now

PASSWORD = "Willow-Lane-42"


def sign_up(client: Client, email: str, password: str = PASSWORD, name: str = "Lan"):
    """Send the form of signing up."""
    form = {"name": name, "email": email, "password1": password, "password2": password}
    return client.post("/my/sign-up/", form)


def sign_in(client: Client, email: str, password: str = PASSWORD):
    """Send the form of signing in."""
    return client.post("/my/sign-in/", {"login": email, "password": password})


def enter(email: str, password: str = PASSWORD, name: str = "Lan") -> User:
    """Make a member who has confirmed their address."""
    user = members.sign_up(members.Newcomer(name, email, password), at=now())
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def of(email: str) -> User:
    """Return the person of an address."""
    return User.objects.get(email=email)


def member_client(email: str, **headers: str) -> Client:
    """Return a browser in which a new member has signed in."""
    enter(email)
    client = Client(headers={"Accept-Language": "en"} | headers)
    sign_in(client, email)
    return client
