"""The law of docs/policy.md a second time, as constraints that z3 can reason about.

Written from the page and not from `policy/decision.py`, and in another shape: three statements,
each in its own words, of when a field is withheld, masked and clear. That exactly one of them
holds is a theorem about the page. Days are counted from `EPOCH`; members of closed sets are
numbered in the order in which `policy.terms` lists them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import z3

from policy.facts import Case, FieldFacts, GrantFacts, Mask, Prohibition, Reader
from policy.terms import (
    BasisTier,
    Certainty,
    Channel,
    Grade,
    MaskKind,
    Mode,
    OpenType,
    ReaderKind,
    Secrecy,
    ShareType,
)

NAME = "phone"
"""The field of the cases that z3 finds; their lines and grants name it, or another."""
OTHER = "district"
LINES, GRANTS = 3, 3
"""How many lines and grants a case has at most: two that stand, and one more."""

NO_GRADE = 0
BARS_SHARE = (
    BasisTier.LAW,
    BasisTier.ADMINISTRATIVE_REGULATION,
    BasisTier.STATE_COUNCIL_DECISION,
)
BARS_OPEN = (*BARS_SHARE, BasisTier.CENTRAL_POLICY, BasisTier.LOCAL_REGULATION)


Symbols = list[tuple[z3.ExprRef, z3.ExprRef]]
"""Which symbol stands for which value."""

EPOCH = date(2026, 11, 24).toordinal()
NO_LINE = Prohibition(
    0, frozenset(), frozenset(), "", BasisTier.OTHER, Certainty.UNVERIFIED, date(2026, 1, 1)
)
NO_GRANT = GrantFacts(
    *(0, "", frozenset(), Grade.L1, frozenset(), Channel.OPEN),
    *(date(2026, 1, 1), date(2026, 1, 1)),
)


def _number(kind: type, member: object) -> int:
    return list(kind).index(member)


def _closed(name: str, kind: Iterable[object]) -> tuple[z3.ArithRef, z3.BoolRef]:
    """Return a symbol for a member of a closed set, and that it is one."""
    symbol = z3.Int(name)
    return symbol, z3.And(symbol >= 0, symbol < len(list(kind)))


@dataclass(frozen=True)
class Told:
    """A model of z3, read as plain values; what it left open is completed."""

    model: z3.ModelRef

    def _value(self, symbol: z3.ExprRef) -> z3.ExprRef:
        return self.model.eval(symbol, model_completion=True)

    def holds(self, symbol: z3.BoolRef) -> bool:
        """Return a flag."""
        return z3.is_true(self._value(symbol))

    def number(self, symbol: z3.ArithRef) -> int:
        """Return a number."""
        return int(self._value(symbol).as_long())

    def member(self, kind: type, symbol: z3.ArithRef) -> Any:
        """Return a member of a closed set."""
        return list(kind)[self.number(symbol)]

    def day(self, symbol: z3.ArithRef) -> date:
        """Return a day; z3's numbers lie around zero and may be negative."""
        return date.fromordinal(EPOCH + self.number(symbol))


