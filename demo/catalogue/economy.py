"""Firms, certificates, credit, prices and public money."""

from catalog.terms import UpdateCycle
from demo.columns import (
    GRANTED,
    between,
    code,
    credit_code,
    day,
    district,
    firm,
    member,
    period,
    phone,
    pick,
    tenths,
    wave,
    whole,
    words,
)
from demo.offered import File
from demo.small import Every, Series, Small
from demo.themes import Library, Theme

GOODS = ("大米", "面粉", "猪肉", "鸡蛋", "青菜", "带鱼", "食用油", "苹果")
BRANCHES = ("农林牧渔业", "工业", "建筑业", "批发零售", "交通运输", "金融业", "信息服务")
OFFICES = ("教育局", "民政局", "水务局", "公安局", "城市管理局", "交通运输局", "卫生健康委员会")
YEARS = (2022, 2023, 2024, 2025)

ECONOMY = (
    Small(
        slug="public-institutions",
        owner="approval",
        theme=Theme.GOVERNMENT,
        library=Library.ENTITIES,
        title=("事业单位法人登记信息", "Public institutions"),
        abstract=(
            "事业单位的名称、宗旨、开办资金与登记状态。",
            "Name, purpose, funds and status of public institutions.",
        ),
        keywords=("事业单位、法人", "public institutions, legal entities"),
        cycle=UpdateCycle.QUARTERLY,
        columns=(
            credit_code(start=700_000, is_key=True),
            firm("name", "名称", "Name", "服务中心", required=True),
            pick("purpose", "宗旨", "Purpose", ("教育", "医疗", "文化", "科研", "公益服务")),
            tenths("funds", "开办资金（万元）", "Funds (10,000 yuan)", between(50, 4_000)),
            district(),
            pick("status", "状态", "Status", ("正常", "正常", "正常", "注销")),
        ),
        rows=130,
        days_ago=199,
        related=("business-registrations",),
    ),
    Small(
        slug="certificate-kinds",
        owner="approval",
        theme=Theme.GOVERNMENT,
        library=Library.CERTIFICATES,
        title=("电子证照目录", "Electronic certificates"),
        abstract=(
            "可在线签发与查验的电子证照种类、持证主体与签发部门。",
            "Kinds of certificate that are issued and checked online, their holders and issuers.",
        ),
        keywords=("电子证照、许可", "certificates, permits"),
        cycle=UpdateCycle.QUARTERLY,
        columns=(
            code("kind_code", "证照类型编码", "Code of kind", "ZZ{:03d}"),
            words(
                "kind_name",
                "证照名称",
                "Name",
                lambda turn: (
                    f"{turn.chance.choice(('经营', '从业', '卫生', '建设', '排放', '教学'))}"
                    f"许可证（{turn.number + 1}类）"
                ),
            ),
            pick("holder", "持证主体", "Holder", ("自然人", "法人", "法人")),
            pick("issuer", "签发部门", "Issuer", OFFICES),
            whole("valid_years", "有效期（年）", "Valid for (years)", between(1, 10)),
            pick("online", "可在线查验", "Checked online", ("是", "是", "否")),
        ),
        rows=64,
        days_ago=174,
        license="CC0-1.0",
    ),
    Small(
        slug="food-licences",
        owner="market",
        theme=Theme.SAFETY,
        library=Library.CERTIFICATES,
        title=("食品经营许可证信息", "Food licences"),
        abstract=(
            "食品经营许可证的持证单位、类别与有效期。",
            "Holder, kind and term of each licence to sell food.",
        ),
        keywords=("食品、许可证", "food, licences"),
        cycle=UpdateCycle.WEEKLY,
        columns=(
            code("licence_no", "许可证编号", "Licence number", "JY{:08d}"),
            credit_code(start=100),
            firm("holder", "持证单位", "Holder", "餐饮店"),
            pick("kind", "类别", "Kind", ("餐饮服务", "食品销售", "单位食堂")),
            district(),
            day("issued_on", "发证日期", "Issued on"),
            day(
                "expires_on", "有效期至", "Expires on", lambda turn: f"{turn.when.year + 5}-12-31"
            ),
        ),
        rows=420,
        days_ago=133,
        related=("restaurant-inspections", "certificate-kinds"),
    ),
    Small(
        slug="administrative-penalties",
        owner="development",
        theme=Theme.CREDIT,
        library=Library.CREDIT,
        title=("行政处罚信用公示信息", "Penalties on firms"),
        abstract=(
            "对企业的行政处罚决定：事由、金额、决定日期与机关。",
            "Decisions against firms: cause, sum, day and authority.",
        ),
        keywords=("信用、行政处罚、公示", "credit, penalties"),
        cycle=UpdateCycle.WEEKLY,
        columns=(
            code("decision_no", "决定书文号", "Decision", "海罚〔2025〕{}号"),
            credit_code(start=1_000),
            firm("company", "当事人", "Company"),
            pick(
                "cause", "事由", "Cause", ("超范围经营", "未按规定公示", "计量不合格", "违规排放")
            ),
            tenths("fine", "罚款（万元）", "Fine (10,000 yuan)", between(1, 50)),
            pick("authority", "处罚机关", "Authority", OFFICES),
            day("decided_on", "决定日期", "Decided on"),
        ),
        rows=260,
        days_ago=109,
        related=("business-registrations", "credit-ratings"),
    ),
    Small(
        slug="credit-ratings",
        owner="development",
        theme=Theme.CREDIT,
        library=Library.CREDIT,
        title=("企业公共信用综合评价", "Credit ratings of firms"),
        abstract=(
            "企业公共信用评价的等级与得分，企业凭授权获取。",
            "Grade and score of firms; companies have them under a grant.",
        ),
        keywords=("信用、评价", "credit, ratings"),
        cycle=UpdateCycle.QUARTERLY,
        columns=(
            credit_code(start=1_000, is_key=True, **GRANTED),
            firm("company", "企业名称", "Company", **GRANTED),
            whole("score", "得分", "Score", between(480, 980), **GRANTED),
            pick("rating", "等级", "Grade", ("A", "A", "B", "B", "C"), **GRANTED),
            day("rated_on", "评价日期", "Rated on", **GRANTED),
        ),
        rows=300,
        days_ago=88,
        condition=(
            "用于信贷、招标与合同审查，须取得企业同意。",
            "For loans, tenders and contracts, with the company's consent.",
        ),
    ),
    Small(
        slug="price-watch-weekly",
        owner="development",
        theme=Theme.LIVING,
        title=("居民生活必需品价格周报", "Prices of daily goods by week"),
        abstract=(
            "主要农贸市场生活必需品的每周平均零售价。",
            "Mean retail price of daily goods at the main markets by week.",
        ),
        keywords=("物价、菜价、价格监测", "prices, groceries"),
        cycle=UpdateCycle.WEEKLY,
        columns=(
            period("week", "周（周一）", "Week, its Monday"),
            member("goods", "品种", "Goods"),
            tenths(
                "price",
                "零售价（元/500克）",
                "Price (yuan per 500 g)",
                wave(8.6, 0.12, peak=35),
                2,
            ),
            tenths(
                "before",
                "上年同期价（元/500克）",
                "Price a year before",
                wave(8.2, 0.1, peak=35),
                2,
            ),
        ),
        rows=Series(Every.WEEK, 104, GOODS),
        days_ago=81,
        license="CC0-1.0",
    ),
    Small(
        slug="growth-by-quarter",
        owner="statistics",
        theme=Theme.ECONOMY,
        title=("地区生产总值季度核算", "Product of the city by quarter"),
        abstract=(
            "分行业的地区生产总值与同比增速。",
            "Product of each branch and its growth over a year, by quarter.",
        ),
        keywords=("统计、生产总值", "statistics, product"),
        cycle=UpdateCycle.QUARTERLY,
        columns=(
            period("quarter", "季度（首日）", "Quarter, its first day"),
            member("branch", "行业", "Branch"),
            tenths(
                "product",
                "增加值（亿元）",
                "Product (100 million yuan)",
                wave(96, 0.06, growth=0.05),
            ),
            tenths("growth", "同比增速（%）", "Growth (%)", wave(5.1, 0.2)),
        ),
        rows=Series(Every.QUARTER, 32, BRANCHES),
        days_ago=203,
        license="CC0-1.0",
    ),
    Small(
        slug="statistical-yearbook",
        owner="statistics",
        theme=Theme.ECONOMY,
        title=("统计年鉴摘要", "Yearbook in brief"),
        abstract=(
            "年鉴主要指标摘要，以文件提供。",
            "The yearbook's main numbers, as a file.",
        ),
        keywords=("统计、年鉴", "statistics, yearbook"),
        cycle=UpdateCycle.YEARLY,
        offers=(
            File(
                "年鉴摘要（2025）",
                "Yearbook in brief (2025)",
                "yearbook-2025.csv",
                "指标,单位,数值\n常住人口,万人,318.4\n建成区面积,平方公里,412\n（虚构）,,\n",
            ),
        ),
        days_ago=66,
        related=("growth-by-quarter", "population-by-month"),
    ),
    Small(
        slug="department-budgets",
        owner="finance",
        theme=Theme.FINANCE,
        title=("部门预算与决算", "Budgets of departments"),
        abstract=(
            "各部门年度预算、决算与公用经费。",
            "Budget, outcome and running costs of each department by year.",
        ),
        keywords=("预算、决算、财政", "budget, spending"),
        cycle=UpdateCycle.YEARLY,
        columns=(
            words(
                "line_no",
                "编号",
                "Number",
                lambda turn: (
                    f"{YEARS[turn.number // len(OFFICES)]}-{turn.number % len(OFFICES) + 1:02d}"
                ),
                is_key=True,
            ),
            whole("year", "年度", "Year", lambda turn: YEARS[turn.number // len(OFFICES)]),
            words(
                "department",
                "部门",
                "Department",
                lambda turn: OFFICES[turn.number % len(OFFICES)],
            ),
            tenths("budget", "预算（万元）", "Budget (10,000 yuan)", between(4_000, 90_000)),
            tenths("spent", "决算（万元）", "Spent (10,000 yuan)", between(4_000, 90_000)),
        ),
        rows=len(YEARS) * len(OFFICES),
        days_ago=152,
    ),
    Small(
        slug="procurement-notices",
        owner="finance",
        theme=Theme.FINANCE,
        title=("政府采购中标公告", "Awarded public contracts"),
        abstract=(
            "政府采购项目的采购人、中标供应商与金额。",
            "Buyer, supplier and sum of each public contract.",
        ),
        keywords=("政府采购、中标", "procurement, contracts"),
        cycle=UpdateCycle.DAILY,
        columns=(
            code("notice_no", "公告编号", "Notice", "HWCG-2025-{:04d}"),
            pick("buyer", "采购人", "Buyer", OFFICES),
            firm("supplier", "中标供应商", "Supplier"),
            tenths("amount", "中标金额（万元）", "Sum (10,000 yuan)", between(8, 2_600)),
            pick("kind", "类别", "Kind", ("货物", "服务", "工程")),
            day("awarded_on", "公告日期", "Awarded on"),
        ),
        rows=230,
        days_ago=39,
        synced_ago=4,
        related=("department-budgets",),
    ),
    Small(
        slug="a-grade-taxpayers",
        owner="finance",
        theme=Theme.CREDIT,
        library=Library.CREDIT,
        title=("纳税信用 A 级纳税人名单", "Taxpayers of grade A"),
        abstract=(
            "年度纳税信用 A 级的企业名单；联系电话脱敏。",
            "Companies of the best grade of the year; telephones are masked.",
        ),
        keywords=("信用、纳税", "credit, taxes"),
        cycle=UpdateCycle.YEARLY,
        columns=(
            credit_code(start=2_000, is_key=True),
            firm("company", "纳税人名称", "Taxpayer"),
            whole("year", "评价年度", "Year", between(2022, 2025)),
            district(),
            phone("contact_phone", "联系电话", "Contact phone"),
        ),
        rows=210,
        days_ago=12,
        related=("credit-ratings",),
    ),
)
