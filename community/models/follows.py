"""收藏: datasets that a member follows, and the letters they asked for about them.

Who follows what is the member's alone: no desk of the back office shows these rows, the audit
trail names no dataset beside them, and they go with the account.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Dataset


class Letters(models.TextChoices):
    """How often a member is written to about what they follow."""

    NONE = "none", _("no mail")
    DAILY = "daily", _("one mail on a day on which something changed")


class Follower(models.Model):
    """A member who follows datasets: when they last looked, and how they are written to.

    `language` is that of the page on which the letters were chosen. `told_until` is up to when a
    letter told of changes; `written_on` the day (Asia/Shanghai) whose letter is done, also where
    there was nothing to write. While the mail server does not take a letter, `letter_due_at` is
    when it is tried again, after `letter_tries`.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("person"),
    )
    since = models.DateTimeField(_("follows since"))
    seen_at = models.DateTimeField(_("last looked at"))
    letters = models.CharField(
        _("mail"), max_length=5, choices=Letters.choices, default=Letters.NONE
    )
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    told_until = models.DateTimeField(_("told until"))
    written_on = models.DateField(_("letter of the day done"), null=True, blank=True)
    letter_due_at = models.DateTimeField(_("mail tried again at"), null=True, blank=True)
    letter_tries = models.PositiveSmallIntegerField(
        _("tries of the mail"), default=0, db_default=0
    )

    class Meta:
        verbose_name = _("follower")
        verbose_name_plural = _("followers")
        indexes = [
            models.Index(
                fields=["written_on", "id"],
                condition=Q(letters=Letters.DAILY),
                name="community_follower_written",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="community_follower_letters_known",
                condition=Q(letters__in=Letters.values),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Follow(models.Model):
    """That a member follows a dataset. Once each, which the database keeps."""

    follower = models.ForeignKey(
        Follower, models.CASCADE, related_name="follows", verbose_name=_("follower")
    )
    dataset = models.ForeignKey(
        Dataset, models.PROTECT, related_name="follows", verbose_name=_("dataset")
    )
    since = models.DateTimeField(_("follows since"))

    class Meta:
        verbose_name = _("followed dataset")
        verbose_name_plural = _("followed datasets")
        constraints = [
            models.UniqueConstraint(
                fields=["follower", "dataset"], name="community_follow_once_a_member"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset}"
