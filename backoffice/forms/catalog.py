"""What the verbs on datasets, fields and revisions ask."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from backoffice import handed_in, words
from backoffice.forms import axes
from backoffice.forms.dressed import (
    DayField,
    ElementsField,
    LinesField,
    OfficeForm,
    OfficeModelForm,
    WordsField,
    offer,
    places_for,
)
from catalog import as_seen, one_source
from catalog.drafting import METADATA
from catalog.models import Dataset, Field
from catalog.publishing import CHECKLIST
from policy.facts import Mask
from policy.terms import DataType, MaskKind, ShareType

ORDER = (
    "title_zh",
    "title_en",
    "alias",
    "abstract_zh",
    "abstract_en",
    "keywords_zh",
    "keywords_en",
    "update_cycle",
    "license",
    "contact",
    "category",
    "item",
    "subject",
    "detail",
    "format_class",
    "format_type",
    "share_way",
    "share_condition_zh",
    "share_condition_en",
    "source_authority",
    "region",
    "extensions",
)
DESCRIBED = (
    "name",
    "label_zh",
    "label_en",
    "description_zh",
    "description_en",
    "length",
    "scale",
    "is_key",
    "required",
    "code_list",
    "pattern",
    "value_check",
    "minimum",
    "maximum",
    "coordinate",
    "share_condition_zh",
    "share_condition_en",
    "concealed",
)


EXTENSIONS = Dataset._meta.get_field("extensions").verbose_name  # noqa: SLF001 - Django's public-by-custom name
PRESET = ("category", "item", "detail", "format_class", "share_way")
"""What the model fills in where a form leaves it empty."""


class EntryForm(OfficeModelForm):
    """What an entry says of itself."""

    keywords_zh = WordsField(label=_("Keywords, Chinese"), required=False)
    keywords_en = WordsField(label=_("Keywords, English"), required=False)
    extensions = ElementsField(label=capfirst(EXTENSIONS))

    def prepare(self) -> None:
        """Keep what the model itself fills in optional."""
        for name in set(PRESET) & set(self.fields):
            self.fields[name].required = False
            self.fields[name].initial = getattr(self.target or Dataset(), name)

    def clean(self) -> dict[str, Any]:
        """Leave out what was left empty and has a default."""
        told = super().clean() or {}
        optional = set(PRESET) - {"detail"}
        return {name: value for name, value in told.items() if value != "" or name not in optional}


class DatasetForm(EntryForm):
    """The metadata of an entry."""

    class Meta:
        model = Dataset
        fields = [name for name in ORDER if name in METADATA]


class NewDatasetForm(DatasetForm):
    """A new entry: its address and owner are settled with it."""

    slug = forms.SlugField(
        label=_("Address"), max_length=60, help_text=_("Small letters, digits and hyphens.")
    )
    owner = forms.ModelChoiceField(Organization.objects.none(), label=_("Provider"))

    field_order = ["slug", "owner"]

    def prepare(self) -> None:
        """Offer the organisations for which the person may list datasets."""
        super().prepare()
        places = places_for(self.by, "catalog.create_dataset")
        offer(self, "owner", places)
        self.fields["owner"].initial = places.first()


class ChangeForm(OfficeForm):
    """What changed around an entry, and since when."""

    since = DayField(label=_("Day on which it changed"))
    because = forms.CharField(
        label=_("What changed: the law with its article, or the duty"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class FieldForm(OfficeModelForm):
    """A field as a publisher describes it."""

    data_type = forms.ChoiceField(label=_("Data type"), choices=words.choices(words.DATA_TYPES))
    coordinate = forms.ChoiceField(
        label=_("Part of a place"), choices=axes.AXES, required=False, help_text=axes.HELP
    )

    class Meta:
        model = Field
        fields = DESCRIBED

    field_order = ["name", "label_zh", "label_en", "data_type"]

    def prepare(self) -> None:
        """Show the type that the field has."""
        if self.instance.pk:
            self.fields["data_type"].initial = self.instance.data_type

    def clean_data_type(self) -> DataType:
        """Return the type as the catalogue takes it."""
        return DataType(self.cleaned_data["data_type"])


class GradeForm(OfficeForm):
    """A grade with what follows from it. A reason is needed where something was detected."""

    grade = forms.TypedChoiceField(
        label=_("Grade"), choices=words.choices(words.GRADES), coerce=int
    )
    share_type = forms.ChoiceField(
        label=_("Between departments"),
        choices=words.choices(words.SHARE_TYPES, without=(ShareType.NOT_SHARED.value,)),
        help_text=_("Not shared at all: only by a line of the negative list."),
    )
    open_type = forms.ChoiceField(
        label=_("To the public"), choices=words.choices(words.OPEN_TYPES)
    )
    mask_kind = forms.ChoiceField(
        label=_("Mask"), choices=words.choices(words.MASKS), required=False
    )
    keep_left = forms.IntegerField(label=_("Characters kept at the left"), min_value=0, initial=0)
    keep_right = forms.IntegerField(
        label=_("Characters kept at the right"), min_value=0, initial=0
    )
    digits = forms.IntegerField(
        label=_("Decimals of a rounded coordinate"),
        min_value=0,
        max_value=6,
        initial=3,
        help_text=_("Of a degree: 3 is about a hundred metres, of coordinates in metres too."),
    )
    reason = forms.CharField(
        label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )

    def prepare(self) -> None:
        """Show what holds now, or what was suggested."""
        row = self.target
        first = {
            "grade": row.grade or row.suggested_grade,
            "share_type": row.share_type,
            "open_type": row.open_type,
            "mask_kind": row.mask_kind,
            "reason": row.grade_reason,
            **row.mask_params,
        }
        for name, value in first.items():
            self.fields[name].initial = value

    def mask(self) -> Mask | None:
        """Return the mask that was chosen."""
        return mask_of(self.cleaned_data)


def mask_of(told: dict[str, Any]) -> Mask | None:
    """Return the mask that a grade form says."""
    if not told["mask_kind"]:
        return None
    return Mask(
        MaskKind(told["mask_kind"]),
        keep_left=told["keep_left"],
        keep_right=told["keep_right"],
        digits=told["digits"],
    )


class RegradeForm(GradeForm):
    """A change of a published field's grade, with its reason."""

    def prepare(self) -> None:
        """Ask for the reason anew."""
        super().prepare()
        self.fields["reason"].required = True
        self.fields["reason"].initial = ""


