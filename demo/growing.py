"""The city grown up: more departments, its districts, and what they publish; all by the verbs.

Dated back, as if it had gone on for most of a year: each entry says when it was published.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone
from django.utils.translation import override

from accounts.models import Organization, OrganizationKind, Region, User
from catalog import code_lists, field_sets, publishing, relations
from catalog.describing import GivenGrade
from catalog.models import Dataset, Resource, Subject
from catalog.terms import UpdateCycle
from demo import departments, needs, talk, themes
from demo.catalogue import SMALL
from demo.hall import Hall, Staff, of_bureau, staffed
from demo.offered import offer
from demo.small import Small
from exchange import counted, opening, sources
from exchange.models import Binding, SourceKind

VOUCHED = dict.fromkeys(publishing.CHECKLIST, True)
FIRST_BUREAU, FIRST_DISTRICT = 20, 50
"""Numbers of which their credit codes are made."""
MINUTES_OF_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Growing:
    """Who acts, and with what: staff by department, regions and subjects by code, the files."""

    staff: Mapping[str, Staff]
    operator: User
    regions: Mapping[str, Region]
    subjects: Mapping[str, Subject]
    intake: Path
    at: datetime


def is_grown() -> bool:
    """Whether this was done in this database before."""
    return Dataset.objects.filter(slug=SMALL[-1].slug).exists()


def grow(intake: Path, *, at: datetime) -> None:
    """Let the city that `demo.city.build` built publish all of SMALL, and its citizens speak."""
    with override("en"):
        hands = _hands(intake, at)
        drafts = {small.slug: _drafted(small, hands) for small in SMALL}
        for small in sorted(SMALL, key=lambda one: -one.days_ago):
            _published(small, drafts[small.slug], hands)
        clerks = {
            slug: needs.Clerk(staff.organization, staff.publisher)
            for slug, staff in hands.staff.items()
        }
        needs.enter(needs.LATER_DUTIES, clerks, drafts, at=at)
        talk.leave({slug: staff.publisher for slug, staff in hands.staff.items()}, at=at)


def write_files(folder: Path, *, seed: int) -> None:
    """Write each department's file that is not there yet."""
    for small in SMALL:
        path = folder / small.path
        if small.has_rows and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = path.with_name(f".{path.name}.part")
            whole.write_bytes(small.content(seed=seed))
            whole.rename(path)


def bindings(*, dated_back: bool) -> list[tuple[Small, Binding]]:
    """Return what has a source, and whose one sync lies back or does not."""
    found = Binding.objects.filter(resource__dataset__slug__in=[one.slug for one in SMALL])
    by_slug = {one.resource.dataset.slug: one for one in found.select_related("resource__dataset")}
    return [
        (one, by_slug[one.slug])
        for one in SMALL
        if one.slug in by_slug and bool(one.synced_ago) == dated_back
    ]


def read_at(small: Small, *, at: datetime) -> datetime:
    """Return when its source is read: now, or as long ago as it says."""
    return at - timedelta(days=small.synced_ago) if small.synced_ago else timezone.now()


def _hands(intake: Path, at: datetime) -> Growing:
    regions = {one.code: one for one in Region.objects.all()}
    hall = Hall(at)
    hall.security = User.objects.get(username="security")
    operator = User.objects.get(username="operator1")
    if not Subject.objects.exists():  # a city of before it had any
        code_lists.import_subjects(listed=themes.subjects(), by=operator, at=at)
    staff = _there(Organization.objects.filter(kind=OrganizationKind.DEPARTMENT))
    for number, (slug, names) in enumerate(departments.DEPARTMENTS.items(), FIRST_BUREAU):
        staff[slug] = staffed(hall, slug, of_bureau(names), number)
    for number, (slug, code) in enumerate(departments.DISTRICTS.items(), FIRST_DISTRICT):
        region = regions[code]
        names = f"{region.name_zh}人民政府", f"{region.name_en} Government"
        kind = OrganizationKind.DISTRICT
        staff[slug] = staffed(hall, slug, names, number, kind=kind, region=region)
    return Growing(
        staff,
        operator,
        regions,
        {one.code: one for one in Subject.objects.all()},
        intake,
        at,
    )


