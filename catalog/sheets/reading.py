"""What an entry of a workbook comes to in the catalogue: its metadata and its items, checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.models import Organization, Region
from catalog.models import Dataset, Field, Subject
from catalog.sheets import values
from catalog.sheets.items import ToldEntry, ToldItem
from catalog.sheets.meanings import LABELS, Meaning
from catalog.sheets.values import Words
from policy.terms import DataType, OpenType, ShareType

PLAIN = {
    Meaning.TITLE: "title_zh",
    Meaning.TITLE_EN: "title_en",
    Meaning.ALIAS: "alias",
    Meaning.ABSTRACT: "abstract_zh",
    Meaning.ABSTRACT_EN: "abstract_en",
    Meaning.FORMAT_TYPE: "format_type",
    Meaning.SHARE_CONDITION: "share_condition_zh",
    Meaning.LICENSE: "license",
    Meaning.CONTACT: "contact",
}
CLOSED: Mapping[Meaning, tuple[str, Words]] = {
    Meaning.CATEGORY: ("category", values.CATEGORY),
    Meaning.FORMAT_CLASS: ("format_class", values.FORMAT),
    Meaning.SHARE_WAY: ("share_way", values.WAY),
    Meaning.UPDATE_CYCLE: ("update_cycle", values.CYCLE),
}
KEPT = {
    Meaning.CODE: "信息资源代码",
    Meaning.PROVIDER: "提供方",
    Meaning.PROVIDER_CODE: "提供方代码",
    Meaning.OFFICE: "提供方内部部门",
    Meaning.ITEM: "项",
    Meaning.SUBJECT: "目",
    Meaning.DETAIL: "细目",
    Meaning.FORMAT_NOTE: "其他格式描述",
    Meaning.OPEN_CONDITION: "开放条件",
    Meaning.PUBLISHED_ON: "发布日期",
    Meaning.RELATED: "关联资源代码",
}
"""What the catalogue has no place for of its own is kept among an entry's further elements."""
UNNAMED = {Meaning.SHARE_TYPE: "共享类型", Meaning.OPEN: "开放类型"}
"""So are the words for types of an entry that lists no items."""
LINKED = {
    Meaning.LEAD: ("source_authority", "数源部门"),
    Meaning.REGION: ("region", "所属行政区划"),
}
"""What names a row of another list; a name that is not on it is kept among the elements."""
OWN = frozenset([*KEPT.values(), *UNNAMED.values()])
"""Names of further elements that have columns of their own."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists that words of a workbook may name, by code and by name."""

    subjects: Mapping[str, Subject]
    places: Mapping[str, Organization] = field(default_factory=dict)
    regions: Mapping[str, Region] = field(default_factory=dict)


@dataclass(slots=True)
class ReadItem:
    """An information item as the catalogue would hold it; None where the row says nothing.

    `not_shared` says that the workbook calls it 不予共享, which only the negative list can.
    """

    row: int
    label_zh: str
    name: str = ""
    data_type: DataType | None = None
    length: int | None = None
    share_type: ShareType | None = None
    open_type: OpenType | None = None
    share_condition_zh: str = ""
    not_shared: bool = False
    notes: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ReadEntry:
    """An entry as the catalogue would hold it, with what keeps it out."""

    told: ToldEntry
    metadata: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, str] = field(default_factory=dict)
    items: list[ReadItem] = field(default_factory=list)
    not_shared: bool = False
    notes: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def read_entry(told: ToldEntry, lists: Lists) -> ReadEntry:
    """Read an entry's words. Unknown words are left out and told of; a share type that is unknown
    keeps the entry out, as do texts that are too long.
    """
    entry = ReadEntry(told, notes=list(told.notes))
    entry.extensions = {
        f"{name}（原表）" if name in OWN else name: text for name, text in told.further.items()
    }
    for meaning, text in told.told.items():
        _read_metadata(entry, meaning, text, lists)
    entry.items = [read_item(item) for item in told.items]
    if not entry.items:
        _keep_types(entry)
    seen: dict[str, int] = {}
    for item in entry.items:
        if item.label_zh in seen:
            item.defects.append(
                _("The information item “%(item)s” stands in row %(row)s too.")
                % {"item": item.label_zh, "row": seen[item.label_zh]}
            )
        seen.setdefault(item.label_zh, item.row)
    if entry.items and Meaning.SHARE_TYPE in told.told:
        entry.metadata.pop("share_condition_zh", None)
        entry.metadata |= _condition(entry.items)
    return entry


def _keep_types(entry: ReadEntry) -> None:
    """Check the types of an entry that lists no items, and keep their words: items carry types."""
    alone = read_item(ToldItem(entry.told.row, entry.told.told))
    entry.defects += alone.defects
    entry.notes += alone.notes
    entry.not_shared = alone.not_shared
    for meaning, name in UNNAMED.items():
        if meaning in entry.told.told:
            entry.extensions[name] = entry.told.told[meaning]


def _condition(items: list[ReadItem]) -> dict[str, str]:
    """Return the condition that stands for the whole entry: the one of its first item."""
    first = items[0].share_condition_zh
    for item in items:
        if item.share_condition_zh == first:
            item.share_condition_zh = ""
    return {"share_condition_zh": first} if first else {}


