"""How alike two fields are: by what they are called, by their codes, by the values they hold."""

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.sketches import LARGEST

COMMON = 100
"""A word that stands in more fields than this tells nothing, and is not even looked up."""

FEWEST = 20
"""Different values below which that they agree tells nothing, as with yes and no."""

ALIKE = (
    ("公民身份号码", "身份证号", "身份证号码", "居民身份证号", "居民身份证号码", "身份证件号码"),
    ("统一社会信用代码", "社会信用代码", "信用代码", "统一信用代码", "统一代码"),
    ("企业名称", "单位名称", "机构名称", "市场主体名称", "经营主体名称", "公司名称"),
    ("法定代表人", "法人", "法人代表", "法定代表人姓名", "法人姓名", "负责人", "负责人姓名"),
    ("联系电话", "电话", "电话号码", "手机号", "手机号码", "移动电话", "联系方式"),
    ("地址", "住址", "住所", "注册地址", "经营场所", "经营地址", "详细地址", "联系地址"),
    ("许可证号", "许可证编号", "许可编号", "证照编号", "许可证件号"),
    ("成立日期", "成立时间", "注册日期", "登记日期", "注册时间"),
    ("经度", "东经", "坐标经度"),
    ("纬度", "北纬", "坐标纬度"),
    ("出生日期", "出生年月", "出生时间"),
    ("车牌号", "车牌号码", "号牌号码", "机动车号牌"),
)
"""Labels that mean the same, the usual one first. Common practice, not a standard."""

SAYS_LITTLE = frozenset(
    {"id", "no", "code", "name", "type", "status", "remark", "remarks"}
    | {"序号", "编号", "名称", "备注", "说明", "类型", "状态", "年份", "年度"}
    | {"日期", "时间", "创建时间", "更新时间", "更新日期", "数据更新时间", "入库时间"}
    | {"区域", "所属区", "所属区域", "行政区划", "街道"}
)
"""Words that stand in every table."""


class Because(models.TextChoices):
    """In what two fields agree."""

    LABEL = "label", _("label")
    NAME = "name", _("name")
    CODES = "codes", _("code list")
    VALUES = "values", _("values")


WEIGHTS = {Because.LABEL: 0.65, Because.NAME: 0.45, Because.CODES: 0.35, Because.VALUES: 0.9}
"""How sure each agreement makes that two fields are the same, where nothing else has it."""


def normal(text: str) -> str:
    """Return a word as it is compared, as the database's `catalog_normal` does: no width, case,
    blanks or marks."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[ \t\n\r!-/:-@\[-`{-~，。、；：（）“”《》·—]+", "", folded)


_WHERE_AND_WHOM = {"经度", "纬度", "地址", "联系电话"}
_LITTLE = SAYS_LITTLE | {
    normal(one) for group in ALIKE if group[0] in _WHERE_AND_WHOM for one in group
}
_SAME = {normal(one): frozenset(map(normal, group)) for group in ALIKE for one in group}


def words_for(label: str) -> list[str]:
    """Return what a label may be called elsewhere, itself among it."""
    word = normal(label)
    return sorted(_SAME.get(word, {word})) if word else []


def says_little(*texts: str) -> bool:
    """Whether a field is called by words that stand in every table, or says where and whom to ask.

    Of label and name, given in this order, the label decides unless it is empty.
    """
    word = next((normal(text) for text in texts if normal(text)), "")
    return word in _LITTLE


def rarity(places: int) -> float:
    """Return 1 for what stands in one other place, falling to 0.1 at COMMON places."""
    return 1 - 0.9 * math.log(max(1, places)) / math.log(COMMON)


@dataclass(frozen=True, slots=True)
class Sketched:
    """Two sketches laid on each other: how many hashes they share, how many values each has."""

    shared: int
    mine: int
    theirs: int

    @property
    def share(self) -> float:
        """About which part of my values they hold too, 0 to 1.

        The values with the smallest hashes are the same sample of both sides as far as the larger
        side's sample reaches: `LARGEST` of its values.
        """
        if min(self.mine, self.theirs) < FEWEST:
            return 0.0
        scale = max(1.0, max(self.mine, self.theirs) / LARGEST)
        return min(1.0, self.shared * scale / self.mine)


def together(sure: Iterable[float]) -> float:
    """Return how sure several independent signs make one, 0 to 1."""
    left = 1.0
    for one in sure:
        left *= 1 - one
    return 1 - left


def pairs(text: str) -> set[str]:
    """Return the pairs of neighbouring signs of a title, by which titles are compared."""
    word = normal(text)
    return {word[place : place + 2] for place in range(len(word) - 1)} or {word}


def titles_alike(one: str, other: str) -> float:
    """Return how alike two titles are, 0 to 1 (Dice's measure over pairs of signs)."""
    mine, theirs = pairs(one), pairs(other)
    return 2 * len(mine & theirs) / (len(mine) + len(theirs))
