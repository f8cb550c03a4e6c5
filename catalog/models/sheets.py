"""Catalogues that come as workbooks: how a header is read, and what became of each file."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

USER = settings.AUTH_USER_MODEL


class SheetMapping(models.Model):
    """Which column of a workbook means what, said once and kept for the next file of this shape.

    `signature` is a digest of the header's names in their order. `columns` maps a meaning
    (`catalog.sheets.meanings`) to a column's place, from 0.
    """

    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="sheet_mappings",
        verbose_name=_("organisation"),
    )
    signature = models.CharField(_("signature"), max_length=64)
    columns = models.JSONField(_("columns"), default=dict)
    kept_at = models.DateTimeField(_("kept at"))
    kept_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("kept by"))

    class Meta:
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "signature"], name="catalog_sheetmapping_once_a_header"
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(self.columns)


class SheetImport(models.Model):
    """A workbook that was sent to be taken into the catalogue, and what was made of it.

    Until it is applied nothing but this row exists. `first_row` and `header_rows` count from 0;
    `outcome` is kept when it is applied: how many rows met which fate.
    """

    owner = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="sheet_imports",
        verbose_name=_("provider"),
    )
    name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(_("sha256"), max_length=64)
    sheet = models.CharField(_("sheet"), max_length=200, blank=True)
    first_row = models.PositiveIntegerField(_("first row of the header"), default=0)
    header_rows = models.PositiveSmallIntegerField(_("rows of the header"), default=0)
    columns = models.JSONField(_("columns"), default=dict, blank=True)
    sent_at = models.DateTimeField(_("sent"))
    file_removed_at = models.DateTimeField(_("file removed"), null=True, blank=True)
    sent_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("sent by"))
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    applied_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("applied by")
    )
    outcome = models.JSONField(_("outcome"), default=dict, blank=True)

    class Meta:
        verbose_name = _("catalogue workbook")
        verbose_name_plural = _("catalogue workbooks")

    def __str__(self) -> str:
        return self.name
