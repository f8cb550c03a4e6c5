"""What a decision rests on, as plain values: fields, lines, grants, readers, and the case.

A model never comes in here: the catalogue and the exchange turn their rows into these.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from policy.terms import (
    TIERS,
    BasisTier,
    Certainty,
    Channel,
    DataType,
    Grade,
    MaskKind,
    Mode,
    OpenType,
    ReaderKind,
    ScopeOperator,
    Secrecy,
    ShareType,
)


@dataclass(frozen=True, slots=True)
class Mask:
    """How a field is hidden where it must be.

    `keep_left` and `keep_right` count Unicode code points; `digits` are decimals of a rounded
    coordinate (3 is about 110 m). Raises ValueError where a number is out of its range.
    """

    kind: MaskKind
    keep_left: int = 0
    keep_right: int = 0
    digits: int = 3

    def __post_init__(self) -> None:
        if self.keep_left < 0 or self.keep_right < 0:
            raise ValueError("A mask keeps zero characters or more on each side.")
        if not 0 <= self.digits <= 6:
            raise ValueError("A coordinate is rounded to between 0 and 6 decimals.")


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One field (信息项) of a dataset, as the law sees it. `grade` is None until a person set it.

    `concealed` fields are answered as unknown to whoever may not see them; `ended` ones were
    dropped by the provider and stay readable under grants that name them.
    """

    name: str
    grade: Grade | None = None
    share_type: ShareType = ShareType.UNCONDITIONAL
    open_type: OpenType = OpenType.UNCONDITIONAL
    data_type: DataType = DataType.TEXT
    mask: Mask | None = None
    concealed: bool = False
    ended: bool = False
    secrecy: Secrecy = Secrecy.NONE


@dataclass(frozen=True, slots=True)
class Prohibition:
    """A line of the negative list with its legal basis, whether it counts today or not.

    No `fields` means every field of the dataset. `in_force_until` is the last day on which line
    and basis both hold. `settled_on` is the day on which the provider set the fields' types anew
    after the line had lapsed: from then on the line has no effect at all.
    """

    number: int
    fields: frozenset[str]
    channels: frozenset[Channel]
    basis: str
    tier: BasisTier
    certainty: Certainty
    in_force_from: date
    in_force_until: date | None = None
    published: bool = False
    review_on: date | None = None
    substitute: str = ""
    settled_on: date | None = None

    def counts(self, channel: Channel) -> bool:
        """Whether the line is fit to bar this channel on the days on which it is in force."""
        return (
            self.published
            and channel in self.channels
            and self.certainty == Certainty.VERIFIED
            and self.tier in TIERS[channel]
            and bool(self.basis)
        )

    def in_force(self, today: date) -> bool:
        """Whether today is one of the line's days; first and last included."""
        last = self.in_force_until
        return self.in_force_from <= today and (last is None or today <= last)

    @property
    def order(self) -> tuple[int, str]:
        """By what the first of several lines is found: the number, then the basis cited."""
        return self.number, self.basis

    def lapsed(self, today: date) -> bool:
        """Whether the line is over, and nobody has settled what comes after it.

        Also one that was ended before it barred anything: three people found its fields worth
        barring, so they are conditional until somebody grades them anew, as after any line.
        """
        last = self.in_force_until
        if last is None or today <= last:
            return False
        return self.settled_on is None or today < self.settled_on


@dataclass(frozen=True, slots=True)
class RowScope:
    """Rows whose `field` has one of `values`. No values: no row.

    Raises ValueError where EQ does not have exactly one value.
    """

    field: str
    operator: ScopeOperator
    values: frozenset[str]

    def __post_init__(self) -> None:
        if self.operator == ScopeOperator.EQ and len(self.values) != 1:
            raise ValueError("A row scope with “eq” compares with exactly one value.")


