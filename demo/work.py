"""Work that waits on every desk of the demo city, left there through the verbs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts import organizations, people
from accounts.models import Organization, OrganizationKind, User
from accounts.people import Newcomer
from accounts.roles import Role
from catalog import negative_list, publishing
from catalog.models import Dataset, LegalBasis, Resource
from demo import invented
from demo.entries import EntryField
from demo.inputs import FILES
from demo.unfinished import UNFINISHED, Unfinished
from exchange import opening, profiling, sources
from exchange.models import SourceKind
from exchange.sharing import grants
from policy.terms import Channel, Grade, Mode, OpenType

VOUCHED = dict.fromkeys(publishing.CHECKLIST, True)
GRANT_DAYS = 20


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of a department that an entry's way needs."""

    organization: Organization
    publisher: User
    head: User


@dataclass(frozen=True, slots=True)
class Hands:
    """Everybody who leaves work: the departments' staff by address, and the authority's people."""

    staff: Mapping[str, Staff]
    operators: tuple[User, User]
    reviewer: User
    security: User
    intake: Path


def leave(hands: Hands, resources: Mapping[str, Resource], *, at: datetime) -> None:
    """Leave unfinished entries, a loosening, lines on their way, a short grant, open invitations.

    `resources` are the tables of the entries that are published, by address.
    """
    for unfinished in UNFINISHED:
        _carry(unfinished, hands, at=at)
    _loosening(resources["business-registrations"], hands.staff["approval"], at=at)
    _lines(resources, hands, at=at)
    _short_grant(resources["business-registrations"], hands, at=at)
    _newcomers(hands.security, at=at)


def _carry(unfinished: Unfinished, hands: Hands, *, at: datetime) -> None:
    """Take an entry as far as it came."""
    staff = hands.staff[unfinished.owner]
    then = at - timedelta(days=unfinished.days_ago)
    resource = _drafted(unfinished, staff, hands, at=then)
    pk = resource.dataset_id
    if unfinished.reached == "draft":
        return
    publishing.ask_signature(pk, by=staff.publisher, at=then)
    if unfinished.reached == "asked":
        return
    publishing.sign(pk, by=staff.head, at=then, checklist=VOUCHED)
    if unfinished.reached == "signed":
        return
    publishing.submit(pk, by=staff.publisher, at=then)
    if unfinished.reached == "sent_back":
        publishing.send_back(pk, by=hands.operators[0], at=at, defects=list(unfinished.defects))
    elif unfinished.reached == "published":
        opening.publish(pk, by=hands.operators[0], at=at)


def _drafted(unfinished: Unfinished, staff: Staff, hands: Hands, *, at: datetime) -> Resource:
    by = staff.publisher
    dataset = publishing.create_dataset(
        unfinished.slug,
        owner=staff.organization,
        title_zh=unfinished.title_zh,
        by=by,
        at=at,
        title_en=unfinished.title_en,
        abstract_zh=unfinished.abstract_zh + "演示数据，均为虚构。",
        abstract_en=unfinished.abstract_en + " Demonstration data, all of it invented.",
        update_cycle=unfinished.update_cycle,
        share_condition_zh="用于履行法定职责，不得转供第三方。",
        share_condition_en="For statutory duties only; not to be passed on.",
        license="CC-BY-4.0",
        contact=f"{unfinished.owner}@example.invalid",
    )
    resource = publishing.add_table(
        dataset.pk, fields=[one.new for one in unfinished.fields], by=by, at=at
    )
    if unfinished.input:
        _bound(unfinished, resource, staff, hands.intake, at=at)
    if unfinished.input == "pupils":
        profiling.suggest_grades(resource.pk, by=by, at=at)
    if unfinished.graded:
        grade(resource, unfinished.fields, by=by)
    return resource


def _bound(
    unfinished: Unfinished, resource: Resource, staff: Staff, intake: Path, *, at: datetime
) -> None:
    fields = zip(resource.fields.order_by("position"), unfinished.fields, strict=True)
    source = sources.create(
        staff.organization,
        name=f"{unfinished.title_zh}（文件）",
        kind=SourceKind.CSV,
        by=staff.publisher,
        at=at,
    )
    sources.bind(
        resource.pk,
        source=source,
        object={"path": str(intake / FILES[unfinished.input])},
        columns={field.pk: one.source for field, one in fields},
        by=staff.publisher,
        at=at,
    )


