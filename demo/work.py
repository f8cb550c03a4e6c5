"""Work that waits on every desk of the demo city, left there through the verbs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from accounts import organizations, people, sign_in
from accounts.models import OrganizationKind, User
from accounts.people import Newcomer
from accounts.roles import Role
from catalog import grading_change, grading_table, publishing, updates
from catalog.models import Dataset, Resource
from demo import consumer, invented, lines, needs, shares, themes, voices
from demo.hall import Staff
from demo.inputs import FILES
from demo.kept import Office
from demo.listed import EntryField
from demo.unfinished import PUPILS, UNFINISHED, Unfinished
from exchange import opening, profiling, schedules, sources
from exchange.models import Binding, SourceKind
from exchange.schedules import Schedule
from exchange.sharing import grants
from policy.detect import Kind
from policy.terms import Channel, Grade, Mode, OpenType

VOUCHED = dict.fromkeys(publishing.CHECKLIST, True)
GRANT_DAYS = 20


@dataclass(frozen=True, slots=True)
class Hands:
    """Everybody who leaves work: the departments' staff by address, and the authority's people."""

    staff: Mapping[str, Staff]
    operators: tuple[User, User]
    reviewer: User
    civil_reviewer: User
    security: User
    intake: Path


def leave(hands: Hands, resources: Mapping[str, Resource], *, at: datetime) -> Office:
    """Leave unfinished entries, a loosening, lines on their way, duties and demands, a short
    grant, open invitations, a paused binding, fields to be graded anew after a change of the
    table, share requests in every state, what citizens say, a refused sign-in.

    `resources` are the tables of the entries that are published, by address. Returns the key and
    the grants under which a department calls.
    """
    for unfinished in UNFINISHED:
        _carry(unfinished, hands, at=at)
    _loosening(resources["business-registrations"], hands.staff["approval"], at=at)
    updates.note(
        resources["business-registrations"].dataset_id,
        since=timezone.localdate(at) - timedelta(days=9),
        because="本部门登记职责调整（虚构）",
        by=hands.staff["approval"].publisher,
        at=at,
    )
    _lines(resources, hands, at=at)
    needs.leave(
        {slug: needs.Clerk(one.organization, one.publisher) for slug, one in hands.staff.items()},
        Dataset.objects.in_bulk(list(resources), field_name="slug"),
        operator=hands.operators[0],
        at=at,
    )
    _short_grant(resources["business-registrations"], hands, at=at)
    _newcomers(hands.security, at=at)
    _paused(hands.staff["education"].publisher, at=at)
    _stricter_table(hands.security)
    office = _shared(resources, hands, at=at)
    voices.leave(resources, voices.Answering(hands.operators[0], hands.reviewer), at=at)
    sign_in.failed(hands.operators[1].username, locked=False, at=at)
    return office


def _shared(resources: Mapping[str, Resource], hands: Hands, *, at: datetime) -> Office:
    """Let the transport bureau ask the approval bureau, and that one ask the civil affairs."""
    operator = hands.operators[0]
    transport, approval, civil = (hands.staff[one] for one in ("transport", "approval", "civil"))
    registrations = shares.Provider(
        resources["business-registrations"], hands.reviewer, approval.head, operator
    )
    volunteers = shares.Provider(
        resources["registered-volunteers"], hands.civil_reviewer, civil.head, operator
    )
    asker = shares.Asker(transport.organization, transport.publisher, transport.head)
    other = shares.Asker(approval.organization, approval.publisher, approval.head)
    shares.leave(asker, registrations, at=at)
    shares.to_complete(other, volunteers, at=at)
    return consumer.equip(asker, registrations, volunteers, security=hands.security, at=at)


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
        **unfinished.metadata(),
        **themes.placed(unfinished.slug),
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
    civil, approval = hands.staff["civil"], hands.staff["approval"]
    volunteers = resources["registered-volunteers"]
    registrations = resources["business-registrations"]
    lines.for_the_authority(volunteers, publisher=civil.publisher, head=civil.head, at=at)
    lines.for_legal_review(registrations, publisher=approval.publisher, at=at)
    lines.returned(registrations, publisher=approval.publisher, head=approval.head, at=at)


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
    """Enter a department that has nobody to sign yet, its clerk, and somebody without a role."""
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
    people.create(Newcomer("archives-trainee", "City Archives: trainee"), by=security, at=at)


def _paused(publisher: User, *, at: datetime) -> None:
    """Take a draft's binding out of the clock until its fields are graded."""
    binding = Binding.objects.get(resource__dataset__slug=PUPILS.slug)
    wanted = Schedule(
        every=binding.schedule_minutes,
        paused=True,
        full_every_days=binding.full_every_days,
        max_rejected_percent=binding.max_rejected_percent,
        max_shrink_percent=binding.max_shrink_percent,
    )
    schedules.reschedule(binding.pk, wanted, by=publisher, at=at)


def _stricter_table(security: User) -> None:
    """Replace the table of grades, tried out first: names are suggested a grade higher.

    Later than the grades that are given, or nothing would wait to be graded anew.
    """
    at = timezone.now()
    data = grading_change.in_force().table().as_data()
    data["rows"][Kind.PERSON_NAME]["grade"] = Grade.L3.name
    run = grading_change.dry_run(grading_table.proposed(data), at=at)
    note = "姓名可直接识别自然人，先按 L3 建议；依法公示的，由部门说明理由后保留原级。"
    grading_table.replace(data, note=note, digest=run.digest, by=security, at=at)
