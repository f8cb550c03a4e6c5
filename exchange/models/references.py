"""The name under which an app knows what it asked, so that a call made twice asks once."""

from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_REFERENCE = 64


class RequestReference(models.Model):
    """A reference of an app's own; `digest` is of what was asked with it (SHA-256).

    It names the requests that were drafted with it, one for each dataset.
    """

    app = models.ForeignKey(
        "accounts.App", models.PROTECT, related_name="+", verbose_name=_("app")
    )
    reference = models.CharField(_("reference of the caller"), max_length=LONGEST_REFERENCE)
    digest = models.CharField(_("digest"), max_length=64)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("reference of a request")
        verbose_name_plural = _("references of requests")
        constraints = [
            models.UniqueConstraint(
                fields=["app", "reference"],
                name="exchange_requestreference_once",
                violation_error_message=_("The app has used this reference already."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference
