"""What a column of a catalogue workbook can mean, and how its header gives that away."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Meaning(StrEnum):
    """A meaning; the core metadata of domain.md §2.2, and what is often beside them."""

    CATEGORY = "category"
    ITEM = "item"
    SUBJECT = "subject"
    DETAIL = "detail"
    TITLE = "title"
    TITLE_EN = "title_en"
    ALIAS = "alias"
    CODE = "code"
    PROVIDER = "provider"
    OFFICE = "office"
    PROVIDER_CODE = "provider_code"
    ABSTRACT = "abstract"
    ABSTRACT_EN = "abstract_en"
    FORMAT_CLASS = "format_class"
    FORMAT_TYPE = "format_type"
    FORMAT_NOTE = "format_note"
    FIELD = "field"
    FIELD_NAME = "field_name"
    DATA_TYPE = "data_type"
    LENGTH = "length"
    FIELDS = "fields"
    SHARE_TYPE = "share_type"
    SHARE_CONDITION = "share_condition"
    SHARE_WAY_CLASS = "share_way_class"
    SHARE_WAY = "share_way"
    OPEN = "open"
    OPEN_CONDITION = "open_condition"
    UPDATE_CYCLE = "update_cycle"
    PUBLISHED_ON = "published_on"
    RELATED = "related"
    KEYWORDS = "keywords"
    LICENSE = "license"
    CONTACT = "contact"
    LEAD = "lead"
    REGION = "region"


LABELS = {
    Meaning.CATEGORY: _("class (类)"),
    Meaning.ITEM: _("item (项)"),
    Meaning.SUBJECT: _("subject (目)"),
    Meaning.DETAIL: _("detail (细目)"),
    Meaning.TITLE: _("title, Chinese"),
    Meaning.TITLE_EN: _("title, English"),
    Meaning.ALIAS: _("other name"),
    Meaning.CODE: _("resource code"),
    Meaning.PROVIDER: _("provider"),
    Meaning.OFFICE: _("office of the provider"),
    Meaning.PROVIDER_CODE: _("credit code of the provider"),
    Meaning.ABSTRACT: _("abstract, Chinese"),
    Meaning.ABSTRACT_EN: _("abstract, English"),
    Meaning.FORMAT_CLASS: _("format"),
    Meaning.FORMAT_TYPE: _("format type"),
    Meaning.FORMAT_NOTE: _("other format"),
    Meaning.FIELD: _("information item, one a row"),
    Meaning.FIELD_NAME: _("information item's name in the table"),
    Meaning.DATA_TYPE: _("data type"),
    Meaning.LENGTH: _("data length"),
    Meaning.FIELDS: _("information items, all in one cell"),
    Meaning.SHARE_TYPE: _("share type"),
    Meaning.SHARE_CONDITION: _("share condition, Chinese"),
    Meaning.SHARE_WAY_CLASS: _("way of sharing, class"),
    Meaning.SHARE_WAY: _("way of sharing"),
    Meaning.OPEN: _("open to the public"),
    Meaning.OPEN_CONDITION: _("open condition"),
    Meaning.UPDATE_CYCLE: _("update cycle"),
    Meaning.PUBLISHED_ON: _("day of publication"),
    Meaning.RELATED: _("codes of related entries"),
    Meaning.KEYWORDS: _("keywords, Chinese"),
    Meaning.LICENSE: _("licence"),
    Meaning.CONTACT: _("contact"),
    Meaning.LEAD: _("lead source department"),
    Meaning.REGION: _("region covered"),
}

FURTHER = "further"
"""What a column can be besides: a further element of the entry, by the column's own name."""

EXTENDED = "扩展元数据/"
"""How the header of such a column begins in what the catalogue writes itself."""

# traditional letters of these words, each with its simple form
TRADITIONAL = (
    "資訊關機標題稱編號頻條類項聯絡電話鍵詞領說內數據長單"
    "權網檔欄鏈結時間發佈備註來屬實際週應負責務開點級處別籤"
)
SIMPLE = (
    "资讯关机标题称编号频条类项联络电话键词领说内数据长单"
    "权网档栏链结时间发布备注来属实际周应负责务开点级处别签"
)
SIMPLER = str.maketrans(TRADITIONAL, SIMPLE)

