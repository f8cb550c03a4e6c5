"""The five entries of the demo city that stand for its tiers: each with a source of its own kind.

Many smaller ones stand in `demo.catalogue`.
"""

from decimal import Decimal
from typing import Any

from catalog.terms import Check, UpdateCycle
from demo import rows
from demo.listed import AS_SUGGESTED, EDGES, FIRST, Entry, described
from demo.offered import File
from exchange.models import SourceKind, SyncMode
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType, ShareType

HOMES: dict[str, Any] = {
    "grade": Grade.L3,
    "mask": Mask(MaskKind.ROUND_COORDINATE, digits=3),
}
"""Where people live is shown to a hundred metres."""
EAST, NORTH = {"coordinate": "cgcs2000.x"}, {"coordinate": "cgcs2000.y"}

REGISTRATIONS = Entry(
    slug="business-registrations",
    owner="approval",
    input="registrations",
    title_zh="商事主体登记信息",
    title_en="Business registrations",
    abstract_zh="商事主体的名称、类型、住所、成立日期与状态。",
    abstract_en="Name, kind, address, day of foundation and status of each business.",
    update_cycle=UpdateCycle.DAILY,
    kind=SourceKind.POSTGRESQL,
    source_name="商事登记库",
    mode=SyncMode.CURSOR,
    cursor_column="updated_at",
    schedule_minutes=30,
    fields=(
        described(
            "uscc",
            "uscc",
            "统一社会信用代码",
            "Unified social credit code",
            is_key=True,
            value_check=Check.USCC,
        ),
        described("company_name", "company_name", "名称", "Name", required=True, length=100),
        described("kind", "kind", "类型", "Kind", required=True),
        described(
            "legal_person",
            "legal_person",
            "法定代表人姓名",
            "Legal representative",
            grade=Grade.L2,
            mask=FIRST,
            reason=AS_SUGGESTED,
        ),
        described(
            "contact_phone",
            "contact_phone",
            "联系电话",
            "Contact phone",
            grade=Grade.L3,
            open_type=OpenType.CONDITIONAL,
            mask=EDGES,
            reason=AS_SUGGESTED,
        ),
        described("district", "district", "所在区", "District"),
        described(
            "address",
            "address",
            "住所地址",
            "Registered address",
            reason="商事主体住所依法公示，不是个人住址。",
        ),
        described(
            "capital",
            "capital",
            "注册资本（万元）",
            "Registered capital (10,000 yuan)",
            DataType.DECIMAL,
            scale=2,
            minimum=Decimal(0),
        ),
        described(
            "employees",
            "employees",
            "从业人数",
            "Employees",
            DataType.INTEGER,
            minimum=Decimal(0),
            grade=Grade.L2,
            open_type=OpenType.CONDITIONAL,
            reason="可能反映经营状况，凭授权提供。",
        ),
        described(
            "established_on",
            "established_on",
            "成立日期",
            "Established on",
            DataType.DATE,
            required=True,
        ),
        described("status", "status", "登记状态", "Status", pattern="存续|迁出|注销|吊销"),
        described("updated_at", "updated_at", "更新时间", "Updated at", DataType.DATETIME),
    ),
)

INSPECTIONS = Entry(
    slug="restaurant-inspections",
    owner="market",
    input="inspections",
    title_zh="餐饮服务单位监督检查结果",
    title_en="Restaurant inspections",
    abstract_zh="餐饮服务单位每次监督检查的日期、得分与等级。",
    abstract_en="Day, score and grade of each inspection of a restaurant.",
    update_cycle=UpdateCycle.WEEKLY,
    kind=SourceKind.CSV,
    source_name="检查结果文件",
    fields=(
        described("检查编号", "inspection_no", "检查编号", "Inspection number", is_key=True),
        described(
            "统一社会信用代码",
            "uscc",
            "统一社会信用代码",
            "Unified social credit code",
            value_check=Check.USCC,
        ),
        described("单位名称", "venue", "单位名称", "Venue", required=True),
        described("所在区", "district", "所在区", "District"),
        described(
            "经营地址",
            "address",
            "经营地址",
            "Address",
            reason="经营场所地址依法公示，不是个人住址。",
        ),
        described(
            "检查日期", "inspected_on", "检查日期", "Inspected on", DataType.DATE, required=True
        ),
        described(
            "得分",
            "score",
            "得分",
            "Score",
            DataType.INTEGER,
            minimum=Decimal(0),
            maximum=Decimal(100),
        ),
        described("等级", "grade", "等级", "Grade", pattern="A|B|C"),
        described(
            "检查人员姓名",
            "inspector",
            "检查人员姓名",
            "Inspector",
            grade=Grade.L2,
            mask=FIRST,
            reason=AS_SUGGESTED,
        ),
        described(
            "线索来源",
            "tip_source",
            "线索来源",
            "Where the tip came from",
            grade=Grade.L2,
            share_type=ShareType.CONDITIONAL,
            open_type=OpenType.CONDITIONAL,
            mask=Mask(MaskKind.BLANK),
            reason="可能指向举报人。",
        ),
    ),
)

