"""Entries of the demo city that are still on their way, so that work waits on every desk."""

from dataclasses import dataclass
from typing import Any

from catalog.terms import UpdateCycle
from demo.listed import AS_SUGGESTED, STANDS_PUBLIC, Listed, described
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType, ShareType

BLANK = Mask(MaskKind.BLANK)
CLOSED: dict[str, Any] = {"share_type": ShareType.CONDITIONAL, "open_type": OpenType.NOT_OPEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished(Listed):
    """An entry and how far it came.

    `reached` is one of "draft", "asked" (for the signature), "signed", "submitted", "sent_back",
    "published". `days_ago` is when it got there. `input` names its file in `demo.inputs.FILES`.
    Without a grade a field waits for a person.
    """

    reached: str
    days_ago: int = 0
    input: str = ""
    graded: bool = True
    defects: tuple[str, ...] = ()


SCHOOLS = Unfinished(
    slug="schools",
    owner="education",
    title_zh="中小学校名录",
    title_en="Schools",
    abstract_zh="中小学校的名称、地址与办学类型。",
    abstract_en="Name, address and kind of each school.",
    fields=(
        described("code", "school_code", "学校编码", "School code", is_key=True),
        described("name", "school_name", "学校名称", "Name", required=True),
        described(
            "address", "address", "学校地址", "Address", reason="公共机构地址，不是个人住址。"
        ),
    ),
    reached="sent_back",
    days_ago=1,
    defects=("摘要未说明是否包含民办学校。", "更新周期“每月”与学年制不符，请核对。"),
)
PUPILS = Unfinished(
    slug="pupil-register",
    owner="education",
    title_zh="学籍基本信息",
    title_en="Register of pupils",
    abstract_zh="在籍学生的姓名、身份证号、学校与入学日期。",
    abstract_en="Name, ID number, school and day of entry of each pupil.",
    fields=(
        described("xh", "pupil_no", "学籍号", "Pupil number", is_key=True),
        described("xm", "name", "姓名", "Name"),
        described("sfzh", "id_number", "身份证号", "ID number"),
        described("school", "school", "就读学校", "School"),
        described("entered_on", "entered_on", "入学日期", "Entered on", DataType.DATE),
    ),
    reached="draft",
    input="pupils",
    graded=False,
)
CLINICS = Unfinished(
    slug="clinics",
    owner="health",
    title_zh="医疗机构名录",
    title_en="Clinics",
    abstract_zh="医疗机构的名称、等级与执业许可状态。",
    abstract_en="Name, level and licence of each clinic.",
    fields=(
        described("code", "clinic_code", "机构编码", "Clinic code", is_key=True),
        described("name", "clinic_name", "机构名称", "Name", required=True),
        described("level", "level", "等级", "Level"),
        described(
            "head",
            "responsible_person",
            "主要负责人姓名",
            "Person in charge",
            grade=Grade.L2,
            mask=Mask(MaskKind.KEEP_EDGES, keep_left=1),
            reason=AS_SUGGESTED,
        ),
    ),
    reached="submitted",
    days_ago=6,
)
CARE = Unfinished(
    slug="chronic-care",
    owner="health",
    title_zh="慢性病随访登记",
    title_en="Chronic care visits",
    abstract_zh="慢性病患者随访的日期与结论，供公共卫生部门核验。",
    abstract_en="Day and finding of visits to the chronically ill, for verification.",
    fields=(
        described("visit", "visit_no", "随访编号", "Visit number", is_key=True),
        described(
            "finding",
            "finding",
            "随访结论（健康信息）",
            "Finding (health)",
            grade=Grade.L4,
            mask=BLANK,
            reason="健康信息属于敏感个人信息。",
            **CLOSED,
        ),
        described("day", "visited_on", "随访日期", "Visited on", DataType.DATE),
    ),
    reached="submitted",
    days_ago=1,
)
PIPES = Unfinished(
    slug="underground-pipes",
    owner="housing",
    title_zh="地下管线明细",
    title_en="Underground pipes",
    abstract_zh="地下管线的类别、埋深与走向，属重要数据。",
    abstract_en="Kind, depth and course of underground pipes: important data.",
    fields=(
        described("code", "pipe_code", "管线编码", "Pipe code", is_key=True),
        described(
            "course",
            "course",
            "走向",
            "Course",
            grade=Grade.IMPORTANT,
            mask=BLANK,
            reason="管网明细列入重要数据目录（示例）。",
            **CLOSED,
        ),
    ),
    reached="signed",
    days_ago=2,
)
PARKING = Unfinished(
    slug="parking-lots",
    owner="transport",
    title_zh="公共停车场信息",
    title_en="Public parking",
    abstract_zh="公共停车场的名称、位置与车位数。",
    abstract_en="Name, place and number of spaces of public parking lots.",
    fields=(
        described("code", "lot_code", "停车场编码", "Lot code", is_key=True),
        described("name", "lot_name", "停车场名称", "Name", required=True),
        described("spaces", "spaces", "车位数", "Spaces", DataType.INTEGER),
    ),
    reached="asked",
)
WORKS = Unfinished(
    slug="road-works",
    owner="transport",
    title_zh="道路养护工程",
    title_en="Road works",
    abstract_zh="道路养护工程的路段与完工日期。",
    abstract_en="Road and day of completion of road works.",
    fields=(
        described("编号", "work_no", "工程编号", "Work number", is_key=True),
        described("路段", "road", "路段", "Road", reason=STANDS_PUBLIC),
        described("完工日期", "done_on", "完工日期", "Done on", DataType.DATE),
    ),
    reached="published",
    input="works",
)
STATIONS = Unfinished(
    slug="air-stations",
    owner="ecology",
    title_zh="空气质量监测站小时值",
    title_en="Hourly air quality",
    abstract_zh="各监测站的小时浓度值。",
    abstract_en="Hourly concentrations at each station.",
    fields=(
        described("station", "station", "站点", "Station", is_key=True),
        described("hour", "hour", "时次", "Hour", DataType.DATETIME, is_key=True),
        described("pm25", "pm25", "细颗粒物", "PM2.5", DataType.DECIMAL),
    ),
    reached="submitted",
    update_cycle=UpdateCycle.DAILY,
)
TRAFFIC = Unfinished(
    slug="traffic-counts",
    owner="transport",
    title_zh="路段交通流量小时值",
    title_en="Hourly traffic counts",
    abstract_zh="各观测断面每小时的车流量。",
    abstract_en="Vehicles an hour at each counting point.",
    fields=(
        described("point", "point", "观测断面", "Counting point", is_key=True),
        described("hour", "hour", "时次", "Hour", DataType.DATETIME, is_key=True),
        described("vehicles", "vehicles", "车流量（辆）", "Vehicles", DataType.INTEGER),
    ),
    reached="published",
    input="traffic",
    update_cycle=UpdateCycle.DAILY,
)
BRIDGES = Unfinished(
    slug="bridge-inspections",
    owner="transport",
    title_zh="桥梁定期检查结果",
    title_en="Bridge inspections",
    abstract_zh="城市桥梁定期检查的日期与技术状况等级。",
    abstract_en="Day and finding of the regular inspections of bridges.",
    fields=(
        described("code", "bridge_code", "桥梁编码", "Bridge code", is_key=True),
        described("name", "bridge_name", "桥梁名称", "Name", required=True),
        described("level", "condition", "技术状况等级", "Condition", pattern="[A-E]"),
        described("day", "inspected_on", "检查日期", "Inspected on", DataType.DATE),
    ),
    reached="signed",
    days_ago=1,
    update_cycle=UpdateCycle.YEARLY,
)
UNFINISHED = (SCHOOLS, PUPILS, CLINICS, CARE, PIPES, PARKING, BRIDGES, WORKS, TRAFFIC, STATIONS)
TROUBLED = (WORKS, TRAFFIC)
"""Published, but their sources are such that a run is held back, and another one fails."""
