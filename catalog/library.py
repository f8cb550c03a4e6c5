"""Articles that departments cite most, with what is known of each and how surely.

Only gists: no article's text is known here word for word, so nothing is VERIFIED. SECONDARY: the
gist was read in a full-text copy that is not the official gazette. UNVERIFIED: number or content
are from memory and have to be looked up. A person verifies each before it can carry a line.
"""

from dataclasses import dataclass
from datetime import date

from policy.terms import BasisTier, Certainty

COPY = (
    "Full-text copy of the law (not the gazette), read in 2025; check against the official text."
)
MEMORY = "From memory; look the article up in the official text."


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article of law as the library lists it."""

    law_zh: str
    law_en: str
    article: str
    gist_zh: str
    gist_en: str
    tier: BasisTier
    in_force_from: date
    in_force_until: date | None = None
    document_number: str = ""
    certainty: Certainty = Certainty.UNVERIFIED
    source: str = MEMORY


LIBRARY = (
    Article(
        law_zh="中华人民共和国保守国家秘密法",
        law_en="Law on Guarding State Secrets (2024 revision)",
        article="第十三条、第十四条",
        gist_zh="国家秘密的范围与密级；国家秘密不得登记在本平台。",
        gist_en="What is a state secret, and its levels; none may be registered on this platform.",
        tier=BasisTier.LAW,
        in_force_from=date(2024, 5, 1),
        certainty=Certainty.SECONDARY,
        source=COPY,
    ),
    Article(
        law_zh="中华人民共和国保守国家秘密法",
        law_en="Law on Guarding State Secrets (2024 revision)",
        article="第三十六条",
        gist_zh="数据汇聚、关联后属于国家秘密的，应当加强安全管理。",
        gist_en="Data that becomes a state secret by being joined is guarded as one.",
        tier=BasisTier.LAW,
        in_force_from=date(2024, 5, 1),
        certainty=Certainty.SECONDARY,
        source=COPY,
    ),
    Article(
        law_zh="中华人民共和国统计法",
        law_en="Statistics Law (2024 revision)",
        article="第二十八条",
        gist_zh="能够识别或者推断单个统计调查对象身份的资料，不得对外提供、泄露，不得用于统计以外的目的。",
        gist_en="Material that identifies a single respondent is given to nobody and used for"
        " statistics only. Aggregates are not barred.",
        tier=BasisTier.LAW,
        in_force_from=date(2024, 9, 13),
        certainty=Certainty.SECONDARY,
        source=COPY,
    ),
    Article(
        law_zh="中华人民共和国税收征收管理法",
        law_en="Tax Collection Administration Law",
        article="第八条",
        gist_zh="税务机关应当依法为纳税人、扣缴义务人的情况保密；税收违法行为信息不属于保密范围。",
        gist_en="The tax office keeps taxpayers' affairs confidential; tax violations are not."
        " Supports a condition, rarely a full bar.",
        tier=BasisTier.LAW,
        in_force_from=date(2001, 5, 1),
        certainty=Certainty.SECONDARY,
        source=COPY,
    ),
    Article(
        law_zh="中华人民共和国个人信息保护法",
        law_en="Personal Information Protection Law",
        article="第二十五条",
        gist_zh="个人信息处理者不得公开其处理的个人信息，取得个人单独同意的除外。",
        gist_en="Personal information is not made public without separate consent. Bars opening;"
        " does not bar sharing within statutory duty.",
        tier=BasisTier.LAW,
        in_force_from=date(2021, 11, 1),
        certainty=Certainty.SECONDARY,
        source=COPY,
    ),
    Article(
        law_zh="中华人民共和国个人信息保护法",
        law_en="Personal Information Protection Law",
        article="第二十八条、第二十九条",
        gist_zh="敏感个人信息的范围；处理敏感个人信息应当取得个人的单独同意。",
        gist_en="What is sensitive personal information; it needs separate consent.",
        tier=BasisTier.LAW,
        in_force_from=date(2021, 11, 1),
        certainty=Certainty.SECONDARY,
        source=COPY,
    ),
    Article(
        law_zh="中华人民共和国数据安全法",
        law_en="Data Security Law",
        article="第三十八条",
        gist_zh="国家机关对在履行职责中知悉的个人隐私、个人信息、商业秘密、保密商务信息等数据应当依法予以保密。",
        gist_en="State organs keep privacy, personal information and trade secrets learned in duty"
        " confidential. Bars opening; sharing within duty is allowed.",
        tier=BasisTier.LAW,
        in_force_from=date(2021, 9, 1),
        certainty=Certainty.SECONDARY,
        source=COPY,
    ),
    Article(
        law_zh="中华人民共和国政府信息公开条例",
        law_en="Regulation on Open Government Information",
        document_number="国务院令第711号",
        article="第十四条至第十六条",
        gist_zh="涉及国家秘密、公共安全、商业秘密、个人隐私以及内部事务的政府信息不予公开。",
        gist_en="Secrets, public security, others' trade secrets or privacy, and internal affairs"
        " are not disclosed. For opening only.",
        tier=BasisTier.ADMINISTRATIVE_REGULATION,
        in_force_from=date(2019, 5, 15),
        certainty=Certainty.SECONDARY,
        source=COPY,
    ),
    Article(
        law_zh="征信业管理条例",
        law_en="Regulation on Credit Reporting",
        document_number="国务院令第631号",
        article="第十四条",
        gist_zh="禁止征信机构采集个人的宗教信仰、基因、指纹、血型、疾病和病史信息。",
        gist_en="Credit agencies may not collect religion, genes, fingerprints, blood type or"
        " illness.",
        tier=BasisTier.ADMINISTRATIVE_REGULATION,
        in_force_from=date(2013, 3, 15),
        certainty=Certainty.SECONDARY,
        source=COPY,
    ),
    Article(
        law_zh="中华人民共和国测绘法",
        law_en="Surveying and Mapping Law (2017 revision)",
        article="第四十七条",
        gist_zh="涉及国家秘密的地理信息的获取、持有、提供、利用应当登记并可追溯。",
        gist_en="State-secret geographic information is registered and traceable.",
        tier=BasisTier.LAW,
        in_force_from=date(2017, 7, 1),
        certainty=Certainty.SECONDARY,
        source=COPY,
    ),
    Article(
        law_zh="中华人民共和国反不正当竞争法",
        law_en="Anti-Unfair Competition Law",
        article="条号待核",
        gist_zh="商业秘密受保护。",
        gist_en="Trade secrets are protected. Article number to be looked up.",
        tier=BasisTier.LAW,
        in_force_from=date(2018, 1, 1),
    ),
    Article(
        law_zh="中华人民共和国未成年人保护法",
        law_en="Law on the Protection of Minors",
        article="条号待核",
        gist_zh="未成年人的个人隐私和个人信息受特别保护。",
        gist_en="Minors' privacy is specially protected. Article number to be looked up.",
        tier=BasisTier.LAW,
        in_force_from=date(2021, 6, 1),
    ),
    Article(
        law_zh="中华人民共和国预防未成年人犯罪法",
        law_en="Law on the Prevention of Juvenile Delinquency",
        article="条号待核",
        gist_zh="未成年人犯罪记录依法封存，不得向任何单位和个人提供。",
        gist_en="Juvenile criminal records are sealed. Article number to be looked up.",
        tier=BasisTier.LAW,
        in_force_from=date(2021, 6, 1),
    ),
    Article(
        law_zh="中华人民共和国精神卫生法",
        law_en="Mental Health Law",
        article="条号待核",
        gist_zh="对精神障碍患者的姓名、病历资料等信息予以保密。",
        gist_en="Patients' names and records are confidential. Article number to be looked up.",
        tier=BasisTier.LAW,
        in_force_from=date(2013, 5, 1),
    ),
    Article(
        law_zh="中华人民共和国传染病防治法",
        law_en="Law on the Prevention of Infectious Diseases",
        article="条号待核",
        gist_zh="不得泄露涉及个人隐私的有关信息、资料。",
        gist_en="What touches patients' privacy is not disclosed. Article number to be looked up.",
        tier=BasisTier.LAW,
        in_force_from=date(2004, 12, 1),
    ),
    Article(
        law_zh="中华人民共和国档案法",
        law_en="Archives Law",
        article="条号待核",
        gist_zh="档案开放的期限与限制。",
        gist_en="When archives are opened, and what stays closed. Article number to be looked up.",
        tier=BasisTier.LAW,
        in_force_from=date(2021, 1, 1),
    ),
    Article(
        law_zh="中华人民共和国测绘成果管理条例",
        law_en="Regulation on Surveying and Mapping Results",
        article="条号待核",
        gist_zh="属于国家秘密的测绘成果的保管与提供。",
        gist_en="Keeping and giving of secret mapping results. Article number to be looked up.",
        tier=BasisTier.ADMINISTRATIVE_REGULATION,
        in_force_from=date(2006, 9, 1),
    ),
    Article(
        law_zh="深圳经济特区数据条例",
        law_en="Shenzhen Special Economic Zone Data Regulation",
        article="第四十八条",
        gist_zh="涉及国家安全、商业秘密、个人隐私或者法律、法规规定不得开放的公共数据，不予开放。",
        gist_en="Public data that touches state security, trade secrets or privacy, or that law"
        " bars, is not opened. A local regulation: it cannot bar sharing.",
        tier=BasisTier.LOCAL_REGULATION,
        in_force_from=date(2022, 1, 1),
        certainty=Certainty.SECONDARY,
        source=COPY,
    ),
)
