"""Forms that look like the back office they stand in."""

import re
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    CHECKBOX_CLASSES,
    INPUT_CLASSES,
    SELECT_CLASSES,
    TEXTAREA_CLASSES,
)

from accounts.models import Organization, User
from accounts.roles import CITY_WIDE, PERMISSIONS

COLON = re.compile("[:：]")
CLASSES: tuple[tuple[type[forms.Widget], list[str]], ...] = (
    (forms.CheckboxSelectMultiple, CHECKBOX_CLASSES),
    (forms.RadioSelect, []),  # Django gives them to the frame too, which then lies on top
    (forms.CheckboxInput, CHECKBOX_CLASSES),
    (forms.Select, SELECT_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (forms.Widget, INPUT_CLASSES),
)


class OfficeForm(forms.Form):
    """What a button asks. `by` is the person who presses, `target` the row, None above a list.

    `notes` are facts that are shown above the fields, one a line, below `notes_title`.
    `layout` is a template that lays the fields out, "" for one below the other.
    """

    notes: tuple[str, ...] = ()
    notes_title: str | Promise = ""
    layout: str = ""

    def __init__(self, *args: Any, by: User, target: Any = None, **kwargs: Any) -> None:
        """Fill in what depends on person and row, then dress the fields."""
        super().__init__(*args, **kwargs)
        self.by, self.target = by, target
        self.prepare()
        dress(self)

    def prepare(self) -> None:
        """Fill choices and first values from the person and the row."""


class OfficeModelForm(forms.ModelForm):
    """What a button asks, with fields as a model declares them. It saves nothing: a verb does."""

    def __init__(self, *args: Any, by: User, target: Any = None, **kwargs: Any) -> None:
        """Fill in what depends on person and row, then dress the fields."""
        kwargs["instance"] = self.shown(target)
        super().__init__(*args, **kwargs)
        self.by, self.target = by, target
        self.prepare()
        dress(self)

    def shown(self, target: Any) -> Any:
        """Return the row whose values are shown at first: the target, if it is of the model."""
        return target if isinstance(target, self._meta.model) else None

    def prepare(self) -> None:
        """Fill choices and first values from the person and the row."""

    def _post_clean(self) -> None:
        """Leave the row alone: what the form says goes to a verb, which checks it whole."""


def dress(form: forms.BaseForm) -> None:
    """Give each widget the classes that the back office's stylesheet knows."""
    for field in form.fields.values():
        classes = next(found for kind, found in CLASSES if isinstance(field.widget, kind))
        field.widget.attrs["class"] = " ".join(classes)


class DayField(forms.DateField):
    """A day, chosen with the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        """Ask for a day as the browser does."""
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(widget=widget, **kwargs)


class WordsField(forms.CharField):
    """Several words, apart by comma, semicolon or the Chinese marks; given as a list."""

    def __init__(self, **kwargs: Any) -> None:
        """Say how words are kept apart."""
        kwargs.setdefault("help_text", _("Several, with a comma between them."))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a list as text."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the words as a list."""
        text = super().clean(value) or ""
        for mark in "，、；;\n":
            text = text.replace(mark, ",")
        return [word.strip() for word in text.split(",") if word.strip()]


class LinesField(forms.CharField):
    """Several sentences, one a line; given as a list."""

    widget = forms.Textarea(attrs={"rows": 6})

    def clean(self, value: Any) -> Any:
        """Return the lines as a list."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class ElementsField(forms.CharField):
    """Names with their values, one a line as “name: value”; given as a dict.

    A line that begins with a space goes on with the value above it.
    """

    widget = forms.Textarea(attrs={"rows": 4})

    def __init__(self, **kwargs: Any) -> None:
        """Say how a line is written."""
        kwargs.setdefault("help_text", _("One a line, as “name: value”."))
        super().__init__(required=False, strip=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a dict as lines."""
        if not isinstance(value, dict):
            return value
        return "\n".join(
            f"{name}: {str(text).strip()}".replace("\n", "\n  ") for name, text in value.items()
        )

    def clean(self, value: Any) -> Any:
        """Return the lines as a dict. Raises ValidationError for a line that names nothing."""
        found: dict[str, str] = {}
        name = ""
        for line in (super().clean(value) or "").splitlines():
            if not line.strip():
                continue
            if name and line[0].isspace():
                found[name] += f"\n{line.strip()}"
                continue
            parts = COLON.split(line, maxsplit=1)
            name = parts[0].strip()
            if len(parts) == 1 or not name:
                text = _("“%(line)s” has no name. Write each element as “name: value”.")
                raise forms.ValidationError(text % {"line": line.strip()[:60]})
            found[name] = parts[1].strip()
        return found


class ReasonForm(OfficeForm):
    """A reason, which is kept."""

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 4}))


def offer(form: forms.BaseForm, name: str, rows: QuerySet) -> None:
    """Let a field of the form choose among these rows."""
    cast("forms.ModelChoiceField", form.fields[name]).queryset = rows


def places_for(user: User, permission: str) -> QuerySet[Organization]:
    """Return the open organisations for which a person may do something."""
    held = [(role, place) for role, place in user.live_roles() if permission in PERMISSIONS[role]]
    if any(role in CITY_WIDE for role, _place in held):
        return Organization.objects.open().order_by("slug")
    return Organization.objects.open().filter(pk__in=[place for _role, place in held])
