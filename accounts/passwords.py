"""What a password must be, beyond Django's own validators (GB/T 22239-2019 level 3, identity)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User

CLASSES = (str.islower, str.isupper, str.isdigit, lambda character: not character.isalnum())
"""Small letters, capital letters, digits, and signs."""


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
