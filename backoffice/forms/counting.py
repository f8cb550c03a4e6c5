"""What a person says to open a dataset by counts alone."""

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms.dressed import ReasonForm
from exchange.counted import DEFAULT_SMALLEST, SMALLEST


class CountingForm(ReasonForm):
    """By which fields, in groups of how many rows at the least, and why."""

    counted_by = forms.CharField(
        label=_("Counted by"),
        max_length=200,
        help_text=_(
            "One to three fields by commas; days and times with a unit, such as"
            " “district, opened_on:month”. The fewer and the coarser, the more can be told."
        ),
    )
    smallest = forms.IntegerField(
        label=_("Smallest group, in rows"),
        min_value=SMALLEST[0],
        max_value=SMALLEST[-1],
        initial=DEFAULT_SMALLEST,
    )
    field_order = ("counted_by", "smallest", "reason")
