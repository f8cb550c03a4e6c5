"""What a consumer was granted: bound to dataset, fields, rows, purpose, mode and period."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from exchange.workflow import GrantState
from policy.terms import Channel, Grade


class Ending(models.TextChoices):
    """Why a grant ended before its last day (Order 809 art 27)."""

    REVOKED = "revoked", _("revoked")
    PURPOSE = "purpose", _("the purpose is reached, out of reach or no longer needed")
    MISUSE = "misuse", _("misuse that was not mended")
    STOPPED = "stopped", _("stopped by the provider for cause, on record")
    REPLACED = "replaced", _("replaced by another grant")


class GrantQuerySet(models.QuerySet["Grant"]):
    """Phrases about grants."""

    def live(self, today):
        """In their period, neither suspended nor revoked."""
        return self.filter(
            valid_from__lte=today,
            valid_until__gte=today,
            suspended_at=None,
            revoked_at=None,
        )

    def to_dispose(self, today):
        """Between departments and over, with no word yet of what became of the data.

        What another grant took the place of is held on under that one.
        """
        over = Q(revoked_at__isnull=False) | Q(valid_until__lt=today)
        rows = self.filter(over, channel=Channel.SHARE, disposed_at=None)
        return rows.exclude(ending=Ending.REPLACED)

    def run_out(self, today):
        """Ended by their last day alone, with no word yet of what became of the data."""
        return self.filter(valid_until__lt=today, revoked_at=None, ending="", disposed_at=None)

    def led_to(self):
        """Between departments, or what an application led to: what its holder renews and ends."""
        return self.filter(Q(channel=Channel.SHARE) | Q(request__isnull=False))


class Grant(models.Model):
    """A consumer's right to fields of a dataset; `valid_until` is the last day it holds.

    `fields` lists permanent field ids; `clear_up_to` is the highest grade shown in clear;
    `rows` is a list of {"field": id, "operator": "eq"|"in", "values": [...]} that all must hold.
    """

    dataset = models.ForeignKey(
        "catalog.Dataset", models.PROTECT, related_name="grants", verbose_name=_("dataset")
    )
    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="grants",
        verbose_name=_("organisation"),
    )
    app = models.ForeignKey(
        "accounts.App",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="grants",
        verbose_name=_("app"),
    )
    channel = models.CharField(
        _("channel"), max_length=10, choices=[(c.value, c.value) for c in Channel]
    )
    fields = models.JSONField(_("fields"), default=list)
    clear_up_to = models.PositiveSmallIntegerField(_("clear up to"), default=int(Grade.L2))
    modes = models.JSONField(_("modes"), default=list)
    rows = models.JSONField(_("rows"), default=list, blank=True)
    purpose = models.TextField(_("purpose"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    daily_quota = models.PositiveIntegerField(_("daily quota"), null=True, blank=True)
    mark_column = models.BooleanField(
        _("batch files bear a mark in each row"),
        default=False,
        help_text=_(
            "A column _mark, by which a single row leads to the grant. The order of rows does so"
            " in any case."
        ),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"))
    request = models.OneToOneField(
        "exchange.ShareRequest",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="grant",
        verbose_name=_("share request"),
    )
    formerly_of = models.ForeignKey(
        "exchange.ShareRequest",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="former_grants",
        verbose_name=_("share request whose answer was given anew"),
    )
    deliver_by = models.DateField(_("to be shared by"), null=True, blank=True)
    first_used_at = models.DateTimeField(_("first used at"), null=True, blank=True)
    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True)
    suspended_because = models.TextField(_("suspended because"), blank=True)
    mend_by = models.DateField(_("to be mended by"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ending = models.CharField(_("why it ended"), max_length=8, choices=Ending.choices, blank=True)
    ended_because = models.TextField(_("ended because"), blank=True)
    disposed_at = models.DateTimeField(_("disposed of at"), null=True, blank=True)
    disposal = models.TextField(_("how it was disposed of"), blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.CheckConstraint(
                name="exchange_grant_period",
                condition=Q(valid_until__gte=F("valid_from")),
                violation_error_message=_("A grant ends on or after the day it begins."),
            ),
            models.CheckConstraint(
                name="exchange_grant_disposed_when_over",
                condition=Q(disposed_at=None) | ~Q(disposal=""),
                violation_error_message=_("Say how what was received was disposed of."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.organization} ← {self.dataset}"

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"grant:{self.pk}"

    def state(self, today: date) -> GrantState:
        """Where the grant stands on a day: one whose last day is over has ended."""
        if self.disposed_at is not None:
            return GrantState.DISPOSED
        if self.revoked_at is not None or self.valid_until < today:
            return GrantState.ENDED
        return GrantState.LIVE if self.suspended_at is None else GrantState.SUSPENDED
