"""The law: each rule casts at most one vote on a field, and the strictest vote wins.

A grant is a fact and not a vote: `needs_grant` and `grade_ceiling` read it, the negative list does
not. Nothing here asks the clock, the database or the request. Source: docs/policy.md.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from policy.facts import (
    ANYBODY,
    Case,
    FieldFacts,
    GrantFacts,
    Mask,
    Prohibition,
    RowScope,
    intersect,
)
from policy.masking import de_identifies
from policy.sentences import Reason
from policy.storable import storable
from policy.terms import (
    Because,
    Channel,
    Grade,
    MaskKind,
    Mode,
    OpenType,
    ReaderKind,
    ShareType,
    Treatment,
)

OPEN_CEILING = Grade.L3
"""What a company may get in clear at most, whatever its grant says (domain table, L4: 不予)."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What one rule demands for a field, and why."""

    treatment: Treatment
    reason: Reason


@dataclass(frozen=True, slots=True)
class FieldDecision:
    """How a field is treated, with the reasons of the votes that won.

    `mask` is set exactly where the treatment is MASKED. `grant` is the grant without which the
    field would be treated more strictly. `concealed` says that the field is answered as unknown.
    """

    name: str
    treatment: Treatment
    reasons: tuple[Reason, ...]
    mask: Mask | None = None
    grant: GrantFacts | None = None
    concealed: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on every field asked about, in their order, and the rows it holds for.

    `rows` are the scopes of all grants that a shown field leans on; all of them must hold, and
    none means all rows. `grants` are the ids of those grants, for the delivery note.
    """

    fields: Mapping[str, FieldDecision]
    rows: tuple[RowScope, ...]
    grants: tuple[int, ...]

    def clear(self) -> frozenset[str]:
        """Names of the fields shown as they are: the only ones a query may lean on."""
        return self._treated(Treatment.CLEAR)

    def masked(self) -> frozenset[str]:
        """Names of the fields shown masked."""
        return self._treated(Treatment.MASKED)

    def withheld(self) -> frozenset[str]:
        """Names of the fields whose values are not shown."""
        return self._treated(Treatment.WITHHELD)

    def _treated(self, treatment: Treatment) -> frozenset[str]:
        return frozenset(
            name for name, decided in self.fields.items() if decided.treatment == treatment
        )

    @property
    def digest(self) -> str:
        """A SHA-256 of what is shown: treatments, masks and rows; the order of fields is not."""
        shown = sorted(
            (name, int(decided.treatment), _described(decided.mask))
            for name, decided in self.fields.items()
        )
        rows = [(scope.field, sorted(scope.values)) for scope in self.rows]
        return hashlib.sha256(repr((shown, rows)).encode()).hexdigest()


def _described(mask: Mask | None) -> tuple[str, int, int, int] | None:
    if mask is None:
        return None
    return str(mask.kind), mask.keep_left, mask.keep_right, mask.digits


# Rules. Each returns a vote or nothing; none knows of the others.


def not_storable(_case: Case, field: FieldFacts) -> Vote | None:
    """Withhold what may not be on this platform at all."""
    reason = storable(field)
    return Vote(Treatment.WITHHELD, reason) if reason else None


def negative_list(case: Case, field: FieldFacts) -> Vote | None:
    """Withhold what a live line of the negative list bars, whatever grant the reader holds."""
    line = case.barring(field.name)
    if line is None:
        return None
    return _withhold(Because.NEGATIVE_LIST, basis=line.basis, number=line.number)


def departments_only(case: Case, _field: FieldFacts) -> Vote | None:
    """Share with departments only (Order 809, art 2); the open data is for everybody else."""
    if case.channel == Channel.SHARE and case.reader.kind in (
        ReaderKind.PUBLIC,
        ReaderKind.COMPANY,
    ):
        return _withhold(Because.NOT_A_DEPARTMENT)
    return None


def needs_grant(case: Case, field: FieldFacts) -> Vote | None:
    """Withhold a conditional field unless a live grant covers it in this mode.

    A field that a lapsed line barred is conditional again, and so is one marked as not shared
    without a line: only the negative list can refuse sharing (Order 809, art 14).
    """
    if _owner(case) or not _conditional(case, field) or _grant(case, field):
        return None
    lapsed = case.lapsed(field.name)
    if lapsed or _declared(case, field) == ShareType.NOT_SHARED:
        return _withhold(Because.LINE_LAPSED, basis=lapsed.basis if lapsed else "")
    idle = case.idle_grant(field.name)
    if idle is None:
        return _withhold(Because.NEEDS_GRANT)
    code = Because.MODE if idle.live(case.today) else Because.GRANT_NOT_LIVE
    return _withhold(code, grant=idle.id)


def not_open(case: Case, field: FieldFacts) -> Vote | None:
    """Withhold from the open channel what its provider does not open."""
    if case.channel == Channel.OPEN and field.open_type == OpenType.NOT_OPEN:
        return _withhold(Because.NOT_OPEN)
    return None


def ungraded(case: Case, field: FieldFacts) -> Vote | None:
    """Withhold from the open channel what no person has graded."""
    if case.channel == Channel.OPEN and field.grade is None:
        return _withhold(Because.UNGRADED)
    return None


def concealed(case: Case, field: FieldFacts) -> Vote | None:
    """Withhold from the open channel what is not even named there."""
    if case.channel == Channel.OPEN and field.concealed:
        return _withhold(Because.CONCEALED)
    return None


def ended(case: Case, field: FieldFacts) -> Vote | None:
    """Withhold a dropped field from all but the grants that name it, and its own provider."""
    if field.ended and not _owner(case) and not _grant(case, field):
        return _withhold(Because.ENDED)
    return None


def grade_ceiling(case: Case, field: FieldFacts) -> Vote | None:
    """Mask or withhold what stands above the grade that the channel, or the grant, shows clear.

    On the share channel this never refuses: it masks, or says how the field is to be had.
    """
    if _owner(case):
        return None
    return _by_grade(case, field, _grant(case, field))


def by_default(case: Case, field: FieldFacts) -> Vote:
    """Show it: share by default, open what is unconditionally open. Always votes."""
    if _owner(case):
        return Vote(Treatment.CLEAR, Reason(Because.OWN_DATA))
    grant = _leaned_on(case, field)
    if grant:
        details = (("grant", str(grant.id)),)
        return Vote(Treatment.CLEAR, Reason(Because.GRANTED, details=details))
    shared = case.channel == Channel.SHARE
    return Vote(Treatment.CLEAR, Reason(Because.DEFAULT_SHARE if shared else Because.DEFAULT_OPEN))


Rule = Callable[[Case, FieldFacts], Vote | None]

RULES: tuple[Rule, ...] = (
    not_storable,
    negative_list,
    departments_only,
    needs_grant,
    not_open,
    ungraded,
    concealed,
    ended,
    grade_ceiling,
    by_default,  # always votes, so every decision has a reason
)


def decide_field(case: Case, field: FieldFacts, rules: Iterable[Rule] = RULES) -> FieldDecision:
    """Decide on one field. The strictest vote wins; the order of the rules does not matter."""
    votes = [vote for rule in rules if (vote := rule(case, field))]
    strictest = max(vote.treatment for vote in votes)
    shown = strictest != Treatment.WITHHELD
    return FieldDecision(
        name=field.name,
        treatment=strictest,
        reasons=tuple(sorted({vote.reason for vote in votes if vote.treatment == strictest})),
        mask=field.mask if strictest == Treatment.MASKED else None,
        grant=_leaned_on(case, field) if shown else None,
        concealed=field.concealed and not shown,
    )


def decide(case: Case, fields: Iterable[FieldFacts]) -> Decision:
    """Decide on all fields of a dataset.

    A reader with several grants for different rows gets the fields of all of them for the rows
    that all of them share; a door that wants one grant's rows asks with that grant alone.
    Raises ValueError where two fields have one name.
    """
    decided: dict[str, FieldDecision] = {}
    for one in fields:
        if one.name in decided:
            raise ValueError(f"Two fields of one dataset are called “{one.name}”.")
        decided[one.name] = decide_field(case, one)
    leaned_on = {one.grant.id: one.grant for one in decided.values() if one.grant}
    return Decision(
        fields=MappingProxyType(decided),
        rows=intersect(scope for grant in leaned_on.values() for scope in grant.rows),
        grants=tuple(sorted(leaned_on)),
    )


def open_zone_case(today: date, prohibitions: tuple[Prohibition, ...]) -> Case:
    """Return the case that fills the open zone: anybody, without a grant."""
    return Case(Channel.OPEN, Mode.QUERY, ANYBODY, today, prohibitions)


def conditional_zone_case(today: date, prohibitions: tuple[Prohibition, ...]) -> Case:
    """Return the case that fills the conditional zone: the most that any grant could allow."""
    return Case(Channel.OPEN, Mode.QUERY, ANYBODY, today, prohibitions, as_if_granted=True)


def _withhold(because: Because, *, basis: str = "", **details: object) -> Vote:
    named = tuple((key, str(value)) for key, value in details.items())
    return Vote(Treatment.WITHHELD, Reason(because, basis, named))


def _owner(case: Case) -> bool:
    return case.channel == Channel.SHARE and case.reader.kind == ReaderKind.OWNER


def _declared(case: Case, field: FieldFacts) -> ShareType | OpenType:
    return field.share_type if case.channel == Channel.SHARE else field.open_type


def _conditional(case: Case, field: FieldFacts) -> bool:
    """Whether the field is conditional on this channel, by its type or since its line lapsed."""
    declared = _declared(case, field)
    return (
        declared in (ShareType.CONDITIONAL, ShareType.NOT_SHARED)
        or case.lapsed(field.name) is not None
    )


def _grade(field: FieldFacts) -> Grade:
    """Return the grade that is acted on: ungraded counts as L3 until a person has graded it."""
    return Grade.L3 if field.grade is None else field.grade


def _grant(case: Case, field: FieldFacts) -> GrantFacts | None:
    return case.grant(field.name, _grade(field))


def _leaned_on(case: Case, field: FieldFacts) -> GrantFacts | None:
    """Return the grant without which the field would be treated more strictly."""
    grant = _grant(case, field)
    if grant is None or _owner(case):
        return None
    if field.ended or _conditional(case, field):
        return grant
    with_it, without = (_by_grade(case, field, one) for one in (grant, None))
    if without and (with_it is None or with_it.treatment < without.treatment):
        return grant
    return None


def _by_grade(case: Case, field: FieldFacts, grant: GrantFacts | None) -> Vote | None:
    by_channel = _shared_grade if case.channel == Channel.SHARE else _opened_grade
    return by_channel(case.mode, field, grant)


def _shared_grade(mode: Mode, field: FieldFacts, grant: GrantFacts | None) -> Vote | None:
    grade = _grade(field)
    granted = grant.clear_up_to if grant else Grade.L2
    if grade <= Grade.L3:
        return None if grade <= max(granted, Grade.L2) else _masked(field, grade)
    if mode == Mode.VERIFY and grade <= granted:
        return None
    return _withhold(Because.VERIFY_ONLY, grade=Grade(grade).name)


def _opened_grade(_mode: Mode, field: FieldFacts, grant: GrantFacts | None) -> Vote | None:
    grade = _grade(field)
    granted = max(grant.clear_up_to, Grade.L1) if grant else Grade.L1
    if grade <= min(granted, OPEN_CEILING):
        return None
    if grade > OPEN_CEILING:
        return _withhold(Because.GRADE_CLOSED, grade=Grade(grade).name)
    if grant is None and field.mask is not None:
        if field.mask.kind == MaskKind.PSEUDONYM:
            return _withhold(Because.PSEUDONYM_SHARED)
        if grade == Grade.L3 and not de_identifies(field.mask):
            return _withhold(Because.MASK_TOO_WEAK)
    return _masked(field, grade)


def _masked(field: FieldFacts, grade: Grade) -> Vote:
    if field.mask is None:
        return _withhold(Because.MASK_MISSING)
    details = (("grade", Grade(grade).name),)
    return Vote(Treatment.MASKED, Reason(Because.MASKED_GRADE, details=details))
