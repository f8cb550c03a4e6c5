"""Drafting an entry: its metadata, its table, its fields and their grades, before it is signed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import require
from audit import chain
from catalog import indexing
from catalog.facts import as_params, mask_of
from catalog.models import Dataset, Field, Resource
from catalog.models.classification import CodeList
from catalog.refusals import EntryRefused, GradeRefused, SecretRefused
from catalog.rules import check_rules
from catalog.states import Step, move
from catalog.terms import Check, ResourceKind, State
from policy.facts import Mask
from policy.terms import DataType, Grade, OpenType, Secrecy, ShareType

METADATA = frozenset(
    {
        "title_zh",
        "title_en",
        "alias",
        "abstract_zh",
        "abstract_en",
        "keywords_zh",
        "keywords_en",
        "category",
        "item",
        "subject",
        "detail",
        "format_class",
        "format_type",
        "update_cycle",
        "share_condition_zh",
        "share_condition_en",
        "share_way",
        "license",
        "contact",
        "source_authority",
        "region",
        "extensions",
    }
)
"""What a publisher writes of an entry. The address is settled when the entry is created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewField:
    """A field as a publisher describes it. Its grade comes later, by `grade_field`."""

    name: str
    label_zh: str
    label_en: str = ""
    description_zh: str = ""
    description_en: str = ""
    data_type: DataType = DataType.TEXT
    length: int | None = None
    scale: int | None = None
    is_key: bool = False
    required: bool = False
    code_list: CodeList | None = None
    pattern: str = ""
    value_check: Check = Check.NONE
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    share_condition_zh: str = ""
    share_condition_en: str = ""
    concealed: bool = False
    secrecy: Secrecy = Secrecy.NONE


DESCRIBED = frozenset(one.name for one in dataclass_fields(NewField))


def locked(dataset_id: int) -> Dataset:
    """Return the entry with its row locked until the transaction ends.

    Every verb of the catalogue locks the entry first, then what hangs on it: no two can wait for
    each other in a ring.
    """
    return (
        Dataset.objects.select_for_update(of=("self",)).select_related("owner").get(pk=dataset_id)
    )


@transaction.atomic
def create_dataset(
    slug: str, *, owner: Organization, title_zh: str, by: User, at: datetime, **metadata: Any
) -> Dataset:
    """Begin an entry of a department's catalogue as a draft. `metadata` takes METADATA's names.

    Raises NotAllowed, and Django's ValidationError for what does not fit a column.
    """
    require(by, "catalog.create_dataset", organization=owner)
    dataset = Dataset(slug=slug, owner=owner, title_zh=title_zh, created_by=by, created_at=at)
    _write(dataset, metadata)
    dataset.save()
    chain.record("dataset.create", dataset.address, by=by, at=at, slug=slug, title=title_zh)
    indexing.index(dataset.pk, at=at)
    return dataset


@transaction.atomic
def update_dataset(dataset_id: int, *, by: User, at: datetime, **metadata: Any) -> Dataset:
    """Change a draft's metadata. Raises NotAllowed, StepRefused, ValidationError."""
    dataset = _draft(dataset_id, "catalog.update_dataset", by)
    before = {name: getattr(dataset, name) for name in metadata if name in METADATA}
    _write(dataset, metadata)
    dataset.save()
    changed = {name: [str(old), str(metadata[name])] for name, old in before.items()}
    chain.record("dataset.update", dataset.address, by=by, at=at, changed=changed)
    indexing.index(dataset.pk, at=at)
    return dataset


def _write(dataset: Dataset, metadata: Mapping[str, Any]) -> None:
    unknown = sorted(set(metadata) - METADATA)
    if unknown:
        raise EntryRefused(
            _("An entry has no %(names)s. It has: %(known)s.")
            % {"names": ", ".join(unknown), "known": ", ".join(sorted(METADATA))}
        )
    for name, value in metadata.items():
        setattr(dataset, name, value)
    if not isinstance(dataset.extensions, dict):
        raise EntryRefused(
            _("Further elements are names with their values, such as {“source system”: “…”}.")
        )
    dataset.full_clean()


