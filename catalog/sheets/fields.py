"""The fields of one entry as a workbook, out and in: what would change is shown before it does."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from accounts.models import User
from audit import chain
from catalog import drafting, field_sets
from catalog.describing import GivenGrade, NewField, locked
from catalog.models import CodeList, Dataset, Field
from catalog.refusals import EntryRefused, StepRefused, WorkbookRefused
from catalog.sheets import field_cells as cells
from catalog.sheets.field_cells import COLUMNS, GRADED, ID, REASON
from catalog.terms import ResourceKind
from catalog.workbooks import Grid, as_text
from catalog.workbooks.writing import head, put, saved
from policy.terms import Grade, OpenType, ShareType

KEY = re.compile(r"\(([a-z_]+)\)\s*$")
FIRST_ROW = 2
LONGEST_NUMBER = 18  # more digits no number of a field has
MOST_LISTED = 250  # characters that a list of choices may have in a workbook


def as_xlsx(dataset: Dataset) -> bytes:
    """Return the entry's fields as a workbook with lists to choose from."""
    fields = list(fields_of(dataset))
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has its first sheet
    sheet.title = "信息项"
    for place, (name, label) in enumerate(COLUMNS.items(), 1):
        head(put(sheet, 1, place, f"{label} ({name})"))
        for row, one in enumerate(fields, FIRST_ROW):
            put(sheet, row, place, cells.written(one, name))
        choices = '"' + ",".join(cells.choices().get(name, ())) + '"'
        if 2 < len(choices) <= MOST_LISTED:
            rule = DataValidation(type="list", formula1=choices, allow_blank=True)
            letter = get_column_letter(place)
            rule.add(f"{letter}{FIRST_ROW}:{letter}{len(fields) + 100}")
            sheet.add_data_validation(rule)
    sheet.freeze_panes = "C2"
    return saved(book)


def fields_of(dataset: Dataset) -> Any:
    """Return the fields of the entry's table, in their order."""
    table = Field.objects.filter(resource__dataset=dataset, resource__kind=ResourceKind.TABLE)
    return table.live().select_related("code_list", "resource")


@dataclass(slots=True)
class Change:
    """What one row would change: of a field, or a new one where `existing` is None."""

    row: int
    name: str
    existing: Field | None
    described: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    graded: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str = ""
    refused: list[str] = field(default_factory=list)

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        """Return label, old and new of each cell that would be another."""
        return [
            (COLUMNS[name], as_text(cells.cell(name, old)), as_text(cells.cell(name, new)))
            for name, (old, new) in {**self.described, **self.graded}.items()
        ]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a workbook would change of an entry's fields, and how many rows it has as they are."""

    changes: tuple[Change, ...]
    same: int

    @property
    def refused(self) -> bool:
        """Whether a row keeps the whole workbook out."""
        return any(change.refused for change in self.changes)

    @property
    def digest(self) -> str:
        """Return a digest of what was shown, so that nothing else is applied."""
        told = [(one.row, one.name, one.shown, one.reason, one.refused) for one in self.changes]
        return hashlib.sha256(repr(told).encode()).hexdigest()


def differ(dataset: Dataset, grid: Grid) -> Difference:
    """Compare a workbook with the entry's fields. Changes nothing.

    Fields that the workbook does not list stay. Raises WorkbookRefused for columns that are not
    known, or where those of id and name are missing.
    """
    places = _places(grid)
    known = {one.pk: one for one in fields_of(dataset)}
    lists = {str(one): one for one in CodeList.objects.all()}
    changes, same, seen = [], 0, set[int]()
    for number, row in enumerate(grid[1:], FIRST_ROW):
        texts = {name: as_text(row[place]) for name, place in places.items()}
        if not any(texts.values()):
            continue
        change = _change(number, texts, known, lists)
        if change.existing is not None:
            if change.existing.pk in seen:
                change.refused.append(_("The field stands in the workbook twice."))
            seen.add(change.existing.pk)
        if change.refused or change.described or change.graded:
            changes.append(change)
        else:
            same += 1
    return Difference(tuple(changes), same)


def _places(grid: Grid) -> dict[str, int]:
    places: dict[str, int] = {}
    unknown = []
    for place, cell in enumerate(grid[0] if grid else ()):
        text = as_text(cell)
        found = KEY.search(text)
        name = found[1] if found else text
        if name in COLUMNS and name not in places:
            places[name] = place
        elif text:
            unknown.append(text)
    if unknown or not {ID, "name"} <= set(places):
        raise WorkbookRefused(
            _(
                "These columns are not known or come twice: %(unknown)s. Download the fields as a"
                " workbook, change its cells, and leave its header as it is."
            )
            % {"unknown": ", ".join(unknown) or "–"}
        )
    return places


