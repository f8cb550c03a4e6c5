"""Find sensitive columns by their name, label and a sample of values.

A checksum speaks first: what passes one is hardly ever something else. A pattern comes next, then
words of the column's name. What a detector finds is a hint for the person who grades the field,
and holds up an open publication until that person has; it never grades by itself.

Order of the detectors, patterns and hints: docs/policy.md, "Detectors".
"""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from policy import identifiers

SAMPLE = 1000
"""Values looked at, evenly spread over those given."""

LONGEST = 256
"""Longer values are free text; only this many characters of each are looked at."""

ENOUGH = 0.5
"""The share of the sample that must match where the name says nothing."""

A_FEW = 0.05
"""The share that is enough where a checksum passes, or the name says the same."""


class Kind(StrEnum):
    """What a column seems to hold, in the order in which the detectors are asked."""

    RESIDENT_ID = "resident_id"
    USCC = "uscc"
    MOBILE = "mobile"
    LANDLINE = "landline"
    PASSPORT = "passport"
    TRAVEL_PERMIT = "travel_permit"
    PLATE = "plate"
    EMAIL = "email"
    NETWORK_ADDRESS = "network_address"
    ADDRESS = "address"
    COORDINATE = "coordinate"
    PERSON_NAME = "person_name"
    BIRTH_DATE = "birth_date"
    BANK_CARD = "bank_card"
    BIOMETRIC = "biometric"
    HEALTH = "health"
    INCOME = "income"
    CREDENTIAL = "credential"


class FoundBy(StrEnum):
    """What gave a column away."""

    NAME = "name"
    SAMPLE = "sample"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of sensitive data that a column seems to hold.

    `matched` of `sampled` non-empty values look so; `confidence` is between 0 and 1.
    """

    kind: Kind
    matched: int
    sampled: int
    by: FoundBy
    confidence: float


Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Detector:
    """How one kind is known: words of the column's name, and tests of its values.

    `words` are whole parts of a name (`sfzh`, `id_card`), `labels` parts of a label. `vague` words
    say it only where half of the values agree. `test` looks at values of a column so named,
    `alone` at those of any other; without it values alone prove nothing. `checked` says that a
    checksum is behind `alone`, so that a few values are enough.
    """

    kind: Kind
    words: frozenset[str]
    labels: tuple[str, ...]
    test: Test | None = None
    alone: Test | None = None
    vague: frozenset[str] = frozenset()
    checked: bool = False


_MOBILE = re.compile(r"(?:\+?86[- ]?)?1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[0-9]{2,3}-?[0-9]{7,8}")
_PASSPORT = re.compile(r"E[0-9A-HJ-NP-Z][0-9]{7}|[GDSP][0-9]{8}")
_TRAVEL_PERMIT = re.compile(r"[HM][0-9]{8,10}|[0-9]{8}")
_PLATE = re.compile(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]·?"
    "[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳]"
)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_REACHES = re.compile(
    rf"(?<![0-9A-Za-z])(?:{_MOBILE.pattern}|{_LANDLINE.pattern}|{_EMAIL.pattern})(?![0-9A-Za-z])"
)
_IPV4 = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}")
_PAIR = re.compile(r"(-?[0-9]{1,3}\.[0-9]{3,15})(?:[,， ] ?(-?[0-9]{1,3}\.[0-9]{3,15}))?")
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏"
    "吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万"
    "覃武钱戴严莫孔向常汤康易乔赖文"
)
_NAME_TAIL = re.compile("[一-龥]{1,3}")
_NO_NAME_ENDS_SO = frozenset("村庄镇乡县市区街路巷屯寨站厂店局院校所部队会组桥河湖")
_PLACE_TOKENS = ("省", "市", "区", "县", "镇", "街道", "路", "街", "巷", "村", "号", "栋", "室")


def _digits(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _is_resident_id(text: str) -> bool:
    return identifiers.is_resident_id(text) or identifiers.is_old_resident_id(text)


def _is_uscc(text: str) -> bool:
    return identifiers.is_uscc(text.upper())


def _is_bank_card(text: str) -> bool:
    return identifiers.is_bank_card(_digits(text))


def _is_network_address(text: str) -> bool:
    if _MAC.fullmatch(text):
        return True
    return bool(_IPV4.fullmatch(text)) and all(int(part) < 256 for part in text.split("."))


def _is_address(text: str) -> bool:
    """Two kinds of place words or more, and longer than the name of a place."""
    return len(text) >= 6 and sum(token in text for token in _PLACE_TOKENS) >= 3


def _is_coordinate(text: str) -> bool:
    """Three decimals or more within China's bounds: one number, or a pair in either order."""
    numbers = _numbers(text)
    if len(numbers) == 2:
        return _is_coordinate_pair(text)
    return any(_is_longitude(number) or _is_latitude(number) for number in numbers)


