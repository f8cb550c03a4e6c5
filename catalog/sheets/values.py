"""The words of catalogue workbooks, in Chinese and English and as codes, and what they mean."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.utils import timezone

from catalog.sheets.meanings import plain
from catalog.terms import Category, FormatClass, ShareWay, UpdateCycle
from policy.terms import DataType, OpenType, ShareType

T = TypeVar("T")

SHARE_TYPES = {
    ShareType.UNCONDITIONAL: "无条件共享 无条件 1 01 unconditional",
    ShareType.CONDITIONAL: "有条件共享 有条件 2 02 conditional",
    ShareType.NOT_SHARED: "不予共享 不共享 3 03 notshared",
}
OPEN_TYPES = {
    OpenType.UNCONDITIONAL: "是 无条件开放 无条件 开放 y yes 1 unconditional",
    OpenType.CONDITIONAL: "有条件开放 有条件 2 conditional",
    OpenType.NOT_OPEN: "否 不予开放 不开放 n no 3 notopen",
}
CYCLES = {
    UpdateCycle.REALTIME: "实时 即时 realtime",
    UpdateCycle.DAILY: "每日 每天 日 daily everyday",
    UpdateCycle.WEEKLY: "每周 周 weekly everyweek",
    UpdateCycle.MONTHLY: "每月 月 monthly everymonth every1month",
    UpdateCycle.QUARTERLY: "每季度 每季 季度 季 quarterly every3months",
    UpdateCycle.HALF_YEARLY: "每半年 半年 halfyearly every6months everysixmonths",
    UpdateCycle.YEARLY: "每年 年 yearly annual annually everyyear every1year onceayear",
    UpdateCycle.IRREGULAR: "不定期 其他 irregular adhoc asandwhennecessary asnecessary"
    " asandwhenrequired irregularly",
    UpdateCycle.NEVER: "不更新 never notupdated",
}
FORMATS = {
    FormatClass.DOCUMENT: "电子文件 document",
    FormatClass.SPREADSHEET: "电子表格 spreadsheet",
    FormatClass.DATABASE: "数据库 database",
    FormatClass.IMAGE: "图形图像 图形图象 image",
    FormatClass.STREAM: "流媒体 stream",
    FormatClass.SELF_DESCRIBED: "自描述格式 selfdescribed",
}
WAYS = {
    ShareWay.API: "接口 api",
    ShareWay.TABLE: "库表 数据库 table",
    ShareWay.FILE: "文件 file",
    ShareWay.MAIL: "邮件 邮件方式 mail",
    ShareWay.MEDIA: "介质 介质方式 media",
}
CATEGORIES = {
    Category.BASE: "基础信息资源目录 基础信息资源 基础 base",
    Category.THEME: "主题信息资源目录 主题信息资源 主题 theme",
    Category.DEPARTMENT: "部门信息资源目录 部门信息资源 部门 业务 业务信息资源 department",
}
DATA_TYPES = {
    DataType.TEXT: "字符型 字符型c 字符串 备注型 备注型m 通用型 通用型g 文本"
    " c varchar char string text",
    DataType.DECIMAL: "数值型 数值型n 货币型 货币型y 小数 n y decimal numeric number money",
    DataType.DOUBLE: "双精度型 双精度型b 浮点型 浮点型f b f double float",
    DataType.INTEGER: "整型 整型i 整数 i int integer bigint",
    DataType.DATE: "日期型 日期型d 日期 d date",
    DataType.DATETIME: "日期时间型 日期时间型t 日期时间 时间 t datetime timestamp",
    DataType.BOOLEAN: "逻辑型 逻辑型l 布尔 l bool boolean",
}

PLATFORM = {"共享平台方式", "共享平台", "平台", "1"}
NONE_SAID = {"无", "無", "无条件", "-", "--", "–"}
SEPARATED = re.compile(r"[、，,;；\n]+")


@dataclass(frozen=True, slots=True)
class Words:
    """A closed set as words: each value by each of its words."""

    known: Mapping[str, object]
    first: tuple[str, ...]

    def read(self, text: str) -> object | None:
        """Return the value that a text means, None for one that is unknown."""
        return self.known.get(plain(text))

    def begins(self, text: str) -> object | None:
        """Return the value of the word that a text begins with, such as “Daily at 9:00am”."""
        whole = plain(text)
        fitting = [word for word in self.known if len(word) > 3 and whole.startswith(word)]
        return self.known[max(fitting, key=len)] if fitting else self.read(text)


def _words(table: Mapping[T, str]) -> Words:
    return Words(
        {word: value for value, words in table.items() for word in words.split()},
        tuple(words.split()[0] for words in table.values()),
    )


SHARE = _words(SHARE_TYPES)
OPEN = _words(OPEN_TYPES)
CYCLE = _words(CYCLES)
FORMAT = _words(FORMATS)
WAY = _words(WAYS)
CATEGORY = _words(CATEGORIES)
TYPE = _words(DATA_TYPES)


def listed(text: str) -> list[str]:
    """Return the parts of a cell that lists several, such as 委辦單位、電話、地址."""
    return [part.strip() for part in SEPARATED.split(text) if part.strip()]


def day_of(moment: datetime | None) -> str:
    """Return the city's day of a moment as workbooks write it, "" for none."""
    return timezone.localdate(moment).isoformat() if moment else ""


def first_word(table: Mapping[T, str], value: T) -> str:
    """Return how the national template writes a value."""
    return table[value].split()[0]
