"""What a department says when it asks for datasets: one form for all of a sitting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from backoffice import words
from backoffice.forms.dressed import DayField, OfficeForm
from catalog.models import Dataset, Field, LegalBasis
from exchange.models import Grant, Purpose, ShareRequest
from exchange.sharing.contents import ASKED_WAYS, Terms
from exchange.sharing.matrix import Offer
from policy.terms import Grade, Mode, ScopeOperator

A_YEAR = timedelta(days=364)
CONDITIONS = 3
"""Conditions on rows that an empty form has room for; one that says more has room for all."""
MOST_CONDITIONS = 100

CEILINGS = [
    (int(Grade.L2), _("masked is enough for what is sensitive")),
    (int(Grade.L3), _("L3 sensitive in clear")),
    (int(Grade.L4), _("L4 highly sensitive in clear")),
]


@dataclass(frozen=True, slots=True)
class Asking:
    """A sitting: who asks for which datasets, with what was drafted of each before."""

    organization: Organization
    datasets: Sequence[Dataset]
    fields: Mapping[int, Sequence[Field]]  # by dataset
    drafted: Mapping[int, ShareRequest]  # by dataset
    renews: Grant | None = None

    def rows_before(self, dataset: Dataset) -> list[dict[str, Any]]:
        """Return the conditions on rows that a renewed grant has, or that were drafted."""
        if self.renews is not None:
            return list(self.renews.rows)
        drafted = self.drafted.get(dataset.pk)
        return [] if drafted is None else list(drafted.rows)


class AskForm(OfficeForm):
    """Purpose, basis, way, grade, period and fields; a draft may lack most of it."""

    purpose_class = forms.ChoiceField(
        label=_("Used as"), choices=[("", "–"), *Purpose.choices], required=False
    )
    purpose = forms.CharField(
        label=_("Purpose"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        required=False,
        help_text=_(
            "What the data is needed for. Both departments and the data authority read it."
        ),
    )
    scene = forms.CharField(
        label=_("Scene of use"),
        max_length=200,
        required=False,
        help_text=_("The business and the step in it, such as “intake at the counter”."),
    )
    basis = forms.IntegerField(required=False, widget=forms.HiddenInput)
    basis_text = forms.CharField(
        label=_("Legal basis, in words"),
        max_length=400,
        required=False,
        help_text=_("Law or document with its article, where the library does not have it."),
    )
    mode = forms.TypedChoiceField(
        label=_("Way of use"),
        choices=[(mode, words.MODES[mode]) for mode in ASKED_WAYS],
        coerce=Mode,
        help_text=_(
            "A verification answers yes or no and shows no values: it is granted easiest."
        ),
    )
    clear_up_to = forms.TypedChoiceField(
        label=_("In clear"), choices=CEILINGS, coerce=int, initial=int(Grade.L2)
    )
    system = forms.CharField(label=_("System that uses it"), max_length=200, required=False)
    calls_average = forms.IntegerField(
        label=_("Calls a day, on average"), min_value=0, max_value=10**9, required=False
    )
    calls_peak = forms.IntegerField(
        label=_("Calls a day, at the peak"), min_value=0, max_value=10**9, required=False
    )
    wanted_from = DayField(label=_("From"))
    wanted_until = DayField(label=_("Until"))
    fields_asked = forms.TypedMultipleChoiceField(
        label=_("Fields"), coerce=int, required=False, widget=forms.MultipleHiddenInput
    )

    target: Asking

    def prepare(self) -> None:
        """Offer the fields of the sitting's datasets, and room for conditions on rows."""
        known = [one for fields in self.target.fields.values() for one in fields]
        choices = [(one.pk, str(one)) for one in known]
        self.fields["fields_asked"].choices = choices  # type: ignore[attr-defined]  # a choice field
        offered = [("", "–")]
        for dataset in self.target.datasets:
            label = f"{dataset}: " if len(self.target.datasets) > 1 else ""
            offered += [
                (str(one.pk), f"{label}{one.label} ({one.name})")
                for one in self.target.fields[dataset.pk]
            ]
        for number in self._places():
            self.fields[f"row_field_{number}"] = forms.ChoiceField(
                label=_("Field of the condition"), choices=offered, required=False
            )
            self.fields[f"row_values_{number}"] = forms.CharField(
                label=_("Values"), max_length=2000, required=False
            )

    def _places(self) -> range:
        """Return the places for conditions: none in a renewal, which keeps those of the grant."""
        if self.target.renews is not None:
            return range(0)
        told = self.data if self.is_bound else self.initial
        named = sum(name.startswith("row_field_") for name in told)
        free = 0 if self.is_bound else 1
        return range(min(max(CONDITIONS, named + free), MOST_CONDITIONS))

    def clean_fields_asked(self) -> list[int]:
        """Return each field once."""
        return sorted(set(self.cleaned_data["fields_asked"]))

    def clean_basis(self) -> int | None:
        """Return the number of an article of the library."""
        chosen = self.cleaned_data["basis"]
        if chosen is not None and not LegalBasis.objects.filter(pk=chosen).exists():
            raise forms.ValidationError(_("The library does not have it. Choose another."))
        return chosen

    def clean(self) -> dict[str, Any]:
        """Refuse a condition that names a field and no value, or the other way round."""
        told = super().clean() or self.cleaned_data
        for number in self._places():
            field, values = told.get(f"row_field_{number}"), told.get(f"row_values_{number}")
            if bool(field) != bool(values):
                self.add_error(
                    f"row_values_{number}",
                    _("A condition names a field and the values that it may have."),
                )
        start, until = told.get("wanted_from"), told.get("wanted_until")
        if start and until and until < start:
            self.add_error("wanted_until", _("The period ends on or after the day it begins."))
        return told

    def rows(self, dataset: Dataset) -> list[dict[str, Any]]:
        """Return the conditions on the rows of a dataset; one left as it was stays as it was."""
        before = self.target.rows_before(dataset)
        if self.target.renews is not None:
            return before
        own = {one.pk for one in self.target.fields[dataset.pk]}
        told = self.cleaned_data
        known = {(int(one["field"]), _as_text(one)): one for one in before}
        found = []
        for number in self._places():
            field, values = told.get(f"row_field_{number}"), told.get(f"row_values_{number}")
            if field and values and int(field) in own:
                kept = known.get((int(field), values))
                found.append(kept or _condition(int(field), values))
        return found

    def terms(self, dataset: Dataset) -> Terms:
        """Return what the form says of one dataset."""
        told = self.cleaned_data
        own = {one.pk for one in self.target.fields[dataset.pk]}
        return Terms(
            purpose_class=told["purpose_class"],
            purpose=told["purpose"],
            scene=told["scene"],
            system=told["system"],
            mode=told["mode"],
            fields=[pk for pk in told["fields_asked"] if pk in own],
            wanted_from=told["wanted_from"],
            wanted_until=told["wanted_until"],
            basis_id=told["basis"],
            basis_text=told["basis_text"],
            clear_up_to=Grade(told["clear_up_to"]),
            rows=self.rows(dataset),
            calls_average=told["calls_average"],
            calls_peak=told["calls_peak"],
        )

    def offer(self, dataset: Dataset, *, today: date) -> Offer:
        """Return what the form asks of one dataset so far, as if all of its fields were named."""
        told = self.cleaned_data if self.is_bound else self.initial
        start = told.get("wanted_from") or today
        return Offer(
            fields=tuple(one.pk for one in self.target.fields[dataset.pk]),
            mode=Mode(told.get("mode") or Mode.QUERY),
            clear_up_to=Grade(int(told.get("clear_up_to") or Grade.L2)),
            valid_from=start,
            valid_until=max(start, told.get("wanted_until") or start),
            rows=tuple(self.rows(dataset)) if self.is_bound else (),
        )

    def ticked(self) -> set[int]:
        """Return the fields that are asked for so far."""
        told = self.cleaned_data if self.is_bound else self.initial
        return set(told.get("fields_asked") or ())


