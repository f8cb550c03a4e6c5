"""The demo city, built through the verbs: people and their roles, entries, sources, a grant.

Each step is taken by somebody who may take it, as it would be in a real city; nothing is written
past the verbs.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.utils import timezone
from django.utils.translation import override

from accounts import boundaries, developers, keys, organizations, people
from accounts.models import CodeSystem, Organization, OrganizationKind, User
from accounts.roles import Role
from catalog import bases, code_lists, negative_list, publishing
from catalog.library import Article
from catalog.models import Dataset, Resource
from demo import invented, offered, themes, work
from demo.entries import ENTRIES, INSPECTIONS, REGISTRATIONS
from demo.hall import Hall, Staff, of_bureau, staffed
from demo.inputs import FILES, TABLE, Registry
from demo.kept import Office, SignIn
from demo.listed import Entry
from demo.work import Hands
from exchange import opening, profiling, sources
from exchange.models import Binding, Source, SourceKind
from exchange.sharing import grants
from policy.terms import BasisTier, Channel, Grade, Mode

AUTHORITY = "data-authority"
COMPANY = "chaosheng"
DEPARTMENTS = {
    "approval": ("行政审批局", "Administrative Approval Bureau"),
    "market": ("市场监督管理局", "Market Supervision Bureau"),
    "transport": ("交通运输局", "Transport Bureau"),
    "civil": ("民政局", "Civil Affairs Bureau"),
    "housing": ("住房和建设局", "Housing Bureau"),
    "health": ("卫生健康委员会", "Health Commission"),
    "education": ("教育局", "Education Bureau"),
    "ecology": ("生态环境局", "Ecology Bureau"),
}
INVENTED_LAW = Article(
    law_zh="海湾市演示条例（虚构）",
    law_en="Demonstration Ordinance of Bay City (invented)",
    article="第八条",
    gist_zh="举报人信息不向社会公开（虚构条文）。",
    gist_en="Whoever reports a wrong is not made public (invented article).",
    tier=BasisTier.LOCAL_REGULATION,
    in_force_from=date(2025, 1, 1),
    source="本条例为演示而虚构，不是任何现行法律。",
)
INVENTED_TEXT = (
    "【示例文本，演示专用，不是现行法律】第八条　"
    "能够识别举报人、投诉人身份的信息，不得向社会公开。"
)


@dataclass(frozen=True, slots=True)
class City:
    """What was built: bindings to sync, sign-ins, the company's API key, a department's access."""

    bindings: tuple[Binding, ...]
    sign_ins: tuple[SignIn, ...]
    key: str
    office: Office


REVIEW_DAYS = 21
"""Until the review of the one line in force: near enough to wait on the operator's desk."""


def is_there() -> bool:
    """Whether the demo city was built in this database before."""
    return Dataset.objects.filter(slug__in=[entry.slug for entry in ENTRIES]).exists()


def build(registry: Registry, intake: Path, *, at: datetime) -> City:
    """Build the city in an empty platform, up to publication; no row has been read by then.

    `intake` is the folder with the files of `demo.inputs.write_files`, below FILE_ROOTS.
    """
    with override("en"):
        hall = Hall(at)
        authority = _authority(hall)
        operators = [
            hall.enter(Role.OPERATOR, authority, f"operator{n}", f"运营员{n}") for n in (1, 2)
        ]
        system = User.objects.get(username="system")
        staff = {
            slug: staffed(hall, slug, of_bureau(names), number)
            for number, (slug, names) in enumerate(DEPARTMENTS.items(), 2)
        }
        bases.seed(at=at)
        code_lists.import_subjects(listed=themes.subjects(), by=operators[0], at=at)
        resources = {
            entry.slug: _published(
                entry, staff[entry.owner], operators[0], registry, intake, system=system, at=at
            )
            for entry in ENTRIES
        }
        _protect_informants(resources[INSPECTIONS.slug], staff["market"], operators, at=at)
        reviewer = hall.enter(
            Role.REVIEWER, staff["approval"].organization, "approval-reviewer", "行政审批局审核员"
        )
        key = _company(hall, resources[REGISTRATIONS.slug], reviewer, at=at)
        other = hall.enter(
            Role.REVIEWER, staff["civil"].organization, "civil-reviewer", "民政局审核员"
        )
        hands = Hands(staff, (operators[0], operators[1]), reviewer, other, hall.chief, intake)
        office = work.leave(hands, resources, at=at)
        return City(
            tuple(Binding.objects.filter(resource__in=resources.values()).order_by("pk")),
            tuple(hall.sign_ins),
            key,
            office,
        )


