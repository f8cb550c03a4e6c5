"""API keys: made, shown once, found again by their digest, refused with a reason.

A key is `cdx_`, six characters that tell keys apart by eye, `_`, and 43 characters of 256 random
bits. Only its SHA-256 is stored. The secret is random and long, so the digest needs no salt and a
key is found by one look into an index.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts import notices
from accounts.models import ApiKey, App, Organization, OrganizationKind, User
from accounts.refusals import StepRefused
from accounts.roles import require
from accounts.wording import said as _
from audit import chain

SHAPE = re.compile(r"cdx_[a-z2-7]{6}_[A-Za-z0-9_-]{43}")
"""What a key looks like: lets a door see one where it must not stand, as in a URL."""

SHORTEST = timedelta(seconds=1)
"""A key ends after it was made, if only just: the database holds it to that."""

_PREFIX_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_KEY = (
    "id",
    "app_id",
    "prefix",
    "digest",
    "label",
    "created_at",
    "expires_at",
    "revoked_at",
    "datasets",
    "addresses",
    "rate_per_minute",
    "daily_quota",
)
_APP = ("id", "organization_id", "name", "closed_at")
_ORGANIZATION = ("id", "kind", "slug", "name_zh", "name_en", "closed_at")
WIDTH = len(_KEY) + len(_APP) + len(_ORGANIZATION)
ORGANIZATION = len(_KEY) + _APP.index("organization_id")
"""The place of the organisation's number in a row of FIND."""
FIND = f"""
    SELECT {", ".join(f"k.{column}" for column in _KEY)},
           {", ".join(f"a.{column}" for column in _APP)},
           {", ".join(f"o.{column}" for column in _ORGANIZATION)}
    FROM accounts_apikey k
    JOIN accounts_app a ON a.id = k.app_id
    JOIN accounts_organization o ON o.id = a.organization_id
    WHERE k.digest = %s
"""  # noqa: S608 - made of the constants above
"""All that `find` reads: a database role that only looks up keys needs no more. Written out, since
each call of the API asks it; built anew from the models it took more than three times as long."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key and, this once, its text."""

    key: ApiKey
    raw: str


class KeyRefused(Exception):
    """The key does not open this door; `code` says which of the reasons it is."""

    status = 401
    key_id: int | None = None
    """The key, where it is one of ours."""

    def __init__(self, code: str, sentence: str):
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a key is bound to, as `accounts.bounds` writes it; nothing if empty."""

    datasets: str = ""
    addresses: str = ""


FREE = Bounds()
OWN_PLACE = {"rate_per_minute": 120, "daily_quota": 20_000}
"""Limits of the keys of a citizen's own app; a company's have the model's defaults."""
USABLE_KEYS = 5
"""Keys that an app of a company or a citizen has at once, beside those that are being replaced."""


@transaction.atomic
def issue(
    app: App,
    *,
    by: User,
    at: datetime,
    expires_at: datetime,
    label: str = "",
    bounds: Bounds = FREE,
) -> IssuedKey:
    """Make a key for an app and return it with its text, which nobody can read again.

    Raises NotAllowed; StepRefused if the app is closed, has USABLE_KEYS already, or is a
    department's and is to be bound; ValidationError if `expires_at` does not lie after `at`.
    """
    app = _held(app.pk)
    require(by, "accounts.create_key", app.organization)
    if app.closed_at is not None:
        text = _("“%(name)s” is closed and gets no new keys. Register another app.")
        raise StepRefused(text % {"name": app.name}, "app-closed")
    _refuse_too_many(app, bounds, at)
    key, raw = _new(app, label=label, at=at, expires_at=expires_at, bounds=bounds)
    prefix = key.prefix
    chain.record(
        "key.create",
        f"key:{key.pk}",
        by=by,
        at=at,
        app=f"app:{app.pk}",
        prefix=prefix,
        expires=expires_at.isoformat(),
    )
    return IssuedKey(key, raw)


def _refuse_too_many(app: App, bounds: Bounds, at: datetime) -> None:
    if app.organization.kind != OrganizationKind.COMPANY:
        if bounds != FREE:
            text = _(
                "Keys of departments are bound by their grants, and not by lists of their own."
            )
            raise StepRefused(text, "bound-by-grants")
        return
    _refuse_from(USABLE_KEYS, app, at)


