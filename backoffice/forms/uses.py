"""What a department says of its use of a grant."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms.dressed import DayField, OfficeForm, offer
from exchange.models import Grant, UseRecord
from exchange.sharing import use_records


def _words(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=use_records.LONGEST,
        widget=forms.Textarea({"rows": 3}),
    )


class UseForm(OfficeForm):
    """Days, scene, process, result, storage and disposal (Order 809 art 29)."""

    target: Grant

    first_on = DayField(label=_("used from"))
    last_on = DayField(label=_("used until"))
    scene = _words(_("scene of use"))
    process = _words(_("how it was used"), required=False)
    result = _words(_("what came of it"))
    stored = _words(
        _("where and how it is kept"),
        help_text=_("Which system, who can reach it, how it is protected, for how long."),
    )
    disposed_on = DayField(label=_("disposed of on"), required=False)
    disposal = _words(_("how it was disposed of"), required=False)
    corrects = forms.ModelChoiceField(
        UseRecord.objects.none(),
        label=_("corrects"),
        required=False,
        help_text=_("The record that this one stands for. What was written stays readable."),
    )

    def prepare(self) -> None:
        """Offer the records that stand, to be corrected."""
        standing = self.target.use_records.standing().order_by("-pk")
        offer(self, "corrects", standing)
