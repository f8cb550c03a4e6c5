"""The form for the working days of a year."""

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms.dressed import OfficeForm


class YearForm(OfficeForm):
    """A year as it was announced."""

    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2100)
    rests = forms.CharField(
        label=_("Days of rest"),
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "A day or a span a line: 2027-01-01, 2027-02-05..2027-02-11. At weekends too."
        ),
    )
    works = forms.CharField(
        label=_("Working days at weekends"),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )
    source = forms.CharField(
        label=_("announced by"),
        max_length=200,
        help_text=_("The announcement that says so, with its number."),
    )
