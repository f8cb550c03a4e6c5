"""Catalogue entries for tests, made through the verbs. All of it is invented."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from io import BytesIO
from itertools import count

from accounts.models import Organization, User
from accounts.roles import OrganizationKind, Role, holders
from catalog import (
    bases,
    duties,
    field_sets,
    grading_change,
    negative_list,
    publishing,
    resources,
)
from catalog.describing import GivenGrade
from catalog.drafting import NewField
from catalog.library import Article
from catalog.models import (
    Dataset,
    Field,
    LegalBasis,
    NegativeLine,
    Resource,
    SheetImport,
    SheetMapping,
    Subject,
)
from catalog.terms import LineState, State, UpdateCycle
from policy.detect import Finding, FoundBy, Kind
from policy.facts import Mask
from policy.grading import suggest
from policy.terms import BasisTier, Channel, Grade, OpenType, ShareType
from tests.factories import accounts

NOW = accounts.NOW
TODAY = date(2026, 3, 2)
CHECKED = dict.fromkeys(publishing.CHECKLIST, True)
TEXT = "第一条　本条仅用于测试，不是任何现行法律的条文。"

_numbers = count(1)
_subjects = count(1)  # three digits: they are not spent on anything else


def staff(role: Role, owner: Organization) -> User:
    """Make a person who holds `role` where it counts for `owner`'s entries."""
    return accounts.user(role, None if role == Role.OPERATOR else owner)


def able(permission: str, owner: Organization) -> User:
    """Make a person who may do `permission` on `owner`'s entries."""
    return staff(holders(permission)[0], owner)


def subject(**over) -> Subject:
    """Make a subject."""
    number = next(_subjects)
    return Subject.objects.create(
        **{"code": f"{number:03d}", "name_zh": f"主题{number}", "name_en": f"Subject {number}"}
        | over
    )


def new_field(name: str, **over) -> NewField:
    """Describe a field."""
    return NewField(**{"name": name, "label_zh": name} | over)


def dataset(
    state: State = State.PUBLISHED,
    fields: Iterable[str | NewField] = ("name",),
    *,
    owner: Organization | None = None,
    grade: Grade | None = Grade.L1,
    open_type: OpenType = OpenType.UNCONDITIONAL,
    share_type: ShareType = ShareType.UNCONDITIONAL,
    slug: str = "",
    **metadata,
) -> Dataset:
    """Make an entry with one table and bring it to `state`; every field is graded alike.

    `grade` None leaves the fields ungraded, which only a draft can be.
    """
    place = owner or accounts.organization(OrganizationKind.DEPARTMENT)
    publisher = staff(Role.PUBLISHER, place)
    number = next(_numbers)
    whole = {
        "title_zh": f"数据集{number}",
        "title_en": f"Dataset {number}",
        "abstract_zh": "用于测试的数据。",
        "contact": "0000-00000000",
        "update_cycle": UpdateCycle.DAILY,
        "license": "测试许可",
        "share_condition_zh": "仅用于测试",
    }
    made = publishing.create_dataset(
        slug or f"dataset-{number}", owner=place, by=publisher, at=NOW, **whole | metadata
    )
    described = [new_field(one) if isinstance(one, str) else one for one in fields]
    table = publishing.add_table(made.pk, fields=described, by=publisher, at=NOW)
    if grade is not None:
        alike = GivenGrade(grade=grade, share_type=share_type, open_type=open_type, reason="测试")
        given = dict.fromkeys((one.pk for one in table.fields.all()), alike)
        field_sets.grade_fields(made.pk, given, by=publisher, at=NOW)
    bring(made.pk, state, publisher=publisher)
    made.refresh_from_db()
    return made


def bring(dataset_id: int, state: State, *, publisher: User | None = None) -> None:
    """Bring a complete draft to `state` by the verbs, each by somebody who may."""
    owner = Dataset.objects.get(pk=dataset_id).owner
    publisher = publisher or staff(Role.PUBLISHER, owner)
    operator = accounts.user(Role.OPERATOR)
    steps = {
        State.SIGNED: lambda: publishing.sign(
            dataset_id, by=staff(Role.HEAD, owner), at=NOW, checklist=CHECKED
        ),
        State.IN_REVIEW: lambda: publishing.submit(dataset_id, by=publisher, at=NOW),
        State.PUBLISHED: lambda: publishing.accept(dataset_id, by=operator, at=NOW),
        State.WITHDRAWN: lambda: publishing.retire(dataset_id, by=operator, at=NOW, reason="测试"),
    }
    order = [State.SIGNED, State.IN_REVIEW, State.PUBLISHED, State.WITHDRAWN]
    for reached in order[: order.index(state) + 1] if state != State.DRAFT else []:
        steps[reached]()


