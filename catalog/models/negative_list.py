"""负面清单: the only place where sharing or opening is refused, and the law it rests on.

Triggers of migration 0002 hold what a CHECK cannot see: a published line stands on a verified
basis of a tier its channels accept, and neither line nor basis changes under it.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.bilingual import choose
from catalog.models.dataset import Dataset, Field
from catalog.terms import LineState, Substitute
from policy.terms import BasisTier, Certainty

USER = settings.AUTH_USER_MODEL
STANDING = (LineState.PUBLISHED, LineState.ENDED)


class LegalBasis(models.Model):
    """An article of law, in one version: a changed law is a new row, so past verdicts stand.

    `text_zh` is the article word for word. It is empty until a person has read the official text
    and entered it; `certainty` says so, and only a VERIFIED basis carries a published line.
    `in_force_until` is the last day it holds, `end_noted_at` when that was entered here: what was
    decided before stands, also where the law had ended by then.
    """

    law_zh = models.CharField(_("law, Chinese"), max_length=200)
    law_en = models.CharField(_("law, English"), max_length=300, blank=True)
    document_number = models.CharField(_("document number"), max_length=100, blank=True)
    article = models.CharField(_("article"), max_length=100)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    gist_zh = models.TextField(_("gist, Chinese"))
    gist_en = models.TextField(_("gist, English"), blank=True)
    text_zh = models.TextField(_("the article, word for word"), blank=True)
    tier = models.CharField(
        _("tier"), max_length=30, choices=[(tier.value, tier.value) for tier in BasisTier]
    )
    certainty = models.CharField(
        _("certainty"),
        max_length=12,
        choices=[(certainty.value, certainty.value) for certainty in Certainty],
        default=Certainty.UNVERIFIED.value,
    )
    in_force_from = models.DateField(_("in force from"))
    in_force_until = models.DateField(_("in force until"), null=True, blank=True)
    end_noted_at = models.DateTimeField(_("end entered at"), null=True, blank=True)
    source = models.TextField(_("where it was read"), blank=True)
    supersedes = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="successor",
        verbose_name=_("supersedes"),
    )
    created_at = models.DateTimeField(_("created at"))
    verified_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("verified by"),
    )
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)

    class Meta:
        verbose_name = _("legal basis")
        verbose_name_plural = _("legal bases")
        constraints = [
            models.UniqueConstraint(
                fields=["law_zh", "article", "version"], name="catalog_legalbasis_once_a_version"
            ),
            models.CheckConstraint(
                name="catalog_legalbasis_verified_by_reading",
                condition=~Q(certainty=Certainty.VERIFIED.value)
                | (
                    ~Q(text_zh="")
                    & ~Q(source="")
                    & Q(verified_by__isnull=False, verified_at__isnull=False)
                ),
                violation_error_message=_(
                    "A verified basis has the article word for word, its source, and who read it."
                ),
            ),
            models.CheckConstraint(
                name="catalog_legalbasis_period",
                condition=Q(in_force_until=None) | Q(in_force_until__gte=F("in_force_from")),
                violation_error_message=_("A law does not end before it begins."),
            ),
            models.CheckConstraint(
                name="catalog_legalbasis_names_law_and_article",
                condition=~Q(law_zh="") & ~Q(article="") & ~Q(gist_zh=""),
                violation_error_message=_("A basis names its law and article, and its gist."),
            ),
        ]

    def __str__(self) -> str:
        return self.citation

    @property
    def law(self) -> str:
        """The law's name in the language now active."""
        return choose(self.law_zh, self.law_en)

    @property
    def gist(self) -> str:
        """What the article says in short, in the language now active."""
        return choose(self.gist_zh, self.gist_en)

    @property
    def citation(self) -> str:
        """The law with its article, as a reason cites it."""
        return f"《{self.law_zh}》{self.article}"


