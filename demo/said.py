"""What the city's citizens say, show and wish: invented people, invented words.

Each writes in their own language; `days_ago` is when. What has no answer waits for one.
"""

from dataclasses import dataclass

from community.models import CommentKind
from community.states import Outcome
from demo.shots import Shot

CITIZENS = (
    ("陈听雨（虚构）", "chen@example.invalid", "夜跑的人"),
    ("许远舟（虚构）", "xu@example.invalid", "云屿老渔民的孙女"),
    ("沈一诺（虚构）", "shen@example.invalid", "开源地图志愿者"),
    ("Ada Moor (invented)", "ada@example.invalid", "New in Bay City"),
    ("郑明朗（虚构）", "zheng@example.invalid", "两个孩子的爸爸"),
    ("顾北（虚构）", "gu@example.invalid", "统计系研究生"),
    ("方小禾（虚构）", "fang@example.invalid", "轮椅上看城市"),
    ("Ben Hale (invented)", "ben@example.invalid", "Harbour hacker"),
)
"""Name, address and the name they speak under."""


@dataclass(frozen=True, slots=True)
class Said:
    """A comment on a dataset. `shown` once somebody looked at it; `answer` where one was given."""

    dataset: str
    citizen: int
    text: str
    days_ago: int
    kind: CommentKind = CommentKind.COMMENT
    answer: str = ""
    field: str = ""
    shown: bool = True


WRONG = CommentKind.CORRECTION
SAID = (
    Said(
        "air-quality-daily",
        0,
        "晚上十点后的小时值能否也开放？夜跑前想看一眼。",
        1,
        answer="小时值数据集正在审核，通过后即在目录中发布。",
    ),
    Said(
        "air-quality-daily",
        5,
        "请说明 2025 年 11 月对照点缺测的处理方式。",
        1,
    ),
    Said(
        "public-toilets",
        6,
        "帆远街的公厕标注“有无障碍厕位”，实际门口有两级台阶。",
        6,
        WRONG,
        "已现场核实，该处坡道正在施工，字段改为“无”，完工后再更新。谢谢您。",
        "wheelchair",
    ),
    Said(
        "public-toilets",
        3,
        "Works well with our walking map. Could you add which ones have drinking water?",
        4,
        answer="Thank you. Drinking water is recorded and will be added with the next revision.",
    ),
    Said(
        "parks",
        0,
        "盐风滨海绿道的开放时间应为全天，灯也是全天亮的。",
        7,
        WRONG,
        "已更正，感谢指出。",
        "hours",
    ),
    Said("parks", 4, "能否标注哪些公园有儿童游乐设施？", 3),
    Said(
        "ferry-timetable",
        1,
        "云屿码头末班船比表上早十分钟，台风季后改过。",
        40,
        WRONG,
        "情况属实，新时刻表随本月更新发布。",
        "departs",
    ),
    Said(
        "ferry-timetable",
        7,
        "Two months without a refresh. Is the timetable still right?",
        5,
    ),
    Said(
        "library-loans-by-month",
        5,
        "建议增加按图书大类的借出册次。",
        13,
        answer="已列入下一年度的字段修订计划。",
    ),
    Said(
        "kindergartens",
        4,
        "班级数很有用，如能加上学位余量就更好了。",
        30,
        answer="学位余量每年六月随招生公告发布，届时另行建立数据集。",
    ),
    Said("charging-stations", 2, "坐标用的是 GCJ-02，页面上写明了，省了很多事，赞。", 2),
    Said(
        "weather-daily",
        7,
        "Thank you for CC0. Which day does the rain of a night belong to?",
        2,
        answer="Days run from 20:00 to 20:00 Beijing time, as in national observation rules.",
    ),
    Said(
        "accessible-places",
        6,
        "海桐地铁站 2 号口电梯已恢复，可以改为“可用”。",
        20,
        WRONG,
        "已核实并更新。",
        "state",
    ),
    Said("new-homes-by-month", 5, "均价是否剔除保障房？请在说明里写清。", 9, shown=True),
    Said(
        "hotline-cases",
        5,
        "按十件以上分组很合理。希望能再按街道分组。",
        21,
        answer="街道一级分组会出现大量不足十件的单元，暂不增加；年度统计中将给出。",
    ),
    Said("community-canteens", 4, "今天刚看到，先赞一个。", 0, shown=False),
    Said("shelters", 2, "广场避难所有三处坐标落在路口中央，请核对。", 1, WRONG, shown=False),
)


@dataclass(frozen=True, slots=True)
class App:
    """An app built on datasets, with what its picture shows."""

    citizen: int
    title_zh: str
    title_en: str
    text: str
    url: str
    datasets: tuple[str, ...]
    shot: Shot
    days_ago: int
    shown: bool = True


