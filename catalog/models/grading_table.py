"""The decision table of grades as data: each version stands for good, the newest is in force."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from policy import grading


class GradingTable(models.Model):
    """One version of the table that suggests grades (domain table, default grading policy).

    `rows` are what `policy.grading.Table.as_data` gives. Versions are only added, each after the
    one before it; the database refuses the rest. The first is the built-in one and has no person.
    """

    version = models.PositiveIntegerField(_("version"), unique=True)
    previous = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="following",
        verbose_name=_("previous"),
    )
    rows = models.JSONField(_("rows"))
    note = models.TextField(_("why it changed"), blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("proposed by"),
    )
    in_force_from = models.DateTimeField(_("in force from"))
    shown = models.CharField(_("digest of the dry run"), max_length=64, blank=True)
    changed = models.JSONField(_("what it changed, in numbers"), default=dict, blank=True)

    class Meta:
        verbose_name = _("grading table")
        verbose_name_plural = _("grading tables")
        constraints = [
            models.UniqueConstraint(
                fields=["previous"],
                nulls_distinct=False,
                name="catalog_gradingtable_one_follows_another",
            ),
            models.CheckConstraint(
                name="catalog_gradingtable_by_somebody_after_a_dry_run",
                condition=models.Q(version=1)
                | (
                    models.Q(previous__isnull=False, proposed_by__isnull=False)
                    & ~models.Q(note="")
                    & ~models.Q(shown="")
                ),
                violation_error_message=_(
                    "A changed table says who changed it and why, and was tried out before."
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.version)

    def table(self) -> grading.Table:
        """Return the table as the law reads it."""
        return grading.table_from(self.version, self.rows)
