"""The Chinese words of an agreement. They go into the document when it is frozen.

Kept here and not in the message catalogue, as the reasons of a decision are (`policy.sentences`):
an agreement is in Chinese whatever language its signatories read, and says for good what it said.
The duties are told in words of our own; the text of Order 809 itself decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from policy.facts import Mask
from policy.terms import (
    DataType,
    Grade,
    MaskKind,
    Mode,
    OpenType,
    ScopeOperator,
    ShareType,
    Treatment,
)

LAW = "《政务数据共享条例》"
TITLE = "政务数据共享协议"
HEAD = "政务数据共享工作机构负责人"
AT_ONCE = "依法无条件共享，由平台即时授权，无需答复签字"
ALL_ROWS = "全部"
NO_QUOTA = "不另设限额"

PURPOSES = {
    "basis": "行政行为的依据",
    "reference": "工作参考",
    "checking": "数据校核",
    "coordination": "业务协同",
}
"""What shared data is used as, by `exchange.models.Purpose`."""

MODES = {
    Mode.QUERY: "查询",
    Mode.VERIFY: "核验（只答是或否）",
    Mode.BULK: "批量获取",
    Mode.PUSH: "变更推送",
}
GRADES = {
    Grade.L1: "L1（公开）",
    Grade.L2: "L2（内部）",
    Grade.L3: "L3（敏感）",
    Grade.L4: "L4（高度敏感）",
    Grade.IMPORTANT: "重要数据",
}
UNGRADED = "未定级"
TREATMENTS = {
    Treatment.CLEAR: "原值",
    Treatment.MASKED: "脱敏",
    Treatment.WITHHELD: "不提供",
}
VERIFIED = "只比对，不提供值"
SHARE_TYPES = {
    ShareType.UNCONDITIONAL: ("无条件共享", f"{LAW}第十四条"),
    ShareType.CONDITIONAL: ("有条件共享", f"{LAW}第十四条、第十五条"),
    ShareType.NOT_SHARED: ("不予共享", f"{LAW}第十四条、第十五条"),
}
"""Each share type with the articles that speak of it."""

DATA_TYPES = {
    DataType.TEXT: "文本",
    DataType.INTEGER: "整数",
    DataType.DECIMAL: "小数",
    DataType.DOUBLE: "浮点数",
    DataType.DATE: "日期",
    DataType.DATETIME: "日期时间",
    DataType.BOOLEAN: "是否",
}
OPERATORS = {ScopeOperator.EQ: "等于", ScopeOperator.IN: "属于"}

PROVIDER, CONSUMER, BOTH = "provider", "consumer", "both"
SIDES = {PROVIDER: "提供部门", CONSUMER: "需求部门", BOTH: "双方"}
OPENING_SIDES = {PROVIDER: "提供部门", CONSUMER: "使用企业", BOTH: "双方"}

DUTIES = (
    (PROVIDER, "第二十二条", "自同意共享的答复作出之日起20个工作日内提供本协议所列数据。"),
    (PROVIDER, "第二十六条", "收到校核申请后10个工作日内核实、更正，并反馈处理结果。"),
    (
        PROVIDER,
        "第二十七条",
        "无正当理由不停止、不变更服务；确需停止或者变更的，与需求部门协商，并报同级政务数据共享主管部门备案。",
    ),
    (
        PROVIDER,
        "第二十七条",
        "发现超出范围使用或者提供给第三方的，暂停共享权限，督促限期整改；拒不整改或者整改不到位的，可以终止共享。",
    ),
    (CONSUMER, "第二十条", "对申请的真实性、合法性和必要性负责。"),
    (
        CONSUMER,
        "第二十五条",
        (
            "只为本协议写明的目的、在写明的范围内使用；未经提供部门同意，不扩大使用范围，"
            "不用于或者变相用于其他目的，不提供给第三方；防范数据汇聚、关联引发的泄密风险。"
        ),
    ),
    (CONSUMER, "第二十六条", "记录使用情况；发现数据不准确、不完整的，及时提出校核申请。"),
    (
        CONSUMER,
        "第二十七条",
        "使用目的已经实现、无法实现或者不再必要的，按照提供部门的要求处置所获数据，并留存处置回执。",
    ),
    (
        CONSUMER,
        "第二十九条",
        (
            "记录使用场景、使用过程、应用成效、存储情况和销毁情况，至少保存3年，"
            "接受政务数据共享主管部门和提供部门检查。"
        ),
    ),
    (CONSUMER, "第三十四条", "对使用中发生的篡改、破坏、泄露和非法利用承担责任。"),
    (
        BOTH,
        "第二十八条",
        (
            "发生争议先行协商；协商不成的，同级部门申请同级政务数据共享主管部门协调处理，"
            "跨层级、跨地域的由共同的上级政务数据共享主管部门协调处理；仍不能达成一致的，报本级人民政府决定。"
        ),
    ),
)
"""Side, article of Order 809 and duty, each checked against the articles as they were read."""

RESERVED = (
    "义务以平台自己的语言概括《政务数据共享条例》（国务院令第809号）的条文，以公布的条文为准。"
)

OPENING = "opening"
"""The kind of an agreement with a company; one between departments names none."""

OPENING_LAW = "《深圳经济特区数据条例》"
RESPONSIBLE = "企业指定负责人"
OPEN_TYPES = {
    OpenType.UNCONDITIONAL: ("无条件开放", f"{OPENING_LAW}第四十八条"),
    OpenType.CONDITIONAL: ("有条件开放", f"{OPENING_LAW}第四十八条、第四十九条"),
    OpenType.NOT_OPEN: ("不予开放", f"{OPENING_LAW}第四十八条"),
}
OWN_RULE = "平台规则"
OPENING_DUTIES = (
    (PROVIDER, f"{OPENING_LAW}第四十七条", "按照本协议写明的方式提供数据，不收取费用。"),
    (
        PROVIDER,
        OWN_RULE,
        (
            "发现超出目的、范围使用或者提供给第三方的，暂停授权并要求限期整改；"
            "不整改或者整改不到位的，终止授权。"
        ),
    ),
    (
        CONSUMER,
        f"{OPENING_LAW}第四十九条",
        "落实申请中写明的安全保障措施，按照本协议写明的使用要求使用数据。",
    ),
    (
        CONSUMER,
        OWN_RULE,
        (
            "只为本协议写明的目的、在写明的场景内使用；未经提供部门同意，不改变用途，"
            "不提供给第三方；不还原被脱敏、被去标识的内容。"
        ),
    ),
    (CONSUMER, OWN_RULE, "发现数据泄露、被篡改或者被非法使用的，立即告知提供部门。"),
    (CONSUMER, OWN_RULE, "授权结束后处置所获数据，并留存处置回执。"),
)
"""Side, basis and duty. Articles 47 and 49 were read in excerpts; what they leave open is ours."""

OPENING_RESERVED = (
    "义务以平台自己的语言写成，注明“平台规则”的为平台自定；"
    "《深圳经济特区数据条例》的条文以公布的条文为准。"
)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one kind of agreement. `number` has places for year and grant.

    `law` stands before the article of each duty, "" where each names its own.
    """

    title: str
    number: str
    law: str
    duties: tuple[tuple[str, str, str], ...]
    reserved: str


