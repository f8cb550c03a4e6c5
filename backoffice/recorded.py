"""Rows that are kept in forms and made by no verb: each save and each removal leaves one entry."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest
from django.utils import timezone

from audit import chain
from backoffice.buttons import person_of

MOST_NAMED = 50
"""Rows beside the row that an entry names; the rest is counted."""

Action = Callable[[Any, HttpRequest, QuerySet], Any]


class Recorded(admin.ModelAdmin):
    """A desk whose saves stand in the audit trail: what was, what is, and the rows beside it."""

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm,
        formsets: Iterable[BaseModelFormSet],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Save what stands beside the row, then write down the whole."""
        super().save_related(request, form, formsets, change)
        beside = [told for formset in formsets if (told := _beside(formset))]
        details = {"values": _values(form, change=change)} | ({"rows": beside} if beside else {})
        record(request, "list.update" if change else "list.create", form.instance, **details)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Remove a row and write it down."""
        with transaction.atomic():
            record(request, "list.remove", obj, named=str(obj))
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Remove several rows and write each down."""
        with transaction.atomic():
            for row in queryset:
                record(request, "list.remove", row, named=str(row))
            super().delete_queryset(request, queryset)


def recorded(action: Action, verb: str = "list.update") -> Action:
    """Return an action on chosen rows that leaves an entry for each of them."""

    @wraps(action)  # which takes its label and its right along
    @transaction.atomic
    def run(self: Any, request: HttpRequest, queryset: QuerySet) -> Any:
        for row in queryset:
            record(request, verb, row, action=action.__name__)
        return action(self, request, queryset)

    return run


def record(request: HttpRequest, verb: str, row: Model, **details: Any) -> None:
    """Write down what a person did to a row of a list."""
    chain.record(
        verb, f"{_kind(row)}:{row.pk}", by=person_of(request), at=timezone.now(), **details
    )


def _kind(model: Model | type[Model]) -> str:
    """Return what rows of a model are called in a target, such as "subject"."""
    return str(model._meta.model_name)  # noqa: SLF001 - Django's public name for it


def _values(form: ModelForm, *, change: bool) -> dict[str, list[Any]]:
    """Return each changed field with its value before and after, or after alone of a new row."""
    names = form.changed_data if change else list(form.cleaned_data)
    before = [[_plain(form.initial.get(name))] if change else [] for name in names]
    after = [[_plain(form.cleaned_data.get(name))] for name in names]
    return {name: was + now for name, was, now in zip(names, before, after, strict=True)}


def _beside(formset: BaseModelFormSet) -> dict[str, Any]:
    """Return which rows beside were added, changed and removed; nothing where none was."""
    changed = (
        ("added", formset.new_objects),
        ("changed", [row for row, _names in formset.changed_objects]),
        ("removed", formset.deleted_objects),
    )
    told: dict[str, Any] = {}
    for what, rows in changed:
        if rows:
            told[what] = [str(row) for row in rows[:MOST_NAMED]]
            told[f"{what}_count"] = len(rows)
    return told and {"of": _kind(formset.model)} | told


def _plain(value: Any) -> Any:
    """Return a value of a form as JSON holds it; of a row its number."""
    match value:
        case None | bool() | int() | str() | list() | dict():
            return value
        case Model():
            return value.pk
        case QuerySet():
            return [row.pk for row in value]
    return str(value)
