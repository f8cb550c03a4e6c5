"""利用促进: contests that the city holds for what is built on its data."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.bilingual import choose
from catalog.models import Dataset
from community.models.showcases import Showcase
from community.states import ContestState, Phase, ShowcaseState

CONTEST_LENGTH = 4000
USER = settings.AUTH_USER_MODEL


class ContestQuerySet(models.QuerySet):
    """Phrases about contests."""

    def seen(self) -> Self:
        """Those that everybody may know of: published once, withdrawn ones among them."""
        return self.filter(published_at__isnull=False)

    def listed(self) -> Self:
        """Those that everybody sees."""
        return self.filter(state__in=[ContestState.PUBLISHED, ContestState.ANNOUNCED])

    def taking(self, today: date) -> Self:
        """Those that take entries on a day of the city."""
        days = {"opens_on__lte": today, "entries_until__gte": today}
        return self.filter(state=ContestState.PUBLISHED, **days)

    def judged(self, today: date) -> Self:
        """Those whose last day for entries is over on a day of the city, without results yet."""
        return self.filter(state=ContestState.PUBLISHED, entries_until__lt=today)

    def promised(self, today: date) -> Self:
        """Those of them whose results are promised for a day of the city, or an earlier one."""
        return self.judged(today).filter(results_on__lte=today)


class Contest(models.Model):
    """A contest: what it is about, by which days of the city (Asia/Shanghai), for which rules.

    `entries_until` is the last day on which an app can be entered; `results_on` is the day for
    which the results are promised. `datasets` are those that it invites to use.
    """

    State = ContestState

    slug = models.SlugField(_("address"), max_length=60, unique=True)
    title_zh = models.CharField(_("title, Chinese"), max_length=100)
    title_en = models.CharField(_("title, English"), max_length=200)
    text_zh = models.TextField(_("what it is about, Chinese"), max_length=CONTEST_LENGTH)
    text_en = models.TextField(_("what it is about, English"), max_length=CONTEST_LENGTH)
    rules_zh = models.TextField(_("rules, Chinese"), max_length=CONTEST_LENGTH)
    rules_en = models.TextField(_("rules, English"), max_length=CONTEST_LENGTH)
    prizes_zh = models.TextField(_("prizes, Chinese"), max_length=CONTEST_LENGTH, blank=True)
    prizes_en = models.TextField(_("prizes, English"), max_length=CONTEST_LENGTH, blank=True)
    organizer = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="contests",
        verbose_name=_("organiser"),
    )
    opens_on = models.DateField(_("opens on"))
    entries_until = models.DateField(_("entries until"))
    results_on = models.DateField(_("results on"))
    datasets = models.ManyToManyField(
        Dataset, blank=True, related_name="contests", verbose_name=_("datasets it invites to use")
    )
    state = models.CharField(
        _("state"), max_length=9, choices=ContestState.choices, default=ContestState.DRAFT
    )
    created_at = models.DateTimeField(_("drafted at"))
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    announced_at = models.DateTimeField(_("results announced at"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    reason = models.TextField(_("reason"), max_length=500, blank=True)
    moved_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("last step by")
    )

    objects = ContestQuerySet.as_manager()

    class Meta:
        verbose_name = _("contest")
        verbose_name_plural = _("contests")
        constraints = [
            models.CheckConstraint(
                name="community_contest_days_in_order",
                condition=Q(opens_on__lte=F("entries_until"))
                & Q(entries_until__lt=F("results_on")),
            ),
            models.CheckConstraint(
                name="community_contest_published_since",
                condition=~Q(state__in=[ContestState.PUBLISHED, ContestState.ANNOUNCED])
                | Q(published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="community_contest_announced_since",
                condition=~Q(state=ContestState.ANNOUNCED) | Q(announced_at__isnull=False),
            ),
            models.CheckConstraint(
                name="community_contest_withdrawn_with_reason",
                condition=~Q(state=ContestState.WITHDRAWN)
                | (Q(withdrawn_at__isnull=False) & ~Q(reason="")),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The title in the language now active."""
        return choose(self.title_zh, self.title_en)

    @property
    def text(self) -> str:
        """What it is about, in the language now active."""
        return choose(self.text_zh, self.text_en)

    @property
    def rules(self) -> str:
        """The rules in the language now active."""
        return choose(self.rules_zh, self.rules_en)

    @property
    def prizes(self) -> str:
        """The prizes in the language now active, "" where there are none."""
        return choose(self.prizes_zh, self.prizes_en)

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"contest:{self.pk}"

    def phase(self, today: date) -> Phase:
        """Return how far a published contest is on a day of the city."""
        if self.state == ContestState.ANNOUNCED:
            return Phase.ANNOUNCED
        if today < self.opens_on:
            return Phase.AHEAD
        return Phase.OPEN if today <= self.entries_until else Phase.JUDGED


class EntryQuerySet(models.QuerySet):
    """Phrases about entries of contests."""

    def shown(self) -> Self:
        """Those that everybody sees: of an app that is shown, in a contest that is listed."""
        listed = Contest.objects.listed().values("pk")
        return self.filter(showcase__state=ShowcaseState.SHOWN, contest__in=listed)

    def awarded(self) -> Self:
        """Those with an award, the best first."""
        return self.filter(place__isnull=False).order_by("place", "pk")


class ContestEntry(models.Model):
    """An app in a contest; with the results its award, if it got one: `place` 1 is the best.

    One that is taken back is gone; the audit trail keeps that it was.
    """

    contest = models.ForeignKey(
        Contest, models.PROTECT, related_name="entries", verbose_name=_("contest")
    )
    showcase = models.ForeignKey(
        Showcase, models.PROTECT, related_name="entries", verbose_name=_("app shown")
    )
    entered_at = models.DateTimeField(_("entered at"))
    entered_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    place = models.PositiveSmallIntegerField(_("place"), null=True, blank=True)
    award_zh = models.CharField(_("award, Chinese"), max_length=100, blank=True)
    award_en = models.CharField(_("award, English"), max_length=100, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of a contest")
        verbose_name_plural = _("entries of contests")
        constraints = [
            models.UniqueConstraint(
                fields=["contest", "showcase"], name="community_contestentry_once"
            ),
            models.CheckConstraint(
                name="community_contestentry_award_whole",
                condition=Q(place=None, award_zh="", award_en="")
                | (Q(place__gte=1) & ~Q(award_zh="") & ~Q(award_en="")),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.showcase_id} → {self.contest_id}"

    @property
    def award(self) -> str:
        """The award's name in the language now active, "" without one."""
        return choose(self.award_zh, self.award_en)