SHARING_WORDS = Words(TITLE, "共享协议〔%(year)s〕%(grant)s号", LAW, DUTIES, RESERVED)
OPENING_WORDS = Words(
    "公共数据有条件开放使用协议",
    "开放协议〔%(year)s〕%(grant)s号",
    "",
    OPENING_DUTIES,
    OPENING_RESERVED,
)


def of(opening: bool) -> Words:  # noqa: FBT001 - it is the question itself
    """Return the words of an agreement with a company, or of one between departments."""
    return OPENING_WORDS if opening else SHARING_WORDS


def sides(kind: str) -> Mapping[str, str]:
    """Return what the two sides are called in an agreement of a kind."""
    return OPENING_SIDES if kind == OPENING else SIDES


def afterwards(kind: str) -> Mapping[str, str]:
    """Return what is told after an agreement of a kind, by the verb of the audit trail."""
    return OPENING_AFTERWARDS if kind == OPENING else AFTERWARDS


def endings(kind: str) -> Mapping[str, str]:
    """Return how a grant under an agreement of a kind ended."""
    return OPENING_ENDINGS if kind == OPENING else ENDINGS


def masked(mask: Mask) -> str:
    """Return how a value is hidden."""
    if mask.kind == MaskKind.KEEP_EDGES:
        return f"保留前{mask.keep_left}位、后{mask.keep_right}位"
    if mask.kind == MaskKind.ROUND_COORDINATE:
        return f"坐标保留{mask.digits}位小数"
    return _MASKS[mask.kind]


