"""The legal time limits, and the days on which offices work: reference lists of ours."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.bilingual import choose
from catalog.terms import PROFILES, ClockStep
from policy.terms import Certainty


class WorkingDay(models.Model):
    """A day that is a working day, or is not, whatever the calendar package says of it.

    For what the State Council announces before the package has it, and for a city's own rest days.
    """

    day = models.DateField(_("day"), unique=True)
    working = models.BooleanField(_("offices work"), help_text=_("Leave empty for a day of rest."))
    note = models.CharField(_("note"), max_length=200, blank=True)
    source = models.CharField(
        _("announced by"),
        max_length=200,
        help_text=_("The announcement that says so, with its number."),
    )

    class Meta:
        verbose_name = _("working day")
        verbose_name_plural = _("working days")

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class Clock(models.Model):
    """A time limit: how many working days a step may take, and who says so.

    `profile` is the body of rules it stands in; CLOCK_PROFILE says which one holds here, and what
    that one leaves open is taken from Order 809. `catalog.alarms` tells of limits that near, pass
    and stay unmet.
    """

    profile = models.SlugField(_("body of rules"), max_length=30)
    step = models.CharField(_("step"), max_length=24, choices=ClockStep.choices)
    working_days = models.PositiveSmallIntegerField(_("working days"))
    extension_days = models.PositiveSmallIntegerField(
        _("working days it can be extended by"), default=0
    )
    remind_days = models.PositiveSmallIntegerField(
        _("reminder, working days before the last day"),
        null=True,
        blank=True,
        default=1,
        help_text=_("Leave empty where nobody is to be told."),
    )
    late_days = models.PositiveSmallIntegerField(
        _("told as late, working days after the last day"),
        null=True,
        blank=True,
        default=1,
        help_text=_("Leave empty where nobody is to be told."),
    )
    climb_days = models.PositiveSmallIntegerField(
        _("one step up, working days after the last day"),
        null=True,
        blank=True,
        default=3,
        help_text=_("Leave empty where nobody is to be told."),
    )
    starts_with_zh = models.CharField(_("starts with, Chinese"), max_length=200)
    starts_with_en = models.CharField(_("starts with, English"), max_length=200, blank=True)
    consent_zh = models.CharField(_("an extension needs, Chinese"), max_length=200, blank=True)
    consent_en = models.CharField(_("an extension needs, English"), max_length=200, blank=True)
    citation = models.CharField(_("who says so"), max_length=200)
    certainty = models.CharField(
        _("how far that was checked"),
        max_length=12,
        choices=[(kind.value, kind.value) for kind in Certainty],
        default=Certainty.UNVERIFIED.value,
    )

    class Meta:
        verbose_name = _("time limit")
        verbose_name_plural = _("time limits")
        constraints = [
            models.UniqueConstraint(fields=["profile", "step"], name="catalog_clock_once"),
            models.CheckConstraint(
                name="catalog_clock_runs",
                condition=Q(working_days__gt=0),
                violation_error_message=_("A time limit is one working day or more."),
            ),
            models.CheckConstraint(
                name="catalog_clock_extension_needs_consent",
                condition=Q(extension_days=0) | ~Q(consent_zh=""),
                violation_error_message=_("Say whose consent an extension needs."),
            ),
            models.CheckConstraint(
                name="catalog_clock_climbs_after_late",
                condition=Q(late_days__gte=1, climb_days__gt=F("late_days"))
                | Q(late_days__gte=1, climb_days=None)
                | Q(late_days=None, climb_days=None),
                violation_error_message=_(
                    "A limit is told as late one working day after the last day or more, and goes"
                    " one step up after that."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_step_display()} ({PROFILES.get(self.profile, self.profile)})"

    @property
    def starts_with(self) -> str:
        """What starts the clock, in the language now active."""
        return choose(self.starts_with_zh, self.starts_with_en)

    @property
    def consent(self) -> str:
        """What an extension needs, in the language now active."""
        return choose(self.consent_zh, self.consent_en)