def grade(resource: Resource, fields: tuple[EntryField, ...], *, by: User) -> None:
    """Grade each field, later than the suggestion that the person has looked at."""
    for field, one in zip(resource.fields.order_by("position"), fields, strict=True):
        publishing.grade_field(
            field.pk,
            grade=one.grade,
            share_type=one.share_type,
            open_type=one.open_type,
            mask=one.mask,
            reason=one.reason,
            by=by,
            at=timezone.now(),
        )


def _loosening(resource: Resource, staff: Staff, *, at: datetime) -> None:
    """Ask to open to everybody what was open under a grant; it waits for a second person."""
    field = resource.fields.get(name="employees")
    opening.regrade(
        resource.dataset_id,
        {field.pk: {"grade": int(Grade.L1), "open_type": OpenType.UNCONDITIONAL.value}},
        by=staff.publisher,
        at=at,
        reason="从业人数已随年报向社会公示。",
    )


def _lines(resources: Mapping[str, Resource], hands: Hands, *, at: datetime) -> None:
    """Propose two lines: one waits for the legal review, one for the authority's."""
    basis = LegalBasis.objects.filter(law_zh__contains="个人信息保护法").order_by("pk").first()
    if basis is None:
        raise LookupError("The library of legal bases has no 个人信息保护法.")
    told: dict[str, Any] = {
        "basis_id": basis.pk,
        "bars": [Channel.OPEN],
        "from_on": timezone.localdate(at),
        "review_on": timezone.localdate(at) + timedelta(days=365),
        "at": at,
    }
    civil, approval = hands.staff["civil"], hands.staff["approval"]
    volunteers = resources["registered-volunteers"]
    line = negative_list.propose(
        volunteers.dataset_id,
        field_ids=[volunteers.fields.get(name="health_note").pk],
        reason_zh="健康信息属于敏感个人信息，不向社会公开。",
        reason_en="Health is sensitive personal information and is not opened.",
        by=civil.publisher,
        **told,
    )
    negative_list.legal_review(line.pk, passed=True, opinion="同意上报。", by=civil.head, at=at)
    registrations = resources["business-registrations"]
    negative_list.propose(
        registrations.dataset_id,
        field_ids=[registrations.fields.get(name="contact_phone").pk],
        reason_zh="联系电话多为个人手机号码。",
        reason_en="The phone is mostly a person's own mobile.",
        by=approval.publisher,
        **told,
    )


def _short_grant(resource: Resource, hands: Hands, *, at: datetime) -> None:
    """Grant a department two fields for a few weeks."""
    today = timezone.localdate(at)
    grants.grant(
        resource.dataset_id,
        to=hands.staff["market"].organization,
        fields=[one.pk for one in resource.fields.filter(name__in=["uscc", "contact_phone"])],
        purpose="餐饮单位联系方式核对（演示）",
        valid_from=today,
        valid_until=today + timedelta(days=GRANT_DAYS),
        clear_up_to=Grade.L3,
        modes=[Mode.QUERY],
        channel=Channel.SHARE,
        by=hands.reviewer,
        at=at,
    )


def _newcomers(security: User, *, at: datetime) -> None:
    """Enter a department that has nobody to sign yet, and invite its clerk."""
    archives = organizations.create(
        "archives",
        kind=OrganizationKind.DEPARTMENT,
        name_zh="海湾市档案馆（虚构）",
        name_en="City Archives of Bay City (invented)",
        uscc=invented.uscc(90, head="11"),
        by=security,
        at=at,
    )
    invited = people.invite(
        Newcomer("archives-publisher", "City Archives: publisher"), by=security, at=at
    )
    people.grant_role(invited.user.pk, Role.PUBLISHER, archives, by=security, at=at)


def is_left() -> bool:
    """Whether the unfinished entries are there."""
    return Dataset.objects.filter(slug__in=[one.slug for one in UNFINISHED]).exists()
