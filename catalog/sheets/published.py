"""The fields of a published entry by workbook: what differs is proposed as one amendment."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog import amending
from catalog.amended import RELABELLED
from catalog.drafting import NewField, locked
from catalog.models import Dataset, Revision
from catalog.sheets import fields
from catalog.sheets.field_cells import COLUMNS
from catalog.sheets.fields import Change, Difference
from catalog.workbooks import Grid
from policy.terms import Grade, OpenType, ShareType


def differ(dataset: Dataset, grid: Grid) -> Difference:
    """Compare a workbook with the entry's fields, and refuse what an amendment cannot change.

    Raises as `fields.differ` does.
    """
    difference = fields.differ(dataset, grid)
    for change in difference.changes:
        _check(change)
    return difference


def _check(change: Change) -> None:
    strange = [COLUMNS[name] for name in change.described if name not in RELABELLED]
    if change.existing is not None and strange:
        change.refused.append(
            _(
                "%(columns)s of a published field stay. Add a new field, and withdraw this one"
                " once the new one holds."
            )
            % {"columns": ", ".join(strange)}
        )
    if change.existing is not None and change.graded:
        change.refused.append(
            _("What a published field shows is regraded at the field: stricter acts at once.")
        )
    if change.existing is None and not change.refused and "grade" not in change.graded:
        change.refused.append(
            _("A new field of a published table comes with its grade. Give it one.")
        )


@transaction.atomic
def propose(
    dataset_id: int, grid: Grid, *, digest: str, reason: str, by: User, at: datetime
) -> Revision:
    """Propose what a workbook says, all of it as one amendment. `digest`: what was shown.

    Raises StepRefused where the fields have changed since, EntryRefused while a row is refused,
    and whatever `amending.propose` refuses, besides WorkbookRefused.
    """
    dataset = locked(dataset_id)
    difference = differ(dataset, grid)
    fields.check_shown(difference, digest)
    changed = {
        one.existing.pk: {name: new for name, (_old, new) in one.described.items()}
        for one in difference.changes
        if one.existing is not None
    }
    added = [_added(one, reason) for one in difference.changes if one.existing is None]
    return amending.propose(dataset_id, fields=changed, added=added, reason=reason, by=by, at=at)


def _added(change: Change, reason: str) -> amending.AddedField:
    wanted = {name: new for name, (_old, new) in change.described.items()}
    graded = {name: new for name, (_old, new) in change.graded.items()}
    return amending.AddedField(
        new=NewField(**({"label_zh": change.name} | wanted)),
        grade=Grade(graded["grade"]),
        share_type=ShareType(graded.get("share_type", ShareType.UNCONDITIONAL)),
        open_type=OpenType(graded.get("open_type", OpenType.UNCONDITIONAL)),
        mask=graded.get("mask"),
        reason=change.reason or reason,
    )
