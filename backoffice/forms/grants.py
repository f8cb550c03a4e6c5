"""What a provider says when it suspends or stops a grant."""

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms.dressed import DayField, OfficeForm, ReasonForm


class SuspendForm(ReasonForm):
    """The misuse, and until when it is to be mended."""

    mend_by = DayField(label=_("to be mended by"))


class StopForm(OfficeForm):
    """Cause, agreement and notice: a provider stops with all three."""

    cause = forms.CharField(label=_("Cause"), widget=forms.Textarea(attrs={"rows": 3}))
    agreement = forms.CharField(
        label=_("How and when it was agreed with the department"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    notice = forms.CharField(
        label=_("Number under which the data authority has the notice on record"), max_length=100
    )