def _is_coordinate_pair(text: str) -> bool:
    numbers = _numbers(text)
    if len(numbers) != 2:
        return False
    one, other = numbers
    return (_is_longitude(one) and _is_latitude(other)) or (
        _is_latitude(one) and _is_longitude(other)
    )


def _numbers(text: str) -> list[float]:
    found = _PAIR.fullmatch(text)
    return [float(number) for number in found.groups() if number] if found else []


def _is_longitude(number: float) -> bool:
    return 73 <= number <= 136


def _is_latitude(number: float) -> bool:
    return 3 <= number <= 54


def _is_person_name(text: str) -> bool:
    """A frequent surname and one to three characters more, which do not end like a place."""
    return (
        text[0] in _SURNAMES
        and _NAME_TAIL.fullmatch(text[1:]) is not None
        and text[-1] not in _NO_NAME_ENDS_SO
    )


def _whole(pattern: re.Pattern[str]) -> Test:
    return lambda text: pattern.fullmatch(text) is not None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DETECTORS = (
    Detector(
        Kind.RESIDENT_ID,
        _words("sfzh sfzhm sfz zjhm zjh gmsfhm gmsfzh sfzjh idcard idno idnumber idcardno"),
        ("身份证", "公民身份", "证件号", "id card", "resident id", "identity number"),
        test=_is_resident_id,
        alone=identifiers.is_resident_id,
        checked=True,
    ),
    Detector(
        Kind.USCC,
        _words("uscc tyshxydm xydm shxydm shtyxydm creditcode"),
        ("信用代码", "credit code"),
        test=_is_uscc,
        alone=_is_uscc,
        checked=True,
    ),
    Detector(
        Kind.MOBILE,
        _words("sjh sjhm lxdh lxfs yddh mobile phone mobileno phoneno cellphone tel telephone"),
        ("手机", "移动电话", "联系电话", "联系方式", "mobile", "phone"),
        test=_whole(_MOBILE),
        alone=_whole(_MOBILE),
    ),
    Detector(
        Kind.LANDLINE,
        _words("gddh zjdh dhhm landline fax"),
        ("固定电话", "座机", "传真", "landline"),
        test=_whole(_LANDLINE),
        alone=_whole(_LANDLINE),
        vague=_words("dh cz tel telephone"),
    ),
    Detector(
        Kind.PASSPORT,
        _words("hzh hzhm passport passportno"),
        ("护照", "passport"),
        test=_whole(_PASSPORT),
        alone=_whole(_PASSPORT),
        vague=_words("hz"),
    ),
    Detector(
        Kind.TRAVEL_PERMIT,
        _words("txzh tbzh gatxz travelpermit"),
        ("通行证", "台胞证", "travel permit"),
        test=_whole(_TRAVEL_PERMIT),
    ),
    Detector(
        Kind.PLATE,
        _words("cph cphm hphm plateno licenseplate licenceplate"),
        ("车牌", "号牌", "licence plate", "license plate"),
        test=_whole(_PLATE),
        alone=_whole(_PLATE),
        vague=_words("cp plate"),
    ),
    Detector(
        Kind.EMAIL,
        _words("email mail dzyx yxdz dzyj"),
        ("邮箱", "电子邮件", "e-mail", "email"),
        test=_whole(_EMAIL),
        alone=_whole(_EMAIL),
        vague=_words("yx"),
    ),
    Detector(
        Kind.NETWORK_ADDRESS,
        _words("ip ipdz macdz ipaddress macaddress"),
        ("ip地址", "ip 地址", "mac地址", "mac 地址", "ip address", "mac address"),
        test=_is_network_address,
        alone=_is_network_address,
        vague=_words("mac"),
    ),
    Detector(
        Kind.ADDRESS,
        _words("dz zz jtzz jzdz hjdz txdz xxdz address addr homeaddress"),
        ("住址", "地址", "户籍地", "居住地", "address"),
        test=_is_address,
        alone=_is_address,
    ),
    Detector(
        Kind.COORDINATE,
        _words("jwd lon lng lat longitude latitude coordinates gps"),
        ("经度", "纬度", "坐标", "longitude", "latitude", "coordinate"),
        test=_is_coordinate,
        alone=_is_coordinate_pair,
        vague=_words("jd wd zb"),
    ),
    Detector(
        Kind.PERSON_NAME,
        _words("xm fullname personname lxr lxrxm fddbr fddbrxm xingming"),
        ("姓名", "联系人", "法定代表人", "负责人", "person name", "full name"),
        test=_is_person_name,
        alone=_is_person_name,
        vague=_words("name mc"),
    ),
    Detector(
        Kind.BIRTH_DATE,
        _words("csrq csny birthday birthdate dob"),
        ("出生日期", "出生年月", "生日", "birth"),
    ),
    Detector(
        Kind.BANK_CARD,
        _words("yhkh yhk yhzh bankcard bankcardno bankaccount"),
        ("银行卡", "银行账号", "开户账号", "bank card", "bank account"),
        test=_is_bank_card,
        alone=_is_bank_card,
        vague=_words("kh zh card cardno account accountno"),
    ),
    Detector(
        Kind.BIOMETRIC,
        _words("rltz zwtz rlxx zwxx fingerprint iris"),
        ("人脸", "指纹", "声纹", "虹膜", "基因", "fingerprint", "biometric"),
    ),
    Detector(
        Kind.HEALTH,
        _words("zdjg jbmc bszd diagnosis disease"),
        ("诊断", "病历", "病史", "疾病", "检验结果", "diagnosis", "disease", "medical record"),
    ),
    Detector(
        Kind.INCOME,
        _words("gzsr nsr nse jnje salary wage"),
        ("工资", "个人收入", "纳税额", "社保缴费", "公积金", "salary", "personal income"),
    ),
    Detector(
        Kind.CREDENTIAL,
        _words("password passwd pwd"),
        ("密码", "口令", "password"),
    ),
)
"""In the order in which they are asked; the bank card is last of the numbers, for Luhn's check
lets one number in ten through."""


