"""The second factor: a code of an authenticator app (TOTP, RFC 6238), or a recovery code.

GB/T 22239-2019 level 3 asks for two factors. The setting SECOND_FACTOR says for whom one is
compulsory; whoever likes may have one anyway. Steps, drift and throttling are django-otp's; the
secret is sealed, and recovery codes are digests, so neither can be read from the database.
"""

import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django_otp.oath import TOTP

from accounts import sealing
from accounts.models import RecoveryCode, SecondFactor, User
from accounts.refusals import StepRefused
from accounts.roles import ADMIN_ROLES, require
from audit import chain

PURPOSE = "accounts.second_factor"
KEY_BYTES = 20  # RFC 4226 recommends 160 bits
DRIFT = 1  # a clock may be one step of 30 seconds off, either way
RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are taken for another
ISSUER = "City data exchange"


class CodeRefused(StepRefused):
    """The code does not fit; another may."""

    status = 400


@dataclass(frozen=True, slots=True)
class Offer:
    """What an authenticator app needs: the address for its camera, and the secret to type."""

    uri: str
    secret: str


def has(user: User) -> bool:
    """Whether the person has a second factor that works."""
    return SecondFactor.objects.filter(user=user, confirmed=True).exists()


def is_required_of(user: User) -> bool:
    """Whether the setting SECOND_FACTOR asks the person to have one. No query beyond roles."""
    if settings.SECOND_FACTOR == "administrators":
        return bool(user.roles() & ADMIN_ROLES)
    return settings.SECOND_FACTOR == "everybody"


def codes_left(user: User) -> int:
    """Return how many recovery codes the person has not used."""
    return RecoveryCode.objects.filter(factor__user=user, used_at=None).count()


@transaction.atomic
def offer(*, by: User) -> Offer:
    """Return the secret for a person's app, the same until it is confirmed; nothing counts yet.

    Raises StepRefused if they have a second factor already.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    factor = SecondFactor.objects.filter(user=by).first()
    if factor is None:
        sealed = sealing.seal(secrets.token_bytes(KEY_BYTES), purpose=_purpose(by.pk))
        factor = SecondFactor.objects.create(user=by, name="app", sealed_key=sealed)
    _refuse_if_confirmed(factor)
    secret = b32encode(_key(factor)).decode()
    label = quote(f"{ISSUER}:{by.username}")
    asked = urlencode(
        {"secret": secret, "issuer": ISSUER, "algorithm": "SHA1", "digits": 6, "period": 30},
        quote_via=quote,
    )
    return Offer(f"otpauth://totp/{label}?{asked}", secret)


@transaction.atomic
def confirm(code: str, *, by: User, at: datetime) -> list[str]:
    """Take a person's app into use by its first code; returns the recovery codes, shown once.

    Raises StepRefused where there is nothing to confirm, CodeRefused for a code that does not fit.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=by).first()
    if factor is None:
        raise StepRefused(_("Open the page of the second factor first, and scan its picture."))
    _refuse_if_confirmed(factor)
    if not _fits(factor, code, at):
        raise CodeRefused(wrong_sentence(), "code-wrong")
    factor.confirmed, factor.confirmed_at = True, at
    factor.save()
    codes = _new_codes(factor)
    chain.record("second_factor.enrol", f"user:{by.pk}", by=by, at=at)
    return codes


