"""What a provider asked when it wanted to stop a service, and how that was answered."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.stop_flow import SETTLED, UNDECIDED, StopState

USER = settings.AUTH_USER_MODEL
OPEN = (*UNDECIDED, *SETTLED)


class StopQuerySet(models.QuerySet["Stop"]):
    """Phrases about asked stops."""

    def open(self):
        """Neither carried out nor off."""
        return self.filter(state__in=OPEN)

    def for_authority(self, today):
        """Objected to, or not answered by the last day."""
        silent = Q(state=StopState.ASKED, due_on__lt=today)
        return self.filter(Q(state=StopState.OBJECTED) | silent)


class Stop(models.Model):
    """A provider's wish to stop a service: cause, day, notice; then what the consumer said.

    Nothing is served from `from_day` on, once it is agreed or decided. `notice` is the number
    under which the data authority has it on record (Order 809 art 27).
    """

    State = StopState

    grant = models.ForeignKey(
        "exchange.Grant", models.PROTECT, related_name="stops", verbose_name=_("grant")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=StopState.choices, default=StopState.ASKED
    )
    cause = models.TextField(_("cause"), max_length=2000)
    from_day = models.DateField(_("nothing is served from"))
    notice = models.CharField(_("number of the notice on record"), max_length=100)
    asked_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"))
    due_on = models.DateField(_("to be answered by"))
    answer = models.TextField(_("what the consumer said"), max_length=2000, blank=True)
    answered_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    decision = models.TextField(_("what was decided, and why"), max_length=2000, blank=True)
    document = models.CharField(_("document number"), max_length=100, blank=True)
    decided_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = StopQuerySet.as_manager()

    class Meta:
        verbose_name = _("stop of a service")
        verbose_name_plural = _("stops of services")
        constraints = [
            models.UniqueConstraint(
                fields=["grant"],
                condition=Q(state__in=OPEN),
                name="exchange_stop_one_open",
                violation_error_message=_("A stop of this service is asked for already."),
            ),
            models.CheckConstraint(
                name="exchange_stop_answered",
                condition=~Q(state__in=(StopState.AGREED, StopState.OBJECTED))
                | Q(answered_by__isnull=False, answered_at__isnull=False),
                violation_error_message=_("The consumer's head answers."),
            ),
            models.CheckConstraint(
                name="exchange_stop_decided",
                condition=~Q(state__in=(StopState.ORDERED, StopState.KEPT))
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decision="")),
                violation_error_message=_("The data authority decides with a reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.grant}"

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"stop:{self.pk}"