def detect(name: str, label: str, values: Sequence[str]) -> tuple[Finding, ...]:
    """Return what a column seems to hold, surest first; nothing where nothing speaks for it.

    `values` may be any number; up to SAMPLE non-empty ones, evenly spread, are looked at. Where
    name and sample agree on one kind, kinds that only the name hints at are left out.
    """
    sample = _sample(values)
    parts = _parts(name)
    findings = [
        finding
        for detector in DETECTORS
        if (finding := _ask(detector, parts, label.lower(), sample)) is not None
    ]
    if any(finding.by == FoundBy.BOTH for finding in findings):
        findings = [finding for finding in findings if finding.by != FoundBy.NAME]
    return tuple(sorted(findings, key=lambda finding: -finding.confidence))


def contact(text: str) -> str:
    """Return the first telephone number or e-mail address that stands in a text, "" for none."""
    found = _REACHES.search(text)
    return found[0] if found else ""


def _sample(values: Sequence[str]) -> tuple[str, ...]:
    trimmed = [value[:LONGEST].strip() for value in values if value]
    filled = [value for value in trimmed if value]
    step = max(1, len(filled) // SAMPLE)
    return tuple(filled[::step][:SAMPLE])


def _parts(name: str) -> frozenset[str]:
    """Return the words of a column's name: of its parts, of pairs of parts, and of the whole."""
    parts = [part for part in re.split(r"[^0-9a-z]+", _snake(name).lower()) if part]
    pairs = [first + second for first, second in itertools.pairwise(parts)]
    return frozenset([*parts, *pairs, "".join(parts)])


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)


def _ask(
    detector: Detector, parts: frozenset[str], label: str, sample: tuple[str, ...]
) -> Finding | None:
    if parts & detector.words or any(word in label for word in detector.labels):
        return _named(detector, sample)
    matched, share = _count(detector.alone, sample)
    if share < (A_FEW if detector.checked else ENOUGH):
        return None
    by = FoundBy.BOTH if parts & detector.vague else FoundBy.SAMPLE
    return _finding(detector, matched, sample, by)


def _named(detector: Detector, sample: tuple[str, ...]) -> Finding:
    matched, share = _count(detector.test, sample)
    return _finding(detector, matched, sample, FoundBy.BOTH if share >= A_FEW else FoundBy.NAME)


def _count(test: Test | None, sample: tuple[str, ...]) -> tuple[int, float]:
    """Return how many values pass, and their share; nothing passes where there is no test."""
    if test is None or not sample:
        return 0, 0.0
    matched = sum(map(test, sample))
    return matched, matched / len(sample)


def _finding(detector: Detector, matched: int, sample: tuple[str, ...], by: FoundBy) -> Finding:
    """Confidence: 0.5 for a name alone, 0.6 to 0.9 for values alone, 0.1 more for both."""
    confidence = 0.5
    if by != FoundBy.NAME:
        confidence = (0.8 if detector.checked else 0.6) + 0.1 * matched / len(sample)
        confidence += 0.1 * (by == FoundBy.BOTH)
    return Finding(detector.kind, matched, len(sample), by, round(confidence, 3))