def _authority(hall: Hall) -> Organization:
    """Enter the data authority, its three administrators, and the city's districts."""
    authority = organizations.create(
        AUTHORITY,
        kind=OrganizationKind.AUTHORITY,
        name_zh="海湾市政务数据局（虚构）",
        name_en="Data Authority of Bay City (invented)",
        uscc=invented.uscc(1, head="11"),
        by=None,
        at=hall.at,
    )
    named = {
        role: hall.newcomer(role, username, name)
        for role, username, name in (
            (Role.SYSTEM_ADMIN, "system", "系统管理员"),
            (Role.SECURITY_ADMIN, "security", "安全管理员"),
            (Role.AUDIT_ADMIN, "auditor", "审计管理员"),
        )
    }
    founded = people.found_administration(authority, named, at=hall.at)
    hall.security = founded[Role.SECURITY_ADMIN]
    city = organizations.create_region(
        invented.CITY_CODE,
        name_zh="海湾市（虚构）",
        name_en="Bay City (invented)",
        code_system=CodeSystem.LOCAL,
        by=hall.security,
        at=hall.at,
    )
    for district in invented.DISTRICTS:
        organizations.create_region(
            district.code,
            name_zh=district.name_zh,
            name_en=district.name_en,
            parent=city,
            code_system=CodeSystem.LOCAL,
            by=hall.security,
            at=hall.at,
        )
    boundaries.import_boundaries(
        invented.boundaries(),
        source="演示数据（虚构）",
        source_en="Demonstration data (invented)",
        by=hall.security,
        at=hall.at,
    )
    return authority


def _published(
    entry: Entry,
    staff: Staff,
    operator: User,
    registry: Registry,
    intake: Path,
    *,
    system: User,
    at: datetime,
) -> Resource:
    """Take an entry from draft to published, with its source bound and its fields graded."""
    by = staff.publisher
    dataset = publishing.create_dataset(
        entry.slug,
        owner=staff.organization,
        title_zh=entry.title_zh,
        by=by,
        at=at,
        **entry.metadata(),
        **themes.placed(entry.slug),
    )
    resource = publishing.add_table(
        dataset.pk, fields=[one.new for one in entry.fields], by=by, at=at
    )
    if entry.kind == SourceKind.POSTGRESQL:
        sources.allow_host(registry.host, registry.port, by=system, at=at, note="demo")
        source = _registry_source(staff.organization, registry, by=by, at=at)
    else:
        source = sources.create(
            staff.organization, name=entry.source_name, kind=entry.kind, by=by, at=at
        )
    _bind(entry, resource, source, intake, by=by, at=at)
    profiling.suggest_grades(resource.pk, by=by, at=at)
    work.grade(resource, entry.fields, by=by)
    offers = [(one, offered.offer(one, dataset.pk, by=by, at=at)) for one in entry.files]
    vouched = dict.fromkeys(publishing.CHECKLIST, True)
    publishing.sign(dataset.pk, by=staff.head, at=at, checklist=vouched)
    publishing.submit(dataset.pk, by=by, at=at)
    opening.publish(dataset.pk, by=operator, at=at)
    for one, file in offers:
        if one.newer:
            offered.renew(one, file, by=by, at=at)
    return resource


def _registry_source(
    organization: Organization, registry: Registry, *, by: User, at: datetime
) -> Source:
    return sources.create(
        organization,
        name=_registry_name(registry),
        kind=SourceKind.POSTGRESQL,
        settings={
            "host": registry.host,
            "port": registry.port,
            "database": registry.database,
            "user": registry.user,
        },
        password=registry.password,
        by=by,
        at=at,
    )


def _registry_name(registry: Registry) -> str:
    """Return a name that changes with the way the registry is reached."""
    way = f"{registry.host}:{registry.port}:{registry.database}:{registry.password}"
    return f"{REGISTRATIONS.source_name} {hashlib.sha256(way.encode()).hexdigest()[:6]}"


