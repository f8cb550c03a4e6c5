"""By what a dataset is counted that is open by counts alone."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CountingRule(models.Model):
    """A dataset whose rows everybody may have counted, and nobody one by one.

    `counted_by` is a list of [field id, unit of time or ""]; no group of fewer than
    `smallest_group` rows is told (exchange.records.kept). A dataset without one is open by rows.
    """

    dataset = models.OneToOneField(
        "catalog.Dataset",
        models.PROTECT,
        related_name="counting_rule",
        verbose_name=_("dataset"),
    )
    smallest_group = models.PositiveSmallIntegerField(_("smallest group, in rows"))
    counted_by = models.JSONField(_("counted by"), default=list)
    reason = models.TextField(_("reason"), max_length=1000)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("set by")
    )
    set_at = models.DateTimeField(_("set at"))

    class Meta:
        verbose_name = _("counting rule")
        verbose_name_plural = _("counting rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(smallest_group__gte=3, smallest_group__lte=1000),
                name="exchange_countingrule_smallest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.dataset}: {self.smallest_group}"
