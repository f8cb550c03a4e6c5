"""What another table of grades would change, before it is saved: suggestions and decisions.

Fields are taken in groups that the law cannot tell apart, so the cost follows the number of such
groups and not of fields; which fields they are is one query with a place to go on from.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, QuerySet, Sum, When
from django.db.models.fields.json import KeyTransform
from django.utils import timezone

from accounts.models import Organization
from catalog import facts
from catalog.models import Dataset, Field, GradingTable, NegativeLine, NegativeLineField
from catalog.terms import State
from policy.comparison import Viewpoint, cases, differences, treatments
from policy.detect import Kind
from policy.facts import FieldFacts, Prohibition
from policy.grading import Outcome, Table, adopted
from policy.terms import Grade, Treatment

GROUPED = (
    "resource__dataset__owner_id",
    "kinds",
    "grade",
    "share_type",
    "open_type",
    "mask_kind",
    "mask_params",
    "concealed",
    "secrecy",
    "ended_at",
    "lined",
    "named_by",
)
"""What a decision on a field, and where it is counted, can depend on."""

Differences = Mapping[Viewpoint, tuple[Treatment, Treatment]]


@dataclass(frozen=True, slots=True)
class DepartmentChange:
    """What changes in one department, counted in fields.

    `waiting` are graded fields below their new suggestion: they go into its regrade queue.
    `decided` are those that some reader would see otherwise if the suggestion were taken over.
    """

    department: Organization
    higher: int
    lower: int
    waiting: int
    decided: int


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """For so many fields, one kind of reader would see `after` where it now sees `before`."""

    viewpoint: Viewpoint
    before: Treatment
    after: Treatment
    fields: int


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a table would change against the one in force. Nothing is written.

    `fields` would be suggested another grade, types or mask; `unknown` have a suggestion of an
    older release, which keeps no kinds, and stay as they are until they are looked at again.
    `digest` is of all that was counted: another one means that the catalogue has moved.
    """

    table: Table
    against: int
    fields: int
    unknown: int
    departments: tuple[DepartmentChange, ...]
    decisions: tuple[DecisionChange, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a dry run: suggestion before and after, and who would see it otherwise."""

    field: Field
    before: Outcome
    after: Outcome
    differences: Differences


def in_force() -> GradingTable:
    """Return the newest version of the table, which is the one in force."""
    return GradingTable.objects.order_by("-version")[0]


def kinds_of(names: Iterable[str] | None) -> tuple[Kind, ...]:
    """Return kinds by their stored names; one that this release does not know is left out."""
    known = {kind.value for kind in Kind}
    return tuple(Kind(name) for name in names or () if name in known)


def dry_run(table: Table, *, at: datetime) -> DryRun:
    """Return what `table` would change if it were in force, and its suggestions were taken over.

    Taken over as the regrade queue does it: never looser than what a person has decided.
    """
    current = in_force()
    groups = _groups(table, current.table())
    law = _Law(timezone.localdate(at))
    by_department: dict[int, Counter[str]] = defaultdict(Counter)
    decisions: Counter[tuple[Viewpoint, Treatment, Treatment]] = Counter()
    for group in groups:
        kinds, count = kinds_of(group["kinds"]), group["fields"]
        before, after = current.table().outcome(kinds), table.outcome(kinds)
        changes = law.differences(_facts(group), group["lined"], after)
        told = by_department[group["resource__dataset__owner_id"]]
        told["higher"] += count * (after.grade > before.grade)
        told["lower"] += count * (after.grade < before.grade)
        told["waiting"] += count * _waits(group["grade"], after.grade)
        told["decided"] += count * bool(changes)
        for viewpoint, (old, new) in changes.items():
            decisions[viewpoint, old, new] += count
    return DryRun(
        table,
        current.version,
        sum(group["fields"] for group in groups),
        _looked_at().exclude(suggestion__has_key="kinds").count(),
        _departments(by_department),
        tuple(DecisionChange(*seen, count) for seen, count in sorted(decisions.items())),
        _digest(table, current.version, groups),
    )


def changed_fields(table: Table) -> QuerySet[Field]:
    """Return the fields that `table` would suggest otherwise than the one in force, in order."""
    return (
        _changed(table, in_force().table())
        .select_related("resource__dataset__owner")
        .order_by("resource__dataset__owner_id", "resource__dataset_id", "position", "pk")
    )


def described(fields: Iterable[Field], table: Table, *, at: datetime) -> list[FieldChange]:
    """Return fields of `changed_fields` with what would become of each."""
    current, law = in_force().table(), _Law(timezone.localdate(at))
    found = list(fields)
    lined = set(
        NegativeLine.objects.filter(
            dataset__in={field.resource.dataset_id for field in found}, number__isnull=False
        ).values_list("dataset_id", flat=True)
    )
    return [_described(field, table, current, law, lined) for field in found]


def _described(
    field: Field, table: Table, current: Table, law: "_Law", lined: set[int]
) -> FieldChange:
    kinds = kinds_of(field.suggestion.get("kinds"))
    dataset_id = field.resource.dataset_id
    after, one = table.outcome(kinds), facts.field_facts(field)
    changes = law.differences(one, dataset_id if dataset_id in lined else None, after)
    return FieldChange(field, current.outcome(kinds), after, changes)


class _Law:
    """Decides on groups of fields, each kind of group once."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.lines: dict[int | None, tuple[Prohibition, ...]] = {None: ()}
        self.known: dict[tuple[FieldFacts, int | None, Outcome], Differences] = {}
        self.names: dict[tuple[int | None, tuple[bool, ...]], str] = {}

    def differences(
        self, field: FieldFacts, dataset_id: int | None, outcome: Outcome
    ) -> Differences:
        """Return who would see a field otherwise; lines are read where a dataset is given."""
        if dataset_id not in self.lines:
            self.lines[dataset_id] = facts.prohibitions(Dataset(pk=dataset_id))
        one = replace(field, name=self._alike(field.name, dataset_id))
        asked = (one, dataset_id, outcome)
        if asked not in self.known:
            views = cases(self.today, self.lines[dataset_id])
            self.known[asked] = differences(
                treatments(one, views), treatments(adopted(one, outcome), views)
            )
        return self.known[asked]

    def _alike(self, name: str, dataset_id: int | None) -> str:
        """Return the first name seen that the same lines name: the law tells no other apart."""
        named = tuple(not line.fields or name in line.fields for line in self.lines[dataset_id])
        return self.names.setdefault((dataset_id, named), name)


def _looked_at() -> QuerySet[Field]:
    """Return live fields with a suggestion, and the kinds found in them."""
    return (
        Field.objects.filter(ended_at=None, suggested_grade__isnull=False)
        .exclude(resource__dataset__state=State.WITHDRAWN)
        .annotate(kinds=KeyTransform("kinds", "suggestion"))
    )


def _changed(table: Table, current: Table) -> QuerySet[Field]:
    return _looked_at().filter(suggestion__kinds__in=changed_kinds(table, current))


def changed_kinds(table: Table, current: Table) -> list[list[str]]:
    """Return the sets of kinds, of those found anywhere, of which two tables say otherwise."""
    kept = _looked_at().filter(suggestion__has_key="kinds")
    found = kept.order_by().values_list(KeyTransform("kinds", "suggestion"), flat=True).distinct()
    return [
        names
        for names in found
        if table.outcome(kinds_of(names)) != current.outcome(kinds_of(names))
    ]


def _groups(table: Table, current: Table) -> list[dict[str, Any]]:
    """Return groups of fields that the law cannot tell apart, with how many and one's name.

    Where a dataset has lines, the fields that the same lines name are of one group.
    """
    of_dataset = NegativeLine.objects.filter(
        dataset=OuterRef("resource__dataset"), number__isnull=False
    )
    of_field = NegativeLineField.objects.filter(field=OuterRef("pk"), line__number__isnull=False)
    grouped = (
        _changed(table, current)
        .annotate(has_lines=Exists(of_dataset))
        .annotate(
            lined=Case(When(has_lines=True, then=F("resource__dataset_id")), default=None),
            named_by=ArraySubquery(of_field.order_by("line_id").values("line_id")),
        )
        .order_by()
        .values(*GROUPED)
        .annotate(
            fields=Count("pk"),
            example=Min("name"),
            which=Sum("pk"),
            graded=Max("graded_at"),
            suggested=Max("suggested_at"),
        )
    )
    return sorted(grouped, key=_written)


def _written(group: Mapping[str, Any]) -> str:
    return json.dumps(group, sort_keys=True, default=str)


def _digest(table: Table, against: int, groups: Iterable[Mapping[str, Any]]) -> str:
    told = [json.dumps(table.as_data(), sort_keys=True), str(against), *map(_written, groups)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _facts(group: Mapping[str, Any]) -> FieldFacts:
    """Return a field of the group as the law sees it; its name counts only where lines do."""
    names = ("grade", "share_type", "open_type", "mask_kind", "mask_params", "concealed")
    told = {name: group[name] for name in (*names, "secrecy", "ended_at")}
    return facts.field_facts(Field(name=group["example"], data_type="text", **told))


def _waits(grade: int | None, suggested: Grade) -> bool:
    return grade is not None and grade < suggested


def _departments(counted: Mapping[int, Counter[str]]) -> tuple[DepartmentChange, ...]:
    found = Organization.objects.in_bulk(list(counted))
    return tuple(
        DepartmentChange(
            found[pk], told["higher"], told["lower"], told["waiting"], told["decided"]
        )
        for pk, told in sorted(counted.items(), key=lambda one: found[one[0]].slug)
    )


__all__ = [
    "DecisionChange",
    "DepartmentChange",
    "DryRun",
    "FieldChange",
    "changed_fields",
    "changed_kinds",
    "described",
    "dry_run",
    "in_force",
    "kinds_of",
]