def _held(app_id: int) -> App:
    """Return an app with its organisation, locked: two keys at once are counted one by one."""
    rows = App.objects.select_for_update(of=("self",)).select_related("organization")
    return rows.get(pk=app_id)


def _refuse_from(most: int, app: App, at: datetime) -> None:
    if app.organization.kind == OrganizationKind.COMPANY and app.keys.usable(at).count() >= most:
        text = _("“%(name)s” has %(most)s keys that work. Revoke one that is no longer needed.")
        raise StepRefused(text % {"name": app.name, "most": most}, "keys-enough")


def _new(
    app: App, *, label: str, at: datetime, expires_at: datetime, bounds: Bounds
) -> tuple[ApiKey, str]:
    prefix = "cdx_" + "".join(secrets.choice(_PREFIX_ALPHABET) for _place in range(6))
    raw = f"{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        app=app,
        prefix=prefix,
        digest=digest(raw),
        label=label,
        created_at=at,
        expires_at=expires_at,
        datasets=bounds.datasets,
        addresses=bounds.addresses,
        **(OWN_PLACE if app.organization.is_personal else {}),
    )
    key.full_clean()
    key.save()
    return key, raw


@transaction.atomic
def rotate(key_id: int, *, overlap: timedelta, by: User, at: datetime) -> IssuedKey:
    """Make a key in place of another: alike in all but its text, and for as long as that one was.

    The old one works on for `overlap` and ends then, or earlier by its own end. Raises NotAllowed;
    StepRefused of a key that opens nothing any more, and of an overlap where the app has twice
    USABLE_KEYS: to replace keys must not multiply them, each has calls of its own a day.
    """
    old = (
        ApiKey.objects.select_for_update(of=("self",))
        .select_related("app__organization")
        .get(pk=key_id)
    )
    require(by, "accounts.create_key", old.app.organization)
    no = _refusal(old, at)
    if no is not None:
        raise StepRefused(str(no), no.code)
    if overlap:
        _refuse_from(2 * USABLE_KEYS, _held(old.app_id), at)
    bounds = Bounds(old.datasets, old.addresses)
    lasts = old.expires_at - old.created_at
    key, raw = _new(old.app, label=old.label, at=at, expires_at=at + lasts, bounds=bounds)
    key.rate_per_minute, key.daily_quota = old.rate_per_minute, old.daily_quota
    key.save(update_fields=["rate_per_minute", "daily_quota"])
    old.expires_at = max(min(old.expires_at, at + overlap), old.created_at + SHORTEST)
    old.save(update_fields=["expires_at"])
    chain.record(
        "key.rotate",
        f"key:{key.pk}",
        by=by,
        at=at,
        instead_of=f"key:{old.pk}",
        prefix=key.prefix,
        old_ends=old.expires_at.isoformat(),
    )
    return IssuedKey(key, raw)


@transaction.atomic
def report_leak(text: str, *, at: datetime) -> None:
    """Take a report that a key, or its readable beginning, was seen where it should not be.

    The whole key is proof: it is revoked at once. Of a beginning the developers are told. Whoever
    reports learns neither whether it is one of ours, nor whose. Asks no right.
    """
    whole = SHAPE.search(text)
    shown = whole[0] if whole else text.strip()
    found = (
        ApiKey.objects.filter(digest=digest(shown))
        if whole
        else ApiKey.objects.filter(prefix=shown)
    )
    for key in found.select_for_update(of=("self",)).select_related("app__organization"):
        if key.revoked_at is not None or key.expires_at <= at:
            continue
        if whole:
            key.revoked_at = at
            key.save(update_fields=["revoked_at"])
        kind = "key.leaked" if whole else "key.reported"
        chain.record(kind, f"key:{key.pk}", by=None, at=at, prefix=key.prefix)
        notices.tell(
            kind,
            organization=key.app.organization,
            target=f"key:{key.pk}",
            at=at,
            prefix=key.prefix,
            app=key.app.name,
        )


@transaction.atomic
def revoke(key_id: int, *, by: User, at: datetime) -> ApiKey:
    """Revoke a key: the next call with it is refused.

    Raises NotAllowed; StepRefused if it is revoked already.
    """
    key = (
        ApiKey.objects.select_for_update(of=("self",))
        .select_related("app__organization")
        .get(pk=key_id)
    )
    require(by, "accounts.revoke_key", key.app.organization)
    if key.revoked_at is not None:
        text = _("The key %(prefix)s… was revoked on %(day)s already.")
        day = _day(key.revoked_at)
        raise StepRefused(text % {"prefix": key.prefix, "day": day}, "key-revoked")
    key.revoked_at = at
    key.save(update_fields=["revoked_at"])
    chain.record("key.revoke", f"key:{key.pk}", by=by, at=at, prefix=key.prefix)
    return key


