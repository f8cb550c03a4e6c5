"""An agreement in the order in which people read it: the same for a page and for paper.

Reads the frozen document alone. What it adds are headings and names of lines, in Chinese as the
document is; those of a format stay as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exchange.agreements import words

NONE = "无"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the agreement: a table with its head, or lines of a name and what stands there.

    `wide` gives the share of each column in the width, in hundredths.
    """

    heading: str
    rows: tuple[tuple[str, ...], ...]
    head: tuple[str, ...] = ()
    wide: tuple[int, ...] = (22, 78)
    note: str = ""

    @property
    def labelled(self) -> list[list[tuple[str, str]]]:
        """The rows of a table, each cell with its column's name."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]


def sections(told: Mapping[str, Any]) -> list[Section]:
    """Return the parts of a document of format 1."""
    return [
        _parties(told),
        _data(told),
        _matrix(told),
        _use(told),
        _duties(told),
        _signatures(told),
        _attachments(told),
    ]


def _parties(told: Mapping[str, Any]) -> Section:
    named = ((words.PROVIDER, told["provider"]), (words.CONSUMER, told["consumer"]))
    return Section(
        "一、双方",
        tuple((_sides(told)[side], one["name"], one["uscc"]) for side, one in named),
        ("", "名称", "统一社会信用代码"),
        (16, 50, 34),
    )


def _data(told: Mapping[str, Any]) -> Section:
    data = told["dataset"]
    return Section(
        "二、数据",
        (
            ("数据集", data["title"]),
            ("资源代码", data["code"] or NONE),
            *([] if _opening(told) else [("共享条件", data["condition"] or NONE)]),
            ("数据范围", _scope(told["rows"])),
        ),
    )


def _scope(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        f"{one['label'] or NONE}{one['operator']}：{'、'.join(one['values'])}" for one in rows
    ]
    return "\n".join(lines) or words.ALL_ROWS


def _matrix(told: Mapping[str, Any]) -> Section:
    return Section(
        "三、信息项决策矩阵",
        tuple(_field(one) for one in told["fields"]),
        (
            "信息项",
            "类型",
            "级别",
            "开放属性" if _opening(told) else "共享属性",
            "提供方式",
            "理由",
            "依据",
        ),
        (17, 8, 10, 12, 13, 22, 18),
    )


def _field(one: Mapping[str, Any]) -> tuple[str, ...]:
    share = f"{one['share_type']}\n{one['condition']}".strip()
    return (
        f"{one['label']}\n{one['name']}",
        one["type"],
        one["grade"],
        share,
        one["given"],
        "\n".join(reason["text"] for reason in one["reasons"]),
        "\n".join(one["law"]),
    )


def _use(told: Mapping[str, Any]) -> Section:
    use = told["use"]
    quota = words.NO_QUOTA if use["daily_quota"] is None else f"每日{use['daily_quota']}次"
    lines = [
        *_why(told),
        ("原值提供至", use["clear_up_to"]),
        ("使用期限", f"{use['valid_from']} 至 {use['valid_until']}（含首尾两日）"),
        ("调用限额", quota),
        ("最迟提供日", use["deliver_by"] or "数据已在平台，即时提供"),
        ("续签自", f"授权第{told['renews']}号" if told["renews"] else NONE),
        ("答复说明", use["answer_reason"] or NONE),
    ]
    return Section("四、使用", tuple(lines))


def _why(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    use = told["use"]
    if _opening(told):
        return [
            ("使用目的", use["purpose"]),
            ("使用场景", use["scene"]),
            ("安全保障措施", use["safeguards"]),
            ("开放方式", use["way"]),
        ]
    return [
        ("用途类别", use["class"]),
        ("使用目的", use["purpose"]),
        ("使用场景", use["scene"]),
        ("使用系统", use["system"]),
        ("法律依据", use["basis"]),
        ("共享方式", use["way"]),
    ]


def _opening(told: Mapping[str, Any]) -> bool:
    return told.get("kind") == words.OPENING


def _sides(told: Mapping[str, Any]) -> Mapping[str, str]:
    return words.sides(str(told.get("kind", "")))


def _duties(told: Mapping[str, Any]) -> Section:
    return Section(
        "五、义务",
        tuple((_sides(told)[one["side"]], one["text"], one["article"]) for one in told["duties"]),
        ("方", "义务", "条文"),
        (13, 57, 30),
        note=told["reserved"],
    )


def _signatures(told: Mapping[str, Any]) -> Section:
    return Section(
        "六、签署",
        tuple(
            (
                _sides(told)[one["side"]],
                one["organization"],
                one["name"] or NONE,
                one["office"],
                minute(one["at"]),
            )
            for one in told["signatures"]
        ),
        ("方", "单位" if _opening(told) else "部门", "签署人", "身份", "时间"),
        (14, 28, 14, 24, 20),
    )


def _attachments(told: Mapping[str, Any]) -> Section:
    if not told["attachments"]:
        return Section("七、申请附件", (("附件", NONE),))
    return Section(
        "七、申请附件",
        tuple((one["name"], one["sha256"]) for one in told["attachments"]),
        ("文件名", "SHA-256"),
        (40, 60),
    )


def minute(moment: str) -> str:
    """Return a moment of a document as people read it, in the city's time."""
    return moment[:16].replace("T", " ")