class Line:
    """A line of the negative list, or an empty place (`there` is false)."""

    def __init__(self, place: int) -> None:
        def flag(name: str) -> z3.BoolRef:
            return z3.Bool(f"line{place}.{name}")

        def day(name: str) -> z3.ArithRef:
            return z3.Int(f"line{place}.{name}")

        self.there, self.names, self.published = flag("there"), flag("names"), flag("published")
        self.on_share, self.on_open = flag("on_share"), flag("on_open")
        self.cites, self.ends, self.settled = flag("cites"), flag("ends"), flag("settled")
        self.first, self.last, self.settled_on = day("first"), day("last"), day("settled_on")
        self.tier, a_tier = _closed(f"line{place}.tier", BasisTier)
        self.certainty, a_certainty = _closed(f"line{place}.certainty", Certainty)
        self.sound = z3.And(a_tier, a_certainty)

    def symbols(self, line: Prohibition | None, name: str) -> Symbols:
        """Say this line as values of the symbols."""
        line = line or NO_LINE
        return [
            (self.there, z3.BoolVal(line is not NO_LINE)),
            (self.names, z3.BoolVal(not line.fields or name in line.fields)),
            (self.published, z3.BoolVal(line.published)),
            (self.on_share, z3.BoolVal(Channel.SHARE in line.channels)),
            (self.on_open, z3.BoolVal(Channel.OPEN in line.channels)),
            (self.cites, z3.BoolVal(line.basis != "")),
            (self.ends, z3.BoolVal(line.in_force_until is not None)),
            (self.settled, z3.BoolVal(line.settled_on is not None)),
            (self.first, _day(line.in_force_from)),
            (self.last, _day(line.in_force_until)),
            (self.settled_on, _day(line.settled_on)),
            (self.tier, z3.IntVal(_number(BasisTier, line.tier))),
            (self.certainty, z3.IntVal(_number(Certainty, line.certainty))),
        ]

    def told(self, model: Told, place: int) -> Prohibition | None:
        """Turn what z3 found into a line."""
        if not model.holds(self.there):
            return None
        channels = [Channel.SHARE] * model.holds(self.on_share)
        channels += [Channel.OPEN] * model.holds(self.on_open)
        return Prohibition(
            number=place + 1,
            fields=frozenset([NAME if model.holds(self.names) else OTHER]),
            channels=frozenset(channels),
            basis="统计法第二十八条" if model.holds(self.cites) else "",
            tier=model.member(BasisTier, self.tier),
            certainty=model.member(Certainty, self.certainty),
            in_force_from=model.day(self.first),
            in_force_until=model.day(self.last) if model.holds(self.ends) else None,
            published=model.holds(self.published),
            settled_on=model.day(self.settled_on) if model.holds(self.settled) else None,
        )


class Grant:
    """A grant, or an empty place."""

    def __init__(self, place: int) -> None:
        def flag(name: str) -> z3.BoolRef:
            return z3.Bool(f"grant{place}.{name}")

        def number(name: str) -> z3.ArithRef:
            return z3.Int(f"grant{place}.{name}")

        self.there, self.names, self.mine = flag("there"), flag("names"), flag("mine")
        self.revoked, self.suspended = flag("revoked"), flag("suspended")
        self.on_share = flag("on_share")
        self.modes = [flag(mode) for mode in Mode]
        self.first, self.last, self.ceiling = number("first"), number("last"), number("ceiling")
        self.sound = z3.And(self.ceiling >= Grade.L1, self.ceiling <= Grade.IMPORTANT)

    def symbols(self, grant: GrantFacts | None, name: str, reader: Reader) -> Symbols:
        """Say this grant as values of the symbols."""
        grant = grant or NO_GRANT
        mine = reader.consumer is not None and grant.consumer == reader.consumer
        return [
            (self.there, z3.BoolVal(grant is not NO_GRANT)),
            (self.names, z3.BoolVal(name in grant.fields)),
            (self.mine, z3.BoolVal(mine)),
            (self.revoked, z3.BoolVal(grant.revoked)),
            (self.suspended, z3.BoolVal(grant.suspended)),
            (self.on_share, z3.BoolVal(grant.channel == Channel.SHARE)),
            *((self.modes[at], z3.BoolVal(mode in grant.modes)) for at, mode in enumerate(Mode)),
            (self.first, _day(grant.valid_from)),
            (self.last, _day(grant.valid_until)),
            (self.ceiling, z3.IntVal(int(grant.clear_up_to))),
        ]

    def told(self, model: Told, place: int) -> GrantFacts | None:
        """Turn what z3 found into a grant of consumer 1, or of somebody else."""
        if not model.holds(self.there):
            return None
        return GrantFacts(
            id=place + 1,
            consumer="1" if model.holds(self.mine) else "2",
            fields=frozenset([NAME if model.holds(self.names) else OTHER]),
            clear_up_to=Grade(model.number(self.ceiling)),
            modes=frozenset(mode for at, mode in enumerate(Mode) if model.holds(self.modes[at])),
            channel=Channel.SHARE if model.holds(self.on_share) else Channel.OPEN,
            valid_from=model.day(self.first),
            valid_until=model.day(self.last),
            revoked=model.holds(self.revoked),
            suspended=model.holds(self.suspended),
        )