def _read_metadata(entry: ReadEntry, meaning: Meaning, text: str, lists: Lists) -> None:
    if meaning in PLAIN:
        name = PLAIN[meaning]
        entry.defects += _too_long(Dataset, name, text, meaning)
        entry.metadata[name] = "" if _says_nothing(meaning, text) else text
    elif meaning in CLOSED:
        _read_closed(entry, meaning, text)
    elif meaning == Meaning.KEYWORDS:
        entry.metadata["keywords_zh"] = values.listed(text)
    elif meaning == Meaning.SUBJECT and text in lists.subjects:
        entry.metadata["subject"] = lists.subjects[text]
    elif meaning == Meaning.ITEM and len(text) == 2 and text.isdecimal():
        entry.metadata["item"] = text
    elif meaning == Meaning.DETAIL and len(text) <= 12 and text.isdecimal():
        entry.metadata["detail"] = text
    elif meaning in LINKED:
        _read_linked(entry, meaning, text, lists)
    elif meaning == Meaning.SHARE_WAY_CLASS:
        _read_way(entry, text)
    elif meaning in KEPT and not _says_nothing(meaning, text):
        entry.extensions[KEPT[meaning]] = text


def _read_closed(entry: ReadEntry, meaning: Meaning, text: str) -> None:
    name, words = CLOSED[meaning]
    value = words.begins(text) if meaning == Meaning.UPDATE_CYCLE else words.read(text)
    if value is None:
        entry.notes.append(_unknown(meaning, text, words))
    else:
        entry.metadata[name] = value


def _read_linked(entry: ReadEntry, meaning: Meaning, text: str, lists: Lists) -> None:
    name, kept = LINKED[meaning]
    known: Mapping[str, Organization | Region] = (
        lists.places if meaning == Meaning.LEAD else lists.regions
    )
    if text in known:
        entry.metadata[name] = known[text]
        return
    entry.extensions[kept] = text
    entry.notes.append(
        _("“%(text)s” is not on the list of this platform (%(what)s) and is kept as written.")
        % {"text": text[:60], "what": LABELS[meaning]}
    )


def _read_way(entry: ReadEntry, text: str) -> None:
    """共享方式分类 says whether by the platform; if not, it is the way itself."""
    if text in values.PLATFORM:
        return
    way = values.WAY.read(text)
    if way is None:
        entry.notes.append(_unknown(Meaning.SHARE_WAY_CLASS, text, values.WAY))
    else:
        entry.metadata["share_way"] = way


def _says_nothing(meaning: Meaning, text: str) -> bool:
    return meaning in {Meaning.SHARE_CONDITION, Meaning.OPEN_CONDITION} and (
        text in values.NONE_SAID
    )


def read_item(item: ToldItem) -> ReadItem:
    """Read an information item's words."""
    told = item.told
    read = ReadItem(
        item.row,
        told.get(Meaning.FIELD, ""),
        told.get(Meaning.FIELD_NAME, ""),
        notes=list(item.notes),
    )
    read.defects += _too_long(Field, "label_zh", read.label_zh, Meaning.FIELD)
    if text := told.get(Meaning.DATA_TYPE):
        found = values.TYPE.read(text)
        read.data_type = found if isinstance(found, DataType) else None
        if found is None:
            read.notes.append(_unknown(Meaning.DATA_TYPE, text, values.TYPE))
    _read_length(read, told.get(Meaning.LENGTH, ""))
    _read_sharing(read, told)
    return read


def _read_length(read: ReadItem, text: str) -> None:
    if not text:
        return
    if text.isdecimal() and 0 < int(text) < 1_000_000_000:
        if read.data_type in {None, DataType.TEXT}:
            read.length = int(text)
            return
        sentence = _("A length is kept of text only; %(length)s is left out.")
    else:
        sentence = _("“%(length)s” is no length in characters and is left out.")
    read.notes.append(sentence % {"length": text[:60]})


def _read_sharing(read: ReadItem, told: Mapping[Meaning, str]) -> None:
    if text := told.get(Meaning.SHARE_TYPE):
        found = values.SHARE.read(text)
        if found is None:
            read.defects.append(_unknown(Meaning.SHARE_TYPE, text, values.SHARE))
        elif found == ShareType.NOT_SHARED:
            read.share_type, read.not_shared = ShareType.CONDITIONAL, True
            read.notes.append(
                _(
                    "“Not shared” is taken as shared conditionally: only a line of the negative"
                    " list can refuse, with its legal basis. Once the workbook is applied, propose"
                    " one from this page."
                )
            )
        elif isinstance(found, ShareType):
            read.share_type = found
    condition = told.get(Meaning.SHARE_CONDITION, "")
    read.share_condition_zh = "" if condition in values.NONE_SAID else condition
    if text := told.get(Meaning.OPEN):
        opened = values.OPEN.read(text)
        if opened is None:
            read.defects.append(_unknown(Meaning.OPEN, text, values.OPEN))
        elif isinstance(opened, OpenType):
            asked = told.get(Meaning.OPEN_CONDITION, "")
            conditional = opened == OpenType.UNCONDITIONAL and asked not in values.NONE_SAID | {""}
            read.open_type = OpenType.CONDITIONAL if conditional else opened


def _unknown(meaning: Meaning, text: str, words: Words) -> str:
    return _("“%(text)s” is no %(what)s that is known: %(known)s.") % {
        "text": text[:60],
        "what": LABELS[meaning],
        "known": ", ".join(words.first),
    }


def _too_long(model: type[Model], name: str, text: str, meaning: Meaning) -> Iterator[str]:
    column = model._meta.get_field(name)  # noqa: SLF001 - Django's public-by-custom name
    most = getattr(column, "max_length", None)
    if most is not None and len(text) > most:
        yield _("The %(what)s has %(length)s characters; it may have %(most)s. Shorten it.") % {
            "what": LABELS[meaning],
            "length": len(text),
            "most": most,
        }
