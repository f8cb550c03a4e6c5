"""Rows as the departments hold them, with dirt on purpose. The same seed gives the same rows.

Of each RHYTHM rows five are spoiled, each in one way: the platform has to turn them away and to
say why. What is spoiled counts as rejected or as a duplicate, never as both.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from demo import invented
from demo.invented import DISTRICTS, FIRMS, PEOPLE, STREETS
from policy import places

RHYTHM = 211
SPOILED = (5, 47, 89, 131, 173)  # places in the rhythm
FIRST_DAY = date(2019, 1, 1)
DAYS = 2600
TODAY = datetime(2026, 3, 1, tzinfo=UTC)  # of the registry's last change; not of the clock

Row = tuple[object, ...]

REGISTRATION_COLUMNS = (
    "uscc",
    "company_name",
    "kind",
    "legal_person",
    "contact_phone",
    "district",
    "address",
    "capital",
    "employees",
    "established_on",
    "status",
    "updated_at",
)
REPORT_COLUMNS = ("uscc", "report_year", "employees", "turnover", "filed_by", "filed_on")
INSPECTION_HEADER = (
    "检查编号",
    "统一社会信用代码",
    "单位名称",
    "所在区",
    "经营地址",
    "检查日期",
    "得分",
    "等级",
    "检查人员姓名",
    "线索来源",
)
VOLUNTEER_HEADER = (
    "volunteer_no",
    "xm",
    "sfzh",
    "csrq",
    "sjh",
    "address",
    "district",
    "service_hours",
    "health_note",
    "registered_on",
)
HOUSING_HEADER = (
    ("项目编码", ""),
    ("项目名称", ""),
    ("所在区", ""),
    ("坐标", "经度"),
    ("坐标", "纬度"),
    ("规模", "建筑面积（平方米）"),
    ("规模", "层数"),
    ("竣工日期", ""),
    ("使用状态", ""),
)
"""Two rows of a merged header, from above: what stands in each column's first and second cell."""
BUS_STOP_WIDTH = 7  # code, line, name, district, longitude, latitude, opened on
KINDS = ("有限责任公司", "股份有限公司", "个体工商户", "合伙企业")
STATUSES = ("存续", "存续", "存续", "存续", "迁出", "注销", "吊销")
TIPS = ("例行检查", "例行检查", "双随机抽查", "投诉举报第{}号")
HOUSES = ("花园", "苑", "公馆", "新村")
MISTYPED = 97  # of so many annual reports one has a credit code with a wrong checksum
STOP_NAMES = ("东", "西", "南", "北", "中")


def spoiled(rows: int) -> int:
    """Return how many of the first `rows` rows of a dataset are spoiled."""
    whole, rest = divmod(rows, RHYTHM)
    return whole * len(SPOILED) + sum(place < rest for place in SPOILED)


def _way(number: int) -> int | None:
    """Return in which way the row is spoiled, counting from 0, or None."""
    place = number % RHYTHM
    return SPOILED.index(place) if place in SPOILED else None


def registrations(rows: int, *, seed: int) -> Iterator[Row]:
    """Yield business registrations in the order of REGISTRATION_COLUMNS."""
    chance = Random(f"registrations {seed}")  # noqa: S311 - invented rows, no secret
    before: Row = ()
    for number in range(rows):
        district = chance.choice(DISTRICTS)
        row: list[object] = [
            invented.uscc(number + 1),
            f"海湾市{chance.choice(FIRMS)}{number + 1}号有限公司",
            chance.choice(KINDS),
            chance.choice(PEOPLE),
            invented.mobile(chance.randrange(10_000_000)),
            district.name_zh,
            invented.address(district, chance.choice(STREETS), chance.randrange(1, 400)),
            Decimal(chance.randrange(1, 100_000)).scaleb(-1),
            chance.randrange(1, 500),
            FIRST_DAY + timedelta(days=chance.randrange(DAYS)),
            chance.choice(STATUSES),
            TODAY - timedelta(seconds=7 * (rows - number)),
        ]
        way = _way(number)
        if way == 0:
            row[0] = invented.wrong_check(str(row[0]))
        elif way == 1:
            row[9] = None  # the day of foundation is required
        elif way == 2:
            row[7] = Decimal(-1)
        elif way == 3:
            row[10] = "不详"  # no status that the catalogue knows
        elif way == 4:
            row = [*before[:4], "00000000000", *before[5:]]  # the key of the row before, again
        before = tuple(row)
        yield before


def inspections(rows: int, *, seed: int) -> Iterator[Row]:
    """Yield inspections of restaurants in the order of INSPECTION_HEADER."""
    chance = Random(f"inspections {seed}")  # noqa: S311 - as above
    before: Row = ()
    for number in range(rows):
        district = chance.choice(DISTRICTS)
        score = chance.randrange(55, 101)
        row: list[object] = [
            f"HW{number + 1:07d}",
            invented.uscc(chance.randrange(1, 100_000)),
            f"{chance.choice(FIRMS)[:2]}餐厅{chance.randrange(1, 999)}店",
            district.name_zh,
            invented.address(district, chance.choice(STREETS), chance.randrange(1, 400)),
            (FIRST_DAY + timedelta(days=chance.randrange(DAYS))).isoformat(),
            score,
            "A" if score >= 85 else "B" if score >= 70 else "C",
            chance.choice(PEOPLE),
            chance.choice(TIPS).format(number),
        ]
        way = _way(number)
        if way == 0:
            row[5] = "2026-02-30"
        elif way == 1:
            row[6] = "9O"  # a letter for a zero
        elif way == 2:
            row[1] = invented.wrong_check(str(row[1]))
        elif way == 3:
            row = row[:6]  # a short row
        elif way == 4:
            row = list(before)  # the same row again
        before = tuple(row)
        yield before


