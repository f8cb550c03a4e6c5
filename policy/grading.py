"""Suggested grades: the default decision table, and how fields make up a dataset's grade.

The table is the platform's own synthesis and adjustable (docs/policy.md, "Grades"); a person
decides. The first match at the highest level wins (就高从严).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policy.detect import Finding, FoundBy, Kind
from policy.facts import Mask
from policy.terms import Grade, MaskKind, OpenType, ShareType

TABLE_VERSION = 1
"""Stored with each suggestion, so that an old one can be told from what the table says now."""

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

QUASI_IDENTIFIERS = frozenset(
    {Kind.PERSON_NAME, Kind.BIRTH_DATE, Kind.ADDRESS, Kind.PLATE, Kind.COORDINATE, Kind.EMAIL}
)
REVIEW_PERSONS = 100_000
IMPORTANT_PERSONS = 10_000_000
"""网络数据安全管理条例 art 28: from here on the duties for important data apply."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A grade to propose to a person, with what goes with it and what speaks for it."""

    grade: Grade
    share_type: ShareType
    open_type: OpenType
    mask: Mask | None
    evidence: tuple[str, ...]
    table_version: int = TABLE_VERSION


@dataclass(frozen=True, slots=True)
class DatasetGrade:
    """A dataset's grade, derived and never typed, and what of it a person should look at."""

    grade: Grade
    bumps: tuple[str, ...] = ()


def suggest(findings: Sequence[Finding], name: str, label: str) -> Suggestion:
    """Suggest a grade for a field by what was found in it; L1 where nothing was.

    `evidence` is one sentence fragment for each finding, in English, without any value.
    """
    sure = [finding for finding in findings if finding.confidence >= SURE]
    rows = [TABLE[finding.kind] for finding in sure]
    highest = max(rows, key=lambda row: row.grade, default=Row(Grade.L1))
    share_type, open_type = DEFAULTS[highest.grade]
    evidence = tuple(_evidence(finding, name, label) for finding in sure)
    return Suggestion(highest.grade, share_type, open_type, highest.mask, evidence)


def _evidence(finding: Finding, name: str, label: str) -> str:
    kind = finding.kind.replace("_", " ")
    called = f"the name “{name}” or label “{label}” says {kind}"
    seen = f"{finding.matched} of {finding.sampled} values look like {kind}"
    return {
        FoundBy.NAME: called,
        FoundBy.SAMPLE: seen,
        FoundBy.BOTH: f"{called}, and {seen}",
    }[finding.by]


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
