"""Files that a department hands in with a request: sealed, for the two departments alone."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

MOST_BYTES = 10_000_000


class RequestAttachment(models.Model):
    """A file of a request. `content` is sealed for this request; `digest` is of the plain bytes.

    `size` is in bytes, before it was sealed.
    """

    request = models.ForeignKey(
        "exchange.ShareRequest",
        models.PROTECT,
        related_name="attachments",
        verbose_name=_("share request"),
    )
    name = models.CharField(_("name"), max_length=200)
    size = models.PositiveIntegerField(_("size in bytes"))
    digest = models.CharField(_("digest"), max_length=64)
    content = models.BinaryField(_("sealed content"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by")
    )
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("attachment of a request")
        verbose_name_plural = _("attachments of a request")
        constraints = [
            models.UniqueConstraint(
                fields=["request", "digest"],
                name="exchange_requestattachment_once",
                violation_error_message=_("The request has this file already."),
            ),
            models.CheckConstraint(
                name="exchange_requestattachment_size",
                condition=Q(size__gt=0, size__lte=MOST_BYTES),
                violation_error_message=_("An attachment has 10 MB at most."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
