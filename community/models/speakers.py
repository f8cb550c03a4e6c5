"""Who speaks: a member under the name they chose, and what all that is said has in common."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import User

USER = settings.AUTH_USER_MODEL
NAME_LENGTH = 40


class Speaker(models.Model):
    """A member who takes part, by the name they chose: the only thing others see of them.

    The name goes when the account is closed; what was said stays, without a name.
    """

    user = models.OneToOneField(
        USER, models.PROTECT, related_name="speaker", verbose_name=_("person")
    )
    name = models.CharField(_("name shown"), max_length=NAME_LENGTH, blank=True)
    since = models.DateTimeField(_("takes part since"))

    class Meta:
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                condition=~Q(name=""),
                name="community_speaker_name_once",
                violation_error_message=_("Somebody else goes by this name. Choose another."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or "–"

    @property
    def address(self) -> str:
        """How audit entries name it."""
        return f"speaker:{self.pk}"


class SaidQuerySet(models.QuerySet):
    """Phrases about what people said."""

    def named(self) -> Self:
        """With the name of who said it, unless the account is closed: `author` tells it.

        The open door sees nobody's account, and of closed ones no name either
        (`exchange.database_roles.FACE`).
        """
        closed = User.objects.filter(pk=OuterRef("speaker__user_id"), is_active=False)
        return self.select_related("speaker").annotate(gone=Exists(closed))

    def by(self, user: User) -> Self:
        """What one member said."""
        return self.filter(speaker__user=user)


class Said(models.Model):
    """What something said has in common: by whom, when, and who looked at it when."""

    speaker = models.ForeignKey(
        Speaker,
        models.PROTECT,
        null=True,
        related_name="%(class)ss",
        verbose_name=_("said by"),
    )
    said_at = models.DateTimeField(_("said at"))
    moved_at = models.DateTimeField(_("last step at"))
    moved_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("last step by"),
    )
    reason = models.TextField(_("reason"), max_length=500, blank=True)

    gone = True
    """Whether the account is closed; without `SaidQuerySet.named` nobody is named."""

    class Meta:
        abstract = True

    @property
    def author(self) -> str:
        """The name to be shown, "" where the account is closed."""
        return "" if self.gone or self.speaker is None else self.speaker.name
