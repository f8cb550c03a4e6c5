"""What the two sides agreed when a grant was made, as it was signed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Agreement(models.Model):
    """The document of a grant that a request led to, frozen when the grant was made.

    `digest` is of the document's canonical JSON by `algorithm` ("sha256" or "sm3"), as
    `exchange.agreements.keeping.digest` makes it; the audit entry of the verb holds it too. The
    database's roles may add agreements and change none.
    """

    grant = models.OneToOneField(
        "exchange.Grant", models.PROTECT, related_name="agreement", verbose_name=_("grant")
    )
    document = models.JSONField(_("document"))
    digest = models.CharField(_("digest"), max_length=64)
    algorithm = models.CharField(_("algorithm"), max_length=10)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")

    def __str__(self) -> str:
        return str(self.document["number"])

    @property
    def number(self) -> str:
        """The agreement's number."""
        return str(self.document["number"])
