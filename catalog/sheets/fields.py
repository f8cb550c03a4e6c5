"""The fields of one entry as a workbook, out and in: what would change is shown before it does."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from accounts.models import User
from audit import chain
from catalog import drafting
from catalog.drafting import NewField, locked
from catalog.facts import mask_of
from catalog.models import CodeList, Dataset, Field
from catalog.refusals import EntryRefused, StepRefused, WorkbookRefused
from catalog.sheets import values
from catalog.terms import Check, ResourceKind
from catalog.workbooks import Grid, as_text
from catalog.workbooks.writing import head, put, saved
from policy.terms import DataType, Grade, OpenType, ShareType

ID, REASON = "id", "reason"
YES, NO = "是", "否"
OPEN_WORDS = {
    OpenType.UNCONDITIONAL: "无条件开放",
    OpenType.CONDITIONAL: "有条件开放",
    OpenType.NOT_OPEN: "不予开放",
}
COLUMNS = {
    ID: "编号",
    "name": "字段名",
    "label_zh": "中文名称",
    "label_en": "英文名称",
    "description_zh": "中文说明",
    "description_en": "英文说明",
    "data_type": "数据类型",
    "length": "长度",
    "scale": "小数位",
    "is_key": "主键",
    "required": "必填",
    "code_list": "代码表",
    "pattern": "格式",
    "value_check": "校验",
    "minimum": "最小值",
    "maximum": "最大值",
    "share_condition_zh": "共享条件",
    "share_condition_en": "英文共享条件",
    "grade": "分级",
    "share_type": "共享类型",
    "open_type": "开放类型",
    REASON: "定级理由",
}
GRADED = ("grade", "share_type", "open_type")
KEY = re.compile(r"\(([a-z_]+)\)\s*$")
FIRST_ROW = 2
MOST_LISTED = 250  # characters that a list of choices may have in a workbook


WRITTEN: Mapping[str, Callable[[Any], Any]] = {
    "data_type": lambda value: values.first_word(values.DATA_TYPES, DataType(value)),
    "is_key": lambda value: YES if value else NO,
    "required": lambda value: YES if value else NO,
    "code_list": str,
    "grade": lambda value: Grade(value).name,
    "share_type": lambda value: values.first_word(values.SHARE_TYPES, ShareType(value)),
    "open_type": lambda value: OPEN_WORDS[OpenType(value)],
    "minimum": lambda value: f"{value.normalize():f}",
    "maximum": lambda value: f"{value.normalize():f}",
}


def written(one: Field, name: str) -> Any:
    """Return a field's value as the workbook shows it; reasons are given anew."""
    value = "" if name == REASON else getattr(one, name)
    if value is None:
        return ""
    return WRITTEN[name](value) if name in WRITTEN else value


def as_xlsx(dataset: Dataset) -> bytes:
    """Return the entry's fields as a workbook with lists to choose from."""
    fields = list(_fields_of(dataset))
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has its first sheet
    sheet.title = "信息项"
    for place, (name, label) in enumerate(COLUMNS.items(), 1):
        head(put(sheet, 1, place, f"{label} ({name})"))
        for row, one in enumerate(fields, FIRST_ROW):
            put(sheet, row, place, written(one, name))
        choices = '"' + ",".join(_choices().get(name, ())) + '"'
        if 2 < len(choices) <= MOST_LISTED:
            rule = DataValidation(type="list", formula1=choices, allow_blank=True)
            letter = get_column_letter(place)
            rule.add(f"{letter}{FIRST_ROW}:{letter}{len(fields) + 100}")
            sheet.add_data_validation(rule)
    sheet.freeze_panes = "C2"
    return saved(book)


def _choices() -> Mapping[str, Sequence[str]]:
    return {
        "data_type": values.TYPE.first,
        "is_key": (YES, NO),
        "required": (YES, NO),
        "code_list": tuple(str(one) for one in CodeList.objects.order_by("name", "version")),
        "value_check": tuple(check.value for check in Check if check.value),
        "grade": tuple(grade.name for grade in Grade),
        "share_type": values.SHARE.first[:2],
        "open_type": tuple(OPEN_WORDS.values()),
    }


def _fields_of(dataset: Dataset) -> Any:
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
            (COLUMNS[name], as_text(_plain(old)), as_text(_plain(new)))
            for name, (old, new) in {**self.described, **self.graded}.items()
        ]


