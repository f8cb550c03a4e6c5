"""What a line of the negative list would change, before it is published or ended.

The same law decides twice, with the line and without it; nothing is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.utils.translation import gettext as _

from catalog import facts, negative_list
from catalog.models import Field, NegativeLine
from catalog.terms import LineState
from exchange.models import Grant, RecordTable, Zone
from policy.comparison import Cases, Viewpoint, cases, differences, treatments
from policy.decision import decide_field
from policy.facts import Case, FieldFacts, GrantFacts, Prohibition, Reader
from policy.shadows import shadowed
from policy.terms import Channel, Grade, Mode, ReaderKind, Treatment

ZONES = {
    Viewpoint.PUBLIC: Zone.OPEN,
    Viewpoint.COMPANY_GRANTED: Zone.CONDITIONAL,
    Viewpoint.DEPARTMENT: Zone.SHARED,
    Viewpoint.DEPARTMENT_GRANTED: Zone.SHARED,
}
"""From which zone each kind of reader is given rows. Who verifies is given none."""

Lines = tuple[Prohibition, ...]


@dataclass(frozen=True, slots=True)
class FieldEffect:
    """A field that some kind of reader would see otherwise."""

    field: Field
    differences: dict[Viewpoint, tuple[Treatment, Treatment]]


@dataclass(frozen=True, slots=True)
class RowsEffect:
    """For one kind of reader: rows served, and fields shown before and after.

    Where no field is shown any more, no row is visible any more.
    """

    viewpoint: Viewpoint
    rows: int
    before: int
    after: int

    @property
    def gone(self) -> int:
        """Rows no longer visible."""
        return self.rows if self.before and not self.after else 0


@dataclass(frozen=True, slots=True)
class GrantEffect:
    """A live grant that would show less, or more, and the fields' names of which."""

    grant: Grant
    less: tuple[str, ...]
    more: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shadow:
    """Another line in force that bars some of the same on some of the same channels."""

    line: NegativeLine
    fields: tuple[str, ...]
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Idle:
    """A line that has no effect then, since others bar all that it bars; their numbers.

    A line that has no number yet is 0 in both.
    """

    number: int
    by: tuple[int, ...]

    @property
    def beside(self) -> str:
        """The others, as a person reads them."""
        return ", ".join(str(one) if one else _("this line") for one in self.by)


@dataclass(frozen=True, slots=True)
class Effect:
    """All that changes on `day`, and what stands in the way of it, if anything does."""

    line: NegativeLine
    day: date
    fields: tuple[FieldEffect, ...]
    rows: tuple[RowsEffect, ...]
    grants: tuple[GrantEffect, ...]
    shadows: tuple[Shadow, ...]
    idle: tuple[Idle, ...]
    obstacle: str = ""


def of_publishing(line_id: int, *, today: date) -> Effect:
    """Return what would change if the line were published today, on the first day it counts.

    As if its basis were verified; `obstacle` says what publication would refuse now.
    """
    line = _line(line_id)
    lines = facts.prohibitions(line.dataset)
    added = facts.as_if_published(line, today)
    return _effect(
        line,
        max(today, added.in_force_from),
        before=lines,
        after=(*lines, added),
        obstacle=negative_list.obstacle(line),
    )


def of_ending(line_id: int, *, today: date) -> Effect:
    """Return what would change if the published line ended today: its fields are conditional."""
    line = _line(line_id)
    lines = facts.prohibitions(line.dataset)
    over = today - timedelta(days=1)
    after = tuple(
        replace(one, in_force_until=over, settled_on=None) if one.number == line.number else one
        for one in lines
    )
    return _effect(line, today, before=lines, after=after)


def _line(line_id: int) -> NegativeLine:
    return NegativeLine.objects.select_related("dataset__owner", "basis").get(pk=line_id)


def _effect(
    line: NegativeLine, day: date, *, before: Lines, after: Lines, obstacle: str = ""
) -> Effect:
    fields = list(Field.objects.filter(resource__dataset=line.dataset).live())
    asked, then = cases(day, before), cases(day, after)
    return Effect(
        line,
        day,
        tuple(_changed(fields, asked, then)),
        tuple(_rows(line, fields, asked, then)),
        tuple(_grants(line, fields, day, before, after)),
        tuple(_shadows(line, fields, day)),
        tuple(_idle(fields, day, before, after)),
        obstacle,
    )