def _draft(dataset_id: int, permission: str, by: User) -> Dataset:
    dataset = locked(dataset_id)
    require(by, permission, organization=dataset.owner)
    move(dataset.state, Step.EDIT, of=dataset)
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
    dataset = _draft(dataset_id, "catalog.update_dataset", by)
    if dataset.resources.filter(kind=ResourceKind.TABLE).exists():
        raise EntryRefused(
            _("“%(dataset)s” has a table already. Make another dataset for a second table.")
            % {"dataset": dataset}
        )
    resource = Resource(
        dataset=dataset,
        kind=ResourceKind.TABLE,
        name=name,
        title_zh=title_zh or dataset.title_zh,
        title_en=title_en or dataset.title_en,
    )
    resource.full_clean()
    resource.save()
    chain.record(
        "resource.create", f"resource:{resource.pk}", by=by, at=at, dataset=dataset.pk, name=name
    )
    for position, new in enumerate(fields):
        create_field(resource, new, position=position, by=by, at=at)
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    indexing.index(dataset.pk, at=at)
    return resource


@transaction.atomic
def add_field(resource_id: int, new: NewField, *, by: User, at: datetime) -> Field:
    """Add a field at the end of a draft's table. Raises as `add_table` does."""
    resource = Resource.objects.get(pk=resource_id)
    dataset = _draft(resource.dataset_id, "catalog.update_dataset", by)
    last = resource.fields.order_by("-position").values_list("position", flat=True).first()
    field = create_field(resource, new, position=0 if last is None else last + 1, by=by, at=at)
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    indexing.index(dataset.pk, at=at)
    return field


def create_field(
    resource: Resource, new: NewField, *, position: int, by: User, at: datetime
) -> Field:
    """Write a field as described; right, state and what follows are the caller's to see to.

    Raises SecretRefused, EntryRefused, ValidationError.
    """
    if new.secrecy != Secrecy.NONE:
        raise SecretRefused(
            _(
                "“%(field)s” is marked as secret. State secrets, work secrets and core data are"
                " not registered on this platform (Order 809, article 3). Leave the field out."
            )
            % {"field": new.name}
        )
    described = {name: getattr(new, name) for name in DESCRIBED}
    field = Field(resource=resource, position=position, **described)
    check_rules(field)
    field.full_clean()
    field.save()
    details = {"resource": resource.pk, "name": new.name, "data_type": str(new.data_type)}
    chain.record("field.create", f"field:{field.pk}", by=by, at=at, **details)
    return field


@transaction.atomic
def update_field(field_id: int, *, by: User, at: datetime, **changes: Any) -> Field:
    """Change what a publisher describes of a draft's field; a rename keeps its permanent id.

    `changes` takes NewField's names but secrecy. Once the entry was submitted a changed type is a
    new field. Raises EntryRefused, NotAllowed, StepRefused, ValidationError.
    """
    field, dataset = _field_of_draft(field_id, "catalog.update_dataset", by)
    unknown = sorted(set(changes) - DESCRIBED | set(changes) & {"secrecy"})
    if unknown or (dataset.code and changes.get("data_type", field.data_type) != field.data_type):
        raise EntryRefused(
            _(
                "“%(field)s” cannot be changed in %(names)s. Where its type is another, end it and"
                " add a new field."
            )
            % {"field": field.name, "names": ", ".join(unknown) or "data_type"}
        )
    for name, value in changes.items():
        setattr(field, name, value)
    check_rules(field)
    field.full_clean()
    field.save()
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    indexing.index(dataset.pk, at=at)
    changed = {name: str(value) for name, value in changes.items()}
    chain.record("field.update", f"field:{field.pk}", by=by, at=at, changed=changed)
    return field


