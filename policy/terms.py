"""The closed sets of the sharing law, with the values that the database stores.

Source: docs/policy.md, where each set stands with its Chinese terms and its law.
"""

from enum import IntEnum, StrEnum


class Channel(StrEnum):
    """Where data goes: to other departments (共享), or out of government (开放)."""

    SHARE = "share"
    OPEN = "open"


class Mode(StrEnum):
    """How data goes: rows on demand, a yes or no (核验), a whole copy, or pushed changes."""

    QUERY = "query"
    VERIFY = "verify"
    BULK = "bulk"
    PUSH = "push"


class Treatment(IntEnum):
    """What a reader gets of a field's values, ordered from mildest to strictest."""

    CLEAR = 0
    MASKED = 1
    WITHHELD = 2


class Grade(IntEnum):
    """级别: the sensitivity of a field, L1 (public) to L4, then important data (重要数据)."""

    L1 = 1
    L2 = 2
    L3 = 3
    L4 = 4
    IMPORTANT = 5


class ShareType(StrEnum):
    """共享类型: 无条件, 有条件, 不予共享 (Order 809, art 14)."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NOT_SHARED = "not_shared"


class OpenType(StrEnum):
    """开放类型: 无条件, 有条件, 不予开放 (深圳经济特区数据条例, art 48)."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NOT_OPEN = "not_open"


class BasisTier(StrEnum):
    """依据层级: the rank of the rule that a refusal cites."""

    LAW = "law"
    ADMINISTRATIVE_REGULATION = "administrative_regulation"
    STATE_COUNCIL_DECISION = "state_council_decision"
    CENTRAL_POLICY = "central_policy"
    LOCAL_REGULATION = "local_regulation"
    DEPARTMENT_RULE = "department_rule"
    LOCAL_RULE = "local_rule"
    OTHER = "other"


SHARE_TIERS = frozenset(
    {BasisTier.LAW, BasisTier.ADMINISTRATIVE_REGULATION, BasisTier.STATE_COUNCIL_DECISION}
)
"""Tiers that can bar sharing between departments: 法律、行政法规以及国务院决定.

A closed list: neither local regulations nor ministry rules are on it (Order 809, art 14 (3)).
"""

OPEN_TIERS = SHARE_TIERS | {BasisTier.CENTRAL_POLICY, BasisTier.LOCAL_REGULATION}
"""Tiers that can bar opening to the public.

Order 809 does not speak of opening. 深圳经济特区数据条例 art 48 closes what "laws and regulations"
bar, which takes in local regulations; central policy is accepted on the example of
国发〔2016〕51号 (unverified). Narrow the set here where a city's counsel says so.
"""

TIERS = {Channel.SHARE: SHARE_TIERS, Channel.OPEN: OPEN_TIERS}


class Certainty(StrEnum):
    """How far the text of a legal basis was checked; only VERIFIED can bar anything."""

    VERIFIED = "verified"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"


class Secrecy(StrEnum):
    """What may not be on this platform at all (Order 809, art 3; 核心数据)."""

    NONE = "none"
    STATE_SECRET = "state_secret"  # noqa: S105 - a kind of data, no password
    WORK_SECRET = "work_secret"  # noqa: S105 - as above
    CORE = "core"


class DataType(StrEnum):
    """The declared type of a field's values."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"

    @property
    def letter(self) -> str:
        """The national catalogue's letter for this type (发改高技〔2017〕1272号)."""
        return _LETTERS[self]


_LETTERS = {
    DataType.TEXT: "C",
    DataType.INTEGER: "I",
    DataType.DECIMAL: "N",
    DataType.DOUBLE: "B",
    DataType.DATE: "D",
    DataType.DATETIME: "T",
    DataType.BOOLEAN: "L",
}

NATIONAL_LETTERS = {
    "C": DataType.TEXT,  # 字符型
    "N": DataType.DECIMAL,  # 数值型
    "Y": DataType.DECIMAL,  # 货币型
    "D": DataType.DATE,  # 日期型
    "T": DataType.DATETIME,  # 日期时间型
    "L": DataType.BOOLEAN,  # 逻辑型
    "M": DataType.TEXT,  # 备注型
    "G": DataType.TEXT,  # 通用型: no value of its own here, carried as the text that names it
    "B": DataType.DOUBLE,  # 双精度型
    "I": DataType.INTEGER,  # 整型
    "F": DataType.DOUBLE,  # 浮点型
}
"""Our type for each letter of the national catalogue."""


class MaskKind(StrEnum):
    """How a value is hidden where it must be; `policy.masking` says what each does."""

    KEEP_EDGES = "keep_edges"
    PSEUDONYM = "pseudonym"
    YEAR_ONLY = "year_only"
    COARSE_PLACE = "coarse_place"
    ROUND_COORDINATE = "round_coordinate"
    BLANK = "blank"


class ReaderKind(StrEnum):
    """Who reads. OWNER is the department that provides the very dataset."""

    PUBLIC = "public"
    COMPANY = "company"
    DEPARTMENT = "department"
    OWNER = "owner"


class ScopeOperator(StrEnum):
    """How a row scope compares a field with its values."""

    EQ = "eq"
    IN = "in"


class Because(StrEnum):
    """Why a field is treated as it is; `policy.sentences` says each in both languages."""

    DEFAULT_SHARE = "default-share"
    DEFAULT_OPEN = "default-open"
    GRANTED = "granted"
    OWN_DATA = "own-data"
    MASKED_GRADE = "masked-grade"
    NEGATIVE_LIST = "negative-list"
    LINE_LAPSED = "line-lapsed"
    NEEDS_GRANT = "needs-grant"
    GRANT_NOT_LIVE = "grant-not-live"
    MODE = "mode"
    NOT_OPEN = "not-open"
    NOT_A_DEPARTMENT = "not-a-department"
    GRADE_CLOSED = "grade-closed"
    VERIFY_ONLY = "verify-only"
    MASK_MISSING = "mask-missing"
    MASK_TOO_WEAK = "mask-too-weak"
    PSEUDONYM_SHARED = "pseudonym-shared"
    MASK_RENEWED = "mask-renewed"
    UNGRADED = "ungraded"
    CONCEALED = "concealed"
    ENDED = "ended"
    NOT_STORABLE = "not-storable"
