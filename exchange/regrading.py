"""Working off a department's regrade queue: take a suggestion over, or keep the grade and say why.

A published field goes through `opening.regrade`, so stricter acts at once; a draft's is graded.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import require
from catalog import publishing, regrading
from catalog.facts import mask_of
from catalog.models import Dataset, Field, Revision
from catalog.refusals import GradeRefused, StepRefused
from catalog.terms import State
from exchange import opening
from policy.terms import Grade, OpenType, ShareType

Changes = Mapping[int, Mapping[str, Any]]


def accept(
    dataset_id: int, field_ids: Collection[int], *, by: User, at: datetime
) -> Revision | None:
    """Take over what is suggested for fields of one dataset that wait.

    What would show more than now (a mask where nothing was shown) waits in the Revision returned.
    Raises NotAllowed, StepRefused for a field that does not wait, or an entry under review.
    """
    dataset, fields = _waiting(dataset_id, field_ids, by)
    wanted = {field.pk: regrading.wanted(field) for field in fields}
    reason = _reason(fields)
    return _write(dataset, wanted, reason, by=by, at=at)


def keep(field_id: int, *, reason: str, by: User, at: datetime) -> None:
    """Keep a field's grade although more was suggested, and say why.

    Raises NotAllowed, GradeRefused without a reason, StepRefused as `accept` does.
    """
    dataset_id = Field.objects.values_list("resource__dataset_id", flat=True).get(pk=field_id)
    dataset, (field,) = _waiting(dataset_id, [field_id], by)
    if not reason.strip():
        raise GradeRefused(
            _("Say why “%(field)s” keeps its grade, such as how its values are masked.")
            % {"field": field.name}
        )
    as_it_is = {
        "grade": field.grade,
        "share_type": field.share_type,
        "open_type": field.open_type,
        "mask_kind": field.mask_kind,
        "mask_params": field.mask_params,
    }
    _write(dataset, {field.pk: as_it_is}, reason.strip(), by=by, at=at)


def _waiting(dataset_id: int, field_ids: Collection[int], by: User) -> tuple[Dataset, list[Field]]:
    dataset = Dataset.objects.select_related("owner").get(pk=dataset_id)
    published = dataset.state == State.PUBLISHED
    permission = "exchange.regrade_field" if published else "catalog.grade_field"
    require(by, permission, organization=dataset.owner)
    found = regrading.waiting([dataset.owner_id]).filter(
        resource__dataset=dataset, pk__in=field_ids
    )
    fields = list(found)
    if not fields or len(fields) != len(set(field_ids)):
        raise StepRefused(
            _("This field of “%(dataset)s” does not wait any more. Look at the queue again.")
            % {"dataset": dataset}
        )
    if not published and dataset.state != State.DRAFT:
        raise StepRefused(
            _(
                "“%(dataset)s” is under review. Take it back as a draft, or wait until it is"
                " published; then grade its fields."
            )
            % {"dataset": dataset}
        )
    return dataset, fields


def _reason(fields: list[Field]) -> str:
    """Return the reason that is kept, in both languages: it is read by whoever comes later."""
    version = max(int(field.suggestion.get("table", 1)) for field in fields)
    return f"按定级表第 {version} 版的建议 / as version {version} of the grading table suggests"


def _write(
    dataset: Dataset,
    changes: Mapping[int, Mapping[str, Any]],
    reason: str,
    *,
    by: User,
    at: datetime,
) -> Revision | None:
    if dataset.state == State.PUBLISHED:
        revision = opening.regrade(dataset.pk, changes, by=by, at=at, reason=reason)
    else:
        revision = None
        _grade(changes, reason, by, at)
    if not regrading.waiting([dataset.owner_id]).exists():
        notices.settle(regrading.target(dataset.owner_id), "grading.changed", at=at)
    return revision


@transaction.atomic
def _grade(changes: Mapping[int, Mapping[str, Any]], reason: str, by: User, at: datetime) -> None:
    for pk, wanted in changes.items():
        shadow = Field(mask_kind=wanted["mask_kind"], mask_params=wanted["mask_params"])
        publishing.grade_field(
            pk,
            grade=Grade(wanted["grade"]),
            share_type=ShareType(wanted["share_type"]),
            open_type=OpenType(wanted["open_type"]),
            mask=mask_of(shadow),
            reason=reason,
            by=by,
            at=at,
        )


__all__ = ["accept", "keep"]
