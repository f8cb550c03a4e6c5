"""Traffic and energy."""

from catalog.terms import UpdateCycle
from demo.columns import (
    address,
    between,
    code,
    day,
    district,
    member,
    named,
    period,
    pick,
    point,
    tenths,
    wave,
    weekly,
    whole,
    words,
)
from demo.offered import Link
from demo.small import Every, Series, Small
from demo.themes import Theme
from policy.places import GCJ02

LINES = ("1 号线", "2 号线", "3 号线", "机场线")
PORTS = ("海桐码头", "望潮港", "云屿码头", "贝湾渡口")

TRAFFIC = (
    Small(
        slug="metro-riders-daily",
        owner="transport",
        theme=Theme.TRANSPORT,
        title=("轨道交通线路日客运量", "Metro riders by day"),
        abstract=(
            "各轨道线路每日进站人次与准点率。",
            "Riders and punctuality of each metro line by day.",
        ),
        keywords=("地铁、轨道交通、客流", "metro, riders"),
        cycle=UpdateCycle.DAILY,
        columns=(
            period("day", "日期", "Day"),
            member("line", "线路", "Line"),
            whole("riders", "进站人次", "Riders", weekly(wave(182_000, 0.08, growth=0.06), 0.78)),
            tenths("punctual", "准点率（%）", "On time (%)", wave(98.4, 0.004, noise=0.006)),
        ),
        rows=Series(Every.DAY, 240, LINES),
        days_ago=6,
        related=("bus-stops",),
    ),
    Small(
        slug="ferry-timetable",
        owner="transport",
        theme=Theme.TRANSPORT,
        title=("轮渡航班时刻表", "Ferry timetable"),
        abstract=(
            "各航线的码头、开船时刻与票价。",
            "Piers, times of departure and fares of each ferry.",
        ),
        keywords=("轮渡、航班、时刻", "ferry, timetable"),
        cycle=UpdateCycle.MONTHLY,
        columns=(
            code("sailing", "航班号", "Sailing", "HD{:03d}"),
            pick("from_pier", "始发码头", "From", PORTS),
            pick("to_pier", "到达码头", "To", PORTS),
            words(
                "departs",
                "开船时刻",
                "Departs",
                lambda turn: f"{6 + turn.number % 16:02d}:{turn.number * 20 % 60:02d}",
            ),
            whole("minutes", "航程（分钟）", "Minutes", between(12, 75)),
            whole("fare", "票价（元）", "Fare (yuan)", between(2, 40)),
        ),
        rows=96,
        days_ago=128,
        synced_ago=52,
        related=("metro-riders-daily", "bus-stops"),
    ),
    Small(
        slug="ferry-riders-by-month",
        owner="transport",
        theme=Theme.TRANSPORT,
        title=("轮渡客运量月报", "Ferry riders by month"),
        abstract=("各码头每月的轮渡客运量。", "Riders of ferries at each pier by month."),
        keywords=("轮渡、客流", "ferry, riders"),
        cycle=UpdateCycle.MONTHLY,
        columns=(
            period("month", "月份", "Month"),
            member("pier", "码头", "Pier"),
            whole("riders", "客运量（人次）", "Riders", wave(64_000, 0.35, growth=0.03)),
            whole("sailings", "开航班次", "Sailings", wave(900, 0.1)),
        ),
        rows=Series(Every.MONTH, 38, PORTS),
        days_ago=27,
        related=("ferry-timetable",),
    ),
    Small(
        slug="taxi-stands",
        owner="transport",
        theme=Theme.TRANSPORT,
        title=("出租汽车候客点", "Taxi stands"),
        abstract=(
            "出租汽车候客点的位置与车位数，采用 GCJ-02 坐标。",
            "Place and spaces of taxi stands, in GCJ-02 coordinates.",
        ),
        keywords=("出租车、候客点", "taxi, stands"),
        cycle=UpdateCycle.HALF_YEARLY,
        columns=(
            code("stand_code", "候客点编码", "Code", "CZ{:03d}"),
            words("stand_name", "名称", "Name", named("商场", "车站", "医院", "码头")),
            district(),
            *point(GCJ02),
            whole("spaces", "车位数", "Spaces", between(2, 24)),
        ),
        rows=110,
        days_ago=54,
    ),
    Small(
        slug="charging-stations",
        owner="development",
        theme=Theme.ENERGY,
        title=("电动汽车充电站", "Charging stations"),
        abstract=(
            "公共充电站的位置、充电桩数、功率与服务费。",
            "Place, chargers, power and fee of public charging stations.",
        ),
        keywords=("充电桩、新能源", "charging, electric cars"),
        cycle=UpdateCycle.WEEKLY,
        columns=(
            code("station_code", "充电站编码", "Code", "CD{:04d}"),
            words("station_name", "名称", "Name", named("充电站", "超级充电站")),
            district(),
            address(),
            *point(GCJ02),
            whole("chargers", "充电桩数", "Chargers", between(4, 48)),
            whole(
                "power",
                "最大功率（千瓦）",
                "Highest power (kW)",
                lambda turn: turn.chance.choice((7, 60, 120, 250, 480)),
            ),
            tenths(
                "fee",
                "服务费（元/千瓦时）",
                "Fee (yuan per kWh)",
                lambda turn: turn.chance.uniform(0.2, 0.8),
                2,
            ),
            day("opened_on", "投运日期", "Opened on"),
        ),
        rows=280,
        days_ago=3,
        related=("taxi-stands", "power-use-by-month"),
    ),
    Small(
        slug="power-use-by-month",
        owner="development",
        theme=Theme.ENERGY,
        title=("全社会用电量月报", "Power used by month"),
        abstract=("分类别的每月用电量。", "Power used by each kind of user by month."),
        keywords=("用电量、能源", "power, energy"),
        cycle=UpdateCycle.MONTHLY,
        columns=(
            period("month", "月份", "Month"),
            member("user_kind", "用电类别", "User"),
            tenths(
                "used", "用电量（万千瓦时）", "Used (10,000 kWh)", wave(21_000, 0.24, growth=0.05)
            ),
        ),
        rows=Series(Every.MONTH, 62, ("居民生活", "第一产业", "第二产业", "第三产业")),
        days_ago=146,
    ),
    Small(
        slug="dockless-bike-parking",
        owner="transport",
        theme=Theme.TRANSPORT,
        title=("互联网租赁自行车停放区（试点）", "Parking for shared bicycles (trial)"),
        abstract=("试点期间的停放区位置。", "Where shared bicycles were parked during the trial."),
        keywords=("自行车、停放", "bicycles, parking"),
        cycle=UpdateCycle.MONTHLY,
        columns=(
            code("area_code", "停放区编码", "Code", "TF{:03d}"),
            words("area_name", "名称", "Name", named("停放区")),
            district(),
        ),
        days_ago=240,
        withdrawn="试点于 2026 年 1 月结束，停放区改由各区划定，将以新目录重新发布。",
    ),
    Small(
        slug="live-traffic",
        owner="transport",
        theme=Theme.TRANSPORT,
        title=("实时路况服务", "Live traffic"),
        abstract=(
            "主要道路实时路况，由部门自建接口提供。",
            "Traffic on main roads now, by the department's own interface.",
        ),
        keywords=("路况、实时", "traffic, live"),
        cycle=UpdateCycle.REALTIME,
        offers=(
            Link(
                "实时路况接口",
                "Live traffic API",
                "https://live-traffic.example.invalid/v1",
                api=True,
            ),
            Link("使用说明", "How to use it", "https://live-traffic.example.invalid/help"),
        ),
        days_ago=72,
        related=("metro-riders-daily",),
    ),
)
