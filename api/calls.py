"""Who makes a call, in types: DRF's Request knows neither our keys nor our callers."""

from typing import cast

from rest_framework.request import Request

from accounts.models import ApiKey
from exchange.access import Caller


def caller_of(request: Request) -> Caller:
    """Return the caller that KeyAuthentication found."""
    return cast("Caller", request.auth)


def key_of(request: Request) -> ApiKey | None:
    """Return the caller's key; None for an anonymous one."""
    return cast("ApiKey | None", request.user)
