"""A dispute of two departments over an answer or over use, and everything that was said in it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.workflow import DISPUTE_STEPS, OPEN_DISPUTES, DisputeState

USER = settings.AUTH_USER_MODEL


class About(models.TextChoices):
    """What a dispute is about."""

    REFUSAL = "refusal", _("the request was refused")
    PART = "part", _("the request was granted in part only")
    LATE = "late", _("the answer is late")
    USE = "use", _("use under the grant")


class Side(models.TextChoices):
    """For whom somebody speaks in a dispute."""

    ASKER = "asker", _("asking department")
    PROVIDER = "provider", _("provider")
    AUTHORITY = "authority", _("data authority")


class DisputeQuerySet(models.QuerySet["Dispute"]):
    """Phrases about disputes."""

    def open(self):
        """Not settled yet."""
        return self.filter(state__in=OPEN_DISPUTES)

    def of_places(self, places):
        """Return those in which one of these organisations is a party."""
        return self.filter(
            Q(request__organization__in=places) | Q(request__dataset__owner__in=places)
        )


class Dispute(models.Model):
    """A dispute over a request between its two departments (Order 809 art 28).

    `document` is the number of the paper by which it was settled; a superior authority or a
    government decides on paper, and the data authority records it.
    """

    State = DisputeState

    request = models.ForeignKey(
        "exchange.ShareRequest",
        models.PROTECT,
        related_name="disputes",
        verbose_name=_("share request"),
    )
    about = models.CharField(_("about"), max_length=8, choices=About.choices)
    state = models.CharField(
        _("state"),
        max_length=12,
        choices=DisputeState.choices,
        default=DisputeState.NEGOTIATION,
    )
    claim = models.TextField(_("what is claimed"), max_length=2000)
    opened_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("opened by")
    )
    opened_at = models.DateTimeField(_("opened at"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("settled by")
    )
    settlement = models.TextField(_("how it was settled"), blank=True)
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        constraints = [
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(state__in=OPEN_DISPUTES),
                name="exchange_dispute_one_open",
                violation_error_message=_("A dispute about this request is open already."),
            ),
            models.CheckConstraint(
                name="exchange_dispute_settled_with_reason",
                condition=Q(state__in=OPEN_DISPUTES)
                | (Q(settled_at__isnull=False) & Q(settled_by__isnull=False) & ~Q(settlement="")),
                violation_error_message=_("A dispute is settled by somebody, who says how."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.request}"

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"dispute:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it is not settled yet."""
        return self.state in OPEN_DISPUTES


class DisputeEvent(models.Model):
    """One step of a dispute: what was done, what was said, for which side, by whom, when.

    `for_whom` is the colleague in whose stead `by` acted, None where it was their own right.
    """

    dispute = models.ForeignKey(
        Dispute, models.CASCADE, related_name="events", verbose_name=_("dispute")
    )
    what = models.CharField(
        _("what happened"),
        max_length=16,
        choices=[(str(step), said) for step, said in DISPUTE_STEPS.items()],
    )
    state = models.CharField(_("state after it"), max_length=12, choices=DisputeState.choices)
    side = models.CharField(_("for"), max_length=9, choices=Side.choices)
    text = models.TextField(_("what was said"))
    document = models.CharField(_("document number"), max_length=100, blank=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("by"))
    for_whom = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("acting for")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("step of a dispute")
        verbose_name_plural = _("steps of a dispute")
        indexes = [models.Index(fields=["dispute", "at"], name="exchange_disputeevent_of")]

    def __str__(self) -> str:
        return f"{self.dispute_id} {self.get_what_display()}"