def field(
    of: Dataset | None = None,
    *,
    name: str = "",
    grade: Grade | None = None,
    suggested: Grade | None = None,
    mask: Mask | None = None,
    **over,
) -> Field:
    """Add a field to a draft (a new one if none is given), with a suggestion and then a grade."""
    draft = of or dataset(State.DRAFT)
    by = staff(Role.PUBLISHER, draft.owner)
    described = new_field(name or f"field{next(_numbers)}", **over)
    made = publishing.add_field(table(draft).pk, described, by=by, at=NOW)
    if suggested is not None:
        publishing.suggest_grade(made.pk, grade=suggested, evidence={}, by=by, at=NOW)
    if grade is not None:
        publishing.grade_field(made.pk, grade=grade, mask=mask, reason="测试", by=by, at=NOW)
    made.refresh_from_db()
    return made


def offers(owner: Organization) -> Dataset:
    """Make a draft with a file, an interface and a duty, and a workbook that was sent."""
    made = dataset(State.DRAFT, owner=owner)
    by = staff(Role.PUBLISHER, owner)
    as_text = BytesIO(b"a,b\n1,2\n")
    resources.add_file(made.pk, title_zh="文件", name="a.csv", stream=as_text, by=by, at=NOW)
    resources.add_api(made.pk, title_zh="接口", url="https://a.example/", by=by, at=NOW)
    duty = duties.create(
        f"D{next(_numbers)}",
        organization=owner,
        title_zh="职责",
        legal_basis=TEXT,
        by=by,
        at=NOW,
    )
    duties.link(duty.pk, datasets=[made], by=by, at=NOW)
    SheetMapping.objects.create(
        organization=owner, signature="0" * 64, columns={"title": 0}, kept_at=NOW, kept_by=by
    )
    SheetImport.objects.create(owner=owner, name="a.csv", sha256="0" * 64, sent_at=NOW, sent_by=by)
    return made


def table(of: Dataset) -> Resource:
    """Return the dataset's table."""
    return of.resources.get(kind=Resource.Kind.TABLE)


def article(**over) -> Article:
    """Describe an article of an invented law."""
    number = next(_numbers)
    values = {
        "law_zh": f"测试法{number}",
        "law_en": f"Test Law {number}",
        "article": "第一条",
        "gist_zh": "测试用。",
        "gist_en": "For tests.",
        "tier": BasisTier.LAW,
        "in_force_from": date(2020, 1, 1),
    }
    return Article(**values | over)


def basis(*, verified: bool = True, **over) -> LegalBasis:
    """Make a legal basis of an invented law."""
    operator = accounts.user(Role.OPERATOR)
    made = bases.create(article(**over), by=operator, at=NOW)
    if verified:
        made = bases.verify(made.pk, text_zh=TEXT, source="测试", by=operator, at=NOW)
    return made


def negative_line(
    of: Dataset | None = None,
    fields: Iterable[str] = (),
    *,
    state: LineState = LineState.PUBLISHED,
    on: LegalBasis | None = None,
    bars: Iterable[Channel] = (Channel.SHARE, Channel.OPEN),
    **over,
) -> NegativeLine:
    """Make a line over these fields (by name; none: the whole dataset) and bring it to `state`."""
    place = of or dataset()
    names = set(fields)
    ids = [one.pk for one in table(place).fields.all() if one.name in names] if names else []
    line = negative_list.propose(
        place.pk,
        field_ids=ids,
        basis_id=(on or basis()).pk,
        bars=bars,
        by=able("catalog.propose_negativeline", place.owner),
        at=NOW,
        **{
            "reason_zh": "测试",
            "from_on": TODAY,
            "review_on": TODAY + timedelta(days=365),
        }
        | over,
    )
    states = LineState
    if state != states.PROPOSED:
        negative_list.legal_review(
            line.pk,
            passed=state != states.RETURNED,
            opinion="测试",
            by=able("catalog.legal_review_negativeline", place.owner),
            at=NOW,
        )
    operator = accounts.user(Role.OPERATOR)
    if state in (states.PUBLISHED, states.ENDED):
        negative_list.publish(line.pk, by=operator, at=NOW)
    if state == states.ENDED:
        negative_list.end(line.pk, by=operator, at=NOW, reason="测试")
    line.refresh_from_db()
    return line


def found(one: Field, *kinds: Kind, at: datetime = NOW) -> Field:
    """Have these kinds detected in a field, and what the table in force suggests written down."""
    findings = [Finding(kind, 9, 10, FoundBy.BOTH, 0.9) for kind in kinds]
    suggestion = suggest(findings, one.name, one.label_zh, grading_change.in_force().table())
    publishing.suggest_grade(
        one.pk, grade=suggestion.grade, evidence=suggestion.as_data(), by=None, at=at
    )
    one.refresh_from_db()
    return one