class NegativeLine(models.Model):
    """A line of the negative list: these fields, on these channels, refused by this article.

    No field named means the whole dataset. `until_on` is the last day; `review_on` is when it
    must be looked at again. When line or basis runs out, the fields fall back to conditional.
    """

    State = LineState

    number = models.PositiveIntegerField(_("number"), unique=True, null=True, blank=True)
    dataset = models.ForeignKey(
        Dataset, models.PROTECT, related_name="negative_lines", verbose_name=_("dataset")
    )
    fields: "models.ManyToManyField[Field, NegativeLineField]" = models.ManyToManyField(
        Field,
        through="NegativeLineField",
        related_name="negative_lines",
        blank=True,
        verbose_name=_("fields"),
    )
    bars_share = models.BooleanField(_("bars sharing between departments"), default=False)
    bars_open = models.BooleanField(_("bars opening to the public"), default=False)
    basis = models.ForeignKey(
        LegalBasis, models.PROTECT, related_name="lines", verbose_name=_("basis")
    )
    reason_zh = models.TextField(_("reason, Chinese"))
    reason_en = models.TextField(_("reason, English"), blank=True)
    substitute = models.CharField(
        _("what is given instead"),
        max_length=12,
        choices=Substitute.choices,
        default=Substitute.NONE,
    )
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"), null=True, blank=True)
    review_on = models.DateField(_("to be reviewed on"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=20, choices=LineState.choices, default=LineState.PROPOSED
    )
    proposed_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    legal_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("legal by")
    )
    legal_at = models.DateTimeField(_("legal at"), null=True, blank=True)
    legal_opinion = models.TextField(_("opinion of the legal unit"), blank=True)
    authority_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("authority by"),
    )
    authority_at = models.DateTimeField(_("authority at"), null=True, blank=True)
    authority_opinion = models.TextField(_("opinion of the data authority"), blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_reason = models.TextField(_("why it ended"), blank=True)

    class Meta:
        verbose_name = _("line of the negative list")
        verbose_name_plural = _("negative list")
        constraints = [
            models.CheckConstraint(
                name="catalog_negativeline_bars_something",
                condition=Q(bars_share=True) | Q(bars_open=True),
                violation_error_message=_("A line bars sharing, opening, or both."),
            ),
            models.CheckConstraint(
                name="catalog_negativeline_published_is_whole",
                condition=~Q(state__in=STANDING)
                | Q(
                    number__isnull=False,
                    published_at__isnull=False,
                    legal_by__isnull=False,
                    legal_at__isnull=False,
                    authority_by__isnull=False,
                    authority_at__isnull=False,
                    review_on__isnull=False,
                ),
                violation_error_message=_(
                    "A published line has its number, both reviews and a review date."
                ),
            ),
            models.CheckConstraint(
                name="catalog_negativeline_four_eyes",
                condition=~Q(state__in=STANDING)
                | (
                    ~Q(authority_by=F("proposed_by"))
                    & ~Q(authority_by=F("legal_by"))
                    & ~Q(legal_by=F("proposed_by"))
                ),
                violation_error_message=_(
                    "Proposal, legal review and the authority's review are of three people."
                ),
            ),
            models.CheckConstraint(
                name="catalog_negativeline_legal_by_another",
                condition=Q(legal_by=None) | ~Q(legal_by=F("proposed_by")),
                violation_error_message=_("Who proposed a line does not review its law."),
            ),
            models.CheckConstraint(
                name="catalog_negativeline_period",
                condition=(Q(until_on=None) | Q(until_on__gte=F("from_on")))
                & (Q(review_on=None) | Q(review_on__gte=F("from_on"))),
                violation_error_message=_(
                    "A line neither ends nor comes to its review before its first day."
                ),
            ),
            models.CheckConstraint(
                name="catalog_negativeline_reasoned",
                condition=~Q(reason_zh=""),
                violation_error_message=_("A line says why."),
            ),
            models.CheckConstraint(
                name="catalog_negativeline_ended_by_somebody",
                condition=~Q(state=LineState.ENDED)
                | (Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(ended_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.number or ""), str(self.dataset))))

    @property
    def reason(self) -> str:
        """The reason in the language now active."""
        return choose(self.reason_zh, self.reason_en)


class NegativeLineField(models.Model):
    """A field that a line names. Fixed once the line is published."""

    line = models.ForeignKey(
        NegativeLine,
        models.CASCADE,
        related_name="named",
        verbose_name=_("line of the negative list"),
    )
    field = models.ForeignKey(Field, models.PROTECT, related_name="+", verbose_name=_("field"))

    class Meta:
        verbose_name = _("field of a line")
        verbose_name_plural = _("fields of lines")
        constraints = [
            models.UniqueConstraint(fields=["line", "field"], name="catalog_line_names_once"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.field_id}"
