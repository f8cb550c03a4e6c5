from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


def in_language(zh: str, en: str) -> str:
    """Return the one of a pair of titles that the current language asks for, else the other."""
    return (en or zh) if (get_language() or "zh").startswith("en") else (zh or en)


class CodeSystem(models.TextChoices):
    """Where a region's code comes from. LOCAL codes never leave in a national field."""

    GBT2260 = "GBT2260", "GB/T 2260"
    LOCAL = "LOCAL", _("local")


class Region(models.Model):
    """A place that is governed: the city, a district, a street office, a community."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    code_system = models.CharField(
        _("code system"), max_length=10, choices=CodeSystem.choices, default=CodeSystem.GBT2260
    )
    name_zh = models.CharField(_("name, Chinese"), max_length=100)
    name_en = models.CharField(_("name, English"), max_length=100, blank=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        constraints = [
            models.CheckConstraint(
                name="accounts_region_not_its_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("id")),
                violation_error_message=_("A region cannot lie within itself."),
            ),
            models.CheckConstraint(
                name="accounts_region_code_shape",
                # two digits a level for province, city, district; then three each
                condition=~Q(code_system=CodeSystem.GBT2260)
                | Q(code__regex=r"^\d{6}(\d{3}){0,2}$"),
                violation_error_message=_(
                    "A GB/T 2260 code has 6 digits (9 for a street, 12 for a community). "
                    "Use the local code system for a code of your own."
                ),
            ),
        ]

    def __str__(self):
        return in_language(self.name_zh, self.name_en)

    def lineage(self) -> list["Region"]:
        """Return this region and those that hold it, from the smallest to the largest."""
        found: list[Region] = []
        region: Region | None = self
        while region is not None and region not in found:
            found.append(region)
            region = region.parent
        return found


class RegionBoundary(models.Model):
    """Where a region ends: rings of longitude and latitude in WGS84, as a map may show them.

    `rings` is the `coordinates` of a GeoJSON MultiPolygon (RFC 7946). Of a published map of China
    the review number counts, so it stands beside whatever is drawn from this.
    """

    region = models.OneToOneField(
        Region, models.CASCADE, related_name="boundary", verbose_name=_("region")
    )
    rings = models.JSONField(_("rings"))
    source = models.CharField(_("source"), max_length=200)
    source_en = models.CharField(
        _("source, English"), max_length=200, blank=True, default="", db_default=""
    )
    review_number = models.CharField(_("review number of the map"), max_length=60, blank=True)
    entered_at = models.DateTimeField(_("entered"))

    class Meta:
        verbose_name = _("boundary of a region")
        verbose_name_plural = _("boundaries of regions")

    def __str__(self) -> str:
        return str(self.region)