def bus_stops(rows: int, *, seed: int) -> Iterator[Row]:
    """Yield stops of bus lines; BUS_STOP_WIDTH cells each, without a header."""
    chance = Random(f"bus stops {seed}")  # noqa: S311 - as above
    before: Row = ()
    for number in range(rows):
        district = chance.choice(DISTRICTS)
        row: list[object] = [
            f"{number // 20 + 1:05d}",  # leading zeros are part of the code
            f"{number % 20 + 101}路",
            f"{STREETS[number // 20 % len(STREETS)]}{chance.choice(STOP_NAMES)}站",
            district.name_zh,
            *(f"{part:.6f}" for part in places.shifted(*invented.spot(district, chance))),
            (FIRST_DAY + timedelta(days=chance.randrange(DAYS))).strftime("%Y/%m/%d"),
        ]
        way = _way(number)
        if way == 0:
            row[5] = "三十八度"
        elif way == 1:
            row.append("备注")  # a cell too many
        elif way == 2:
            row[6] = "2021/13/01"
        elif way == 3:
            row[4] = "219.5"  # on no globe
        elif way == 4:
            row = [*before[:2], "另一站名", *before[3:]]
        before = tuple(row)
        yield before


def volunteers(rows: int, *, seed: int) -> Iterator[Row]:
    """Yield registered volunteers in the order of VOLUNTEER_HEADER: synthetic people."""
    chance = Random(f"volunteers {seed}")  # noqa: S311 - as above
    before: Row = ()
    for number in range(rows):
        district = chance.choice(DISTRICTS)
        born = date(1950, 1, 1) + timedelta(days=chance.randrange(20_000))
        row: list[object] = [
            number + 1,
            chance.choice(PEOPLE),
            invented.resident_id(district, f"{born:%Y%m%d}", number % 1000),
            born.isoformat(),
            invented.mobile(chance.randrange(10_000_000)),
            invented.address(district, chance.choice(STREETS), chance.randrange(1, 400)),
            district.name_zh,
            chance.randrange(0, 900),
            chance.choice(("", "", "", "花粉过敏", "高血压")),
            (FIRST_DAY + timedelta(days=chance.randrange(DAYS))).isoformat(),
        ]
        way = _way(number)
        if way == 0:
            row[2] = invented.wrong_check(str(row[2]))
        elif way == 1:
            row[4] = "1990OOOOOOO"
        elif way == 2:
            row[7] = -5
        elif way == 3:
            row[0] = ""
        elif way == 4:
            row = [*before[:7], 1, *before[8:]]
        before = tuple(row)
        yield before


def housing(rows: int, *, seed: int) -> Iterator[Row]:
    """Yield housing projects in the order of HOUSING_HEADER, with cells as clerks type them."""
    chance = Random(f"housing {seed}")  # noqa: S311 - as above
    before: Row = ()
    for number in range(rows):
        district = chance.choice(DISTRICTS)
        floors = chance.randrange(3, 34)
        row: list[object] = [
            f"{number + 1:06d}",  # leading zeros are part of the code
            f"{chance.choice(STREETS)[:2]}{chance.choice(HOUSES)}{number + 1}期",
            district.name_zh,
            *invented.spot(district, chance),
            chance.randrange(2_000, 90_000),
            str(floors) if number % 3 else floors,  # numbers as text and as numbers
            FIRST_DAY + timedelta(days=chance.randrange(DAYS)),
            chance.choice(("在用", "在用", "在用", "改造中")),
        ]
        way = _way(number)
        if way == 0:
            row[5] = "约九千"
        elif way == 1:
            row[8] = "不详"
        elif way == 2:
            row[6] = -1
        elif way == 3:
            row[1] = None  # the name is required
        elif way == 4:
            row = [before[0], *row[1:]]
        before = tuple(row)
        yield before


def inspected_works(rows: int, *, seed: int) -> Iterator[Row]:
    """Yield road works of which every fourth has no day: more than a run lets pass."""
    chance = Random(f"works {seed}")  # noqa: S311 - as above
    for number in range(rows):
        day = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        yield (
            f"DL{number + 1:05d}",
            chance.choice(STREETS),
            "待定" if number % 4 == 3 else day.isoformat(),
        )


def annual_reports(rows: int, *, seed: int) -> Iterator[Row]:
    """Yield annual reports of businesses, not listed yet, in the order of REPORT_COLUMNS."""
    chance = Random(f"annual reports {seed}")  # noqa: S311 - as above
    for number in range(rows):
        code = invented.uscc(number + 1)
        yield (
            invented.wrong_check(code) if number % MISTYPED == 7 else code,
            2025,
            chance.randrange(1, 500),
            Decimal(chance.randrange(1, 900_000)).scaleb(-2),
            chance.choice(PEOPLE),
            date(2026, 1, 1) + timedelta(days=chance.randrange(59)),
        )


def pupils(rows: int, *, seed: int) -> Iterator[Row]:
    """Yield synthetic pupils: number, name, ID number, school, day of entry."""
    chance = Random(f"pupils {seed}")  # noqa: S311 - as above
    for number in range(rows):
        born = date(2010, 1, 1) + timedelta(days=chance.randrange(3_000))
        yield (
            f"XS{number + 1:06d}",
            chance.choice(PEOPLE),
            invented.resident_id(chance.choice(DISTRICTS), f"{born:%Y%m%d}", number % 1000),
            f"{chance.choice(STREETS)[:2]}小学",
            "2025-09-01",
        )
