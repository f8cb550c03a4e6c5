"""Who calls: an app by the key in its header, or anybody. A key never travels in an address."""

from collections.abc import Iterable, Mapping

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import addresses, bounds, keys
from accounts.models import ApiKey
from accounts.roles import OrganizationKind
from accounts.wording import said as _
from exchange.access import Caller
from exchange.problems import Problem
from policy.terms import ReaderKind

HEADER = "X-API-Key"
SCHEME = "bearer "


class KeyInAddress(Problem):
    """A key stood in the URL, where logs, histories and referrers keep it."""

    code = "key-in-url"
    status = 400


class KeyAuthentication(BaseAuthentication):
    """Finds the key in `X-API-Key` or `Authorization: Bearer`; `request.auth` is the Caller."""

    def authenticate(self, request: Request) -> tuple[ApiKey | None, Caller]:
        """Return key and caller. Raises KeyRefused, KeyInAddress."""
        raw = presented(request.META, request.GET)
        key = keys.check(raw, at=timezone.now()) if raw else None
        return key, caller(key, addresses.of(request.META))

    def authenticate_header(self, request: Request) -> str:
        """Return the scheme a 401 answer names."""
        del request
        return 'Bearer realm="api"'


def caller(key: ApiKey | None, address: str) -> Caller:
    """Return the caller that a key stands for; without one, whoever is at that address.

    Raises KeyElsewhere.
    """
    if key is None:
        return Caller(address=address)
    bounds.check_address(key, address)
    organization = key.app.organization
    company = organization.kind == OrganizationKind.COMPANY
    return Caller(
        kind=ReaderKind.COMPANY if company else ReaderKind.DEPARTMENT,
        organization_id=key.app.organization_id,
        organization=organization.name_zh,
        app_id=key.app_id,
        app=key.app.name,
        key_id=key.pk,
        only=bounds.numbers(key.datasets),
    )


def presented(environ: Mapping[str, str], params: Iterable[str]) -> str:
    """Return the key in a request's headers, "" for none.

    `environ` is the WSGI environment, `params` the names in the address. Raises KeyInAddress.
    """
    _refuse_key_in_address(environ.get("QUERY_STRING", ""), params)
    given = environ.get("HTTP_X_API_KEY", "").strip()
    if given:
        return given
    bearer = environ.get("HTTP_AUTHORIZATION", "")
    return bearer[len(SCHEME) :].strip() if bearer.lower().startswith(SCHEME) else ""


KEY_NAMES = frozenset({"key", "apikey", "api_key", "appkey", "access_token", "token"})


def _refuse_key_in_address(query: str, params: Iterable[str]) -> None:
    if not query:
        return
    if keys.SHAPE.search(query) or any(name.lower() in KEY_NAMES for name in params):
        raise KeyInAddress(
            _(
                "The address carries an API key. Addresses are kept in logs and histories, so a"
                " key is only taken in the header %(header)s. If this was a real key, revoke it"
                " now."
            )
            % {"header": HEADER}
        )
