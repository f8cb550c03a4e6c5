"""Signing in: how often it may fail, and what of it is written down.

django-axes counts the tries, by user name and network address together, whether or not there is
such a person, so that its answer tells nothing. GB/T 22239-2019 level 3 asks for a lock after a
few failures. A person's own verbs here need no role; only unlocking does.
"""

from datetime import datetime

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import addresses, guessing, quotas, second_factor
from accounts.models import User
from accounts.refusals import StepRefused
from accounts.roles import require
from audit import chain

NOWHERE = "unknown"  # what quotas.by_address says of what is no address


def typed_name(
    request: HttpRequest,  # noqa: ARG001 - axes passes it
    credentials: dict[str, object] | None,
) -> str | None:
    """Return what axes keeps of a typed user name: a keyed digest, as people type passwords there.

    Named by the setting AXES_USERNAME_CALLABLE.
    """
    name = (credentials or {}).get("username")
    return guessing.digest(str(name)) if name else None


def address(request: HttpRequest) -> str | None:
    """Return the network address a try comes from; None where there is none, as from a socket.

    IPv6 is taken by network of 64. Named by the setting AXES_CLIENT_IP_CALLABLE.
    """
    network = quotas.by_address(addresses.of(request.META))
    return None if network == NOWHERE else network


def locked_until(username: str, *, at: datetime, **where: str | None) -> datetime | None:
    """Return when the last lock on a user name ends, None where it can sign in at `at`.

    `ip_address` narrows it to the lock on name and address together; without, the limit on the
    name for new addresses counts too.
    """
    ends = [_paired_until(username, at, where)]
    if not where:
        ends.append(guessing.name_limited_until(username, at=at))
    return max((end for end in ends if end is not None), default=None)


def _paired_until(username: str, at: datetime, where: dict[str, str | None]) -> datetime | None:
    """Return when the last lock on name and address together ends."""
    if not settings.AXES_LOCK_OUT_AT_FAILURE:
        return None
    recent = AccessAttempt.objects.filter(
        username=guessing.digest(username),
        attempt_time__gte=at - settings.AXES_COOLOFF_TIME,
        **where,
    )
    counted = (
        recent.order_by()
        .values("ip_address")
        .annotate(failures=Sum("failures_since_start"), last=Max("attempt_time"))
    )
    locking = [row["last"] for row in counted if row["failures"] >= settings.AXES_FAILURE_LIMIT]
    return max(locking) + settings.AXES_COOLOFF_TIME if locking else None


def locked_sentence(username: str, *, at: datetime, ip_address: str | None) -> str:
    """Return what a person is told who may not try again now."""
    until = locked_until(username, at=at, ip_address=ip_address)
    met = guessing.limited(username, ip_address, at=at) if until is None else None
    if met is not None:
        return _limit_sentence(*met)
    text = _(
        "Sign-in failed %(tries)s times in a row, so this user name is locked from here until "
        "%(time)s. Wait until then, or ask the security administrator to unlock it."
    )
    return text % {"tries": settings.AXES_FAILURE_LIMIT, "time": _clock(until or at)}


def _limit_sentence(limit: guessing.Limit, until: datetime) -> str:
    if limit is guessing.Limit.ADDRESS:
        text = _(
            "From your network address sign-in failed %(tries)s times within an hour, so nobody "
            "new can sign in from there until %(time)s. Wait until then, or sign in from "
            "elsewhere."
        )
        return text % {"tries": settings.SIGN_IN_ADDRESS_TRIES, "time": _clock(until)}
    text = _(
        "Sign-in with this user name failed %(tries)s times within an hour, from several places, "
        "so it is closed to new places until %(time)s. Sign in from where you did in the last "
        "30 days, wait until then, or ask the security administrator to unlock it."
    )
    return text % {"tries": settings.SIGN_IN_NAME_TRIES, "time": _clock(until)}


def _clock(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%H:%M")


@transaction.atomic
def signed_in(user: User, *, at: datetime) -> None:
    """Write down that a person has signed in."""
    chain.record("sign_in", f"user:{user.pk}", by=user, at=at)


@transaction.atomic
def failed(username: str | None, *, locked: bool, at: datetime, step: str = "") -> None:
    """Write down that somebody could not sign in; of an unknown name, only that it was unknown.

    `step` is "code" where the password was right and the second factor was not.
    """
    number = User.objects.filter(username=username).values_list("pk", flat=True).first()
    chain.record(
        "sign_in.fail",
        f"user:{number or 'unknown'}",
        by=None,
        at=at,
        **_said(locked=locked, step=step),
    )


def check_code(request: HttpRequest, user: User, code: str, *, at: datetime) -> bool:
    """Whether the code of a second factor is right, after the password was.

    A wrong one counts as a wrong password does; `is_locked_out(request)` then says if it locked.
    """
    credentials = {"username": user.username}
    if not AxesProxyHandler.is_allowed(request, credentials):
        request.axes_locked_out = True  # type: ignore[attr-defined]  # as axes marks a request
    elif second_factor.check(user, code, at=at):
        return True
    else:
        AxesProxyHandler.user_login_failed(__name__, credentials, request)
    failed(user.username, locked=is_locked_out(request), at=at, step="code")
    return False


def is_locked_out(request: HttpRequest) -> bool:
    """Whether the try that this request made found, or closed, a lock."""
    return bool(getattr(request, "axes_locked_out", False))


@transaction.atomic
def signed_out(user: User, *, at: datetime, because: str = "") -> None:
    """Write down that a session ended: by the person, or `because` it was idle or too old."""
    chain.record("sign_out", f"user:{user.pk}", by=user, at=at, **_said(because=because))


@transaction.atomic
def unlock(user_id: int, *, by: User, at: datetime) -> User:
    """Let a locked person try again at once, from every address.

    Raises NotAllowed; StepRefused if nothing is locked.
    """
    require(by, "accounts.unlock_user")
    user = User.objects.select_for_update().get(pk=user_id)
    if locked_until(user.username, at=at) is None:
        text = _(
            "%(person)s is not locked. A lock ends by itself after %(minutes)s minutes; whoever "
            "forgot the password needs a new invitation."
        )
        terms = {"person": user, "minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)}
        raise StepRefused(text % terms, "not-locked")
    AccessAttempt.objects.filter(username=guessing.digest(user.username)).delete()
    guessing.forgive(user.username)
    chain.record("sign_in.unlock", f"user:{user.pk}", by=by, at=at)
    return user


def _said(**details: object) -> dict[str, object]:
    """Leave out what says nothing."""
    return {name: value for name, value in details.items() if value}