@transaction.atomic
def end_field(field_id: int, *, by: User, at: datetime) -> None:
    """Take a field off a draft. One that was ever submitted is ended and keeps its id."""
    field, dataset = _field_of_draft(field_id, "catalog.update_dataset", by)
    if dataset.code is None and not field.negative_lines.exists():
        field.delete()
    else:
        field.ended_at = at
        field.save(update_fields=["ended_at"])
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    indexing.index(dataset.pk, at=at)
    chain.record("field.end", f"field:{field_id}", by=by, at=at, name=field.name)


def _field_of_draft(field_id: int, permission: str, by: User) -> tuple[Field, Dataset]:
    dataset_id = Field.objects.values_list("resource__dataset_id", flat=True).get(pk=field_id)
    dataset = _draft(dataset_id, permission, by)
    return Field.objects.get(pk=field_id), dataset


@transaction.atomic
def suggest_grade(
    field_id: int, *, grade: Grade, evidence: Mapping[str, Any], by: User | None, at: datetime
) -> Field:
    """Keep what detection found of a field, in any state of its entry. It decides nothing.

    A suggestion that is higher than before counts as new, so an older grade waits to be given
    again. The caller's right is the exchange's question, where the sample is read.
    """
    locked(Field.objects.values_list("resource__dataset_id", flat=True).get(pk=field_id))
    field = Field.objects.get(pk=field_id)
    if field.suggested_grade is None or grade > field.suggested_grade:
        field.suggested_at = at
    field.suggested_grade = grade
    field.suggestion = dict(evidence)
    field.save(update_fields=["suggested_grade", "suggested_at", "suggestion"])
    chain.record("field.suggest", f"field:{field_id}", by=by, at=at, grade=grade.name)
    return field


@transaction.atomic
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
    field, dataset = _field_of_draft(field_id, "catalog.grade_field", by)
    wanted = {
        "grade": grade,
        "share_type": share_type,
        "open_type": open_type,
        "mask_kind": mask.kind if mask else "",
        "mask_params": as_params(mask),
    }
    write_grade(field, wanted, by=by, at=at, reason=reason)
    Dataset.objects.filter(pk=dataset.pk).policy_changed()
    indexing.index(dataset.pk, at=at)
    shown = {name: str(value) for name, value in wanted.items()}
    chain.record("field.grade", f"field:{field.pk}", by=by, at=at, reason=reason, **shown)
    return field


def write_grade(
    field: Field, wanted: Mapping[str, Any], *, by: User, at: datetime, reason: str
) -> None:
    """Write grades, types and mask on a field and save it; no right, state or audit entry here.

    Raises GradeRefused for what the catalogue does not take.
    """
    if wanted.get("share_type") == ShareType.NOT_SHARED:
        raise GradeRefused(
            _(
                "“%(field)s” can be refused to other departments only by a line of the negative"
                " list, with its legal basis. Propose one, or share it conditionally."
            )
            % {"field": field.name}
        )
    if field.detected is not None and not reason.strip():
        raise GradeRefused(
            _("“%(field)s” looks sensitive: %(grade)s was suggested. Say why you grade it so.")
            % {"field": field.name, "grade": field.detected.name}
        )
    for name, value in wanted.items():
        setattr(field, name, value)
    try:
        mask_of(field)
    except (TypeError, ValueError) as wrong:
        raise GradeRefused(
            _(
                "The mask of “%(field)s” does not work: %(why)s Give kind, and for keeping edges"
                " how many characters stay, for coordinates how many decimals."
            )
            % {"field": field.name, "why": wrong}
        ) from wrong
    field.graded_by, field.graded_at, field.grade_reason = by, at, reason.strip()
    field.full_clean()
    field.save()


__all__ = [
    "METADATA",
    "NewField",
    "State",
    "add_field",
    "add_table",
    "create_dataset",
    "end_field",
    "grade_field",
    "suggest_grade",
    "update_dataset",
    "update_field",
]
