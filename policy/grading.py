"""Suggested grades: the default decision table, and how fields make up a dataset's grade.

The table is the platform's own synthesis and adjustable (docs/policy.md, "Grades"); a person
decides. The first match at the highest level wins (就高从严).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policy.detect import Finding, Kind
from policy.evidence import Evidence
from policy.facts import FieldFacts, Mask
from policy.terms import Grade, MaskKind, OpenType, ShareType

TABLE_VERSION = 1
"""The version of the table as it stands here; the ones kept by people follow it."""

SURE = 0.5
"""Findings less confident than this suggest nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the table says of one kind of data: its grade, and the mask that fits it."""

    grade: Grade
    mask: Mask | None = None


_BLANK = Mask(MaskKind.BLANK)

TABLE: dict[Kind, Row] = {
    Kind.BIOMETRIC: Row(Grade.L4, _BLANK),
    Kind.HEALTH: Row(Grade.L4, _BLANK),
    Kind.BANK_CARD: Row(Grade.L4, Mask(MaskKind.KEEP_EDGES, keep_right=4)),
    Kind.CREDENTIAL: Row(Grade.L4, _BLANK),
    Kind.RESIDENT_ID: Row(Grade.L3, Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=4)),
    Kind.MOBILE: Row(Grade.L3, Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=4)),
    Kind.PASSPORT: Row(Grade.L3, Mask(MaskKind.KEEP_EDGES, keep_left=1, keep_right=3)),
    Kind.TRAVEL_PERMIT: Row(Grade.L3, Mask(MaskKind.KEEP_EDGES, keep_left=1, keep_right=3)),
    Kind.ADDRESS: Row(Grade.L3, Mask(MaskKind.COARSE_PLACE)),
    Kind.INCOME: Row(Grade.L3, _BLANK),
    Kind.LANDLINE: Row(Grade.L2, Mask(MaskKind.KEEP_EDGES, keep_right=4)),
    Kind.PLATE: Row(Grade.L2, Mask(MaskKind.KEEP_EDGES, keep_left=2, keep_right=1)),
    Kind.EMAIL: Row(Grade.L2, Mask(MaskKind.KEEP_EDGES, keep_left=1)),
    Kind.NETWORK_ADDRESS: Row(Grade.L2, _BLANK),
    Kind.PERSON_NAME: Row(Grade.L2, Mask(MaskKind.KEEP_EDGES, keep_left=1)),
    Kind.BIRTH_DATE: Row(Grade.L2, Mask(MaskKind.YEAR_ONLY)),
    Kind.COORDINATE: Row(Grade.L1, Mask(MaskKind.ROUND_COORDINATE, digits=3)),
    Kind.USCC: Row(Grade.L1),
}

DEFAULTS: dict[Grade, tuple[ShareType, OpenType]] = {
    Grade.L1: (ShareType.UNCONDITIONAL, OpenType.UNCONDITIONAL),
    Grade.L2: (ShareType.UNCONDITIONAL, OpenType.CONDITIONAL),
    Grade.L3: (ShareType.CONDITIONAL, OpenType.NOT_OPEN),
    Grade.L4: (ShareType.CONDITIONAL, OpenType.NOT_OPEN),
    Grade.IMPORTANT: (ShareType.CONDITIONAL, OpenType.NOT_OPEN),
}
"""The types that go with a grade where nobody decides otherwise. Never 不予共享: that needs a line
of the negative list."""


@dataclass(frozen=True, slots=True)
class Table:
    """A whole decision table in one version: a row for each kind, types for each grade.

    Raises ValueError where a kind or grade is missing, or types would refuse sharing.
    """

    version: int
    rows: Mapping[Kind, Row]
    defaults: Mapping[Grade, tuple[ShareType, OpenType]]

    def __post_init__(self) -> None:
        if set(self.rows) != set(Kind) or set(self.defaults) != set(Grade):
            raise ValueError("A table has a row for each kind, and types for each grade.")
        if any(share == ShareType.NOT_SHARED for share, _open in self.defaults.values()):
            raise ValueError("Only a line of the negative list refuses sharing, never a grade.")

    def outcome(self, kinds: Iterable[Kind]) -> "Outcome":
        """Return what the table says of a field in which these kinds were found; L1 for none."""
        found = [self.rows[kind] for kind in sorted(set(kinds), key=list(Kind).index)]
        highest = max(found, key=lambda row: row.grade, default=Row(Grade.L1))
        share_type, open_type = self.defaults[highest.grade]
        return Outcome(highest.grade, share_type, open_type, highest.mask)

    def as_data(self) -> dict[str, Any]:
        """Return rows and defaults as JSON keeps them; the order of keys is fixed."""
        return {
            "rows": {
                kind.value: {
                    "grade": self.rows[kind].grade.name,
                    "mask": _mask_data(self.rows[kind].mask),
                }
                for kind in Kind
            },
            "defaults": {
                grade.name: [kept.value for kept in self.defaults[grade]] for grade in Grade
            },
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """A grade with the types and the mask that go with it."""

    grade: Grade
    share_type: ShareType
    open_type: OpenType
    mask: Mask | None


def table_from(version: int, data: Mapping[str, Any]) -> Table:
    """Return a table from what `Table.as_data` gave.

    Raises ValueError, KeyError or TypeError for what is none.
    """
    return Table(
        version,
        {
            Kind(kind): Row(Grade[row["grade"]], _mask_from(row["mask"]))
            for kind, row in data["rows"].items()
        },
        {
            Grade[grade]: (ShareType(share), OpenType(opened))
            for grade, (share, opened) in data["defaults"].items()
        },
    )


def _mask_data(mask: Mask | None) -> dict[str, Any] | None:
    if mask is None:
        return None
    told = {"keep_left": mask.keep_left, "keep_right": mask.keep_right, "digits": mask.digits}
    used = {
        MaskKind.KEEP_EDGES: ("keep_left", "keep_right"),
        MaskKind.ROUND_COORDINATE: ("digits",),
    }.get(mask.kind, ())
    return {"kind": mask.kind.value} | {name: told[name] for name in used}


def _mask_from(data: Mapping[str, Any] | None) -> Mask | None:
    if data is None:
        return None
    settings = {name: int(value) for name, value in data.items() if name != "kind"}
    return Mask(MaskKind(data["kind"]), **settings)


BUILT_IN = Table(TABLE_VERSION, TABLE, DEFAULTS)
"""The default table; the first version that a platform keeps."""

_STRICT_SHARE = (ShareType.UNCONDITIONAL, ShareType.CONDITIONAL, ShareType.NOT_SHARED)
_STRICT_OPEN = (OpenType.UNCONDITIONAL, OpenType.CONDITIONAL, OpenType.NOT_OPEN)


def adopted(field: FieldFacts, outcome: Outcome) -> FieldFacts:
    """Return a field as it would be if a person took the suggestion over.

    One without a grade takes it whole. One with a grade keeps what is stricter of the two, and its
    mask where it has one: a table never loosens what a person decided.
    """
    if field.grade is None:
        return replace(
            field,
            grade=outcome.grade,
            share_type=outcome.share_type,
            open_type=outcome.open_type,
            mask=field.mask or outcome.mask,
        )
    if outcome.grade <= field.grade:
        return field
    return replace(
        field,
        grade=outcome.grade,
        share_type=max(field.share_type, outcome.share_type, key=_STRICT_SHARE.index),
        open_type=max(field.open_type, outcome.open_type, key=_STRICT_OPEN.index),
        mask=field.mask or outcome.mask,
    )


QUASI_IDENTIFIERS = frozenset(
    {Kind.PERSON_NAME, Kind.BIRTH_DATE, Kind.ADDRESS, Kind.PLATE, Kind.COORDINATE, Kind.EMAIL}
)
REVIEW_PERSONS = 100_000
IMPORTANT_PERSONS = 10_000_000
"""网络数据安全管理条例 art 28: from here on the duties for important data apply."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A grade to propose to a person, with what goes with it and what speaks for it.

    `kinds` are what was found, sorted: all that another table needs to suggest anew.
    """

    grade: Grade
    share_type: ShareType
    open_type: OpenType
    mask: Mask | None
    evidence: tuple[Evidence, ...]
    table_version: int = TABLE_VERSION

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What was found, each once, sorted."""
        return tuple(sorted({one.kind for one in self.evidence}))

    def as_data(self) -> dict[str, Any]:
        """Return what is kept with the field: kinds and counts, no value."""
        return {
            "table": self.table_version,
            "kinds": [kind.value for kind in self.kinds],
            "found": [one.as_data() for one in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class DatasetGrade:
    """A dataset's grade, derived and never typed, and what of it a person should look at."""

    grade: Grade
    bumps: tuple[str, ...] = ()


def suggest(
    findings: Sequence[Finding], name: str, label: str, table: Table = BUILT_IN
) -> Suggestion:
    """Suggest a grade for a field by what was found in it; L1 where nothing was.

    `evidence` has one entry for each finding that is sure enough, without any value.
    """
    sure = [finding for finding in findings if finding.confidence >= SURE]
    outcome = table.outcome(finding.kind for finding in sure)
    return Suggestion(
        outcome.grade,
        outcome.share_type,
        outcome.open_type,
        outcome.mask,
        tuple(Evidence.of(finding, name, label) for finding in sure),
        table.version,
    )


def dataset_grade(
    grades: Iterable[Grade], *, kinds: Iterable[Kind] = (), persons: int = 0
) -> DatasetGrade | None:
    """Return the highest grade of a dataset's fields, raised where fields or people add up.

    `kinds` are what its fields hold, `persons` how many natural persons it is about. Three
    quasi-identifiers or more raise the grade by one, to L4 at most; many persons ask for a review
    or make it important data. None where no field is graded.
    """
    highest = max(grades, default=None)
    if highest is None:
        return None
    grade, bumps = Grade(highest), []
    if len(QUASI_IDENTIFIERS & frozenset(kinds)) >= 3 and grade < Grade.L4:
        grade = Grade(grade + 1)
        bumps.append("quasi-identifiers")
    if persons >= IMPORTANT_PERSONS and grade > Grade.L1:
        grade = Grade.IMPORTANT
        bumps.append("important-data")
    elif persons >= REVIEW_PERSONS and grade in (Grade.L3, Grade.L4):
        bumps.append("review")
    return DatasetGrade(grade, tuple(bumps))
