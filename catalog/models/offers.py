"""What an entry offers beside its table: versions of a file, the description of an interface."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.bilingual import choose
from catalog.models.dataset import Resource
from catalog.terms import ApiAuth, ApiMethod


class FileVersion(models.Model):
    """A file as it was handed in once. Older versions stay; of a row only its release is written.

    Of a public file everybody is given the newest version that was released (`catalog.versions`).

    The bytes lie in the file store under their own digest, so no name from outside is ever part
    of a path.
    """

    resource = models.ForeignKey(
        Resource, models.PROTECT, related_name="versions", verbose_name=_("resource")
    )
    number = models.PositiveIntegerField(_("version"))
    original_name = models.CharField(_("file name"), max_length=200)
    size = models.PositiveBigIntegerField(_("bytes"))
    sha256 = models.CharField(_("sha256"), max_length=64)
    note = models.CharField(_("note"), max_length=500, blank=True)
    added_at = models.DateTimeField(_("added"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by")
    )
    released_at = models.DateTimeField(_("released to everyone"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )

    class Meta:
        verbose_name = _("version of a file")
        verbose_name_plural = _("versions of files")
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "number"], name="catalog_fileversion_numbered_once"
            ),
            models.CheckConstraint(
                name="catalog_fileversion_digest_is_sha256",
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(
                name="catalog_fileversion_released_by_somebody",
                condition=Q(released_at=None, released_by=None)
                | Q(released_at__isnull=False, released_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.original_name} ({self.number})"


class ApiDescription(models.Model):
    """How an interface that a department runs itself is called; the address is the resource's."""

    Method = ApiMethod
    Auth = ApiAuth

    resource = models.OneToOneField(
        Resource, models.PROTECT, related_name="api", verbose_name=_("resource")
    )
    method = models.CharField(_("method"), max_length=6, choices=ApiMethod.choices)
    auth = models.CharField(_("how callers prove themselves"), max_length=10, choices=ApiAuth)
    document_url = models.URLField(_("address of the OpenAPI document"), blank=True)
    document = models.TextField(_("OpenAPI document"), max_length=1_000_000, blank=True)
    description_zh = models.TextField(_("description, Chinese"), max_length=4000, blank=True)
    description_en = models.TextField(_("description, English"), max_length=4000, blank=True)

    class Meta:
        verbose_name = _("description of an interface")
        verbose_name_plural = _("descriptions of interfaces")

    def __str__(self) -> str:
        return f"{self.method} {self.resource.url}"

    @property
    def description(self) -> str:
        """The description in the language now active."""
        return choose(self.description_zh, self.description_en)
