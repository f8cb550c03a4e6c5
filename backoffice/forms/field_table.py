"""All fields of a draft in one form, a row each; what is sent becomes cells as of a workbook."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from backoffice import words
from backoffice.forms.sitting import GROUPS, HEADS, Cell, grouped, mask_label
from catalog.labels import GRADES, OPEN_TYPES, SHARE_TYPES
from catalog.models import CodeList, Dataset, Field
from catalog.sheets import field_cells, values
from catalog.sheets.field_cells import ID, NO, USUAL_MASKS, YES
from catalog.sheets.fields import fields_of
from catalog.workbooks import Grid
from policy.terms import DataType, Grade, OpenType, ShareType

NAMES = (
    *("name", "label_zh", "label_en", "data_type", "length", "scale", "code_list"),
    *("is_key", "required", "grade", "share_type", "open_type", "mask", "reason"),
)
"""The columns of the table, each as `catalog.sheets.field_cells` reads it."""

TICKED = ("is_key", "required")
AT_ONCE = ("grade", "share_type", "open_type", "mask", "reason")
"""What can be set for all ticked rows at once."""

NONE_YET = ("", "–")
Choices = Sequence[tuple[str, Any]]


def choices() -> dict[str, Choices]:
    """Return what the columns with a choice offer: the cell's text, and how people read it."""
    lists = [str(one) for one in CodeList.objects.order_by("name", "version")]
    shared = (ShareType.UNCONDITIONAL, ShareType.CONDITIONAL)
    return {
        "data_type": [
            (values.first_word(values.DATA_TYPES, kind), words.DATA_TYPES[kind.value])
            for kind in DataType
        ],
        "code_list": [NONE_YET, *((one, one) for one in lists)],
        "grade": [NONE_YET, *((grade.name, GRADES[int(grade)]) for grade in Grade)],
        "share_type": [
            (values.first_word(values.SHARE_TYPES, one), SHARE_TYPES[one.value]) for one in shared
        ],
        "open_type": [(field_cells.OPEN_WORDS[one], OPEN_TYPES[one.value]) for one in OpenType],
        "mask": [
            ("", words.MASKS[""]),
            *((field_cells.mask_text(mask), mask_label(mask)) for mask in USUAL_MASKS),
        ],
    }


class FieldLine(forms.Form):
    """A field as a row of the table. What it takes is the catalogue's question, not the form's."""

    take = forms.BooleanField(required=False)

    def __init__(self, field: Field, offered: Mapping[str, Choices], data: QueryDict | None):
        """Show the field as it is, or as it was sent."""
        super().__init__(data, prefix=str(field.pk))
        self.field = field
        self.fields["take"].widget.attrs["aria-label"] = f"{field.name}: {HEADS['take']}"
        for name in NAMES:
            now = str(field_cells.written(field, name))
            self.fields[name] = _input(name, now, offered.get(name))
            self.fields[name].widget.attrs["aria-label"] = f"{field.name}: {HEADS[name]}"

    def cells(self) -> list[str]:
        """Return the row as cells: the field's number, then a text for each of NAMES."""
        return [str(self.field.pk), *(self._text(name) for name in NAMES)]

    def _text(self, name: str) -> str:
        value = self[name].value()
        if name in TICKED:
            return YES if value in (True, "on") else NO
        return str(value or "").strip()

    def grouped(self) -> list[tuple[Any, list[Cell]]]:
        """Return the inputs as they stand together."""
        return grouped(self)


def _input(name: str, now: str, offered: Choices | None) -> forms.Field:
    """Return the input of a cell; what stands there now can stay, also where it is not usual."""
    if name in TICKED:
        return forms.BooleanField(required=False, initial=now == YES)
    if offered is None:
        number = name in ("length", "scale")
        widget = forms.NumberInput(attrs={"min": 0}) if number else forms.TextInput()
        return forms.CharField(required=False, initial=now, widget=widget)
    known = [value for value, _label in offered]
    more = [] if now in known else [(now, now)]
    return forms.ChoiceField(required=False, initial=now, choices=[*offered, *more])


class AtOnce(forms.Form):
    """What is set for every ticked row; empty leaves it as it is."""

    def __init__(self, offered: Mapping[str, Choices], data: QueryDict | None = None):
        """Offer each choice with an empty one in front."""
        super().__init__(data, prefix="all")
        for name in AT_ONCE:
            made = _input(name, "", offered.get(name))
            if isinstance(made, forms.ChoiceField):
                kept = [(value or "0", label) for value, label in offered[name]]
                made.choices = [("", _("as it is")), *(one for one in kept if one[1] != "–")]
            made.label = str(HEADS[name])
            self.fields[name] = made


def lines(dataset: Dataset, data: QueryDict | None = None) -> list[FieldLine]:
    """Return a row for each field of the entry's table, bound where something was sent."""
    offered = choices()
    return [FieldLine(one, offered, data) for one in fields_of(dataset)]


def set_ticked(data: QueryDict, rows: Iterable[FieldLine]) -> QueryDict:
    """Return what was sent, with what is set at once in every ticked row; nothing is saved."""
    changed = data.copy()
    for row in rows:
        for name in AT_ONCE if data.get(row.add_prefix("take")) else ():
            value = data.get(f"all-{name}", "")
            if value:
                changed[row.add_prefix(name)] = "" if value == "0" else value
    return changed


def grid(rows: Iterable[FieldLine]) -> Grid:
    """Return what was sent as the grid of a workbook of fields."""
    cells: Grid = [[ID, *NAMES]]
    cells += [[*row.cells()] for row in rows]
    return cells


__all__ = ["GROUPS", "AtOnce", "FieldLine", "choices", "grid", "lines", "set_ticked"]
