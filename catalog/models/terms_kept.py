"""What a published field stood under, from each moment on at which that changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class FieldTerms(models.Model):
    """The terms of a published field from `since` until the next row of the field.

    Rows are only added; the database refuses the rest. The names are those of `Field`, so that the
    law reads both alike (`catalog.facts.field_facts`).
    """

    field = models.ForeignKey(
        "catalog.Field", models.PROTECT, related_name="terms", verbose_name=_("field")
    )
    since = models.DateTimeField(_("since"))
    name = models.CharField(_("name"), max_length=63)
    data_type = models.CharField(_("data type"), max_length=20)
    share_type = models.CharField(_("share type"), max_length=14)
    open_type = models.CharField(_("open type"), max_length=14)
    grade = models.PositiveSmallIntegerField(_("grade"), null=True, blank=True)
    mask_kind = models.CharField(_("mask"), max_length=20, blank=True)
    mask_params = models.JSONField(_("mask's settings"), default=dict, blank=True)
    concealed = models.BooleanField(_("its existence is concealed"), default=False)
    secrecy = models.CharField(_("secrecy"), max_length=12)
    graded_at = models.DateTimeField(_("graded at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("terms of a field")
        verbose_name_plural = _("terms of fields")
        indexes = [models.Index(fields=["field", "since", "id"], name="catalog_fieldterms_since")]

    def __str__(self) -> str:
        return f"{self.name} ({self.since:%Y-%m-%d})"

    @property
    def label(self) -> str:
        """The field's label in the language now active."""
        return self.field.label
