"""What the sitting asks: the fields of a table in one form, a row each, and the entry's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice import words
from backoffice.forms import axes
from backoffice.forms.catalog import DatasetForm
from backoffice.forms.dressed import OfficeForm
from backoffice.words import HIDDEN_IN_XLS
from catalog.drafting import NewField
from catalog.models import CodeList, Dataset
from catalog.naming import plain
from catalog.sheets.field_cells import USUAL_MASKS
from catalog.terms import Check
from exchange.adoption import Chosen
from exchange.intake import LIMITS
from exchange.proposals import FieldProposal, Proposal
from policy import places
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType, ShareType

SHARED = words.choices(words.SHARE_TYPES, without=(ShareType.NOT_SHARED.value,))
OPENED = words.choices(words.OPEN_TYPES)
GRADED = words.choices(words.GRADES)
HEADS = {
    "take": _("Take"),
    "name": _("Name"),
    "label_zh": _("Label, Chinese"),
    "label_en": _("Label, English"),
    "data_type": _("Type"),
    "length": _("Length"),
    "scale": _("Decimals"),
    "code_list": _("Code list"),
    "value_check": _("Check"),
    "coordinate": _("Part of a place"),
    "is_key": _("Key column"),
    "required": _("Required"),
    "grade": _("Grade"),
    "share_type": _("Share type"),
    "open_type": _("Open type"),
    "mask": _("Mask"),
    "reason": _("Why, where it shows more"),
}
"""What each input of a field is called."""

GROUPS: tuple[tuple[Any, tuple[tuple[str, str], ...]], ...] = (
    (_("Name and labels"), (("name", "whole"), ("label_zh", "whole"), ("label_en", "whole"))),
    (
        _("Type and checks"),
        (
            *(("data_type", "half"), ("length", "quarter"), ("scale", "quarter")),
            *(("code_list", "half"), ("value_check", "half"), ("coordinate", "whole")),
            *(("is_key", "half tick"), ("required", "half tick")),
        ),
    ),
    (
        _("Grade and sharing"),
        (
            *(("grade", "half"), ("share_type", "half"), ("open_type", "half"), ("mask", "half")),
            ("reason", "whole"),
        ),
    ),
)
"""The inputs of a field as they stand together, each with its room: so a row fits a screen."""


@dataclass(frozen=True, slots=True)
class Cell:
    """An input with its label and the room it takes."""

    input: forms.BoundField
    label: Any
    room: str

    @property
    def is_tick(self) -> bool:
        """Whether the label stands behind the input."""
        return "tick" in self.room


def grouped(row: forms.Form) -> list[tuple[Any, list[Cell]]]:
    """Return the inputs of a field by group, of each what the form has."""
    return [
        (title, [Cell(row[name], HEADS[name], room) for name, room in names if name in row.fields])
        for title, names in GROUPS
    ]


def mask_text(mask: Mask | None) -> str:
    """Return a mask as a choice's value."""
    if mask is None:
        return ""
    return f"{mask.kind}:{mask.keep_left}:{mask.keep_right}:{mask.digits}"


def mask_from(text: str) -> Mask | None:
    """Return the mask of a choice's value."""
    if not text:
        return None
    kind, left, right, digits = text.split(":")
    return Mask(MaskKind(kind), int(left), int(right), int(digits))


def mask_label(mask: Mask) -> str:
    """Return what a mask is called."""
    named = str(words.MASKS[mask.kind.value])
    if mask.kind == MaskKind.KEEP_EDGES:
        return f"{named} {mask.keep_left}+{mask.keep_right}"
    return named


