"""The national 目录 workbook: a header of two merged rows, then one row an information item."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet
from openpyxl import Workbook

from catalog.models import Dataset, Field, Resource
from catalog.sheets import relating, values
from catalog.sheets.meanings import EXTENDED, Meaning
from catalog.sheets.reading import KEPT, LINKED, OWN, UNNAMED
from catalog.terms import Category, FormatClass, ResourceKind, ShareWay, UpdateCycle
from catalog.workbooks.writing import csv_bytes, head, put, saved
from policy.terms import DataType, OpenType, ShareType

TITLE = "政务信息资源目录"
COLUMNS: tuple[tuple[str, tuple[tuple[str, Meaning], ...]], ...] = (
    (
        "信息资源分类",
        (
            ("类", Meaning.CATEGORY),
            ("项", Meaning.ITEM),
            ("目", Meaning.SUBJECT),
            ("细目", Meaning.DETAIL),
        ),
    ),
    ("信息资源名称", (("", Meaning.TITLE),)),
    ("信息资源代码", (("", Meaning.CODE),)),
    ("信息资源提供方", (("", Meaning.PROVIDER),)),
    ("提供方内部部门", (("", Meaning.OFFICE),)),
    ("资源提供方代码", (("", Meaning.PROVIDER_CODE),)),
    ("信息资源摘要", (("", Meaning.ABSTRACT),)),
    (
        "信息资源格式",
        (
            ("格式分类", Meaning.FORMAT_CLASS),
            ("格式类型", Meaning.FORMAT_TYPE),
            ("其他格式描述", Meaning.FORMAT_NOTE),
        ),
    ),
    (
        "信息项信息",
        (
            ("信息项名称", Meaning.FIELD),
            ("字段名", Meaning.FIELD_NAME),
            ("数据类型", Meaning.DATA_TYPE),
            ("数据长度", Meaning.LENGTH),
        ),
    ),
    (
        "共享属性",
        (
            ("共享类型", Meaning.SHARE_TYPE),
            ("共享条件", Meaning.SHARE_CONDITION),
            ("共享方式分类", Meaning.SHARE_WAY_CLASS),
            ("共享方式类型", Meaning.SHARE_WAY),
        ),
    ),
    ("开放属性", (("是否向社会开放", Meaning.OPEN), ("开放条件", Meaning.OPEN_CONDITION))),
    ("更新周期", (("", Meaning.UPDATE_CYCLE),)),
    ("发布日期", (("", Meaning.PUBLISHED_ON),)),
    ("关联资源代码", (("", Meaning.RELATED),)),
    ("关键词", (("", Meaning.KEYWORDS),)),
    ("英文名称", (("", Meaning.TITLE_EN),)),
    ("英文摘要", (("", Meaning.ABSTRACT_EN),)),
    ("别名", (("", Meaning.ALIAS),)),
    ("许可", (("", Meaning.LICENSE),)),
    ("联系方式", (("", Meaning.CONTACT),)),
    ("数源部门", (("", Meaning.LEAD),)),
    ("所属行政区划", (("", Meaning.REGION),)),
)
ORDER = tuple(meaning for _group, columns in COLUMNS for _name, meaning in columns)
OPEN_WORDS = {
    OpenType.UNCONDITIONAL: "是",
    OpenType.CONDITIONAL: "有条件开放",
    OpenType.NOT_OPEN: "否",
}
ONE_COLUMN = (("", ""),)
WRITTEN = OWN | {name for _element, name in LINKED.values()}
OFF_PLATFORM = {ShareWay.MAIL: "邮件方式", ShareWay.MEDIA: "介质方式"}
Told = dict[Meaning | str, Any]
"""A row: the text of each meaning, and of each further element by its header."""


def rows_of(datasets: QuerySet[Dataset]) -> Iterator[Told]:
    """Yield a row an information item, or one row for an entry without any. Four queries."""
    fields = Field.objects.live()
    tables = Resource.objects.filter(kind=ResourceKind.TABLE)
    linked = ("owner", "subject", "source_authority", "region")
    whole = datasets.select_related(*linked).prefetch_related(
        Prefetch("resources", tables.prefetch_related(Prefetch("fields", fields)), "tables"),
        "related",
    )
    for dataset in whole:
        about = _entry(dataset)
        items = [field for table in dataset.tables for field in table.fields.all()]
        for field in items:
            yield about | _item(dataset, field)
        if not items:
            yield about | {
                meaning: dataset.extensions.get(name, "") for meaning, name in UNNAMED.items()
            }


def _entry(dataset: Dataset) -> Told:
    kept: Mapping[str, str] = dataset.extensions
    way = ShareWay(dataset.share_way)
    published = values.day_of(dataset.published_at)
    cycle = dataset.update_cycle
    return {
        **{meaning: kept.get(name, "") for meaning, name in KEPT.items()},
        Meaning.CATEGORY: values.first_word(values.CATEGORIES, Category(dataset.category)),
        Meaning.ITEM: kept.get(KEPT[Meaning.ITEM]) or dataset.item,
        Meaning.SUBJECT: dataset.subject.code
        if dataset.subject
        else kept.get(KEPT[Meaning.SUBJECT], ""),
        Meaning.DETAIL: kept.get(KEPT[Meaning.DETAIL]) or dataset.detail,
        Meaning.TITLE: dataset.title_zh,
        Meaning.TITLE_EN: dataset.title_en,
        Meaning.ALIAS: dataset.alias,
        Meaning.CODE: dataset.code or kept.get(KEPT[Meaning.CODE], ""),
        Meaning.PROVIDER: kept.get(KEPT[Meaning.PROVIDER]) or dataset.owner.name_zh,
        Meaning.PROVIDER_CODE: kept.get(KEPT[Meaning.PROVIDER_CODE]) or dataset.owner.uscc,
        Meaning.ABSTRACT: dataset.abstract_zh,
        Meaning.ABSTRACT_EN: dataset.abstract_en,
        Meaning.FORMAT_CLASS: values.first_word(values.FORMATS, FormatClass(dataset.format_class)),
        Meaning.FORMAT_TYPE: dataset.format_type,
        Meaning.SHARE_CONDITION: dataset.share_condition_zh,
        Meaning.SHARE_WAY_CLASS: OFF_PLATFORM.get(way, "共享平台方式"),
        Meaning.SHARE_WAY: values.first_word(values.WAYS, way),
        Meaning.UPDATE_CYCLE: values.first_word(values.CYCLES, UpdateCycle(cycle))
        if cycle
        else "",
        Meaning.PUBLISHED_ON: published or kept.get(KEPT[Meaning.PUBLISHED_ON], ""),
        Meaning.RELATED: "、".join(relating.of(dataset)),
        Meaning.KEYWORDS: "、".join(dataset.keywords_zh),
        Meaning.LICENSE: dataset.license,
        Meaning.CONTACT: dataset.contact,
        Meaning.LEAD: dataset.source_authority.name_zh
        if dataset.source_authority
        else kept.get(LINKED[Meaning.LEAD][1], ""),
        Meaning.REGION: dataset.region.code
        if dataset.region
        else kept.get(LINKED[Meaning.REGION][1], ""),
        **{f"{EXTENDED}{name}": _text(kept[name]) for name in kept if name not in WRITTEN},
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _item(dataset: Dataset, field: Field) -> Told:
    return {
        Meaning.FIELD: field.label_zh,
        Meaning.FIELD_NAME: field.name,
        Meaning.DATA_TYPE: values.first_word(values.DATA_TYPES, DataType(field.data_type)),
        Meaning.LENGTH: field.length,
        Meaning.SHARE_TYPE: values.first_word(values.SHARE_TYPES, ShareType(field.share_type)),
        Meaning.SHARE_CONDITION: field.share_condition_zh or dataset.share_condition_zh,
        Meaning.OPEN: OPEN_WORDS[OpenType(field.open_type)],
    }


def _further(rows: Iterable[Told]) -> list[str]:
    """Return the headers of further elements that rows have, in order."""
    return sorted({key for told in rows for key in told if not isinstance(key, Meaning)})


def as_xlsx(given: Iterable[Told]) -> bytes:
    """Return rows as the national workbook; further elements come after the nation's columns."""
    rows = list(given)
    further = _further(rows)
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has its first sheet
    sheet.title = "目录填报"
    head(put(sheet, 1, 1, TITLE))
    order: list[Meaning | str] = [*ORDER, *further]
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(order))
    column = 1
    for group, columns in (*COLUMNS, *((one, ONE_COLUMN) for one in further)):
        last = column + len(columns) - 1
        head(put(sheet, 2, column, group))
        for place, (name, _meaning) in enumerate(columns, column):
            head(put(sheet, 3, place, name or None))
        single = len(columns) == 1 and not columns[0][0]
        sheet.merge_cells(
            start_row=2, end_row=3 if single else 2, start_column=column, end_column=last
        )
        column = last + 1
    for number, told in enumerate(rows, 4):
        for place, meaning in enumerate(order, 1):
            put(sheet, number, place, told.get(meaning) or None)
    sheet.freeze_panes = "A4"
    return saved(book)


def as_csv(given: Iterable[Told]) -> bytes:
    """Return rows as CSV with one header row."""
    rows = list(given)
    further = _further(rows)
    names = [
        f"{group}/{name}" if name else group for group, columns in COLUMNS for name, _m in columns
    ]
    body = ([told.get(key) or "" for key in (*ORDER, *further)] for told in rows)
    return csv_bytes([[*names, *further], *body])
