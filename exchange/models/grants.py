"""What a consumer was granted: bound to dataset, fields, rows, purpose, mode and period."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from policy.terms import Channel, Grade


class GrantQuerySet(models.QuerySet["Grant"]):
    """Phrases about grants."""

    def live(self, today):
        """In their period, neither suspended nor revoked."""
        return self.filter(
            valid_from__lte=today,
            valid_until__gte=today,
            suspended_at=None,
            revoked_at=None,
        )


class Grant(models.Model):
    """A consumer's right to fields of a dataset; `valid_until` is the last day it holds.

    `fields` lists permanent field ids; `clear_up_to` is the highest grade shown in clear;
    `rows` is a list of {"field": id, "operator": "eq"|"in", "values": [...]} that all must hold.
    """

    dataset = models.ForeignKey("catalog.Dataset", models.PROTECT, related_name="grants")
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="grants"
    )
    app = models.ForeignKey(
        "accounts.App", models.PROTECT, null=True, blank=True, related_name="grants"
    )
    channel = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Channel])
    fields = models.JSONField(default=list)
    clear_up_to = models.PositiveSmallIntegerField(default=int(Grade.L2))
    modes = models.JSONField(default=list)
    rows = models.JSONField(default=list, blank=True)
    purpose = models.TextField(_("purpose"))
    valid_from = models.DateField()
    valid_until = models.DateField()
    daily_quota = models.PositiveIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    suspended_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.CheckConstraint(
                name="exchange_grant_period",
                condition=Q(valid_until__gte=F("valid_from")),
                violation_error_message=_("A grant ends on or after the day it begins."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.organization} ← {self.dataset}"
