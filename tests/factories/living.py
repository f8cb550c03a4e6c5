"""A small city in which something of everything is there, for who looks at all its pages.

All of it is invented, and made through the verbs. Real commits are expected: it is served.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from allauth.account.models import EmailAddress

from accounts import companies, developers, keys, members
from accounts.boundaries import import_boundaries
from accounts.models import CodeSystem, Organization, Region, User
from accounts.roles import OrganizationKind, Role
from catalog import duties, resources
from catalog.models import Dataset, Subject
from catalog.terms import State
from community import contests, wishes
from community.models import Comment, CommentKind, Showcase, Wish
from community.states import Outcome
from community.wishes import Reply
from demo import invented
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType
from tests.factories import accounts, catalog, community, exchange
from tests.factories.exchange import House, column

EMAIL, PASSWORD = "lan@example.org", "Willow-Lane-42"
HOSTILE = "<script>alert('row')</script><img src=x onerror=alert(1)>"
STOPS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("district", length=20),
    column("lines", DataType.INTEGER),
    column("opened_on", DataType.DATE),
    column("lon", DataType.DECIMAL, coordinate="wgs84.x"),
    column("lat", DataType.DECIMAL, coordinate="wgs84.y"),
)
SHOPS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name", length=80),
    column("price", DataType.DECIMAL),
    column("phone", grade=Grade.L3, mask=Mask(MaskKind.KEEP_EDGES, keep_left=3)),
    column("turnover", grade=Grade.L2, open_type=OpenType.CONDITIONAL),
    column("owner_id", grade=Grade.L3, open_type=OpenType.NOT_OPEN),
    column("ghost", grade=Grade.L4, open_type=OpenType.NOT_OPEN, concealed=True),
)
SHOP_ROWS = "id,name,price,phone,turnover,owner_id,ghost\n" + "".join(
    f'{n},"{HOSTILE if n == 1 else f"海湾小店{n}"}",{n}.50,138{n:08d},{n}000,x{n},g\n'
    for n in range(1, 31)
)


@dataclass(frozen=True, slots=True)
class Living:
    """What is there to be looked at."""

    traffic: House
    member: User
    company: Organization
    stops: Dataset
    shops: Dataset
    conditional: Dataset
    offers: Dataset
    withdrawn: Dataset
    app: Showcase
    wish: Wish
    comment: Comment


def city() -> Living:
    """Make the city."""
    traffic, trade = _house("交通运输局", "Transport"), _house("商务局", "Commerce")
    _places()
    subject = _subject("101", "交通运输", "Transport")
    stops = _served(
        traffic,
        stop_rows(),
        STOPS,
        title_zh="城市公交站点",
        title_en="Bus stops of the city",
        abstract_zh="每个公交站点的名称、位置与线路数，每日更新。合成数据。",
        abstract_en="Name, place and number of lines of each bus stop. Invented.",
        keywords_zh=["公交", "站点"],
        keywords_en=["bus", "stop"],
        subject=subject,
    )
    shops = _served(
        trade,
        SHOP_ROWS,
        SHOPS,
        title_zh="商铺登记信息",
        title_en="Registered shops",
        subject=_subject("102", "市场监管", "Commerce"),
    )
    _barred(shops, "owner_id")
    member = newcomer()
    company = _company(member)
    app, wish, comment = _talk(stops, member)
    return Living(
        traffic=traffic,
        member=member,
        company=company,
        stops=stops,
        shops=shops,
        conditional=catalog.dataset(
            owner=trade.department,
            open_type=OpenType.CONDITIONAL,
            grade=Grade.L2,
            title_zh="企业年报",
            title_en="Yearly reports",
            abstract_en="Under a grant only.",
        ),
        offers=_offers(traffic.department),
        withdrawn=catalog.dataset(
            State.WITHDRAWN, owner=traffic.department, title_zh="旧站点", title_en="Old stops"
        ),
        app=app,
        wish=wish,
        comment=comment,
    )


def newcomer(email: str = EMAIL, name: str = "Lan") -> User:
    """Make a citizen who has signed up and confirmed their address."""
    told = members.Newcomer(name, email, PASSWORD)
    made = members.sign_up(told, at=exchange.now())
    EmailAddress.objects.create(user=made, email=email, verified=True, primary=True)
    return made


def stop_rows(number: int = 60) -> str:
    """Return bus stops as CSV, every fifth in each district."""
    chance, rows = Random("stops"), []  # noqa: S311 - invented places
    for n in range(1, number + 1):
        where = invented.DISTRICTS[n % 5]
        lon, lat = invented.spot(where, chance)
        day = date(2024 + n % 2, 1 + n % 12, 5)
        rows.append(f"{n},{invented.STREETS[n % 30]}站,{where.name_zh},{n % 7},{day},{lon},{lat}")
    return "id,name,district,lines,opened_on,lon,lat\n" + "\n".join(rows) + "\n"


def _house(name_zh: str, name_en: str) -> House:
    place = accounts.organization(name_zh=name_zh, name_en=name_en)
    authority = accounts.organization(OrganizationKind.AUTHORITY)
    people = {
        "publisher": accounts.user(Role.PUBLISHER, place),
        "head": accounts.user(Role.HEAD, place),
        "operator": accounts.user(Role.OPERATOR, authority),
        "system": accounts.user(Role.SYSTEM_ADMIN, authority),
    }
    return House(department=place, **people)


def _subject(code: str, name_zh: str, name_en: str) -> Subject:
    return Subject.objects.create(code=code, name_zh=name_zh, name_en=name_en)


def _places() -> None:
    for one in invented.DISTRICTS:
        told = {"code_system": CodeSystem.LOCAL, "name_zh": one.name_zh, "name_en": one.name_en}
        Region.objects.create(code=one.code, **told)
    shapes = invented.boundaries()
    import_boundaries(shapes, source="演示数据（虚构）", by=None, at=exchange.NOW)


def _served(where: House, data: str, columns, **metadata) -> Dataset:
    resource = exchange.table(where, columns, **metadata)
    binding = exchange.csv_binding(where, data, columns, resource=resource)
    engine.sync(binding.pk)
    return exchange.publish(where, resource)


def _barred(dataset: Dataset, field: str) -> None:
    today = exchange.now().date()
    catalog.negative_line(
        dataset,
        [field],
        on=catalog.basis(law_zh="虚构市个人信息保护条例", law_en="Invented Privacy Rules"),
        from_on=today - timedelta(days=30),
        review_on=today + timedelta(days=300),
        reason_zh="含个人身份信息",
    )


def _offers(owner: Organization) -> Dataset:
    """Make an entry with a file, an interface and a duty, and no rows."""
    made = catalog.dataset(State.DRAFT, owner=owner, title_zh="线路图", title_en="Route maps")
    by, at = accounts.user(Role.PUBLISHER, owner), exchange.NOW
    resources.add_api(made.pk, title_zh="到站接口", url="https://a.example/", by=by, at=at)
    catalog.bring(made.pk, State.PUBLISHED)
    duty = duties.create(
        "D-1", organization=owner, title_zh="公交管理", legal_basis="测试用。", by=by, at=at
    )
    duties.link(duty.pk, datasets=[made], by=by, at=at)
    return made


def _company(member: User) -> Organization:
    now = exchange.now()
    claim = companies.claim(accounts.uscc(77), "海湾出行科技", "", by=member, at=now)
    place = companies.approve(claim.pk, by=community.operator(), at=now)
    companies.claim(accounts.uscc(78), "另一家", "", by=member, at=now)
    app = developers.create_app(place, "Bus times", by=member, at=now)
    keys.issue(app, by=member, at=now, expires_at=now + timedelta(days=90), label="web")
    return place


def _talk(dataset: Dataset, member: User) -> tuple[Showcase, Wish, Comment]:
    """Let the member and others say everything one can, with answers."""
    speaker = community.member("小兰", username="lan2")
    correction = community.comment(
        dataset, by=speaker, kind=CommentKind.CORRECTION, text="7号站已迁", answer="已更正"
    )
    community.comment(dataset, kind=CommentKind.COMPLAINT, text="请保护隐私", shown=True)
    community.comment(dataset, by=member_speaks(member), text="很有用")
    app = community.showcase(dataset, picture=community.picture(), shown=True)
    _contests(dataset, app, community.showcase(dataset, by=member), member)
    return app, _wishes(dataset, member), correction


def _contests(dataset: Dataset, app: Showcase, waiting: Showcase, member: User) -> None:
    """Hold a contest that takes entries, one with its results, and draft another."""
    now = exchange.now()
    taking = community.contest(at=now, datasets=[dataset.pk], prizes_zh="奖杯", prizes_en="A cup")
    contests.enter(taking.pk, waiting.pk, by=member, at=now)
    contests.enter(taking.pk, app.pk, by=app.speaker.user, at=now)
    community.awarded(app, at=now)
    community.contest(shown=False, at=now)


def member_speaks(member: User, name: str = "阿兰") -> User:
    """Give a member the name under which they speak."""
    community.speaking.take_name(name, by=member, at=exchange.now())
    return member


def _wishes(dataset: Dataset, member: User) -> Wish:
    reviewer = accounts.user(Role.REVIEWER, dataset.owner)
    refused = community.wish(dataset=dataset, shown=True, title="司机名单")
    reply = Reply(Outcome.REFUSED, "法律不允许。", basis=catalog.basis())
    wishes.answer(refused.pk, reply, by=reviewer, at=exchange.NOW)
    community.planned(community.wish(shown=True, title="线路客流"))
    opened = community.wish(shown=True, title="站点位置")
    told = Reply(Outcome.OPENED, "已开放。", dataset=dataset)
    wishes.answer(opened.pk, told, by=community.operator(), at=exchange.NOW)
    return community.wish(by=member, shown=True, title="实时到站")