def _condition(field: int, values: str) -> dict[str, Any]:
    for mark in "，、；;":
        values = values.replace(mark, ",")
    listed = [one.strip() for one in values.split(",") if one.strip()]
    operator = ScopeOperator.EQ if len(listed) == 1 else ScopeOperator.IN
    return {"field": field, "operator": str(operator), "values": listed}


def first_values(today: date) -> dict[str, Any]:
    """Return what an empty form says."""
    return {
        "mode": str(Mode.QUERY),
        "clear_up_to": int(Grade.L2),
        "wanted_from": today,
        "wanted_until": today + A_YEAR,
    }


def values_of(terms: Terms, fields: Sequence[int]) -> dict[str, Any]:
    """Return what was said before as first values; `fields` are those of the whole sitting."""
    told: dict[str, Any] = {
        name: getattr(terms, name)
        for name in (
            "purpose_class",
            "purpose",
            "scene",
            "system",
            "basis_text",
            "calls_average",
            "calls_peak",
            "wanted_from",
            "wanted_until",
        )
    }
    told |= {
        "basis": terms.basis_id,
        "mode": str(terms.mode),
        "clear_up_to": int(terms.clear_up_to),
        "fields_asked": list(fields),
    }
    return told


def values_of_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return conditions on rows as first values."""
    told: dict[str, Any] = {}
    for number, one in enumerate(rows[:MOST_CONDITIONS]):
        told[f"row_field_{number}"] = str(one["field"])
        told[f"row_values_{number}"] = _as_text(one)
    return told


def _as_text(condition: Mapping[str, Any]) -> str:
    return ", ".join(map(str, condition["values"]))