class Law:
    """What a case and a field can be, and what the page says of each."""

    def __init__(self) -> None:
        self.lines = [Line(place) for place in range(LINES)]
        self.grants = [Grant(place) for place in range(GRANTS)]
        self.shared = z3.Bool("shared")  # the channel: else it is the open one
        self.today = z3.Int("today")
        self.mode, a_mode = _closed("mode", Mode)
        self.reader, a_reader = _closed("reader", ReaderKind)
        self.share_type, a_share_type = _closed("share_type", ShareType)
        self.open_type, an_open_type = _closed("open_type", OpenType)
        self.secrecy, a_secrecy = _closed("secrecy", Secrecy)
        self.mask_kind, a_mask_kind = _closed("mask_kind", MaskKind)
        self.grade = z3.Int("grade")
        self.has_mask, self.concealed, self.ended = z3.Bools("has_mask concealed ended")
        self.left, self.right, self.digits = z3.Ints("left right digits")
        self.sound = z3.And(
            *(line.sound for line in self.lines),
            *(grant.sound for grant in self.grants),
            *(a_mode, a_reader, a_share_type, an_open_type, a_secrecy, a_mask_kind),
            *(self.grade >= NO_GRADE, self.grade <= Grade.IMPORTANT),
            *(self.left >= 0, self.right >= 0, self.digits >= 0, self.digits <= 6),
        )

    # The negative list

    def fit(self, line: Line) -> z3.BoolRef:
        """Say that a line is published, and stands on a verified basis of a tier that counts."""
        return z3.And(
            *(line.there, line.names, line.published, line.cites),
            line.certainty == _number(Certainty, Certainty.VERIFIED),
            z3.If(
                self.shared,
                z3.And(line.on_share, _one_of(line.tier, BasisTier, BARS_SHARE)),
                z3.And(line.on_open, _one_of(line.tier, BasisTier, BARS_OPEN)),
            ),
        )

    def bars(self, line: Line) -> z3.BoolRef:
        """Say that a line is fit and in force, first and last day included."""
        return z3.And(
            self.fit(line),
            line.first <= self.today,
            z3.Implies(line.ends, self.today <= line.last),
        )

    def barred(self) -> z3.BoolRef:
        """Say that some live line bars the field."""
        return z3.Or(*(self.bars(line) for line in self.lines))

    def fallen_back(self) -> z3.BoolRef:
        """Say that a line ran out and its provider has not settled the types anew by today."""

        def over(line: Line) -> z3.BoolRef:
            return z3.And(
                *(self.fit(line), line.ends, line.first <= line.last, line.last < self.today),
                z3.Not(z3.And(line.settled, line.settled_on <= self.today)),
            )

        return z3.Or(*(over(line) for line in self.lines))

    # Grants

    def covers(self, grant: Grant) -> z3.BoolRef:
        """Say that a grant is the reader's, holds today, and is for this field, channel, mode."""
        return z3.And(
            *(grant.there, grant.mine, grant.names, grant.on_share == self.shared),
            *(z3.Not(grant.revoked), z3.Not(grant.suspended)),
            *(grant.first <= self.today, self.today <= grant.last),
            z3.Or(*(z3.And(self.mode == at, may) for at, may in enumerate(grant.modes))),
        )

    def granted(self) -> z3.BoolRef:
        """Say that a live grant covers the field."""
        return z3.Or(*(self.covers(grant) for grant in self.grants))

    def granted_clear(self) -> z3.BoolRef:
        """Say that some grant allows the field's grade in clear; no grade yet counts as L3."""
        grade = z3.If(self.grade == NO_GRADE, z3.IntVal(int(Grade.L3)), self.grade)
        return z3.Or(*(z3.And(self.covers(one), one.ceiling >= grade) for one in self.grants))

    # What stands on the page

    def owner(self) -> z3.BoolRef:
        """Say that the department that provides the dataset reads its own."""
        return z3.And(self.shared, self.reader == _number(ReaderKind, ReaderKind.OWNER))

    def conditional(self) -> z3.BoolRef:
        """Say that the field is conditional: by type, fallen back, or “not shared” alone."""
        return z3.Or(
            self.fallen_back(),
            z3.If(
                self.shared,
                self.share_type != _number(ShareType, ShareType.UNCONDITIONAL),
                self.open_type == _number(OpenType, OpenType.CONDITIONAL),
            ),
        )

    def refused(self) -> z3.BoolRef:
        """Say that one of the rules that know two answers only withholds the field."""
        outsider = _one_of(self.reader, ReaderKind, (ReaderKind.PUBLIC, ReaderKind.COMPANY))
        not_open = self.open_type == _number(OpenType, OpenType.NOT_OPEN)
        closed = z3.Or(not_open, self.grade == NO_GRADE, self.concealed)
        ungranted = z3.And(z3.Not(self.owner()), z3.Not(self.granted()))
        return z3.Or(
            self.secrecy != _number(Secrecy, Secrecy.NONE),
            self.barred(),
            z3.And(self.shared, outsider),
            z3.And(z3.Not(self.shared), closed),
            z3.And(ungranted, z3.Or(self.ended, self.conditional())),
        )

    def clear_by_grade(self) -> z3.BoolRef:
        """Read “clear” from the table, column by column."""
        verified = self.mode == _number(Mode, Mode.VERIFY)
        low, high = self.graded(Grade.L1, Grade.L2), self.graded(Grade.L4, Grade.IMPORTANT)
        middle = z3.Or(self.graded(Grade.L3), self.grade == NO_GRADE)
        shared = z3.Or(
            low,
            z3.And(middle, self.granted_clear()),
            z3.And(high, verified, self.granted_clear()),
        )
        opened = z3.Or(
            self.graded(Grade.L1),
            z3.And(self.graded(Grade.L2, Grade.L3), self.granted_clear()),
        )
        return z3.If(self.shared, shared, opened)

    def masked_by_grade(self) -> z3.BoolRef:
        """Read “masked” from the table, column by column; without a mask it is withheld."""
        middle = z3.Or(self.graded(Grade.L3), self.grade == NO_GRADE)
        for_all = z3.Or(
            z3.And(self.graded(Grade.L2), z3.Not(self.pseudonym())),
            z3.And(self.graded(Grade.L3), self.de_identifies()),
        )
        opened = z3.If(self.granted(), self.graded(Grade.L2, Grade.L3), for_all)
        cell = z3.If(self.shared, middle, opened)
        return z3.And(self.has_mask, cell, z3.Not(self.granted_clear()))

    def withheld_by_grade(self) -> z3.BoolRef:
        """Read “withheld” from the table, column by column."""
        verified = self.mode == _number(Mode, Mode.VERIFY)
        high = self.graded(Grade.L4, Grade.IMPORTANT)
        to_mask = z3.Or(self.graded(Grade.L3), self.grade == NO_GRADE)
        no_mask = z3.And(z3.Not(self.has_mask), z3.Not(self.granted_clear()))
        shared = z3.Or(
            z3.And(high, z3.Not(z3.And(verified, self.granted_clear()))),
            z3.And(to_mask, no_mask),
        )
        too_weak = z3.And(
            z3.Not(self.granted()),
            z3.Or(
                z3.And(self.graded(Grade.L2), self.pseudonym()),
                z3.And(self.graded(Grade.L3), z3.Not(self.de_identifies())),
            ),
        )
        opened = z3.Or(
            *(high, self.grade == NO_GRADE, too_weak),
            z3.And(self.graded(Grade.L2, Grade.L3), no_mask),
        )
        return z3.If(self.shared, shared, opened)

    def graded(self, *grades: Grade) -> z3.BoolRef:
        """Say that the field has one of these grades."""
        return z3.Or(*(self.grade == int(grade) for grade in grades))

    def pseudonym(self) -> z3.BoolRef:
        """Say that the mask makes pseudonyms, which are never made for all."""
        return self.mask_kind == _number(MaskKind, MaskKind.PSEUDONYM)

    def de_identifies(self) -> z3.BoolRef:
        """Say that the mask keeps 3 + 4 characters or 3 decimals at most."""
        edges = self.mask_kind == _number(MaskKind, MaskKind.KEEP_EDGES)
        rounded = self.mask_kind == _number(MaskKind, MaskKind.ROUND_COORDINATE)
        return z3.And(
            z3.Not(self.pseudonym()),
            z3.Implies(edges, z3.And(self.left <= 3, self.right <= 4)),
            z3.Implies(rounded, self.digits <= 3),
        )

    # The three verdicts

    def withheld(self) -> z3.BoolRef:
        """Say when the field's values are not shown."""
        return z3.Or(self.refused(), z3.And(z3.Not(self.owner()), self.withheld_by_grade()))

    def masked(self) -> z3.BoolRef:
        """Say when the field is shown masked."""
        return z3.And(z3.Not(self.refused()), z3.Not(self.owner()), self.masked_by_grade())

    def clear(self) -> z3.BoolRef:
        """Say when the field is shown as it is."""
        return z3.And(z3.Not(self.refused()), z3.Or(self.owner(), self.clear_by_grade()))

    # To and fro

    def symbols(self, case: Case, field: FieldFacts) -> Symbols:
        """Say a case and a field as values of the symbols."""
        mask = field.mask or Mask(MaskKind.BLANK)
        said = [
            (self.shared, z3.BoolVal(case.channel == Channel.SHARE)),
            (self.today, _day(case.today)),
            (self.mode, z3.IntVal(_number(Mode, case.mode))),
            (self.reader, z3.IntVal(_number(ReaderKind, case.reader.kind))),
            (self.share_type, z3.IntVal(_number(ShareType, field.share_type))),
            (self.open_type, z3.IntVal(_number(OpenType, field.open_type))),
            (self.secrecy, z3.IntVal(_number(Secrecy, field.secrecy))),
            (self.grade, z3.IntVal(int(field.grade or NO_GRADE))),
            (self.has_mask, z3.BoolVal(field.mask is not None)),
            (self.mask_kind, z3.IntVal(_number(MaskKind, mask.kind))),
            (self.left, z3.IntVal(mask.keep_left)),
            (self.right, z3.IntVal(mask.keep_right)),
            (self.digits, z3.IntVal(mask.digits)),
            (self.concealed, z3.BoolVal(field.concealed)),
            (self.ended, z3.BoolVal(field.ended)),
        ]
        for line, standing in zip(self.lines, _padded(case.prohibitions, LINES), strict=True):
            said += line.symbols(standing, field.name)
        for grant, held in zip(self.grants, _padded(case.grants, GRANTS), strict=True):
            said += grant.symbols(held, field.name, case.reader)
        return said

    def told(self, model: z3.ModelRef) -> tuple[Case, FieldFacts]:
        """Turn what z3 found into a case and a field."""
        found = Told(model)
        lines = (line.told(found, place) for place, line in enumerate(self.lines))
        grants = (grant.told(found, place) for place, grant in enumerate(self.grants))
        case = Case(
            channel=Channel.SHARE if found.holds(self.shared) else Channel.OPEN,
            mode=found.member(Mode, self.mode),
            reader=Reader(found.member(ReaderKind, self.reader), "1"),
            today=found.day(self.today),
            prohibitions=tuple(line for line in lines if line),
            grants=tuple(grant for grant in grants if grant),
        )
        mask = Mask(
            found.member(MaskKind, self.mask_kind),
            *(found.number(part) for part in (self.left, self.right, self.digits)),
        )
        grade = found.number(self.grade)
        return case, FieldFacts(
            name=NAME,
            grade=Grade(grade) if grade else None,
            share_type=found.member(ShareType, self.share_type),
            open_type=found.member(OpenType, self.open_type),
            mask=mask if found.holds(self.has_mask) else None,
            concealed=found.holds(self.concealed),
            ended=found.holds(self.ended),
            secrecy=found.member(Secrecy, self.secrecy),
        )


def _day(day: date | None) -> z3.ExprRef:
    return z3.IntVal(0 if day is None else day.toordinal() - EPOCH)


def _one_of(symbol: z3.ArithRef, kind: type, members: Iterable[object]) -> z3.BoolRef:
    return z3.Or(*(symbol == _number(kind, member) for member in members))


def _padded(some: tuple[Any, ...], places: int) -> list[Any]:
    return [*some, *([None] * (places - len(some)))]
