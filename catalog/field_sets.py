"""The fields of one entry, many at once: few queries for all, one entry of the trail for each.

What is refused of one keeps all of them out.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from audit import chain
from audit.chain import Happened
from catalog import indexing, saving
from catalog.describing import GivenGrade, NewField, described, draft, locked, redescribe, regrade
from catalog.models import Dataset, Field, Resource
from catalog.rules import usable_patterns
from policy.terms import Grade

SUGGESTED = ("suggested_grade", "suggested_at", "suggestion")
SIGNED = ("graded_by", "graded_at", "grade_reason")


def create_fields(
    table: Resource, news: Sequence[NewField], *, first: int, by: User, at: datetime
) -> list[Field]:
    """Write fields as described, in this order from position `first` on.

    Right, state and what follows are the caller's to see to. Raises SecretRefused, EntryRefused,
    ValidationError.
    """
    usable = usable_patterns(new.pattern for new in news)
    fields = []
    for position, new in enumerate(news, first):
        field = described(table, new, position=position, usable=usable)
        saving.check(field)
        fields.append(field)
    saving.strictly(fields)
    chain.record_all(map(created, fields), by=by, at=at)
    return fields


def created(field: Field) -> Happened:
    """Return what the trail says of a new field."""
    details = {"resource": field.resource_id, "name": field.name}
    details["data_type"] = str(field.data_type)
    return Happened("field.create", f"field:{field.pk}", details)


def updated(field: Field, changes: Mapping[str, Any]) -> Happened:
    """Return what the trail says of a field that is described otherwise."""
    changed = {name: str(value) for name, value in changes.items()}
    return Happened("field.update", f"field:{field.pk}", {"changed": changed})


@transaction.atomic
def add_fields(
    resource_id: int, news: Sequence[NewField], *, by: User, at: datetime
) -> list[Field]:
    """Add fields at the end of a draft's table. Raises as `drafting.add_table` does."""
    table = Resource.objects.get(pk=resource_id)
    dataset = draft(table.dataset_id, "catalog.update_dataset", by)
    last = table.fields.order_by("-position").values_list("position", flat=True).first()
    fields = create_fields(table, news, first=0 if last is None else last + 1, by=by, at=at)
    _decide_anew(dataset, at)
    return fields


@transaction.atomic
def update_fields(
    dataset_id: int, changes: Mapping[int, Mapping[str, Any]], *, by: User, at: datetime
) -> dict[int, Field]:
    """Change what is described of a draft's fields, by permanent id.

    Raises what `drafting.update_field` does, and Field.DoesNotExist for another entry's field.
    """
    dataset = draft(dataset_id, "catalog.update_dataset", by)
    fields = _fields(dataset, changes)
    usable = usable_patterns(
        changed.get("pattern", fields[pk].pattern) for pk, changed in changes.items()
    )
    for pk, changed in changes.items():
        redescribe(fields[pk], dataset, changed, usable)
        saving.check(fields[pk])
    columns = {name for changed in changes.values() for name in changed}
    if columns:
        saving.strictly(list(fields.values()), columns)
    _decide_anew(dataset, at)
    told = [updated(fields[pk], changed) for pk, changed in changes.items()]
    chain.record_all(told, by=by, at=at)
    return fields


@transaction.atomic
def suggest_grades(
    dataset_id: int,
    found: Mapping[int, tuple[Grade, Mapping[str, Any]]],
    *,
    by: User | None,
    at: datetime,
) -> dict[int, Field]:
    """Keep what detection found of fields, each a grade with its evidence; see
    `drafting.suggest_grade`. Raises Field.DoesNotExist for another entry's field."""
    fields = _fields(locked(dataset_id), found)
    for pk, (grade, evidence) in found.items():
        before = fields[pk].suggested_grade
        if before is None or grade > before:
            fields[pk].suggested_at = at
        fields[pk].suggested_grade = grade
        fields[pk].suggestion = dict(evidence)
    saving.at_once(list(fields.values()), SUGGESTED)
    told = [
        Happened("field.suggest", f"field:{pk}", {"grade": grade.name})
        for pk, (grade, _evidence) in found.items()
    ]
    chain.record_all(told, by=by, at=at)
    return fields


@transaction.atomic
def grade_fields(
    dataset_id: int, given: Mapping[int, GivenGrade], *, by: User, at: datetime
) -> dict[int, Field]:
    """Grade a draft's fields, by permanent id.

    Raises what `drafting.grade_field` does, and Field.DoesNotExist for another entry's field.
    """
    dataset = draft(dataset_id, "catalog.grade_field", by)
    fields = _fields(dataset, given)
    columns: set[str] = set(SIGNED)
    told = []
    for pk, one in given.items():
        wanted = one.columns()
        columns |= wanted.keys()
        regrade(fields[pk], wanted, by=by, at=at, reason=one.reason)
        saving.check(fields[pk])
        shown = {name: str(value) for name, value in wanted.items()}
        told.append(Happened("field.grade", f"field:{pk}", {"reason": one.reason, **shown}))
    saving.strictly(list(fields.values()), columns)
    _decide_anew(dataset, at)
    chain.record_all(told, by=by, at=at)
    return fields


def _fields(dataset: Dataset, ids: Collection[int]) -> dict[int, Field]:
    """Return fields of an entry by id, in the order asked for. Raises Field.DoesNotExist."""
    of_entry = Field.objects.filter(resource__dataset=dataset).select_related("code_list")
    found = of_entry.in_bulk(list(ids))
    if len(found) < len(ids):
        raise Field.DoesNotExist
    return {pk: found[pk] for pk in ids}


def _decide_anew(dataset: Dataset, at: datetime) -> None:
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    indexing.index(dataset.pk, at=at)
