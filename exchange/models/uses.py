"""What a consumer writes down about its use of a grant, kept three years at least."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class UseRecordQuerySet(models.QuerySet["UseRecord"]):
    """Phrases about use records."""

    def standing(self):
        """Those that no later record corrects."""
        return self.filter(corrected_by=None)

    def covering(self, first, last):
        """Those whose days meet the days from `first` to `last`, both included."""
        return self.filter(first_on__lte=last, last_on__gte=first)


class UseRecord(models.Model):
    """How data was used under a grant from `first_on` to `last_on` (Order 809 art 29).

    Only ever added: a correction is another record, which names the one it stands for. The
    database refuses to change or delete a row.
    """

    grant = models.ForeignKey(
        "exchange.Grant", models.PROTECT, related_name="use_records", verbose_name=_("grant")
    )
    first_on = models.DateField(_("used from"))
    last_on = models.DateField(_("used until"))
    scene = models.TextField(_("scene of use"), max_length=2000)
    process = models.TextField(_("how it was used"), max_length=2000, blank=True)
    result = models.TextField(_("what came of it"), max_length=2000)
    stored = models.TextField(_("where and how it is kept"), max_length=2000)
    disposed_on = models.DateField(_("disposed of on"), null=True, blank=True)
    disposal = models.TextField(_("how it was disposed of"), max_length=2000, blank=True)
    corrects = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrected_by",
        verbose_name=_("corrects"),
    )
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    app = models.ForeignKey(
        "accounts.App",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("app"),
    )
    written_at = models.DateTimeField(_("written at"))

    objects = UseRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("use record")
        verbose_name_plural = _("use records")
        indexes = [models.Index(fields=["grant", "first_on"], name="exchange_userecord_of")]
        constraints = [
            models.CheckConstraint(
                name="exchange_userecord_period",
                condition=Q(last_on__gte=F("first_on")),
                violation_error_message=_("A period ends on or after the day it begins."),
            ),
            models.CheckConstraint(
                name="exchange_userecord_writer",
                condition=Q(written_by__isnull=False) | Q(app__isnull=False),
                violation_error_message=_("A person or an app writes a record."),
            ),
            models.CheckConstraint(
                name="exchange_userecord_disposal",
                condition=Q(disposed_on=None, disposal="")
                | (Q(disposed_on__isnull=False) & ~Q(disposal="")),
                violation_error_message=_("Of a disposal say both the day and how."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.grant_id} {self.first_on} – {self.last_on}"
