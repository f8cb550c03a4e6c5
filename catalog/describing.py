"""Entries and fields as people describe them: what is refused of that before it is written.

Each function changes objects in memory only, so that one and many are held to the same.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import require
from catalog.facts import as_params, mask_of
from catalog.models import Dataset, Field, Resource
from catalog.models.classification import CodeList
from catalog.refusals import EntryRefused, GradeRefused, SecretRefused
from catalog.rules import check_rules
from catalog.states import Step, move
from catalog.terms import Check, ResourceKind
from policy import places
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType, Secrecy, ShareType

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
    coordinate: str = ""
    share_condition_zh: str = ""
    share_condition_en: str = ""
    concealed: bool = False
    secrecy: Secrecy = Secrecy.NONE


DESCRIBED = frozenset(one.name for one in dataclass_fields(NewField))


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenGrade:
    """How a person grades a field: a decision, with its reason."""

    grade: Grade
    share_type: ShareType = ShareType.UNCONDITIONAL
    open_type: OpenType = OpenType.UNCONDITIONAL
    mask: Mask | None = None
    reason: str = ""

    def columns(self) -> dict[str, Any]:
        """Return what is decided, by the columns of a field."""
        return {
            "grade": self.grade,
            "share_type": self.share_type,
            "open_type": self.open_type,
            "mask_kind": self.mask.kind if self.mask else "",
            "mask_params": as_params(self.mask),
        }


def locked(dataset_id: int) -> Dataset:
    """Return the entry with its row locked until the transaction ends.

    Every verb of the catalogue locks the entry first, then what hangs on it: no two can wait for
    each other in a ring.
    """
    return (
        Dataset.objects.select_for_update(of=("self",)).select_related("owner").get(pk=dataset_id)
    )


def draft(dataset_id: int, permission: str, by: User) -> Dataset:
    """Return the entry, locked, to be edited. Raises NotAllowed, and StepRefused for no draft."""
    dataset = locked(dataset_id)
    require(by, permission, organization=dataset.owner)
    move(dataset.state, Step.EDIT, of=dataset)
    return dataset


def with_metadata(dataset: Dataset, metadata: Mapping[str, Any]) -> None:
    """Set metadata by METADATA's names. Raises EntryRefused."""
    unknown = sorted(set(metadata) - METADATA)
    if unknown:
        raise EntryRefused(
            _("An entry has no %(names)s. It has: %(known)s.")
            % {"names": ", ".join(unknown), "known": ", ".join(sorted(METADATA))}
        )
    for name, value in metadata.items():
        setattr(dataset, name, value)
    check_extensions(dataset)


def check_extensions(dataset: Dataset) -> None:
    """Raise EntryRefused where the further elements are no names with their values."""
    if not isinstance(dataset.extensions, dict):
        raise EntryRefused(
            _("Further elements are names with their values, such as {“source system”: “…”}.")
        )


def table_of(
    dataset: Dataset, name: str = "records", title_zh: str = "", title_en: str = ""
) -> Resource:
    """Return a table for an entry, by whose titles it goes where it has none of its own."""
    return Resource(
        dataset=dataset,
        kind=ResourceKind.TABLE,
        name=name,
        title_zh=title_zh or dataset.title_zh,
        title_en=title_en or dataset.title_en,
    )


def described(
    table: Resource, new: NewField, *, position: int, usable: Container[str] = frozenset()
) -> Field:
    """Return a field as described. Raises SecretRefused, EntryRefused.

    `usable` are patterns that were tried already.
    """
    if new.secrecy != Secrecy.NONE:
        raise SecretRefused(
            _(
                "“%(field)s” is marked as secret. State secrets, work secrets and core data are"
                " not registered on this platform (Order 809, article 3). Leave the field out."
            )
            % {"field": new.name}
        )
    told = {name: getattr(new, name) for name in DESCRIBED}
    field = Field(resource=table, position=position, **told)
    check_rules(field, usable)
    return field


def redescribe(
    field: Field,
    dataset: Dataset,
    changes: Mapping[str, Any],
    usable: Container[str] = frozenset(),
) -> None:
    """Change what is described of a draft's field. Raises EntryRefused.

    Once the entry was submitted a changed type is a new field.
    """
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
    check_rules(field, usable)


def regrade(
    field: Field, wanted: Mapping[str, Any], *, by: User, at: datetime, reason: str
) -> None:
    """Change grades, types and mask of a field. Raises GradeRefused."""
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
        mask = mask_of(field)
    except (TypeError, ValueError) as wrong:
        raise GradeRefused(
            _(
                "The mask of “%(field)s” does not work: %(why)s Give kind, and for keeping edges"
                " how many characters stay, for coordinates how many decimals."
            )
            % {"field": field.name, "why": wrong}
        ) from wrong
    if mask and mask.kind == MaskKind.ROUND_COORDINATE and places.is_geometry(field.coordinate):
        raise GradeRefused(
            _(
                "“%(field)s” holds geometries, which cannot be rounded: an outline of rounded"
                " corners is another one. Blank it, or leave it out of what is open."
            )
            % {"field": field.name}
        )
    field.graded_by, field.graded_at, field.grade_reason = by, at, reason.strip()
