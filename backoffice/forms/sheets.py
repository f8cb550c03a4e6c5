"""What the pages for catalogue workbooks ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from backoffice.forms.dressed import OfficeForm, offer, places_for
from backoffice.words import HIDDEN_IN_XLS
from catalog.sheets.items import Layout
from catalog.sheets.meanings import FURTHER, LABELS, Meaning


class SendForm(OfficeForm):
    """A workbook, and whose catalogue it is."""

    owner = forms.ModelChoiceField(Organization.objects.none(), label=_("Provider"))
    file = forms.FileField(label=_("Workbook"), help_text=_("XLSX, XLS or CSV, up to 20 MB."))

    def prepare(self) -> None:
        """Offer the departments for which the person imports."""
        places = places_for(self.by, "catalog.import_catalogue")
        offer(self, "owner", places)
        self.fields["owner"].initial = places.first()
        file = self.fields["file"]
        file.help_text = f"{file.help_text} {HIDDEN_IN_XLS}"


class ColumnsForm(forms.Form):
    """The meaning of each column; fields are named c0, c1 and so on."""

    def __init__(self, *args: Any, width: int, layout: Layout, **kwargs: Any) -> None:
        """Ask for as many columns as the sheet has, with what is suggested."""
        super().__init__(*args, **kwargs)
        meant = {place: str(meaning) for meaning, place in layout.columns.items()}
        meant |= dict.fromkeys(layout.further.values(), FURTHER)
        choices = [
            ("", _("– not taken over –")),
            (FURTHER, _("further element, by the column's name")),
            *((str(one), LABELS[one]) for one in Meaning),
        ]
        for place in range(width):
            self.fields[f"c{place}"] = forms.ChoiceField(
                choices=choices, required=False, initial=meant.get(place, "")
            )

    def said(self) -> dict[Meaning, int]:
        """Return the column of each meaning. Raises ValidationError where one is given twice."""
        found: dict[Meaning, int] = {}
        for name, value in self.cleaned_data.items():
            if value in {"", FURTHER}:
                continue
            meaning = Meaning(value)
            if meaning in found:
                text = _("Two columns mean “%(what)s”. Choose one of them.")
                raise forms.ValidationError(text % {"what": LABELS[meaning]})
            found[meaning] = int(name[1:])
        return found

    def further(self) -> list[int]:
        """Return the columns that are kept as further elements."""
        return [int(name[1:]) for name, value in self.cleaned_data.items() if value == FURTHER]