class SeenForm(OfficeForm):
    """A decision on an entry: what the person was shown goes with it, and stands above it."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    notes_title = _("What you decide on")

    def prepare(self) -> None:
        """Show the entry in short, and keep its digest."""
        if self.target is None:
            return
        self.fields["seen"].initial = as_seen.digest(self.target)
        live = Field.objects.filter(resource__dataset=self.target).live()
        self.notes = tuple(
            filter(
                None,
                [
                    self.target.abstract,
                    *(_in_short(field) for field in live),
                    *handed_in.told(self.target),
                ],
            )
        )


def _in_short(field: Field) -> str:
    grade = words.GRADES[field.grade] if field.grade else _("not graded")
    terms = (words.SHARE_TYPES[field.share_type], words.OPEN_TYPES[field.open_type])
    return " · ".join(map(str, (field.label, grade, *terms, words.MASKS[field.mask_kind])))


class SignForm(SeenForm):
    """What the head vouches for."""

    def prepare(self) -> None:
        """Ask each point of the checklist. An open one is the verb's to refuse."""
        super().prepare()
        for name, text in CHECKLIST.items():
            self.fields[name] = forms.BooleanField(label=text, required=False)


class SubmitForm(OfficeForm):
    """Who seems to collect the same, and why the department collects it all the same."""

    notes_title = _("Collected elsewhere already")
    collected_again = forms.CharField(
        label=_("Why your department collects it too"),
        help_text=_(
            "The reviewer decides by it: what one department has is shared, not collected."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def prepare(self) -> None:
        """Ask only where something was found."""
        self.notes = tuple(found.sentence for found in one_source.for_publisher(self.target))
        if not self.notes:
            del self.fields["collected_again"]


class DefectsForm(OfficeForm):
    """All that is missing, at once."""

    defects = LinesField(
        label=_("What is missing"),
        required=False,
        help_text=_("One point a line; all of them at once."),
    )
