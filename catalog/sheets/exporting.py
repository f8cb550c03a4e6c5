"""The national 目录 workbook: a header of two merged rows, then one row an information item."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet
from openpyxl import Workbook

from catalog.models import Dataset, Field, Resource
from catalog.sheets import relating, values
from catalog.sheets.meanings import Meaning
from catalog.sheets.reading import KEPT
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
)
ORDER = tuple(meaning for _group, columns in COLUMNS for _name, meaning in columns)
OPEN_WORDS = {
    OpenType.UNCONDITIONAL: "是",
    OpenType.CONDITIONAL: "有条件开放",
    OpenType.NOT_OPEN: "否",
}
OFF_PLATFORM = {ShareWay.MAIL: "邮件方式", ShareWay.MEDIA: "介质方式"}
Told = dict[Meaning, Any]


def rows_of(datasets: QuerySet[Dataset]) -> Iterator[Told]:
    """Yield a row an information item, or one row for an entry without any. Four queries."""
    fields = Field.objects.live()
    tables = Resource.objects.filter(kind=ResourceKind.TABLE)
    whole = datasets.select_related("owner", "subject").prefetch_related(
        Prefetch("resources", tables.prefetch_related(Prefetch("fields", fields)), "tables"),
        "related",
    )
    for dataset in whole:
        about = _entry(dataset)
        items = [field for table in dataset.tables for field in table.fields.all()]
        for field in items:
            yield about | _item(dataset, field)
        if not items:
            yield about


def _entry(dataset: Dataset) -> Told:
    kept: Mapping[str, str] = dataset.extensions
    way = ShareWay(dataset.share_way)
    published = dataset.published_at.date().isoformat() if dataset.published_at else ""
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
    }


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


def as_xlsx(rows: Iterable[Told]) -> bytes:
    """Return rows as the national workbook."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has its first sheet
    sheet.title = "目录填报"
    head(put(sheet, 1, 1, TITLE))
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(ORDER))
    column = 1
    for group, columns in COLUMNS:
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
        for place, meaning in enumerate(ORDER, 1):
            put(sheet, number, place, told.get(meaning) or None)
    sheet.freeze_panes = "A4"
    return saved(book)


def as_csv(rows: Iterable[Told]) -> bytes:
    """Return rows as CSV with one header row."""
    names = [
        f"{group}/{name}" if name else group for group, columns in COLUMNS for name, _m in columns
    ]
    body = ([told.get(meaning) or "" for meaning in ORDER] for told in rows)
    return csv_bytes([names, *body])
