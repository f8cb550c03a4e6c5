"""Guessing passwords from many places, or of many names: two limits beside axes' own lock.

Axes locks a user name for one address. Whoever guesses from a thousand addresses never meets that
lock; so a name takes SIGN_IN_NAME_TRIES failures an hour from all of them, and an address
SIGN_IN_ADDRESS_TRIES for all names. An attacker could keep a person out with that, hour after
hour; so an address from which the person signed in within the last 30 days stays open to them,
under axes' lock alone, as OWASP advises for known devices.
"""

from datetime import datetime, timedelta
from enum import Enum

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessFailureLog
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import quotas
from accounts.models import User
from audit.models import Entry

WINDOW = timedelta(hours=1)
KNOWN_FOR = timedelta(days=30)


class Limit(Enum):
    """What was tried too often."""

    NAME = "name"
    ADDRESS = "address"


class Handler(AxesDatabaseHandler):
    """Axes' handler with the two limits; named by the setting AXES_HANDLER."""

    def is_locked(self, request: HttpRequest, credentials: dict | None = None) -> bool:
        """Whether this try may not be made."""
        if super().is_locked(request, credentials):
            return True
        name, where = (credentials or {}).get("username"), request.axes_ip_address  # type: ignore[attr-defined]  # set by axes
        return bool(name) and limited(str(name), where, at=timezone.now()) is not None

    def clean_expired_user_attempts(
        self, request: HttpRequest | None = None, credentials: dict | None = None
    ) -> int:
        """Forget failures that no lock and no limit counts any more."""
        AccessFailureLog.objects.filter(attempt_time__lte=timezone.now() - WINDOW).delete()
        return super().clean_expired_user_attempts(request, credentials)


def limited(username: str, where: str | None, *, at: datetime) -> tuple[Limit, datetime] | None:
    """Return which limit a try at a name from an address meets, and until when; None for none."""
    ends = {Limit.NAME: name_limited_until(username, at=at)}
    if where is not None:
        tries = AccessFailureLog.objects.filter(ip_address=where)
        ends[Limit.ADDRESS] = _ends(tries, settings.SIGN_IN_ADDRESS_TRIES, at)
    met = [(limit, end) for limit, end in ends.items() if end is not None]
    if not met or _is_known(username, where, at):
        return None
    return max(met, key=lambda each: each[1])


def name_limited_until(username: str, *, at: datetime) -> datetime | None:
    """Return until when a name takes no tries from new addresses; None where it does."""
    tries = AccessFailureLog.objects.filter(username=digest(username))
    return _ends(tries, settings.SIGN_IN_NAME_TRIES, at)


def forgive(username: str) -> None:
    """Forget the failures of a name."""
    AccessFailureLog.objects.filter(username=digest(username)).delete()


def digest(username: str) -> str:
    """Return what is kept of a typed user name: a keyed digest, as people type passwords there."""
    return salted_hmac("accounts.sign_in", username, algorithm="sha256").hexdigest()


def _ends(tries: QuerySet, most: int, at: datetime) -> datetime | None:
    """Return when there will be fewer than `most` tries in the hour before; None if that is now.

    A `most` of 0 is no limit.
    """
    if not most:
        return None
    times = tries.filter(attempt_time__gt=at - WINDOW).order_by("-attempt_time")
    last = times.values_list("attempt_time", flat=True)[most - 1 : most]
    return next((time + WINDOW for time in last), None)


def _is_known(username: str, where: str | None, at: datetime) -> bool:
    """Whether the person of that name signed in from the address not long ago."""
    person = User.objects.filter(username=username).values_list("pk", flat=True).first()
    if person is None or where is None:
        return False
    signed_in = Entry.objects.filter(
        verb="sign_in", target=f"user:{person}", recorded_at__gte=at - KNOWN_FOR
    )
    places = signed_in.exclude(address="").values_list("address", flat=True).distinct()
    return where in {quotas.by_address(place) for place in places}