@transaction.atomic
def check(user: User, code: str, *, at: datetime) -> bool:
    """Whether a code of the person's app, or a recovery code, is right; each works once.

    Wrong ones count and slow the next down, so this is not to be rolled back. A recovery code
    that is used is written down.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed=True).first()
    if factor is None:
        return False
    allowed, _why = factor.verify_is_allowed()
    if not allowed:
        return False
    if not (_fits(factor, code, at) or _recovers(factor, code, at)):
        factor.throttle_increment()
        return False
    factor.throttle_reset()
    return True


@transaction.atomic
def renew_codes(*, by: User, at: datetime) -> list[str]:
    """Make new recovery codes, shown once; those before do not work any more.

    Raises StepRefused without a second factor. Whoever calls this has had a code checked.
    """
    factor = _confirmed(by)
    codes = _new_codes(factor)
    chain.record("second_factor.codes", f"user:{by.pk}", by=by, at=at)
    return codes


@transaction.atomic
def give_up(*, by: User, at: datetime) -> None:
    """Do without a second factor from now on.

    Raises StepRefused without one, or where the setting asks the person to have one. Whoever
    calls this has had a code checked.
    """
    factor = _confirmed(by)
    if is_required_of(by):
        text = _(
            "Your roles need a second factor, so it stays. For another phone, ask the security "
            "administrator to reset it, then set it up again."
        )
        raise StepRefused(text, "second-factor-required")
    factor.delete()
    chain.record("second_factor.remove", f"user:{by.pk}", by=by, at=at)


@transaction.atomic
def reset(user_id: int, *, by: User | None, at: datetime) -> User:
    """Take a lost second factor away, so that the person can set one up again.

    Raises NotAllowed; StepRefused without one, and to those who would reset their own.
    """
    if by is not None:
        require(by, "accounts.reset_second_factor")
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if by is not None and by.pk == user.pk:
        text = _(
            "Nobody resets their own second factor. Ask another security administrator, or use a "
            "recovery code."
        )
        raise StepRefused(text, "own-second-factor")
    _confirmed(user).delete()
    chain.record("second_factor.reset", f"user:{user.pk}", by=by, at=at)
    return user


def wrong_sentence() -> str:
    """Return what is said of a code that was not taken."""
    return _(
        "This code does not fit, was used already, or came too soon after a wrong one. Wait for "
        "the next code of your app, or use a recovery code."
    )


def _confirmed(user: User) -> SecondFactor:
    factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed=True).first()
    if factor is None:
        text = _("%(person)s has no second factor.")
        raise StepRefused(text % {"person": user}, "no-second-factor")
    return factor


def _refuse_if_confirmed(factor: SecondFactor) -> None:
    if factor.confirmed:
        raise StepRefused(_("You have a second factor already."), "has-second-factor")


def _key(factor: SecondFactor) -> bytes:
    return sealing.unseal(factor.sealed_key, purpose=_purpose(factor.user_id))


def _purpose(user_id: int) -> str:
    """Return what a secret is sealed for: one person, so that no other's can take its place."""
    return f"{PURPOSE}:{user_id}"


def _fits(factor: SecondFactor, code: str, at: datetime) -> bool:
    """Whether it is a code of the app that was not used, and note its step. Saves the factor."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return False
    app = TOTP(_key(factor))
    app.time = at.timestamp()
    if not app.verify(int(digits), DRIFT, factor.last_step + 1):
        return False
    factor.last_step = app.t()
    factor.save(update_fields=["last_step"])
    return True


def _recovers(factor: SecondFactor, code: str, at: datetime) -> bool:
    unused = factor.recovery_codes.filter(digest=_digest(factor, code), used_at=None)
    if not unused.update(used_at=at):
        return False
    left = factor.recovery_codes.filter(used_at=None).count()
    target = f"user:{factor.user_id}"
    chain.record("second_factor.recover", target, by=factor.user, at=at, left=left)
    return True


def _new_codes(factor: SecondFactor) -> list[str]:
    codes = ["-".join(_letters(4) for _part in range(3)) for _code in range(RECOVERY_CODES)]
    factor.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(factor=factor, digest=_digest(factor, code)) for code in codes
    )
    return codes


def _letters(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(length))


def _digest(factor: SecondFactor, code: str) -> str:
    """Return the keyed digest of a recovery code, however it is spaced and capitalised."""
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return salted_hmac(f"{PURPOSE}:{factor.pk}", plain, algorithm="sha256").hexdigest()