@transaction.atomic
def set_quota(
    key_id: int, *, rate_per_minute: int, daily_quota: int, by: User, at: datetime
) -> ApiKey:
    """Set how often a key may call: calls a minute, and calls a day (in the platform's time zone).

    Raises NotAllowed; StepRefused of a revoked key; ValidationError unless both are above zero.
    """
    require(by, "accounts.set_quota")
    key = ApiKey.objects.select_for_update().get(pk=key_id)
    if key.revoked_at is not None:
        text = _("The key %(prefix)s… is revoked and opens nothing, so it has no quota.")
        raise StepRefused(text % {"prefix": key.prefix})
    before = [key.rate_per_minute, key.daily_quota]
    key.rate_per_minute, key.daily_quota = rate_per_minute, daily_quota
    key.full_clean()
    key.save(update_fields=["rate_per_minute", "daily_quota"])
    after = [rate_per_minute, daily_quota]
    chain.record("quota.set", f"key:{key.pk}", by=by, at=at, before=before, after=after)
    return key


def digest(raw: str) -> str:
    """Return what is stored of a key: its SHA-256, in hexadecimal."""
    return hashlib.sha256(raw.encode()).hexdigest()


def find(raw: str) -> ApiKey | None:
    """Return the key of that text with its app and organisation, by one query, usable or not."""
    return by_digest(digest(raw))


def by_digest(found: str) -> ApiKey | None:
    """Return the key that has this digest, as `find` does."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [found])
        row = cursor.fetchone()
    return None if row is None else from_row(row)


@lru_cache(maxsize=4096)
def from_row(row: tuple[Any, ...]) -> ApiKey:
    """Return the key that a row of FIND (WIDTH columns) says, with its app and organisation.

    Equal rows give the same object, so it is to be read and not to be changed.
    """
    alias, first, second = connection.alias, len(_KEY), len(_KEY) + len(_APP)
    key = ApiKey.from_db(alias, _KEY, row[:first])
    key.app = App.from_db(alias, _APP, row[first:second])
    key.app.organization = Organization.from_db(alias, _ORGANIZATION, row[second:])
    return key


def check(raw: str, *, at: datetime) -> ApiKey:
    """Return the key of that text if it may be used at `at`.

    Raises KeyRefused with one of the codes key-unknown, key-revoked, key-expired, app-closed and
    organization-closed.
    """
    return usable(find(raw), at=at)


def usable(key: ApiKey | None, *, at: datetime) -> ApiKey:
    """Return a key that was found if it may be used at `at`. Raises as `check` does."""
    if key is None:
        raise KeyRefused(
            "key-unknown",
            _("This API key is not known here. Check that it was copied whole, or make another."),
        )
    refusal = _refusal(key, at)
    if refusal is not None:
        refusal.key_id = key.pk
        raise refusal
    return key


def _refusal(key: ApiKey, at: datetime) -> KeyRefused | None:
    """Return why the key does not work at `at`, or None if it does."""
    terms = {
        "prefix": key.prefix,
        "app": key.app.name,
        "organization": key.app.organization,
    }
    if key.revoked_at is not None:
        terms["day"] = _day(key.revoked_at)
        text = _("The API key %(prefix)s… was revoked on %(day)s. Make a new one for “%(app)s”.")
        return KeyRefused("key-revoked", text % terms)
    if key.expires_at <= at:
        terms["day"] = _day(key.expires_at)
        text = _("The API key %(prefix)s… expired on %(day)s. Make a new one for “%(app)s”.")
        return KeyRefused("key-expired", text % terms)
    if key.app.closed_at is not None:
        text = _("The app “%(app)s” of this API key was closed. Register another app.")
        return KeyRefused("app-closed", text % terms)
    if key.app.organization.closed_at is not None:
        text = _(
            "“%(organization)s”, to which this API key belongs, was closed. "
            "Ask its successor for a key."
        )
        return KeyRefused("organization-closed", text % terms)
    return None


def _day(moment: datetime) -> str:
    return timezone.localdate(moment).isoformat()
