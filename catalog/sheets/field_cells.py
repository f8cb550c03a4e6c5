"""The cells of a sheet of fields: how each element is written, and what a text means."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from catalog.facts import mask_of
from catalog.models import CodeList, Field
from catalog.sheets import values
from catalog.terms import Check
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType, ShareType

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
    "coordinate": "坐标",
    "share_condition_zh": "共享条件",
    "share_condition_en": "英文共享条件",
    "grade": "分级",
    "share_type": "共享类型",
    "open_type": "开放类型",
    "mask": "脱敏方式",
    REASON: "定级理由",
}
GRADED = ("grade", "share_type", "open_type", "mask")
USUAL_MASKS = (
    Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=4),
    Mask(MaskKind.KEEP_EDGES, keep_left=1),
    Mask(MaskKind.KEEP_EDGES, keep_right=4),
    Mask(MaskKind.YEAR_ONLY),
    Mask(MaskKind.COARSE_PLACE),
    Mask(MaskKind.ROUND_COORDINATE, digits=3),
    Mask(MaskKind.PSEUDONYM),
    Mask(MaskKind.BLANK),
)
MASK_WORDS = {
    MaskKind.KEEP_EDGES: "保留首尾",
    MaskKind.PSEUDONYM: "假名",
    MaskKind.YEAR_ONLY: "仅保留年份",
    MaskKind.COARSE_PLACE: "模糊地点",
    MaskKind.ROUND_COORDINATE: "坐标取整",
    MaskKind.BLANK: "置空",
}
NO_MASK = {"", "无", "不脱敏"}
MASKED = re.compile(r"(?P<kind>\D+?)\s*(?:(?P<first>\d+)(?:\s*[+＋]\s*(?P<second>\d+))?)?\s*")


def mask_text(mask: Mask) -> str:
    """Return a mask as a workbook says it: 保留首尾 3+4, 坐标取整 3, 仅保留年份."""
    word = MASK_WORDS[mask.kind]
    if mask.kind == MaskKind.KEEP_EDGES:
        return f"{word} {mask.keep_left}+{mask.keep_right}"
    return f"{word} {mask.digits}" if mask.kind == MaskKind.ROUND_COORDINATE else word


def read_mask(text: str) -> Mask | None:
    """Return the mask that a text says. Raises ValueError."""
    if text in NO_MASK:
        return None
    found = MASKED.fullmatch(text)
    kind = next((one for one, word in MASK_WORDS.items() if found and found["kind"] == word), None)
    if found is None or kind is None:
        raise ValueError(text)
    first, second = found["first"], found["second"]
    if kind == MaskKind.KEEP_EDGES and first and second:
        return Mask(kind, keep_left=int(first), keep_right=int(second))
    if kind == MaskKind.ROUND_COORDINATE and first and not second:
        return Mask(kind, digits=int(first))
    if kind in {MaskKind.KEEP_EDGES, MaskKind.ROUND_COORDINATE} or first:
        raise ValueError(text)
    return Mask(kind)


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
    "mask": mask_text,
}


def stands(one: Field, name: str) -> Any:
    """Return what a field has in a column now."""
    return mask_of(one) if name == "mask" else getattr(one, name)


def written(one: Field, name: str) -> Any:
    """Return a field's value as the workbook shows it; reasons are given anew."""
    return "" if name == REASON else cell(name, stands(one, name))


def cell(name: str, value: Any) -> Any:
    """Return a value of a column as the workbook shows it."""
    if value is None or value == "":
        return ""
    return WRITTEN[name](value) if name in WRITTEN else value


def choices() -> Mapping[str, Sequence[str]]:
    """Return what a cell of a column can be chosen from; columns without a choice are left out."""
    return {
        "data_type": values.TYPE.first,
        "is_key": (YES, NO),
        "required": (YES, NO),
        "code_list": tuple(str(one) for one in CodeList.objects.order_by("name", "version")),
        "value_check": tuple(check.value for check in Check if check.value),
        "grade": tuple(grade.name for grade in Grade),
        "share_type": values.SHARE.first[:2],
        "open_type": tuple(OPEN_WORDS.values()),
        "mask": tuple(map(mask_text, USUAL_MASKS)),
    }


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
    "mask": read_mask,
}


def read(name: str, text: str, lists: Mapping[str, CodeList]) -> Any:
    """Return what a cell means. Raises ValueError, KeyError or InvalidOperation."""
    if name == "code_list":
        return lists[text] if text else None
    reader = READERS.get(name)
    return reader(text) if reader else text
