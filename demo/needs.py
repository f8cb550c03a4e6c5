"""The duties of the demo city's departments, and what they lack: two of the three lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Organization, User
from catalog import demands, duties
from catalog.models import Dataset


@dataclass(frozen=True, slots=True)
class Clerk:
    """A department, and the person who writes for it."""

    organization: Organization
    person: User


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty of a department, and the datasets that serve it, by address."""

    owner: str
    code: str
    title_zh: str
    title_en: str
    legal_basis: str
    datasets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """A demand, and how far it came: `provider` has the duty, `dataset` answers it, which `served`
    or `lacks` something; or it was `declined`. All empty: nobody looked at it yet."""

    asker: str
    days_ago: int
    title_zh: str
    title_en: str
    description: str
    scene: str
    article: str
    provider: str = ""
    dataset: str = ""
    served: bool = False
    lacks: str = ""
    declined: str = ""
    kept_back_because: str = ""


BY_LAW = "海湾市机构职责规定（虚构）"
DUTIES = (
    Duty(
        "approval",
        "SP-01",
        "商事主体登记管理",
        "Registration of businesses",
        f"{BY_LAW}第三条",
        ("business-registrations",),
    ),
    Duty(
        "transport",
        "JT-01",
        "公共交通站点管理",
        "Public transport stops",
        f"{BY_LAW}第七条",
        ("bus-stops",),
    ),
    Duty("transport", "JT-02", "道路停车管理", "Parking", f"{BY_LAW}第八条", ()),
    Duty(
        "civil",
        "MZ-01",
        "志愿服务管理",
        "Volunteering",
        f"{BY_LAW}第十一条",
        ("registered-volunteers",),
    ),
)

LATER_DUTIES = (
    Duty(
        "ecology",
        "HJ-01",
        "环境质量监测与公布",
        "Watching over air",
        f"{BY_LAW}第十五条",
        ("air-quality-daily",),
    ),
    Duty(
        "water",
        "SW-01",
        "河湖与水库管理",
        "Rivers and reservoirs",
        f"{BY_LAW}第十六条",
        ("river-quality-by-month", "reservoir-levels-daily"),
    ),
    Duty(
        "management",
        "CG-01",
        "公园、环卫与公厕管理",
        "Parks, waste and public toilets",
        f"{BY_LAW}第十八条",
        ("parks", "public-toilets", "waste-by-month"),
    ),
    Duty("management", "CG-02", "城市照明管理", "Street lighting", f"{BY_LAW}第十九条", ()),
    Duty(
        "culture",
        "WT-01",
        "公共文化场馆管理",
        "Libraries, museums and halls",
        f"{BY_LAW}第二十二条",
        ("library-loans-by-month", "museums-and-halls"),
    ),
    Duty(
        "police",
        "GA-01",
        "户籍与人口管理",
        "Registering inhabitants",
        f"{BY_LAW}第二十四条",
        ("household-basics", "population-by-month"),
    ),
    Duty(
        "emergency",
        "YJ-01",
        "应急避难与消防设施管理",
        "Shelters and hydrants",
        f"{BY_LAW}第二十六条",
        ("shelters", "fire-hydrants"),
    ),
    Duty(
        "finance",
        "CZ-01",
        "部门预算与政府采购监督",
        "Budgets and contracts",
        f"{BY_LAW}第二十八条",
        ("department-budgets", "procurement-notices"),
    ),
    Duty(
        "development",
        "FG-01",
        "价格监测与公共信用",
        "Prices and credit",
        f"{BY_LAW}第三十条",
        ("price-watch-weekly", "administrative-penalties", "credit-ratings"),
    ),
)
"""Of the departments that the city grew by."""