BUS_STOPS = Entry(
    slug="bus-stops",
    owner="transport",
    input="bus_stops",
    title_zh="公交线路站点",
    title_en="Stops of bus lines",
    abstract_zh="各公交线路停靠站点的名称、位置与启用日期。",
    abstract_en="Name, place and first day of each stop of each bus line.",
    update_cycle=UpdateCycle.MONTHLY,
    kind=SourceKind.CSV,
    source_name="站点文件",
    given={
        "encoding": "gb18030",
        "separator": ";",
        "header": False,
        "width": rows.BUS_STOP_WIDTH,
    },
    files=(
        File(
            "票价表",
            "Fares",
            "bus-fares.csv",
            "线路类别,起步价（元）,封顶价（元）\n普通线路,2,2\n快速线路,3,8\n（虚构）,,\n",
            newer="线路类别,起步价（元）,封顶价（元）\n普通线路,2,2\n快速线路,3,7\n夜间线路,3,3\n（虚构）,,\n",
        ),
    ),
    fields=(
        described(0, "stop_code", "站点编码", "Stop code", is_key=True, length=5),
        described(1, "line", "线路", "Line", is_key=True),
        described(2, "stop_name", "站点名称", "Stop name", required=True),
        described(3, "district", "所在区", "District"),
        described(
            4,
            "longitude",
            "经度",
            "Longitude",
            DataType.DECIMAL,
            minimum=Decimal(-180),
            maximum=Decimal(180),
            coordinate="gcj02.x",
        ),
        described(
            5,
            "latitude",
            "纬度",
            "Latitude",
            DataType.DECIMAL,
            minimum=Decimal(-90),
            maximum=Decimal(90),
            coordinate="gcj02.y",
        ),
        described(6, "opened_on", "启用日期", "Opened on", DataType.DATE),
    ),
)

VOLUNTEERS = Entry(
    slug="registered-volunteers",
    owner="civil",
    input="volunteers",
    title_zh="注册志愿者公示信息",
    title_en="Registered volunteers",
    abstract_zh="注册志愿者的服务时长；个人信息脱敏或不开放。",
    abstract_en="Hours served by registered volunteers; personal data is masked or withheld.",
    update_cycle=UpdateCycle.QUARTERLY,
    kind=SourceKind.CSV,
    source_name="志愿者名册文件",
    fields=(
        described("volunteer_no", "volunteer_no", "序号", "Number", DataType.INTEGER, is_key=True),
        described("xm", "name", "姓名", "Name", grade=Grade.L2, mask=FIRST, reason=AS_SUGGESTED),
        described(
            "sfzh",
            "id_number",
            "身份证号",
            "ID number",
            value_check=Check.RESIDENT_ID,
            grade=Grade.L3,
            share_type=ShareType.CONDITIONAL,
            open_type=OpenType.NOT_OPEN,
            mask=EDGES,
            reason=AS_SUGGESTED,
        ),
        described(
            "csrq",
            "born_on",
            "出生日期",
            "Date of birth",
            DataType.DATE,
            grade=Grade.L2,
            mask=Mask(MaskKind.YEAR_ONLY),
            reason=AS_SUGGESTED,
        ),
        described(
            "sjh",
            "mobile",
            "手机号",
            "Mobile",
            value_check=Check.MOBILE,
            grade=Grade.L3,
            mask=EDGES,
            reason=AS_SUGGESTED,
        ),
        described(
            "address",
            "address",
            "居住地址",
            "Address",
            grade=Grade.L3,
            mask=Mask(MaskKind.COARSE_PLACE),
            reason=AS_SUGGESTED,
        ),
        described("district", "district", "所在区", "District"),
        described(
            "service_hours",
            "service_hours",
            "服务时长（小时）",
            "Hours served",
            DataType.INTEGER,
            minimum=Decimal(0),
        ),
        described(
            "health_note",
            "health_note",
            "健康备注",
            "Health note",
            grade=Grade.L4,
            share_type=ShareType.CONDITIONAL,
            open_type=OpenType.NOT_OPEN,
            reason="健康信息属于敏感个人信息。",
        ),
        described("registered_on", "registered_on", "注册日期", "Registered on", DataType.DATE),
    ),
)

HOUSING = Entry(
    slug="housing-projects",
    owner="housing",
    input="housing",
    title_zh="住宅项目名录",
    title_en="Housing projects",
    abstract_zh="住宅项目的名称、位置、规模、竣工日期与使用状态。",
    abstract_en="Name, place, size, day of completion and use of housing projects.",
    update_cycle=UpdateCycle.QUARTERLY,
    kind=SourceKind.EXCEL,
    source_name="住宅项目台账",
    given={"sheet": "住宅项目"},
    fields=(
        described("项目编码", "project_code", "项目编码", "Project code", is_key=True, length=6),
        described("项目名称", "project_name", "项目名称", "Name", required=True),
        described("所在区", "district", "所在区", "District"),
        described(
            "坐标/经度", "longitude", "经度", "Longitude", DataType.DECIMAL, **HOMES, **EAST
        ),
        described("坐标/纬度", "latitude", "纬度", "Latitude", DataType.DECIMAL, **HOMES, **NORTH),
        described(
            "规模/建筑面积（平方米）",
            "floor_area",
            "建筑面积（平方米）",
            "Floor area (m²)",
            DataType.INTEGER,
            minimum=Decimal(0),
        ),
        described("规模/层数", "floors", "层数", "Floors", DataType.INTEGER, minimum=Decimal(1)),
        described("竣工日期", "completed_on", "竣工日期", "Completed on", DataType.DATE),
        described("使用状态", "status", "使用状态", "Use", pattern="在用|改造中"),
    ),
)

ENTRIES = (REGISTRATIONS, INSPECTIONS, BUS_STOPS, VOLUNTEERS, HOUSING)
