"""What is kept of a field's values to tell whether two fields hold the same."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.dataset import Field

LARGEST = 64
"""How many hashes a sketch has at most."""


class FieldSketch(models.Model):
    """A few keyed hashes of a field's different values, the same few for the same values.

    Two sketches tell how many values two fields share, about; no value can be read back without
    the platform's key. Made by `exchange.sketching` from the rows, read by `catalog.one_source`.
    """

    field = models.OneToOneField(
        Field, models.CASCADE, related_name="sketch", verbose_name=_("field")
    )
    hashes = ArrayField(models.BigIntegerField(), verbose_name=_("digest"), default=list)
    different = models.BigIntegerField(_("different values"), default=0)
    sketched_at = models.DateTimeField(_("sketched"))

    class Meta:
        verbose_name = _("sketch of values")
        verbose_name_plural = _("sketches of values")
        indexes = [GinIndex(fields=["hashes"], name="catalog_fieldsketch_hashes")]

    def __str__(self) -> str:
        return str(self.field)