WORDS: Mapping[Meaning, str] = {
    Meaning.CATEGORY: "类 信息资源分类类 category class",
    Meaning.ITEM: "项 信息资源分类项",
    Meaning.SUBJECT: "目 信息资源分类目 subject theme 分类及编号 主题",
    Meaning.DETAIL: "细目 信息资源分类细目",
    Meaning.TITLE: "信息资源名称 资源名称 目录名称 数据集名称 数据目录名称 资料名称 资料集名称"
    " 名称 标题 name title dataset datasetname",
    Meaning.TITLE_EN: "英文名称 英文标题 nameen titleen englishname englishtitle",
    Meaning.ALIAS: "别名 alias othername",
    Meaning.CODE: "信息资源代码 资源代码 目录代码 目录编码 资源编码 code resourcecode",
    Meaning.PROVIDER: "信息资源提供方 资源提供方 提供方 提供部门 提供单位 责任部门"
    " 资料集提供机关 资料来源 organization organisation department provider agency publisher",
    Meaning.OFFICE: "提供方内部部门 内部部门 处室 office",
    Meaning.PROVIDER_CODE: "资源提供方代码 提供方代码 统一社会信用代码 providercode",
    Meaning.ABSTRACT: "信息资源摘要 资源摘要 摘要 内容摘要 简介 内容简介 描述 资料集描述 说明"
    " description abstract",
    Meaning.ABSTRACT_EN: "英文摘要 abstracten descriptionen",
    Meaning.FORMAT_CLASS: "格式分类 信息资源格式格式分类 资源格式分类",
    Meaning.FORMAT_TYPE: "格式类型 信息资源格式格式类型 信息资源格式 资源格式 档案格式 文件格式"
    " 格式 format dataformat",
    Meaning.FORMAT_NOTE: "其他格式描述 其他类型资源格式描述 信息资源格式其他格式描述",
    Meaning.FIELD: "信息项名称 信息项信息信息项名称 信息项 字段中文名 数据项名称 字段名称"
    " field fieldlabel",
    Meaning.FIELD_NAME: "信息项英文名 字段英文名 字段名 英文字段名 fieldname column columnname",
    Meaning.DATA_TYPE: "数据类型 信息项信息数据类型 字段类型 datatype type",
    Meaning.LENGTH: "数据长度 信息项信息数据长度 长度 length",
    Meaning.FIELDS: "主要栏位 主要栏位说明 信息项列表 数据项 数据项列表 fields columns",
    Meaning.SHARE_TYPE: "共享类型 共享属性共享类型 sharetype",
    Meaning.SHARE_CONDITION: "共享条件 共享属性共享条件 sharecondition",
    Meaning.SHARE_WAY_CLASS: "共享方式分类 共享属性共享方式分类",
    Meaning.SHARE_WAY: "共享方式类型 共享属性共享方式类型 共享方式 shareway",
    Meaning.OPEN: "是否向社会开放 开放属性是否向社会开放 开放类型 开放属性 open opentype",
    Meaning.OPEN_CONDITION: "开放条件 开放属性开放条件 opencondition",
    Meaning.UPDATE_CYCLE: "更新周期 更新频率 更新频次 updatefrequency updatecycle frequency",
    Meaning.PUBLISHED_ON: "发布日期 建立日期 published publishdate",
    Meaning.RELATED: "关联资源代码 关联信息资源代码 relatedcodes",
    Meaning.KEYWORDS: "关键词 关键字 标签 标签关键字 keywords tags",
    Meaning.LICENSE: "授权方式 许可 许可协议 开放协议 license licence",
    Meaning.CONTACT: "联系方式 联系电话 资料集提供机关联络人电话 资料集提供机关电话 contact",
    Meaning.LEAD: "数源部门 牵头部门 数源单位 牵头单位 leaddepartment leadsource",
    Meaning.REGION: "所属行政区划 行政区划 行政区划代码 覆盖区域 所属区域 region",
}
LONGEST_NAME = 100
_BY_WORD = {word: meaning for meaning, words in WORDS.items() for word in words.split()}
_UNREAD = str.maketrans("", "", " \t\n/（）()【】[]·:：*＊、_-－.")


def plain(word: str) -> str:
    """Return a word as it is compared: small, in simple letters, without spaces and marks."""
    return word.lower().translate(SIMPLER).translate(_UNREAD)


def suggested(names: Sequence[str]) -> dict[Meaning, int]:
    """Return the place of the column that each meaning's words point to, the first one wins.

    Of a header in two rows, such as 共享属性/共享类型, the whole name and its last part are tried.
    """
    found: dict[Meaning, int] = {}
    for place, name in enumerate(names):
        if name.startswith(EXTENDED):
            continue
        meaning = _BY_WORD.get(plain(name)) or _BY_WORD.get(plain(name.rpartition("/")[2]))
        if meaning is not None:
            found.setdefault(meaning, place)
    return found


def named(names: Sequence[str], places: Iterable[int]) -> dict[str, int]:
    """Return columns that are kept as further elements, by what the elements are called.

    A column without a name is called by its place, and one that repeats a name by both.
    """
    found: dict[str, int] = {}
    for place in sorted(set(places)):
        name = names[place].removeprefix(EXTENDED)[:LONGEST_NAME] if place < len(names) else ""
        number = f"第{place + 1}列"
        found[f"{name}（{number}）" if name in found else name or number] = place
    return found


def extended(names: Sequence[str]) -> dict[str, int]:
    """Return the columns whose header says that they are further elements, by their names."""
    return named(names, [at for at, name in enumerate(names) if name.startswith(EXTENDED)])


def signature(names: Sequence[str]) -> str:
    """Return a digest of a header, by which a mapping is found again."""
    return hashlib.sha256("\n".join(map(plain, names)).encode()).hexdigest()
