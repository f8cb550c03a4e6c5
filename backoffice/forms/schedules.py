"""What the verb on a binding's schedule asks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms.dressed import OfficeForm
from exchange.schedules import LONGEST_DAYS, Schedule

NAMES = (
    "schedule_minutes",
    "paused",
    "full_every_days",
    "max_rejected_percent",
    "max_shrink_percent",
)


class ScheduleForm(OfficeForm):
    """When a binding is synced, and what is let pass without a person."""

    schedule_minutes = forms.IntegerField(
        label=_("Every … minutes"),
        min_value=1,
        max_value=LONGEST_DAYS * 24 * 60,
        required=False,
        help_text=_("Empty: only when somebody asks for it."),
    )
    paused = forms.BooleanField(
        label=_("Paused"), required=False, help_text=_("The clock starts no sync; a person may.")
    )
    full_every_days = forms.IntegerField(
        label=_("By cursor: full compare every … days"),
        min_value=0,
        max_value=LONGEST_DAYS,
        help_text=_("A cursor does not see deletions; a full compare does. 0 never compares."),
    )
    max_rejected_percent = forms.IntegerField(
        label=_("Held back when more rows than this are rejected, %"), min_value=0, max_value=100
    )
    max_shrink_percent = forms.IntegerField(
        label=_("Held back when more rows than this would vanish, %"), min_value=0, max_value=100
    )

    def prepare(self) -> None:
        """Show the schedule as it stands."""
        for name in NAMES:
            self.fields[name].initial = getattr(self.target, name)


def schedule_of(told: dict[str, Any]) -> Schedule:
    """Return the schedule that the form was told."""
    return Schedule(*(told[name] for name in NAMES))
