"""What the amendment of a published entry asks: its elements, its fields, what it offers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice import handed_in, words
from backoffice.forms import axes
from backoffice.forms.catalog import EntryForm, GradeForm
from backoffice.forms.dressed import OfficeForm, OfficeModelForm, offer
from backoffice.forms.offers import ApiForm, LinkForm, NewFileForm
from catalog.amended import AMENDED, RELABELLED, amendable, standing
from catalog.drafting import NewField
from catalog.models import CodeList, Dataset, Field
from catalog.terms import Check, State
from policy.terms import DataType


def _reason() -> forms.CharField:
    return forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))


STAYS_OF_ENTRY = (
    _(
        "Category, item and detail: they are in the resource code, which stays as it was issued."
        " Where one of them was wrong, press “Draft a similar entry”, bind the new entry to the"
        " same source, and withdraw this one with a reason once the new one is published."
    ),
    _("The address: whoever follows it would lose the data. A similar entry gets its own."),
    _("The fields: each is amended on its own page. “Propose fields” adds new ones."),
)
STAYS_OF_FIELD = (
    _(
        "The data type: rows are stored by it. Press “Propose fields” at the entry for a field of"
        " the other type, and withdraw this one once the new one holds."
    ),
    _(
        "Whether it is part of the key: rows are told apart by it. For another key press “Draft a"
        " similar entry”, bind it to the same source, and withdraw this entry once that one is"
        " published."
    ),
    _("Grade, share type, open type and mask: press “Regrade”."),
)
"""What an amendment leaves as it is, and what to do where that is wrong (docs/policy.md)."""


class ReasonedForm(OfficeForm):
    """Why the entry is amended: head and reviewer decide by it."""

    reason = _reason()


class AmendForm(EntryForm):
    """What a published entry says of itself, to be amended."""

    reason = _reason()

    class Meta:
        model = Dataset
        fields = AMENDED

    notes_title = _("Not amended here")

    def prepare(self) -> None:
        """Offer as related what all may see and the department's own; say what stays."""
        super().prepare()
        self.notes = tuple(map(str, STAYS_OF_ENTRY))
        rows = Dataset.objects.visible_to([self.target.owner_id]).exclude(pk=self.target.pk)
        offer(self, "related", rows.order_by("title_zh"))
        self.fields["subject"].help_text = _("The resource code stays as it was issued.")


class RelabelForm(OfficeModelForm):
    """What a published field is called, said to be and held to, to be amended."""

    coordinate = forms.ChoiceField(
        label=_("Part of a place"), choices=axes.AXES, required=False, help_text=axes.HELP
    )
    reason = _reason()

    class Meta:
        model = Field
        fields = RELABELLED

    notes_title = _("Not amended here")

    def prepare(self) -> None:
        """Say what another name and other rules do, and what stays."""
        self.notes = tuple(map(str, STAYS_OF_FIELD))
        self.fields["name"].help_text = _(
            "Callers of the API use the new name from the day the change holds."
        )
        self.fields["required"].help_text = _(
            "Other rules hold from the next run on: rows that break them are turned away."
        )


class OfferAmendForm(ApiForm):
    """What a published entry says of a file, an interface or a link, to be amended."""

    reason = _reason()

    def prepare(self) -> None:
        """Ask what can be amended of this one, and show how it stands."""
        asked = amendable(self.target)
        for name in [one for one in self.fields if one not in (*asked, "reason")]:
            del self.fields[name]
        for name in asked:
            self.fields[name].initial = standing(self.target, name)


class OfferFileForm(ReasonedForm, NewFileForm):
    """A file to be offered by a published entry."""

    field_order = [*NewFileForm.field_order, "reason"]


class OfferApiForm(ReasonedForm, ApiForm):
    """An interface to be offered by a published entry."""

    field_order = [*ApiForm.base_fields, "reason"]


class OfferLinkForm(ReasonedForm, LinkForm):
    """A link to be offered by a published entry."""

    field_order = [*LinkForm.base_fields, "reason"]


class UnlessDraftForm(ReasonedForm):
    """Why, where the entry is published; what is done to a draft goes without one."""

    def prepare(self) -> None:
        """Ask only where readers have seen it."""
        if self.target.dataset.state != State.PUBLISHED:
            del self.fields["reason"]


class EndOfferForm(UnlessDraftForm):
    """Why an offer goes."""


class CloseFileForm(UnlessDraftForm):
    """Why nobody is to have a file any longer."""


class OpenFileForm(UnlessDraftForm):
    """Why everybody is to have a file, beside the version that they would be given."""

    notes_title = _("What would be given")

    def prepare(self) -> None:
        """Show the newest version."""
        super().prepare()
        newest = self.target.versions.select_related("added_by").order_by("-number")[:1]
        self.notes = tuple(map(handed_in.in_one_line, newest))


class AddedFieldForm(GradeForm):
    """A new field of a published table, with the grade it is to have from its first day."""

    name = forms.CharField(label=_("Name"), max_length=63)
    label_zh = forms.CharField(label=_("Label, Chinese"), max_length=100)
    label_en = forms.CharField(label=_("Label, English"), max_length=200, required=False)
    description_zh = forms.CharField(label=_("Description, Chinese"), required=False)
    description_en = forms.CharField(label=_("Description, English"), required=False)
    data_type = forms.TypedChoiceField(
        label=_("Data type"), choices=words.choices(words.DATA_TYPES), coerce=DataType
    )
    length = forms.IntegerField(label=_("Length in characters"), min_value=1, required=False)
    scale = forms.IntegerField(label=_("Digits after the point"), min_value=0, required=False)
    required = forms.BooleanField(label=_("Required"), required=False)
    code_list = forms.ModelChoiceField(
        CodeList.objects.none(), label=_("Code list"), required=False
    )
    pattern = forms.CharField(label=_("Pattern"), max_length=200, required=False)
    value_check = forms.TypedChoiceField(
        label=_("Check of the value"), choices=Check.choices, coerce=Check, required=False
    )
    minimum = forms.DecimalField(label=_("Minimum"), required=False)
    maximum = forms.DecimalField(label=_("Maximum"), required=False)
    coordinate = forms.ChoiceField(
        label=_("Part of a place"), choices=axes.AXES, required=False, help_text=axes.HELP
    )

    ABOUT = ("name", "label_zh", "label_en", "data_type", "length")
    BOUNDS = ("minimum", "maximum", "coordinate")
    RULES = ("scale", "required", "code_list", "pattern", "value_check", *BOUNDS)
    WORDS = ("description_zh", "description_en")

    field_order = [*ABOUT, *WORDS, *RULES]

    def prepare(self) -> None:
        """Offer the code lists. The grade's reason is asked for where something was detected."""
        offer(self, "code_list", CodeList.objects.order_by("name", "version"))

    @property
    def about(self) -> list[forms.BoundField]:
        """What every field has."""
        return [self[name] for name in self.ABOUT]

    @property
    def further(self) -> list[forms.BoundField]:
        """Descriptions and rules."""
        return [self[name] for name in (*self.WORDS, *self.RULES)]

    @property
    def graded(self) -> list[forms.BoundField]:
        """The grade and what follows from it."""
        return [self[name] for name in GradeForm.base_fields]

    def new(self) -> NewField:
        """Return the field as the verb takes it."""
        told: dict[str, Any] = {
            name: self.cleaned_data[name] for name in (*self.ABOUT, *self.WORDS, *self.RULES)
        }
        told["value_check"] = told["value_check"] or Check.NONE
        return NewField(**told)
