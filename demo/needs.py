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


def leave(
    clerks: Mapping[str, Clerk],
    datasets: Mapping[str, Dataset],
    *,
    operator: User,
    at: datetime,
) -> None:
    """Enter the duties, and demands: open, given, answered, served and declined ones."""
    enter(DUTIES, clerks, datasets, at=at)
    _demands(clerks, datasets, operator=operator, at=at)


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


def _demands(
    clerks: Mapping[str, Clerk],
    datasets: Mapping[str, Dataset],
    *,
    operator: User,
    at: datetime,
) -> None:
    approval, transport, civil = (clerks[one] for one in ("approval", "transport", "civil"))
    _raise(approval, "公共停车场泊位数", "Spaces of public car parks", at=at - timedelta(days=2))

    given = _raise(civil, "公交线路首末班时间", "First and last buses", at=at - timedelta(days=9))
    demands.accept(given, provider=transport.organization, by=operator, at=at)

    served = _raise(transport, "企业登记状态", "Status of companies", at=at - timedelta(days=30))
    _answer(served, approval, datasets["business-registrations"], operator, at=at)
    demands.satisfy(served, by=transport.person, at=at)

    answered = _raise(
        approval, "志愿者服务时长", "Hours of volunteers", at=at - timedelta(days=12)
    )
    _answer(answered, civil, datasets["registered-volunteers"], operator, at=at)

    declined = _raise(transport, "市民手机位置", "Where phones are", at=at - timedelta(days=20))
    demands.decline(declined, reason="任何部门均无此职责，且非履职所必需。", by=operator, at=at)


def _raise(clerk: Clerk, title_zh: str, title_en: str, *, at: datetime) -> int:
    made = demands.raise_demand(
        organization=clerk.organization,
        title_zh=title_zh,
        title_en=title_en,
        description=f"履职需要：{title_zh}，按月更新。",
        scene="窗口办理时核对",
        legal_basis=f"{BY_LAW}第二条",
        by=clerk.person,
        at=at,
    )
    return made.pk


def _answer(
    demand_id: int, provider: Clerk, dataset: Dataset, operator: User, *, at: datetime
) -> None:
    """Give a demand to whose duty it is, and answer it with a dataset."""
    demands.accept(demand_id, provider=provider.organization, by=operator, at=at)
    demands.catalogue(demand_id, dataset=dataset, by=provider.person, at=at)