def _there(organizations: Iterable[Organization]) -> dict[str, Staff]:
    """Return the departments that have both their people."""
    named = {one.slug: one for one in organizations}
    people = {
        one.username: one
        for one in User.objects.filter(
            username__in=[f"{slug}-{role}" for slug in named for role in ("publisher", "head")]
        )
    }
    return {
        slug: Staff(one, people[f"{slug}-publisher"], people[f"{slug}-head"])
        for slug, one in named.items()
        if f"{slug}-head" in people
    }


def _drafted(small: Small, hands: Growing) -> Dataset:
    staff, at = hands.staff[small.owner], hands.at - timedelta(days=small.days_ago)
    by = staff.publisher
    dataset = publishing.create_dataset(
        small.slug,
        owner=staff.organization,
        title_zh=small.title[0],
        subject=hands.subjects[str(small.theme)],
        region=hands.regions[small.region],
        by=by,
        at=at,
        **small.metadata(),
    )
    if small.columns:
        _with_table(small, dataset, hands, by=by, at=at)
    for one in small.offers:
        offer(one, dataset.pk, by=by, at=at)
    return dataset


def _with_table(small: Small, dataset: Dataset, hands: Growing, *, by: User, at: datetime) -> None:
    news = [one.new for one in small.fields]
    resource = publishing.add_table(dataset.pk, fields=news, by=by, at=at)
    numbers = list(resource.fields.order_by("position").values_list("pk", flat=True))
    if small.has_rows:
        _bound(small, resource, numbers, hands, by=by, at=at)
    given = {
        pk: GivenGrade(
            grade=one.grade,
            share_type=one.share_type,
            open_type=one.open_type,
            mask=one.mask,
            reason=one.reason,
        )
        for pk, one in zip(numbers, small.fields, strict=True)
    }
    field_sets.grade_fields(dataset.pk, given, by=by, at=at)
    if small.counted_by:
        names = [one.new.name for one in small.fields]
        counted.count_only(
            dataset.pk,
            [(numbers[names.index(name)], unit) for name, unit in small.counted_by],
            reason=small.counted_because,
            by=by,
            at=at,
        )


def _bound(
    small: Small, resource: Resource, numbers: list[int], hands: Growing, *, by: User, at: datetime
) -> None:
    """Bind the table to its file; what is promised daily is read daily, but for what is late."""
    source = sources.create(
        hands.staff[small.owner].organization,
        name=f"{small.title[0]}（文件）",
        kind=SourceKind.CSV,
        by=by,
        at=at,
    )
    daily = small.cycle == UpdateCycle.DAILY and not small.synced_ago
    sources.bind(
        resource.pk,
        source=source,
        object={"path": str(hands.intake / small.path)},
        columns=dict(zip(numbers, (one.source for one in small.fields), strict=True)),
        schedule_minutes=MINUTES_OF_A_DAY if daily else None,
        by=by,
        at=at,
    )


def _published(small: Small, dataset: Dataset, hands: Growing) -> None:
    """Take a draft to publication, and out of it where it was withdrawn a month later."""
    staff, at = hands.staff[small.owner], hands.at - timedelta(days=small.days_ago)
    beside = Dataset.objects.filter(slug__in=small.related)
    if small.related:
        relations.relate(dataset.pk, related=beside, by=staff.publisher, at=at)
    publishing.sign(dataset.pk, by=staff.head, at=at, checklist=VOUCHED)
    publishing.submit(dataset.pk, by=staff.publisher, at=at)
    opening.publish(dataset.pk, by=hands.operator, at=at)
    if small.withdrawn:
        later = min(hands.at, at + timedelta(days=180))
        opening.withdraw(dataset.pk, by=staff.head, at=later, reason=small.withdrawn)
