from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import USCC_SHAPE, check_uscc
from accounts.models.people import User


class ClaimState(models.TextChoices):
    """How far a claim has come."""

    PENDING = "pending", _("waits for the data authority")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class CompanyClaim(models.Model):
    """A member says they build for a company. The company is entered once the claim is approved.

    So nobody takes a company's code from it by being first, and a claim is answered alike whether
    the company is known here or not.
    """

    by = models.ForeignKey(
        User, models.PROTECT, related_name="company_claims", verbose_name=_("person")
    )
    uscc = models.CharField(
        _("unified social credit code"), max_length=18, validators=[check_uscc]
    )
    name = models.CharField(_("name of the company"), max_length=200)
    note = models.TextField(_("how it can be checked"), max_length=1000, blank=True)
    at = models.DateTimeField(_("claimed at"))
    state = models.CharField(
        _("state"), max_length=10, choices=ClaimState.choices, default=ClaimState.PENDING
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("claim of a company")
        verbose_name_plural = _("claims of companies")
        constraints = [
            models.CheckConstraint(
                name="accounts_companyclaim_uscc_shape", condition=Q(uscc__regex=USCC_SHAPE)
            ),
            models.UniqueConstraint(
                name="accounts_companyclaim_once_pending",
                fields=["by", "uscc"],
                condition=Q(state="pending"),
                violation_error_message=_("You have claimed this company already; it waits."),
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.uscc})"
