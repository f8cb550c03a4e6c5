"""Drafting an entry: its metadata, its table, its fields and their grades, before it is signed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import organizations
from accounts.models import Organization, User
from accounts.roles import require
from audit import chain
from catalog import indexing, naming, saving
from catalog.describing import (
    DESCRIBED,
    METADATA,
    GivenGrade,
    NewField,
    draft,
    locked,
    regrade,
    table_of,
    with_metadata,
)
from catalog.field_sets import (
    add_fields,
    create_fields,
    grade_fields,
    suggest_grades,
    update_fields,
)
from catalog.models import Dataset, Field, Resource
from catalog.refusals import EntryRefused
from catalog.terms import ResourceKind, State
from policy.facts import Mask
from policy.terms import Grade, OpenType, ShareType


@transaction.atomic
def create_dataset(
    slug: str, *, owner: Organization, title_zh: str, by: User, at: datetime, **metadata: Any
) -> Dataset:
    """Begin an entry of a department's catalogue as a draft. `metadata` takes METADATA's names.

    Raises NotAllowed, StepRefused where the department is closed, and Django's ValidationError for
    what does not fit a column.
    """
    require(by, "catalog.create_dataset", organization=owner)
    organizations.hold_open(owner.pk)
    dataset = Dataset(slug=slug, owner=owner, title_zh=title_zh, created_by=by, created_at=at)
    with_metadata(dataset, metadata)
    saving.check(dataset)
    _refuse_reserved(slug)
    saving.strictly([dataset])
    chain.record("dataset.create", dataset.address, by=by, at=at, slug=slug, title=title_zh)
    indexing.index(dataset.pk, at=at)
    return dataset


def _refuse_reserved(slug: str) -> None:
    """Raise ValidationError where a page of the portal has the address already."""
    if slug in naming.RESERVED:
        text = _(
            "“%(slug)s” is the address of a page of the portal, which would hide the entry."
            " Choose another, such as “%(slug)s-data”."
        )
        raise ValidationError({"slug": text % {"slug": slug}}, code="reserved")


@transaction.atomic
def update_dataset(dataset_id: int, *, by: User, at: datetime, **metadata: Any) -> Dataset:
    """Change a draft's metadata. Raises NotAllowed, StepRefused, ValidationError."""
    dataset = draft(dataset_id, "catalog.update_dataset", by)
    before = {name: getattr(dataset, name) for name in metadata if name in METADATA}
    with_metadata(dataset, metadata)
    dataset.full_clean()
    dataset.save()
    changed = {name: [str(old), str(metadata[name])] for name, old in before.items()}
    chain.record("dataset.update", dataset.address, by=by, at=at, changed=changed)
    indexing.index(dataset.pk, at=at)
    return dataset


@transaction.atomic
def add_table(
    dataset_id: int,
    *,
    fields: Iterable[NewField],
    by: User,
    at: datetime,
    name: str = "records",
    title_zh: str = "",
    title_en: str = "",
) -> Resource:
    """Give a draft its one table with fields in this order.

    Raises EntryRefused where it has one already, SecretRefused where a field is a secret, besides
    NotAllowed, StepRefused and ValidationError.
    """
    dataset = draft(dataset_id, "catalog.update_dataset", by)
    if dataset.resources.filter(kind=ResourceKind.TABLE).exists():
        raise EntryRefused(
            _("“%(dataset)s” has a table already. Make another dataset for a second table.")
            % {"dataset": dataset}
        )
    resource = table_of(dataset, name, title_zh, title_en)
    saving.check(resource)
    saving.strictly([resource])
    chain.record(
        "resource.create", f"resource:{resource.pk}", by=by, at=at, dataset=dataset.pk, name=name
    )
    create_fields(resource, list(fields), first=0, by=by, at=at)
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    indexing.index(dataset.pk, at=at)
    return resource


def add_field(resource_id: int, new: NewField, *, by: User, at: datetime) -> Field:
    """Add a field at the end of a draft's table. Raises as `add_table` does."""
    return add_fields(resource_id, [new], by=by, at=at)[0]


def create_field(
    resource: Resource, new: NewField, *, position: int, by: User, at: datetime
) -> Field:
    """Write a field as described; right, state and what follows are the caller's to see to.

    Raises SecretRefused, EntryRefused, ValidationError.
    """
    return create_fields(resource, [new], first=position, by=by, at=at)[0]


def update_field(field_id: int, *, by: User, at: datetime, **changes: Any) -> Field:
    """Change what a publisher describes of a draft's field; a rename keeps its permanent id.

    `changes` takes NewField's names but secrecy. Once the entry was submitted a changed type is a
    new field. Raises EntryRefused, NotAllowed, StepRefused, ValidationError.
    """
    return update_fields(_entry_of(field_id), {field_id: changes}, by=by, at=at)[field_id]


@transaction.atomic
def end_field(field_id: int, *, by: User, at: datetime) -> None:
    """Take a field off a draft. One that was ever submitted is ended and keeps its id."""
    dataset = draft(_entry_of(field_id), "catalog.update_dataset", by)
    field = Field.objects.get(pk=field_id)
    if dataset.code is None and not field.negative_lines.exists():
        field.delete()
    else:
        field.ended_at = at
        field.save(update_fields=["ended_at"])
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    indexing.index(dataset.pk, at=at)
    chain.record("field.end", f"field:{field_id}", by=by, at=at, name=field.name)


def _entry_of(field_id: int) -> int:
    return Field.objects.values_list("resource__dataset_id", flat=True).get(pk=field_id)


def suggest_grade(
    field_id: int, *, grade: Grade, evidence: Mapping[str, Any], by: User | None, at: datetime
) -> Field:
    """Keep what detection found of a field, in any state of its entry. It decides nothing.

    A suggestion that is higher than before counts as new, so an older grade waits to be given
    again. The caller's right is the exchange's question, where the sample is read.
    """
    found = {field_id: (grade, evidence)}
    return suggest_grades(_entry_of(field_id), found, by=by, at=at)[field_id]


def grade_field(
    field_id: int,
    *,
    grade: Grade,
    by: User,
    at: datetime,
    share_type: ShareType = ShareType.UNCONDITIONAL,
    open_type: OpenType = OpenType.UNCONDITIONAL,
    mask: Mask | None = None,
    reason: str = "",
) -> Field:
    """Grade a draft's field: a person's decision, beside what was suggested.

    Raises GradeRefused without a reason where something sensitive was detected, or for NOT_SHARED,
    which only the negative list can say; besides NotAllowed and StepRefused.
    """
    given = GivenGrade(
        grade=grade, share_type=share_type, open_type=open_type, mask=mask, reason=reason
    )
    return grade_fields(_entry_of(field_id), {field_id: given}, by=by, at=at)[field_id]


def write_grade(
    field: Field, wanted: Mapping[str, Any], *, by: User, at: datetime, reason: str
) -> None:
    """Write grades, types and mask on a field and save it; no right, state or audit entry here.

    Raises GradeRefused for what the catalogue does not take.
    """
    regrade(field, wanted, by=by, at=at, reason=reason)
    field.full_clean()
    field.save()


__all__ = [
    "DESCRIBED",
    "METADATA",
    "NewField",
    "State",
    "add_field",
    "add_table",
    "create_dataset",
    "create_field",
    "end_field",
    "grade_field",
    "locked",
    "suggest_grade",
    "update_dataset",
    "update_field",
    "write_grade",
]