NEEDS = (
    Need(
        *("transport", 46, "企业登记状态", "Status of companies"),
        "运输企业的登记状态、统一社会信用代码和最近变更日期，每日更新。",
        "道路运输许可办理时核对申请企业是否存续",
        "第二条",
        provider="approval",
        dataset="business-registrations",
        served=True,
    ),
    Need(
        *("health", 41, "餐饮单位检查结果", "Results of restaurant inspections"),
        "每次检查的日期和结果，能与单位对应；不需要检查人员信息。",
        "食源性疾病调查时查找可疑餐饮单位",
        "第九条",
        provider="market",
        dataset="restaurant-inspections",
        served=True,
    ),
    Need(
        *("transport", 33, "市民手机位置", "Where phones are"),
        "全市手机每小时所在位置。",
        "公交线网调整前了解出行分布",
        "第七条",
        declined="任何部门均无此职责，且非履职所必需。",
    ),
    Need(
        *("education", 27, "新建住宅项目户数", "Dwellings of new housing projects"),
        "在建和建成住宅项目的位置、户数、预计入住时间，每月更新。",
        "测算学位缺口，安排新校选址",
        "第十三条",
        provider="housing",
        dataset="housing-projects",
    ),
    Need(
        *("civil", 24, "公交站点无障碍设施", "Step-free bus stops"),
        "各公交站点有无坡道、盲道和语音报站，每年更新。",
        "为残疾人规划出行服务",
        "第十一条",
        provider="transport",
        dataset="bus-stops",
        lacks="数据集中没有无障碍设施一项。",
    ),
    Need(
        *("approval", 19, "志愿者服务时长", "Hours of volunteers"),
        "志愿者累计服务时长的分段，不需要姓名和证件号码。",
        "办理志愿服务激励措施时核对",
        "第三条",
        provider="civil",
        dataset="registered-volunteers",
    ),
    Need(
        *("market", 16, "重点举报人联络记录", "Contacts with whistle-blowers"),
        "举报人通过其他部门联络的时间和渠道。",
        "食品安全案件调查",
        "第十条",
        kept_back_because="涉及举报人保护，公开本部门的这项需求可能影响案件调查。",
    ),
    Need(
        *("civil", 9, "公交线路首末班时间", "First and last buses"),
        "每条线路各站点工作日和休息日的首末班时间，有调整即更新。",
        "为居家养老服务人员排班",
        "第十一条",
        provider="transport",
    ),
    Need(
        *("ecology", 6, "工地扬尘监测点位", "Dust monitors at building sites"),
        "在建工地扬尘监测设备的位置、型号和在线状态，每日更新。",
        "重污染天气时核查工地停工情况",
        "第十五条",
        provider="housing",
    ),
    Need(
        *("approval", 2, "公共停车场泊位数", "Spaces of public car parks"),
        "各公共停车场的位置、泊位总数和开放时间，按月更新。",
        "停车场备案时核对周边泊位",
        "第三条",
    ),
)
"""The oldest first."""


def leave(
    clerks: Mapping[str, Clerk],
    datasets: Mapping[str, Dataset],
    *,
    operator: User,
    at: datetime,
) -> None:
    """Enter the duties, and demands in every state, one of them kept from the public."""
    enter(DUTIES, clerks, datasets, at=at)
    for need in NEEDS:
        _demand(need, clerks, datasets, operator=operator, at=at)


def enter(
    listed: Iterable[Duty],
    clerks: Mapping[str, Clerk],
    datasets: Mapping[str, Dataset],
    *,
    at: datetime,
) -> None:
    """Enter duties, each linked with the datasets that serve it."""
    for one in listed:
        clerk = clerks[one.owner]
        duty = duties.create(
            one.code,
            organization=clerk.organization,
            title_zh=one.title_zh,
            title_en=one.title_en,
            legal_basis=one.legal_basis,
            by=clerk.person,
            at=at,
        )
        served = [datasets[slug] for slug in one.datasets]
        duties.link(duty.pk, datasets=served, by=clerk.person, at=at)


def _demand(
    need: Need,
    clerks: Mapping[str, Clerk],
    datasets: Mapping[str, Dataset],
    *,
    operator: User,
    at: datetime,
) -> None:
    """Raise one demand, and take it as far as it came."""
    asker, then = clerks[need.asker], at - timedelta(days=need.days_ago)
    made = demands.raise_demand(
        organization=asker.organization,
        title_zh=need.title_zh,
        title_en=need.title_en,
        description=need.description,
        scene=need.scene,
        legal_basis=f"{BY_LAW}{need.article}",
        kept_back_because=need.kept_back_because,
        by=asker.person,
        at=then,
    )
    if need.declined:
        demands.decline(made.pk, reason=need.declined, by=operator, at=then + timedelta(days=3))
    if need.provider:
        place, given = clerks[need.provider].organization, then + timedelta(days=1)
        demands.accept(made.pk, provider=place, by=operator, at=given)
    if need.dataset:
        dataset, by = datasets[need.dataset], clerks[need.provider].person
        demands.catalogue(made.pk, dataset=dataset, by=by, at=then + timedelta(days=6))
    if need.served:
        demands.satisfy(made.pk, by=asker.person, at=then + timedelta(days=8))
    if need.lacks:
        demands.reopen(made.pk, reason=need.lacks, by=asker.person, at=then + timedelta(days=9))