class FieldRow(forms.Form):
    """A proposed field, as it is to be."""

    take = forms.BooleanField(required=False)
    name = forms.RegexField(
        r"^[a-z][a-z0-9_]{0,62}$",
        error_messages={
            "invalid": _(
                "A field's name begins with a small letter and has only small letters,"
                " digits and underscores."
            )
        },
    )
    label_zh = forms.CharField(max_length=100)
    label_en = forms.CharField(max_length=200, required=False)
    data_type = forms.TypedChoiceField(choices=words.choices(words.DATA_TYPES), coerce=DataType)
    length = forms.IntegerField(min_value=1, required=False)
    scale = forms.IntegerField(min_value=0, max_value=30, required=False)
    is_key = forms.BooleanField(required=False)
    required = forms.BooleanField(required=False)
    code_list = forms.ChoiceField(required=False)
    value_check = forms.ChoiceField(choices=Check.choices, required=False)
    coordinate = forms.ChoiceField(choices=axes.AXES, required=False)
    grade = forms.TypedChoiceField(choices=GRADED, coerce=lambda text: Grade(int(text)))
    share_type = forms.TypedChoiceField(choices=SHARED, coerce=ShareType)
    open_type = forms.TypedChoiceField(choices=OPENED, coerce=OpenType)
    mask = forms.ChoiceField(required=False)
    reason = forms.CharField(max_length=500, required=False)

    def __init__(
        self,
        *args: Any,
        proposal: FieldProposal,
        lists: Sequence[CodeList],
        **kwargs: Any,
    ) -> None:
        """Offer the code lists and the masks, the suggested one too."""
        super().__init__(*args, **kwargs)
        self.proposal = proposal
        self.lists = {str(one.pk): one for one in lists}
        codes = [("", "–"), *((pk, str(one)) for pk, one in self.lists.items())]
        self.fields["code_list"] = forms.ChoiceField(choices=codes, required=False)
        masks = {mask_text(one): mask_label(one) for one in USUAL_MASKS}
        suggested = proposal.suggestion.mask
        if suggested is not None:
            masks.setdefault(mask_text(suggested), mask_label(suggested))
        choices = [("", words.MASKS[""]), *masks.items()]
        self.fields["mask"] = forms.ChoiceField(choices=choices, required=False)
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{proposal.called}: {HEADS[name]}"

    def grouped(self) -> list[tuple[Any, list[Cell]]]:
        """Return the inputs as they stand together."""
        return grouped(self)

    def chosen(self) -> Chosen:
        """Return the row as the verb takes it."""
        told = self.cleaned_data
        return Chosen(
            column=self.proposal.column,
            new=NewField(
                name=told["name"],
                label_zh=told["label_zh"],
                label_en=told["label_en"],
                data_type=told["data_type"],
                length=told["length"] if told["data_type"] == DataType.TEXT else None,
                scale=told["scale"] if told["data_type"] == DataType.DECIMAL else None,
                is_key=told["is_key"],
                required=told["required"],
                code_list=self.lists.get(told["code_list"]),
                value_check=Check(told["value_check"]),
                coordinate=told["coordinate"]
                if places.fits(told["coordinate"], told["data_type"])
                else "",
            ),
            grade=told["grade"],
            share_type=told["share_type"],
            open_type=told["open_type"],
            mask=mask_from(told["mask"]),
            reason=told["reason"],
        )


def first_values(one: FieldProposal) -> dict[str, Any]:
    """Return a proposal as the first values of its row."""
    return {
        "take": True,
        "name": one.name,
        "label_zh": one.label_zh,
        "label_en": one.label_en,
        "data_type": one.data_type.value,
        "length": one.length,
        "scale": one.scale,
        "is_key": one.is_key,
        "required": one.required,
        "code_list": "" if one.code_list is None else str(one.code_list.pk),
        "value_check": one.value_check.value,
        "grade": int(one.suggestion.grade),
        "share_type": one.suggestion.share_type.value,
        "open_type": one.suggestion.open_type.value,
        "mask": mask_text(one.suggestion.mask),
    }