def _bind(
    entry: Entry, resource: Resource, source: Source, intake: Path, *, by: User, at: datetime
) -> Binding:
    fields = zip(resource.fields.order_by("position"), entry.fields, strict=True)
    database = entry.kind == SourceKind.POSTGRESQL
    path = "" if database else str(intake / FILES[entry.input])
    return sources.bind(
        resource.pk,
        source=source,
        object={"schema": "public", "table": TABLE} if database else {"path": path, **entry.given},
        columns={field.pk: one.source for field, one in fields},
        mode=entry.mode,
        cursor_column=entry.cursor_column,
        schedule_minutes=entry.schedule_minutes,
        by=by,
        at=at,
    )


def _protect_informants(
    resource: Resource, staff: Staff, operators: list[User], *, at: datetime
) -> None:
    """Put one field on the negative list for the open channel, by an article that is invented.

    No real article's text is at hand word for word, so none is cited.
    """
    basis = bases.create(INVENTED_LAW, by=operators[0], at=at)
    bases.verify(
        basis.pk, text_zh=INVENTED_TEXT, source=INVENTED_LAW.source, by=operators[0], at=at
    )
    today = timezone.localdate(at)
    line = negative_list.propose(
        resource.dataset_id,
        field_ids=[resource.fields.get(name="tip_source").pk],
        basis_id=basis.pk,
        bars=[Channel.OPEN],
        reason_zh="线索来源可能暴露举报人。",
        reason_en="Where a tip came from may reveal who gave it.",
        from_on=today,
        review_on=today + timedelta(days=REVIEW_DAYS),
        by=staff.publisher,
        at=at,
    )
    negative_list.legal_review(line.pk, passed=True, opinion="同意。", by=staff.head, at=at)
    opening.publish_line(line.pk, by=operators[1], at=at)


def _company(hall: Hall, resource: Resource, reviewer: User, *, at: datetime) -> str:
    """Enter a company with an app, a key, and a grant of two conditional fields."""
    company = organizations.create(
        COMPANY,
        kind=OrganizationKind.COMPANY,
        name_zh="潮声地图科技有限公司（虚构）",
        name_en="Chaosheng Maps Ltd (invented)",
        uscc=invented.uscc(99_999_999),
        by=hall.security,
        at=at,
    )
    developer = hall.enter(Role.DEVELOPER, company, "developer", "开发者")
    app = developers.create_app(company, "Shop finder", by=developer, at=at)
    today = timezone.localdate(at)
    grants.grant(
        resource.dataset_id,
        to=company,
        fields=[one.pk for one in resource.fields.filter(name__in=["contact_phone", "employees"])],
        purpose="店铺地图核对联系方式（演示）",
        valid_from=today,
        valid_until=today + timedelta(days=365),
        clear_up_to=Grade.L2,
        modes=[Mode.QUERY],
        by=reviewer,
        at=at,
    )
    expires = at + timedelta(days=365)
    return keys.issue(app, by=developer, at=at, expires_at=expires, label="demo").raw


def new_key(*, at: datetime) -> str:
    """Issue the company another key, where the first one was not kept."""
    developer = User.objects.get(username="developer")
    app = developer.organizations()[0].apps.get(closed_at=None)
    expires = at + timedelta(days=365)
    return keys.issue(app, by=developer, at=at, expires_at=expires, label="demo").raw


def connect_registry(registry: Registry, intake: Path, *, at: datetime) -> bool:
    """Bind the registrations anew where the registry is reached in another way than before.

    The embedded services' sockets may lie elsewhere after a restart. Returns whether it was done.
    """
    binding = Binding.objects.select_related("source", "resource__dataset__owner").get(
        resource__dataset__slug=REGISTRATIONS.slug
    )
    if binding.source.name == _registry_name(registry):
        return False
    owner = binding.resource.dataset.owner
    by = User.objects.get(username=f"{REGISTRATIONS.owner}-publisher")
    system = User.objects.get(username="system")
    sources.allow_host(registry.host, registry.port, by=system, at=at, note="demo")
    source = owner.sources.filter(name=_registry_name(registry)).first()
    source = source or _registry_source(owner, registry, by=by, at=at)
    _bind(REGISTRATIONS, binding.resource, source, intake, by=by, at=at)
    return True