def _change(
    number: int,
    texts: Mapping[str, str],
    known: Mapping[int, Field],
    lists: Mapping[str, CodeList],
) -> Change:
    told = texts[ID]
    existing = known.get(int(told)) if told.isdecimal() and len(told) < LONGEST_NUMBER else None
    change = Change(number, texts["name"], existing, reason=texts.get(REASON, ""))
    if told and existing is None:
        change.refused.append(
            _("No field of this entry has the number %(number)s. Leave it empty for a new field.")
            % {"number": told}
        )
        return change
    for name, text in texts.items():
        if name in {ID, REASON}:
            continue
        try:
            new = cells.read(name, text, lists)
        except (ValueError, KeyError, InvalidOperation):
            change.refused.append(
                _("“%(text)s” cannot stand under “%(column)s”.%(choices)s")
                % {"text": text[:60], "column": COLUMNS[name], "choices": _said(name)}
            )
            continue
        old = cells.stands(existing, name) if existing else None
        if old != new and not (existing is None and new in (None, "", False)):
            (change.graded if name in GRADED else change.described)[name] = (old, new)
    _check_grade(change)
    return change


def _check_grade(change: Change) -> None:
    """Refuse types without a grade: they decide nothing. A new field has the usual ones."""
    before = change.existing.grade if change.existing else None
    grade = change.graded["grade"][1] if "grade" in change.graded else before
    if not change.graded:
        return
    if grade is not None:
        if before is not None and not change.reason and shows_more(change.graded):
            change.refused.append(
                _("“%(field)s” would show more than before. Say why, under “%(column)s”.")
                % {"field": change.name, "column": COLUMNS[REASON]}
            )
        return
    usual = {ShareType.UNCONDITIONAL, OpenType.UNCONDITIONAL}
    if change.existing is None and {new for _old, new in change.graded.values()} <= usual:
        change.graded.clear()
        return
    change.refused.append(
        _("“%(field)s” has no grade, so its share and open type decide nothing. Give it one.")
        % {"field": change.name}
    )


def shows_more(graded: Mapping[str, tuple[Any, Any]]) -> bool:
    """Whether a change of grade, types or mask, each old and new, shows more to anybody."""

    def of(kind: Any, name: str) -> bool:
        old, new = graded.get(name, (None, None))
        return old is not None and list(kind).index(kind(new)) < list(kind).index(kind(old))

    masked = graded.get("mask", (None, None))[0]
    kinds = {"grade": Grade, "share_type": ShareType, "open_type": OpenType}
    return masked is not None or any(of(kind, name) for name, kind in kinds.items())


def _said(name: str) -> str:
    choices = ", ".join(cells.choices().get(name, ()))
    return " " + _("Choose one of: %(choices)s.") % {"choices": choices} if choices else ""


@transaction.atomic
def apply(dataset_id: int, grid: Grid, *, digest: str, by: User, at: datetime) -> Difference:
    """Change a draft's fields as a workbook says, all of it or nothing.

    `digest` is that of the difference that was shown.
    Raises StepRefused where the fields have changed since, EntryRefused while a row is refused,
    and whatever `update_field`, `add_field` and `grade_field` refuse, besides WorkbookRefused.
    """
    dataset = locked(dataset_id)
    difference = differ(dataset, grid)
    check_shown(difference, digest)
    fields = _described(dataset, difference.changes, by=by, at=at)
    graded = [(fields[one.row], one) for one in difference.changes if one.graded]
    if graded:
        given = {field.pk: _given(field, one) for field, one in graded}
        field_sets.grade_fields(dataset.pk, given, by=by, at=at)
    chain.record("field.sheet", dataset.address, by=by, at=at, changed=len(difference.changes))
    return difference


def check_shown(difference: Difference, digest: str) -> None:
    """Raise StepRefused unless this is what was shown, EntryRefused while a row is refused."""
    if difference.digest != digest:
        raise StepRefused(
            _("The fields have changed since this was shown. Look at them again, then apply it.")
        )
    if difference.refused:
        raise EntryRefused(_("Some rows cannot be taken over. Correct them and send it again."))


def _described(
    dataset: Dataset, changes: Sequence[Change], *, by: User, at: datetime
) -> dict[int, Field]:
    """Change what is described of fields, add the new ones, and return all by their rows."""
    known = {one.row: one.existing for one in changes if one.existing is not None}
    fields = dict(known)
    wanted = {
        known[one.row].pk: _new(one.described)
        for one in changes
        if one.row in known and one.described
    }
    if wanted:
        found = field_sets.update_fields(dataset.pk, wanted, by=by, at=at)
        fields |= {row: found.get(one.pk, one) for row, one in known.items()}
    added = [one for one in changes if one.existing is None]
    news = [NewField(**({"label_zh": one.name} | _new(one.described))) for one in added]
    if news:
        made = _add(dataset, news, by=by, at=at)
        fields |= {one.row: field for one, field in zip(added, made, strict=True)}
    return fields


def _new(changed: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {name: new for name, (_old, new) in changed.items()}


def _add(dataset: Dataset, news: list[NewField], *, by: User, at: datetime) -> list[Field]:
    table = dataset.resources.filter(kind=ResourceKind.TABLE).first()
    if table is not None:
        return field_sets.add_fields(table.pk, news, by=by, at=at)
    table = drafting.add_table(dataset.pk, fields=news, by=by, at=at)
    return list(table.fields.order_by("position"))


def _given(one: Field, change: Change) -> GivenGrade:
    wanted = _new(change.graded)
    return GivenGrade(
        grade=Grade(wanted.get("grade", one.grade or 0)),
        share_type=ShareType(wanted.get("share_type", one.share_type)),
        open_type=OpenType(wanted.get("open_type", one.open_type)),
        mask=wanted.get("mask", cells.stands(one, "mask")),
        reason=change.reason or one.grade_reason,
    )