def _changed(fields: Iterable[Field], before: Cases, after: Cases) -> Iterable[FieldEffect]:
    for field in fields:
        one = facts.field_facts(field)
        changes = differences(treatments(one, before), treatments(one, after))
        if changes:
            yield FieldEffect(field, changes)


def _rows(
    line: NegativeLine, fields: list[Field], before: Cases, after: Cases
) -> Iterable[RowsEffect]:
    tables = RecordTable.objects.filter(resource__dataset=line.dataset, live=True)
    held = dict(tables.values_list("zone", "rows"))
    told = [facts.field_facts(field) for field in fields]
    for viewpoint, zone in ZONES.items():
        shown = [
            sum(decide_field(views[viewpoint], one).treatment < Treatment.WITHHELD for one in told)
            for views in (before, after)
        ]
        if shown[0] != shown[1]:
            yield RowsEffect(viewpoint, held.get(zone, 0), *shown)


def _grants(
    line: NegativeLine, fields: list[Field], day: date, before: Lines, after: Lines
) -> Iterable[GrantEffect]:
    grants = Grant.objects.filter(dataset=line.dataset).live(day).select_related("organization")
    told = {field.pk: facts.field_facts(field) for field in fields}
    for grant in grants.order_by("pk"):
        named = [told[pk] for pk in grant.fields if pk in told]
        seen = [_by_grant(grant, named, day, lines) for lines in (before, after)]
        less = [name for name in seen[0] if seen[1][name] > seen[0][name]]
        more = [name for name in seen[0] if seen[1][name] < seen[0][name]]
        if less or more:
            yield GrantEffect(grant, tuple(less), tuple(more))


def _by_grant(
    grant: Grant, named: list[FieldFacts], day: date, lines: Lines
) -> dict[str, Treatment]:
    """Return what a grant's holder sees of its fields, in the mildest way that it allows."""
    told = _facts(grant, named)
    kind = ReaderKind.COMPANY if told.channel == Channel.OPEN else ReaderKind.DEPARTMENT
    reader = Reader(kind, told.consumer)
    asked = [Case(told.channel, mode, reader, day, lines, (told,)) for mode in told.modes]
    if not asked:
        return {}
    return {one.name: min(decide_field(case, one).treatment for case in asked) for one in named}


def _facts(grant: Grant, named: list[FieldFacts]) -> GrantFacts:
    return GrantFacts(
        id=grant.pk,
        consumer=str(grant.organization_id),
        fields=frozenset(one.name for one in named),
        clear_up_to=Grade(grant.clear_up_to),
        modes=frozenset(Mode(mode) for mode in grant.modes),
        channel=Channel(grant.channel),
        valid_from=grant.valid_from,
        valid_until=grant.valid_until,
    )


def _shadows(line: NegativeLine, fields: list[Field], day: date) -> Iterable[Shadow]:
    """Yield other published lines that bar some of the same on that day."""
    names = {field.pk: field.name for field in fields}
    mine = _named(line, names)
    others = NegativeLine.objects.filter(dataset=line.dataset, state=LineState.PUBLISHED)
    for other in others.exclude(pk=line.pk).select_related("basis").order_by("number"):
        until = facts.last_day(other)
        shared = facts.channels(line) & facts.channels(other)
        same = mine & _named(other, names)
        if shared and same and other.from_on <= day and (until is None or day <= until):
            in_order = tuple(name for name in names.values() if name in same)
            yield Shadow(other, in_order, tuple(sorted(shared)))


def _idle(fields: list[Field], day: date, before: Lines, after: Lines) -> Iterable[Idle]:
    """Yield the lines that have no effect after the change, and had one before or are new."""
    names = [field.name for field in fields]
    already = shadowed(before, names, day)
    for number, by in sorted(shadowed(after, names, day).items()):
        if number not in already:
            yield Idle(number, by)


def _named(line: NegativeLine, names: dict[int, str]) -> set[str]:
    named = list(line.named.values_list("field_id", flat=True))
    return {names[pk] for pk in named or names if pk in names}


__all__ = [
    "Effect",
    "FieldEffect",
    "GrantEffect",
    "Idle",
    "RowsEffect",
    "Shadow",
    "of_ending",
    "of_publishing",
]
