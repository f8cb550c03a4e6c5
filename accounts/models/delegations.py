from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import Organization
from accounts.roles import LENDABLE, Role


class DelegationQuerySet(models.QuerySet["Delegation"]):
    """Phrases about delegations."""

    def running(self):
        """Not ended by anybody; their days may be over, or still to come."""
        return self.filter(ended_at=None)

    def on(self, day):
        """Running, with this day among theirs. Whether the role is still held is not asked."""
        return self.running().filter(from_on__lte=day, until__gte=day)

    def meeting(self, first, last):
        """Running, with one of the days from `first` to `last` among theirs."""
        return self.running().filter(from_on__lte=last, until__gte=first)


class Delegation(models.Model):
    """That a colleague acts in one role while its holder is away, both days included.

    It lends what the holder has: it gives nothing on other days, after it was ended, when the
    holder no longer has the role, or when one of the two has left the organisation
    (`MembershipQuerySet.lent_to`). Never deleted.
    """

    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="delegations_given",
        verbose_name=_("who is away"),
    )
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="delegations_taken",
        verbose_name=_("who acts"),
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="delegations", verbose_name=_("organisation")
    )
    role = models.CharField(
        _("role"), max_length=20, choices=[(role.value, role.label) for role in LENDABLE]
    )
    from_on = models.DateField(_("from"))
    until = models.DateField(_("until"))
    reason = models.TextField(_("reason"), max_length=500)
    made_at = models.DateTimeField(_("made at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ended by"),
    )

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        constraints = [
            models.CheckConstraint(
                name="accounts_delegation_period",
                condition=Q(until__gte=F("from_on")),
                violation_error_message=_("A period ends on or after the day it begins."),
            ),
            models.CheckConstraint(
                name="accounts_delegation_to_another",
                condition=~Q(holder=F("to")),
                violation_error_message=_("Nobody acts for themselves. Choose a colleague."),
            ),
            models.CheckConstraint(
                name="accounts_delegation_role_lendable",
                condition=Q(role__in=[role.value for role in LENDABLE]),
            ),
        ]

    def __str__(self):
        days = f"{self.from_on} – {self.until}"
        return f"{self.holder} → {self.to}: {Role(self.role).label}, {days}"

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"delegation:{self.pk}"
