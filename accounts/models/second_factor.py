from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin

from accounts.models.people import User


class SecondFactor(ThrottlingMixin, Device):
    """A person's authenticator app (RFC 6238): its secret, sealed, and the last step used.

    Not confirmed until the app has shown a right code once. Wrong codes slow further tries down,
    which is django-otp's doing. No code counts twice: `last_step` only goes up.
    """

    # types are written out: django-otp brings none from which they could be seen
    user: "models.OneToOneField[User, User]" = models.OneToOneField(
        User, models.CASCADE, related_name="second_factor", verbose_name=_("person")
    )
    sealed_key: "models.BinaryField[bytes, bytes]" = models.BinaryField(_("sealed key"))
    last_step: "models.BigIntegerField[int, int]" = models.BigIntegerField(
        _("last step"), default=-1
    )
    confirmed: "models.BooleanField[bool, bool]" = models.BooleanField(
        _("confirmed"), default=False
    )
    confirmed_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        _("confirmed at"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def get_throttle_factor(self) -> int:
        """Return the seconds to wait after a wrong code; doubled with each one more."""
        return 1


class RecoveryCode(models.Model):
    """A code for whoever has lost the app; works once. Only a keyed digest is stored."""

    factor = models.ForeignKey(
        SecondFactor, models.CASCADE, related_name="recovery_codes", verbose_name=_("factor")
    )
    digest = models.CharField(_("digest"), max_length=64)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = [
            models.UniqueConstraint(fields=["factor", "digest"], name="accounts_recovery_once"),
        ]

    def __str__(self):
        return f"{self.factor_id}"