class TableForm(OfficeForm):
    """The draft's title and address, and whether changes are read by a cursor column."""

    title_zh = forms.CharField(label=_("Title, Chinese"), max_length=100)
    title_en = forms.CharField(label=_("Title, English"), max_length=200, required=False)
    slug = forms.SlugField(
        label=_("Address"), max_length=60, help_text=_("Small letters, digits and hyphens.")
    )
    cursor_column = forms.ChoiceField(
        label=_("Find changes"),
        required=False,
        help_text=_(
            "A full compare costs the whole table each time; by cursor the cost follows what "
            "changed, but deletions are not seen."
        ),
    )

    def prepare(self) -> None:
        """Offer the cursor columns; `target` is the title and the proposal."""
        title, proposal = self.target
        cursors: list[tuple[str, Any]] = [("", _("by comparing all rows"))]
        cursors += [(name, _("by “%(column)s”") % {"column": name}) for name in proposal.cursors]
        if len(cursors) == 1:
            del self.fields["cursor_column"]
        else:
            self.fields["cursor_column"].choices = cursors  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["title_zh"].initial = title[:100]
        self.fields["slug"].initial = plain(title).replace("_", "-")[:60]


class BulkForm(OfficeForm):
    """What is set on every chosen row at once; empty leaves it as it is."""

    bulk_grade = forms.ChoiceField(label=_("Grade"), required=False)
    bulk_share_type = forms.ChoiceField(label=_("Share type"), required=False)
    bulk_open_type = forms.ChoiceField(label=_("Open type"), required=False)

    def prepare(self) -> None:
        """Offer each set with an empty choice in front."""
        for name, choices in (("grade", GRADED), ("share_type", SHARED), ("open_type", OPENED)):
            self.fields[f"bulk_{name}"].choices = [("", "–"), *choices]  # type: ignore[attr-defined]  # a ChoiceField


def rows_of(proposal: Proposal, data: Mapping[str, Any] | None = None) -> list[FieldRow]:
    """Return a row for each proposed field, bound where data came."""
    lists = list(CodeList.objects.order_by("name", "version"))
    return [
        FieldRow(data, prefix=str(place), initial=first_values(one), proposal=one, lists=lists)
        for place, one in enumerate(proposal.fields)
    ]


def set_all(data: QueryDict, count: int) -> QueryDict:
    """Return what was sent with the bulk values set on every chosen row."""
    changed = data.copy()
    for name in ("grade", "share_type", "open_type"):
        value = data.get(f"bulk_{name}")
        for place in range(count):
            if value and data.get(f"{place}-take"):
                changed[f"{place}-{name}"] = value
    return changed


class UploadForm(OfficeForm):
    """A file for the department's folder."""

    file = forms.FileField(label=_("File"))
    replace = forms.BooleanField(label=_("Replace a file of the same name"), required=False)

    def prepare(self) -> None:
        """Say how large a file may be."""
        most = gettext("Up to %(most)s MB.") % {"most": LIMITS.sent // 1_000_000}
        self.fields["file"].help_text = f"{most} {HIDDEN_IN_XLS}"


class AboutForm(DatasetForm):
    """An entry's words: what publication needs first, all else below."""

    USUAL = ("update_cycle", "license", "contact", "share_condition_zh")
    NEEDED = ("title_zh", "abstract_zh", "update_cycle", "license", "contact")

    def prepare(self) -> None:
        """Ask for what publication needs, the share condition only where a field has one."""
        super().prepare()
        for name in self.needed_names():
            self.fields[name].required = True
        last = Dataset.objects.filter(owner=self.target.owner).exclude(contact="").order_by("-pk")
        usual = last.exclude(pk=self.target.pk).first()
        for name in self.USUAL if usual else ():
            if not getattr(self.target, name):
                self.initial[name] = getattr(usual, name)

    def clean(self) -> dict[str, Any]:
        """Leave alone what was not sent at all."""
        return {name: value for name, value in super().clean().items() if name in self.data}

    def needed_names(self) -> tuple[str, ...]:
        """Return the names of what has to be written."""
        conditional = self.target.resources.filter(
            fields__ended_at=None,
            fields__share_type=ShareType.CONDITIONAL.value,
            fields__share_condition_zh="",
        )
        return (*self.NEEDED, "share_condition_zh") if conditional.exists() else self.NEEDED

    def needed(self) -> list[forms.BoundField]:
        """Return the fields that have to be filled in."""
        names = self.needed_names()
        return [self[name] for name in names]

    def optional(self) -> list[forms.BoundField]:
        """Return all other fields."""
        names = self.needed_names()
        return [field for field in self if field.name not in names]