APPS = (
    App(
        0,
        "今晚能跑吗",
        "Run tonight?",
        "看空气质量与风，给出夜跑建议，附近公园绿道一并标出。\n"
        "Air, wind and the nearest green way: whether to run tonight.",
        "https://run-tonight.example.invalid/",
        ("air-quality-daily", "weather-daily", "parks"),
        Shot.LINES,
        1,
    ),
    App(
        6,
        "无障碍地图",
        "City without steps",
        "坡道、电梯与无障碍厕位画在一张图上，可离线使用。\n"
        "Ramps, lifts and toilets without steps on one map, offline too.",
        "https://no-steps.example.invalid/",
        ("accessible-places", "public-toilets"),
        Shot.DOTS,
        5,
    ),
    App(
        7,
        "海湾轮渡",
        "Bay ferries",
        "下一班轮渡、票价与码头客流。\nThe next ferry, its fare, and how full the pier is.",
        "https://bay-ferries.example.invalid/",
        ("ferry-timetable", "ferry-riders-by-month"),
        Shot.WAVES,
        22,
    ),
    App(
        4,
        "找幼儿园",
        "Find a kindergarten",
        "按距离、性质与班级数比较幼儿园。\nKindergartens by distance, kind and size.",
        "https://kindergarten.example.invalid/",
        ("kindergartens", "vaccination-sites"),
        Shot.TILES,
        33,
    ),
    App(
        5,
        "海湾物价",
        "Prices of the bay",
        "八种必需品两年的周价格与同比，可下载作图。\n"
        "Two years of weekly prices of eight goods, to compare and to draw.",
        "https://bay-prices.example.invalid/",
        ("price-watch-weekly", "medicine-prices"),
        Shot.BARS,
        60,
    ),
    App(
        2,
        "充电去",
        "Charge here",
        "按功率与服务费找充电站，兼容多种地图坐标。\n"
        "Charging stations by power and fee, right on every map.",
        "https://charge-here.example.invalid/",
        ("charging-stations",),
        Shot.RINGS,
        2,
    ),
    App(
        3,
        "新来者指南",
        "New here",
        "办事大厅、公厕、早市与社区食堂，双语。\n"
        "Service halls, toilets, markets and canteens, in two languages.",
        "https://new-here.example.invalid/",
        ("service-windows", "public-toilets", "morning-markets"),
        Shot.TILES,
        1,
        shown=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish for data and its answer: `outcome` None where there is none yet.

    `owner` is whose duty it is, `found` the dataset that answers it, `days_ahead` by when.
    """

    citizen: int
    title: str
    text: str
    purpose: str
    votes: tuple[int, ...]
    days_ago: int
    owner: str = ""
    outcome: Outcome | None = None
    answer: str = ""
    found: str = ""
    days_ahead: int = 0
    shown: bool = True


WISHES = (
    Wish(
        2,
        "街道边界（矢量）",
        "希望开放街道一级边界，目前只有区一级。",
        "社区地图着色",
        (0, 3, 4, 5, 6, 7),
        70,
        "planning",
        Outcome.PLANNED,
        "边界已完成内部核验，送审后以 CGCS2000 坐标发布。",
        days_ahead=45,
    ),
    Wish(
        6,
        "公交车辆低地板信息",
        "希望知道哪些班次是低地板车辆。",
        "轮椅出行规划",
        (0, 1, 3, 4, 7),
        16,
        "transport",
    ),
    Wish(
        0,
        "路灯位置与亮灯时间",
        "希望开放路灯点位和亮灯时间。",
        "夜跑路线规划",
        (2, 3, 4),
        12,
        "management",
    ),
    Wish(
        7,
        "Hourly tides as data",
        "The tide tables come as a file for a year. Hourly heights as a table would help.",
        "An app for the harbour",
        (1, 2),
        8,
        "marine",
    ),
    Wish(
        4,
        "幼儿园名录",
        "希望有全市幼儿园的名单和位置。",
        "为孩子选园",
        (3, 5, 6),
        90,
        "education",
        Outcome.OPENED,
        "已按意见建立“幼儿园名录”并开放。",
        found="kindergartens",
    ),
    Wish(
        5,
        "生活必需品价格",
        "想要每周菜价的历史数据。",
        "毕业论文",
        (0, 4),
        50,
        "development",
        Outcome.EXISTS,
        "已有“居民生活必需品价格周报”，含两年数据，可直接下载。",
        found="price-watch-weekly",
    ),
    Wish(
        1,
        "举报渔船的来信",
        "希望公开关于非法捕捞的举报来信原文。",
        "了解举报处理情况",
        (7,),
        35,
        "marine",
        Outcome.REFUSED,
        "来信可能指向举报人，依条例不公开；处理结果按季在执法公示中说明。",
    ),
    Wish(
        3,
        "Waiting times at service halls",
        "How long one waits at each hall, by hour of the day.",
        "Choosing where to go",
        (0, 2, 4, 5),
        19,
        "approval",
        Outcome.PLANNED,
        "The queueing systems of all halls are being joined; hourly means follow.",
        days_ahead=80,
    ),
    Wish(5, "道路积水点历史记录", "希望开放近五年积水点及深度。", "内涝研究", (), 1, shown=False),
)
