"""A report that a record or an entry of the catalogue is wrong, and what became of it."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.correction_flow import CorrectionState

USER = settings.AUTH_USER_MODEL


class Wrong(models.TextChoices):
    """What is reported as wrong."""

    RECORD = "record", _("a record")
    ENTRY = "entry", _("the entry of the catalogue")


class CorrectionQuerySet(models.QuerySet["Correction"]):
    """Phrases about reports."""

    def flagging(self):
        """Those that mark a row of the shared zone as doubted."""
        return self.filter(lifted_at=None, row__isnull=False)

    def late(self, today: date):
        """The last day in time is over, and the provider has not answered."""
        return self.filter(state=CorrectionState.OPEN, due_on__lt=today)

    def of_places(self, places):
        """Return those that one of these organisations reported or has to answer."""
        return self.filter(Q(organization__in=places) | Q(dataset__owner__in=places))


class Correction(models.Model):
    """A report by any department that something is wrong (Order 809 art 26).

    `subject` is sealed: the values by which the record is known, as JSON. `row` is the record's
    `_id` in the shared zone where one was found, `row_hash` what it held then in the doubted
    fields: the flag on it is lifted when the report is answered as right, or when a sync has
    changed what was doubted.
    """

    State = CorrectionState

    wrong = models.CharField(_("what is wrong"), max_length=6, choices=Wrong.choices)
    dataset = models.ForeignKey(
        "catalog.Dataset", models.PROTECT, related_name="corrections", verbose_name=_("dataset")
    )
    resource = models.ForeignKey(
        "catalog.Resource",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name=_("resource"),
    )
    fields = models.JSONField(_("fields"), default=list, blank=True)
    subject = models.BinaryField(_("which record"), null=True, blank=True)
    row = models.BigIntegerField(_("row"), null=True, blank=True)
    row_hash = models.BigIntegerField(_("what the row held"), null=True, blank=True)
    text = models.TextField(_("what is wrong with it"), max_length=2000)
    evidence = models.TextField(_("evidence"), max_length=2000, blank=True)

    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="corrections",
        verbose_name=_("reported by"),
    )
    reported_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    app = models.ForeignKey(
        "accounts.App",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("app"),
    )
    reported_at = models.DateTimeField(_("reported at"))
    state = models.CharField(
        _("state"), max_length=12, choices=CorrectionState.choices, default=CorrectionState.OPEN
    )
    due_from = models.DateTimeField(_("limit runs from"), null=True, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("flag lifted at"), null=True, blank=True)
    spread_at = models.DateTimeField(_("consumers told at"), null=True, blank=True)
    solved = models.BooleanField(_("solved"), null=True, blank=True)
    score = models.PositiveSmallIntegerField(_("score, 1 to 5"), null=True, blank=True)
    evaluation = models.TextField(_("evaluation"), blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        indexes = [
            models.Index(
                fields=["resource", "row"],
                condition=Q(lifted_at=None, row__isnull=False),
                name="exchange_correction_flag",
            ),
            models.Index(fields=["state", "due_on"], name="exchange_correction_due"),
        ]
        constraints = [
            models.CheckConstraint(
                name="exchange_correction_reporter",
                condition=Q(reported_by__isnull=False) | Q(app__isnull=False),
                violation_error_message=_("A person or an app reports."),
            ),
            models.CheckConstraint(
                name="exchange_correction_answered",
                condition=Q(state__in=[CorrectionState.OPEN, CorrectionState.SUPPLEMENT])
                | (~Q(answer="") & Q(answered_by__isnull=False)),
                violation_error_message=_("An answer says what was found, and by whom."),
            ),
            models.CheckConstraint(
                name="exchange_correction_score",
                condition=Q(score=None) | Q(score__range=(1, 5)),
                violation_error_message=_("The score is 1 to 5."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.organization} → {self.dataset}"

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"correction:{self.pk}"
