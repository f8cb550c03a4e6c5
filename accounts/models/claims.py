from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import USCC_SHAPE, Organization, check_uscc
from accounts.models.people import User
from accounts.roles import COMPANY_ROLES, Role


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


class CompanyInvitation(models.Model):
    """A colleague is invited by mail to build for a company, or to answer for it.

    `digest` is the SHA-256 of the token in the letter, which is kept nowhere. It works once, until
    `expires_at`, and for the member of `email` alone; a new one for the same address takes the
    place of the one before (`revoked_at`).
    """

    company = models.ForeignKey(
        Organization, models.PROTECT, related_name="invitations", verbose_name=_("company")
    )
    email = models.EmailField(_("e-mail"))
    role = models.CharField(
        _("role"),
        max_length=20,
        choices=[(role.value, role.label) for role in Role if role in COMPANY_ROLES],
    )
    digest = models.CharField(_("digest of the token"), max_length=64, unique=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("invited by"))
    at = models.DateTimeField(_("invited at"))
    expires_at = models.DateTimeField(_("works until"))
    accepted_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("accepted by"),
    )
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation to a company")
        verbose_name_plural = _("invitations to companies")
        constraints = [
            models.CheckConstraint(
                name="accounts_companyinvitation_once",
                condition=Q(accepted_at=None) | Q(revoked_at=None),
                violation_error_message=_("An invitation is accepted or taken back, not both."),
            ),
            models.UniqueConstraint(
                name="accounts_companyinvitation_one_open",
                fields=["company", "email"],
                condition=Q(accepted_at=None, revoked_at=None),
                violation_error_message=_("This address is invited already."),
            ),
        ]

    def __str__(self):
        return f"{self.company} ← {self.email}"
