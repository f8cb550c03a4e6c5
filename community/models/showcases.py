"""成果展示: apps that people built on the city's data."""

from typing import Self

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.bilingual import choose
from catalog.models import Dataset
from community.models.speakers import Said, SaidQuerySet
from community.states import ShowcaseState

ABOUT_LENGTH = 2000


class ShowcaseQuerySet(SaidQuerySet):
    """Phrases about apps."""

    def shown(self) -> Self:
        """Those that everybody sees."""
        return self.filter(state=ShowcaseState.SHOWN)

    def spoken_for(self, user: User) -> Self:
        """Those that a member can speak for: their own, and those of companies they belong to."""
        return self.filter(Q(speaker__user=user) | Q(organization__in=user.organizations()))

    def without_picture(self) -> Self:
        """Leave the picture's bytes where they are: a list needs to know only whether it is."""
        return self.defer("picture")


class Showcase(Said):
    """An app, a map, a study: what it is, where it is, and which datasets stand behind it.

    `picture` is a WebP that this platform made of what was sent; `picture_tag` its digest.
    """

    State = ShowcaseState

    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="showcases",
        verbose_name=_("company"),
    )
    title_zh = models.CharField(_("title, Chinese"), max_length=100)
    title_en = models.CharField(_("title, English"), max_length=200, blank=True)
    text = models.TextField(_("what it does"), max_length=ABOUT_LENGTH)
    url = models.URLField(
        _("address"), max_length=500, validators=[URLValidator(schemes=["https"])]
    )
    datasets = models.ManyToManyField(
        Dataset, related_name="showcases", verbose_name=_("datasets")
    )
    picture = models.BinaryField(_("picture"), null=True, blank=True)
    picture_tag = models.CharField(_("digest of the picture"), max_length=64, blank=True)
    state = models.CharField(
        _("state"), max_length=9, choices=ShowcaseState.choices, default=ShowcaseState.SUBMITTED
    )
    shown_at = models.DateTimeField(_("shown since"), null=True, blank=True)

    objects = ShowcaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("app shown")
        verbose_name_plural = _("apps shown")
        indexes = [models.Index(fields=["state", "-shown_at"], name="community_showcase_state")]
        constraints = [
            models.CheckConstraint(
                name="community_showcase_https",
                condition=Q(url__startswith="https://"),
                violation_error_message=_("The address begins with https://."),
            ),
            models.CheckConstraint(
                name="community_showcase_refused_with_reason",
                condition=~Q(state__in=[ShowcaseState.REFUSED, ShowcaseState.ENDED])
                | ~Q(reason=""),
                violation_error_message=_("What is not shown is told a reason."),
            ),
            models.CheckConstraint(
                name="community_showcase_shown_since",
                condition=~Q(state=ShowcaseState.SHOWN) | Q(shown_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title_zh}"

    @property
    def title(self) -> str:
        """The title in the language now active."""
        return choose(self.title_zh, self.title_en)

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"showcase:{self.pk}"
