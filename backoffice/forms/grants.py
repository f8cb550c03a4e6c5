"""What a provider says when it suspends or stops a grant."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms.dressed import DayField, OfficeForm, ReasonForm


def _text(label: Any, *, rows: int = 2, required: bool = True) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=required, max_length=2000, widget=widget)


class SuspendForm(ReasonForm):
    """The misuse, and until when it is to be mended."""

    mend_by = DayField(label=_("to be mended by"))


class StopForm(OfficeForm):
    """Cause, day and notice: what the consumer's head is asked to agree to."""

    cause = _text(_("Cause"), rows=3)
    from_day = DayField(
        label=_("Nothing is served from"),
        help_text=_("The first day without the service. It goes on until then."),
    )
    notice = forms.CharField(
        label=_("Number under which the data authority has the notice on record"), max_length=100
    )


class AgreeForm(OfficeForm):
    """Consent, with a word if there is one."""

    text = _text(_("Anything to say"), required=False)


class DecideStopForm(OfficeForm):
    """Whether a service stops, and why."""

    ends = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("yes", _("it stops on the day named")),
            ("no", _("it goes on")),
        ],
        widget=forms.RadioSelect,
    )
    reason = _text(_("Reason"))
    document = forms.CharField(
        label=_("Document number"),
        required=False,
        max_length=100,
        help_text=_("Where your own office is one of the two sides, of who decided above it."),
    )

    def clean_ends(self) -> bool:
        """Return whether it stops."""
        return self.cleaned_data["ends"] == "yes"