def _plain(value: Any) -> Any:
    if isinstance(value, Grade):
        return value.name
    return value if isinstance(value, str | int | float | None) else str(value)


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
    known = {one.pk: one for one in _fields_of(dataset)}
    lists = {str(one): one for one in CodeList.objects.all()}
    changes, same, seen = [], 0, set[int]()
    for number, row in enumerate(grid[1:], FIRST_ROW):
        cells = {name: as_text(row[place]) for name, place in places.items()}
        if not any(cells.values()):
            continue
        change = _change(number, cells, known, lists)
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
    cells: Mapping[str, str],
    known: Mapping[int, Field],
    lists: Mapping[str, CodeList],
) -> Change:
    told = cells[ID]
    existing = known.get(int(told)) if told.isdecimal() else None
    change = Change(number, cells["name"], existing, reason=cells.get(REASON, ""))
    if told and existing is None:
        change.refused.append(
            _("No field of this entry has the number %(number)s. Leave it empty for a new field.")
            % {"number": told}
        )
        return change
    for name, text in cells.items():
        if name in {ID, REASON}:
            continue
        try:
            new = _read(name, text, lists)
        except (ValueError, KeyError, InvalidOperation):
            change.refused.append(
                _("“%(text)s” cannot stand under “%(column)s”.%(choices)s")
                % {"text": text[:60], "column": COLUMNS[name], "choices": _said(name)}
            )
            continue
        old = getattr(existing, name) if existing else None
        if old != new and not (existing is None and new in (None, "", False)):
            (change.graded if name in GRADED else change.described)[name] = (old, new)
    _check_grade(change)
    return change


def _check_grade(change: Change) -> None:
    """Refuse types without a grade: they decide nothing. A new field has the usual ones."""
    before = change.existing.grade if change.existing else None
    grade = change.graded["grade"][1] if "grade" in change.graded else before
    if not change.graded or grade is not None:
        return
    usual = {ShareType.UNCONDITIONAL, OpenType.UNCONDITIONAL}
    if change.existing is None and {new for _old, new in change.graded.values()} <= usual:
        change.graded.clear()
        return
    change.refused.append(
        _("“%(field)s” has no grade, so its share and open type decide nothing. Give it one.")
        % {"field": change.name}
    )


def _said(name: str) -> str:
    choices = ", ".join(_choices().get(name, ()))
    return " " + _("Choose one of: %(choices)s.") % {"choices": choices} if choices else ""


def _known(value: Any) -> Any:
    if value is None:
        raise ValueError
    return value


def _truth(text: str) -> bool:
    return {YES: True, NO: False, "": False, "TRUE": True, "FALSE": False}[text]


READERS: Mapping[str, Callable[[str], Any]] = {
    "data_type": lambda text: _known(values.TYPE.read(text)),
    "length": lambda text: int(text) if text else None,
    "scale": lambda text: int(text) if text else None,
    "is_key": _truth,
    "required": _truth,
    "value_check": Check,
    "minimum": lambda text: Decimal(text) if text else None,
    "maximum": lambda text: Decimal(text) if text else None,
    "grade": lambda text: Grade[text] if text else None,
    "share_type": lambda text: _known(values.SHARE.read(text or "无条件")),
    "open_type": lambda text: _known(values.OPEN.read(text or "无条件")),
}


def _read(name: str, text: str, lists: Mapping[str, CodeList]) -> Any:
    """Return what a cell means. Raises ValueError, KeyError or InvalidOperation."""
    if name == "code_list":
        return lists[text] if text else None
    reader = READERS.get(name)
    return reader(text) if reader else text


@transaction.atomic
def apply(dataset_id: int, grid: Grid, *, digest: str, by: User, at: datetime) -> Difference:
    """Change a draft's fields as a workbook says, all of it or nothing.

    `digest` is that of the difference that was shown.
    Raises StepRefused where the fields have changed since, EntryRefused while a row is refused,
    and whatever `update_field`, `add_field` and `grade_field` refuse, besides WorkbookRefused.
    """
    dataset = locked(dataset_id)
    difference = differ(dataset, grid)
    if difference.digest != digest:
        raise StepRefused(
            _("The fields have changed since this was shown. Look at them again, then apply it.")
        )
    if difference.refused:
        raise EntryRefused(_("Some rows cannot be taken over. Correct them and send it again."))
    for change in difference.changes:
        one = _described(dataset, change, by=by, at=at)
        if change.graded:
            _grade(one, change, by=by, at=at)
    chain.record("field.sheet", dataset.address, by=by, at=at, changed=len(difference.changes))
    return difference


def _described(dataset: Dataset, change: Change, *, by: User, at: datetime) -> Field:
    wanted = {name: new for name, (_old, new) in change.described.items()}
    if change.existing is None:
        new = NewField(**({"label_zh": change.name} | wanted))
        table = dataset.resources.filter(kind=ResourceKind.TABLE).first()
        if table is None:
            made = drafting.add_table(dataset.pk, fields=[new], by=by, at=at)
            return made.fields.get()
        return drafting.add_field(table.pk, new, by=by, at=at)
    if wanted:
        return drafting.update_field(change.existing.pk, by=by, at=at, **wanted)
    return change.existing


def _grade(one: Field, change: Change, *, by: User, at: datetime) -> None:
    wanted = {name: new for name, (_old, new) in change.graded.items()}
    drafting.grade_field(
        one.pk,
        grade=Grade(wanted.get("grade", one.grade or 0)),
        share_type=ShareType(wanted.get("share_type", one.share_type)),
        open_type=OpenType(wanted.get("open_type", one.open_type)),
        mask=mask_of(one),
        reason=change.reason or one.grade_reason,
        by=by,
        at=at,
    )