def intersect(scopes: Iterable[RowScope]) -> tuple[RowScope, ...]:
    """Return the scopes that together let through what all of the given let through.

    One for each field, sorted by field. A scope without values is kept: it lets nothing through.
    """
    values: dict[str, frozenset[str]] = {}
    for scope in scopes:
        values[scope.field] = values.get(scope.field, scope.values) & scope.values
    return tuple(
        RowScope(name, ScopeOperator.EQ if len(some) == 1 else ScopeOperator.IN, some)
        for name, some in sorted(values.items())
    )


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """What a consumer was granted. `fields` are all it covers; `valid_until` is its last day.

    `clear_up_to` is the highest grade shown in clear; `rows` must all hold.
    """

    id: int
    consumer: str
    fields: frozenset[str]
    clear_up_to: Grade
    modes: frozenset[Mode]
    channel: Channel
    valid_from: date
    valid_until: date
    revoked: bool = False
    suspended: bool = False
    rows: tuple[RowScope, ...] = ()
    purpose: str = ""

    def live(self, today: date) -> bool:
        """Whether the grant holds today; first and last day included."""
        stopped = self.revoked or self.suspended
        return not stopped and self.valid_from <= today <= self.valid_until


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks; `consumer` is the same word as in the grants, None for anybody."""

    kind: ReaderKind
    consumer: str | None = None


ANYBODY = Reader(ReaderKind.PUBLIC)

_Lines = dict[str, Prohibition]
_EVERY_FIELD = ""  # no field is called so


@dataclass(frozen=True, slots=True)
class Case:
    """One question to the law: who asks on which channel, in which mode, on which day.

    `as_if_granted` asks for the most that any grant could allow: it fills the conditional zone and
    answers no reader. Lines and grants are sorted out once here, so that a case with hundreds of
    them stays quick however many fields are asked about.
    """

    channel: Channel
    mode: Mode
    reader: Reader
    today: date
    prohibitions: tuple[Prohibition, ...] = ()
    grants: tuple[GrantFacts, ...] = ()
    as_if_granted: bool = False
    _barring: _Lines = field(init=False, repr=False, compare=False)
    _lapsed: _Lines = field(init=False, repr=False, compare=False)
    _idle: tuple[GrantFacts, ...] = field(init=False, repr=False, compare=False)
    _usable: tuple[GrantFacts, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        counting = [line for line in self.prohibitions if line.counts(self.channel)]
        barring = _by_field([line for line in counting if line.in_force(self.today)])
        lapsed = _by_field([line for line in counting if line.lapsed(self.today)])
        own = tuple(grant for grant in self.grants if self._is_own(grant))
        usable = tuple(grant for grant in own if self._is_usable(grant))
        object.__setattr__(self, "_barring", barring)
        object.__setattr__(self, "_lapsed", lapsed)
        object.__setattr__(self, "_idle", own)
        object.__setattr__(self, "_usable", (_most(self),) if self.as_if_granted else usable)

    def _is_own(self, grant: GrantFacts) -> bool:
        """Anybody (no consumer) owns no grant, whatever the grant says."""
        mine = self.reader.consumer is not None and grant.consumer == self.reader.consumer
        return mine and grant.channel == self.channel

    def _is_usable(self, grant: GrantFacts) -> bool:
        return self.mode in grant.modes and grant.live(self.today)

    def barring(self, name: str) -> Prohibition | None:
        """Return the live line that bars a field, the lowest-numbered of several."""
        return _lowest(self._barring.get(name), self._barring.get(_EVERY_FIELD))

    def lapsed(self, name: str) -> Prohibition | None:
        """Return a line that barred a field until its days were over, and is not settled."""
        return _lowest(self._lapsed.get(name), self._lapsed.get(_EVERY_FIELD))

    def grant(self, name: str, grade: Grade) -> GrantFacts | None:
        """Return the live grant that covers a field and shows most of it, or None.

        Of grants that show as much, one that covers all rows comes first, then the oldest.
        """
        covering = [grant for grant in self._usable if self.as_if_granted or name in grant.fields]
        return max(covering, key=lambda grant: _shows(grant, grade)) if covering else None

    def idle_grant(self, name: str) -> GrantFacts | None:
        """Return a grant of the reader that names a field, live or not, live ones first."""
        return max(
            (grant for grant in self._idle if name in grant.fields),
            key=lambda grant: (grant.live(self.today), -grant.id),
            default=None,
        )


def _by_field(lines: Iterable[Prohibition]) -> _Lines:
    """Return the lowest-numbered line for each field."""
    found: _Lines = {}
    for line in lines:
        for name in line.fields or (_EVERY_FIELD,):
            standing = found.get(name)
            if standing is None or line.order < standing.order:
                found[name] = line
    return found


def _lowest(one: Prohibition | None, other: Prohibition | None) -> Prohibition | None:
    if one is None or other is None:
        return one or other
    return one if one.order < other.order else other


def _shows(grant: GrantFacts, grade: Grade) -> tuple[Grade, bool, int]:
    """Return how much of a field of this grade a grant shows, to be compared."""
    return min(grant.clear_up_to, grade), not grant.rows, -grant.id


def _most(case: Case) -> GrantFacts:
    """Return the grant that allows all that a grant could."""
    return GrantFacts(
        id=0,
        consumer="",
        fields=frozenset(),
        clear_up_to=Grade.IMPORTANT,
        modes=frozenset(Mode),
        channel=case.channel,
        valid_from=case.today,
        valid_until=case.today,
    )