_MASKS = {
    MaskKind.PSEUDONYM: "假名（按需求部门和数据集分别生成）",
    MaskKind.YEAR_ONLY: "只留年份",
    MaskKind.COARSE_PLACE: "只留到街道（镇）",
    MaskKind.BLANK: "全部隐去",
}

ANNEX = "附记：签订之后"
ANNEX_NOTE = (
    "附记不属于协议正文，不计入摘要：协议自签订起不变。"
    "附记按审计记录逐条列出签订之后的事项，时间为北京时间。"
)
AFTERWARDS = {
    "grant.suspend": "暂停共享权限，限期整改",
    "grant.resume": "恢复共享权限",
    "grant.stop_ask": "提供部门提出停止服务",
    "grant.stop_agree": "需求部门同意停止服务",
    "grant.stop_object": "需求部门对停止服务提出异议",
    "grant.stop_decide": "政务数据共享主管部门决定停止服务",
    "grant.stop_drop": "提供部门撤回停止服务的提议",
    "grant.stop_lapse": "授权已另行结束，停止服务的提议终止",
    "grant.end": "授权结束",
    "grant.dispose": "需求部门留存处置回执",
}
"""What is told of a grant after its agreement, by the verb of the audit trail."""

OPENING_AFTERWARDS = AFTERWARDS | {
    "grant.suspend": "暂停授权，限期整改",
    "grant.resume": "恢复授权",
    "grant.revoke": "授权撤销",
    "grant.dispose": "使用企业留存处置回执",
}
"""The same of a company's grant, of which alone it is told that it was revoked."""

SERVICE_GOES_ON = "政务数据共享主管部门决定继续提供服务"
LAST_DAY_OVER = "使用期限届满，授权结束"
DATASET_WITHDRAWN = "数据集撤下，此后不再提供数据"
ENDINGS = {
    "revoked": "授权撤销",
    "purpose": "使用目的已经实现、无法实现或者不再必要，授权结束",
    "misuse": "拒不整改或者整改不到位，终止共享",
    "stopped": "按约定或者决定停止服务，授权结束",
    "replaced": "由另一授权接替，本授权结束",
}
"""How a grant ended, by `exchange.models.Ending`."""

OPENING_ENDINGS = ENDINGS | {"misuse": "不整改或者整改不到位，终止授权"}

BESIDE = {
    "mend_by": "整改期限：",
    "from_day": "停止服务之日：",
    "notice": "备案号：",
    "document": "文号：",
}
"""What stands beside the words of an entry, by its name in the details."""

NAME_THE_DAY = ("grant.stop_ask", "grant.stop_agree", "grant.stop_decide")
UNTIL_THEN = "接替之前有效至{}（含当日）"
BY_GRANT, BY_REQUEST = "由授权第{}号接替", "由申请第{}号接替"
