"""What is asked before the audit trail is taken out."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.forms.dressed import DayField, OfficeForm


class TrailDaysForm(OfficeForm):
    """The days whose entries are wanted: at first the last thirty."""

    since = DayField(label=_("First day"))
    until = DayField(label=_("Last day"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with the last thirty days."""
        today = timezone.localdate()
        kwargs["initial"] = {"since": today - timedelta(days=29), "until": today}
        super().__init__(*args, **kwargs)
