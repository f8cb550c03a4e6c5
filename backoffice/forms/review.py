"""What a reviewer says when an entry goes back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms.dressed import LinesField


class SendBackForm(forms.Form):
    """Defects picked from what the platform found, and lines of the reviewer's own."""

    picked = forms.MultipleChoiceField(
        label=_("Found by the platform"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    own = LinesField(
        label=_("What else is missing, one a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, found: list[str], **kwargs: Any) -> None:
        """Offer what was found."""
        super().__init__(*args, **kwargs)
        picked = self.fields["picked"]
        if isinstance(picked, forms.MultipleChoiceField):
            picked.choices = [(sentence, sentence) for sentence in found]

    @property
    def defects(self) -> list[str]:
        """Everything named, picked ones first."""
        return [*self.cleaned_data["picked"], *self.cleaned_data["own"]]
