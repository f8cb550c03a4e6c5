from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class PastPassword(models.Model):
    """The hash of a password that a person has, or had a while ago, and since when.

    The newest says how old the password is; a few before it are kept so that none comes back.
    """

    user = models.ForeignKey(
        User, models.CASCADE, related_name="past_passwords", verbose_name=_("person")
    )
    hash = models.CharField(_("digest"), max_length=200)
    set_at = models.DateTimeField(_("set at"))

    class Meta:
        verbose_name = _("past password")
        verbose_name_plural = _("past passwords")
        indexes = [models.Index(fields=["user", "-set_at"], name="accounts_past_password")]

    def __str__(self):
        return f"{self.user} {self.set_at:%Y-%m-%d}"
