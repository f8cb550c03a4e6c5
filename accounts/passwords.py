"""What a password must be, beyond Django's own validators (GB/T 22239-2019 level 3, identity)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import MinimumLengthValidator, validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import PastPassword, User

CLASSES = (str.islower, str.isupper, str.isdigit, lambda character: not character.isalnum())
"""Small letters, capital letters, digits, and signs."""


class LongEnough(MinimumLengthValidator):
    """Refuses a short password, in words of ours: those of Django 5.2 have no Chinese."""

    def get_error_message(self) -> str:
        """Return what is wrong, and how long a password is."""
        text = _("This password is too short: it needs at least %(count)s characters.")
        return text % {"count": self.min_length}


class ThreeOfFourClasses:
    """Refuses a password made of fewer than three of the four classes of characters."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 - Django's
        """Raise ValidationError where the password is too uniform."""
        present = sum(any(map(belongs, password)) for belongs in CLASSES)
        if present < 3:
            raise ValidationError(self.get_help_text(), code="password-too-uniform")

    def get_help_text(self) -> str:
        """Return the rule as a sentence."""
        return _(
            "A password needs three of these at least: small letters, capital letters, digits, "
            "signs."
        )


class WithoutUserName:
    """Refuses a password that holds the user name."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError where the user name stands in the password."""
        if user is not None and user.username and user.username.lower() in password.lower():
            raise ValidationError(self.get_help_text(), code="password-holds-name")

    def get_help_text(self) -> str:
        """Return the rule as a sentence."""
        return _("A password must not hold the user name.")


class NotOneOfTheLast:
    """Refuses a password that the person had a short while ago (the setting PASSWORD_HISTORY)."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError where it is one of the last. Each comparison takes its time."""
        if user is None or user.pk is None or not settings.PASSWORD_HISTORY:
            return
        if any(check_password(password, kept) for kept in self._last(user)):
            raise ValidationError(self.get_help_text(), code="password-had-before")

    def password_changed(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 - Django's
        """Keep the hash of the new password, and as many before it as count."""
        if user is None or user.pk is None:
            return
        PastPassword.objects.create(user=user, hash=user.password, set_at=timezone.now())
        kept = PastPassword.objects.filter(user=user).order_by("-set_at", "-pk")
        counting = list(kept.values_list("pk", flat=True)[: max(settings.PASSWORD_HISTORY, 1)])
        PastPassword.objects.filter(user=user).exclude(pk__in=counting).delete()

    def get_help_text(self) -> str:
        """Return the rule as a sentence."""
        text = _("A password must not be one of your last %(count)s.")
        return text % {"count": settings.PASSWORD_HISTORY}

    def _last(self, user: User) -> set[str]:
        kept = PastPassword.objects.filter(user=user).order_by("-set_at", "-pk")
        last = set(kept.values_list("hash", flat=True)[: settings.PASSWORD_HISTORY])
        return last | {user.password} if user.has_usable_password() else last


def begin(user: User, password: str | None) -> None:
    """Give a new person the password they chose, or none that opens anything; the caller saves.

    Raises ValidationError where the password is not as it must be.
    """
    if password is None:
        user.set_unusable_password()
    else:
        validate_password(password, user)
        user.set_password(password)


def is_old(user: User, *, at: datetime) -> bool:
    """Whether the person has to choose a new password (the setting PASSWORD_DAYS; 0: never)."""
    if not settings.PASSWORD_DAYS:
        return False
    newest = PastPassword.objects.filter(user=user).order_by("-set_at").first()
    since = newest.set_at if newest else user.created_at
    return at - since >= timedelta(days=settings.PASSWORD_DAYS)
