"""What speaks for a suggested grade, as data that can be kept, and as a sentence for people.

Numbers only, never a value. The sentences stand beside the law, as those of the reasons do: what
is kept is read years later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy.detect import Finding, FoundBy, Kind

KINDS: Mapping[Kind, tuple[str, str]] = {
    Kind.RESIDENT_ID: ("居民身份证号", "resident ID number"),
    Kind.USCC: ("统一社会信用代码", "unified social credit code"),
    Kind.MOBILE: ("手机号码", "mobile number"),
    Kind.LANDLINE: ("固定电话", "landline number"),
    Kind.PASSPORT: ("护照号码", "passport number"),
    Kind.TRAVEL_PERMIT: ("通行证号码", "travel permit number"),
    Kind.PLATE: ("车牌号码", "licence plate"),
    Kind.EMAIL: ("电子邮箱", "e-mail address"),
    Kind.NETWORK_ADDRESS: ("网络地址", "network address"),
    Kind.ADDRESS: ("住址", "home address"),
    Kind.COORDINATE: ("坐标", "coordinate"),
    Kind.PERSON_NAME: ("个人姓名", "person's name"),
    Kind.BIRTH_DATE: ("出生日期", "birth date"),
    Kind.BANK_CARD: ("银行卡号", "bank card number"),
    Kind.BIOMETRIC: ("生物识别信息", "biometric data"),
    Kind.HEALTH: ("健康医疗信息", "health data"),
    Kind.INCOME: ("个人收入", "personal income"),
    Kind.CREDENTIAL: ("口令等凭证", "credential"),
}
"""Each kind in Chinese and English."""

_NAMED = (
    "名称“%(name)s”或标签“%(label)s”表明是%(kind)s",
    "the name “%(name)s” or label “%(label)s” says %(kind)s",
)
_SEEN = (
    "抽样的 %(sampled)s 个值中有 %(matched)s 个像%(kind)s",
    "%(matched)s of %(sampled)s values look like %(kind)s",
)
_JOINED = ("%(named)s；%(seen)s", "%(named)s, and %(seen)s")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One finding with the column's name and label of that day.

    `matched` of `sampled` non-empty values looked so.
    """

    kind: Kind
    by: FoundBy
    matched: int
    sampled: int
    name: str = ""
    label: str = ""

    @classmethod
    def of(cls, finding: Finding, name: str, label: str) -> "Evidence":
        """Return a finding as evidence."""
        return cls(finding.kind, finding.by, finding.matched, finding.sampled, name, label)

    def text(self, language: str) -> str:
        """Return it as a sentence: in Chinese for any `zh` language, else in English."""
        chosen = 0 if language.lower().startswith("zh") else 1
        words = {
            "name": self.name,
            "label": self.label,
            "kind": KINDS[self.kind][chosen],
            "matched": self.matched,
            "sampled": self.sampled,
        }
        named, seen = _NAMED[chosen] % words, _SEEN[chosen] % words
        return {
            FoundBy.NAME: named,
            FoundBy.SAMPLE: seen,
            FoundBy.BOTH: _JOINED[chosen] % {"named": named, "seen": seen},
        }[self.by]

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return {
            "kind": self.kind.value,
            "by": self.by.value,
            "matched": self.matched,
            "sampled": self.sampled,
            "name": self.name,
            "label": self.label,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Evidence":
        """Return what `as_data` gave. Raises KeyError or ValueError for anything else."""
        return cls(
            Kind(data["kind"]),
            FoundBy(data["by"]),
            int(data["matched"]),
            int(data["sampled"]),
            str(data.get("name", "")),
            str(data.get("label", "")),
        )


def kind_word(kind: Kind, language: str) -> str:
    """Return a kind in a language: Chinese for any `zh`, else English."""
    return KINDS[kind][0 if language.lower().startswith("zh") else 1]
