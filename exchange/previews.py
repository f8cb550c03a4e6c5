"""How a draft's first rows would look to others, before anybody has signed anything."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from django.utils.translation import get_language

from accounts.models import Organization, User
from catalog import facts
from catalog.models import Field, Resource
from exchange import browsing
from exchange.connectors.peeks import Peek
from exchange.models import Binding
from exchange.records.masks import NUMBERS
from exchange.sync import plan, sampled
from policy.decision import FieldDecision, decide
from policy.facts import ANYBODY, Case, Mask, Prohibition, Reader
from policy.masking import STARS, mask_value, rounded
from policy.terms import Channel, MaskKind, Mode, ReaderKind, Treatment


class Eyes(StrEnum):
    """Whose eyes the rows are seen with."""

    PUBLIC = "public"
    COMPANY = "company"
    GRANTED = "granted"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class SeenField:
    """A field as somebody sees it; `reasons` say why, in the language now active."""

    name: str
    label: str
    treatment: Treatment
    reasons: tuple[str, ...]

    @property
    def is_withheld(self) -> bool:
        """Whether no value of it is shown."""
        return self.treatment == Treatment.WITHHELD


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many of the first rows a run would turn away by a rule; `label` is the field's or ""."""

    rule: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """Fields and rows as somebody would see them. A withheld cell is None, an empty one "".

    `left_out` says which of the `looked` first rows nobody would see, since a run would turn them
    away; whether a row repeats another, only a run finds out.
    """

    fields: tuple[SeenField, ...]
    rows: tuple[tuple[str | None, ...], ...]
    looked: int = 0
    left_out: tuple[LeftOut, ...] = ()

    @property
    def missing(self) -> int:
        """How many rows are left out."""
        return sum(one.count for one in self.left_out)


def preview(
    resource: Resource,
    eyes: Eyes,
    *,
    by: User,
    at: datetime,
    today: date,
    department: Organization | None = None,
) -> Preview:
    """Return the source's first rows as others would see them once the draft is published.

    `department` is who sees with DEPARTMENT's eyes, without a grant. Raises NotAllowed (only the
    department whose data it is may look), SourceProblems.
    """
    binding = resource.binding
    fields = list(Field.objects.filter(resource=resource).live())
    columns = [str(binding.columns.get(str(one.pk), "")) for one in fields]
    types = {name: one.data_type for name, one in zip(columns, fields, strict=True)}
    look = browsing.look(binding.source_id, binding.object, by=by, at=at, types=types)
    case = _case(eyes, today, facts.prohibitions(resource.dataset), department)
    decided = decide(case, [facts.field_facts(one) for one in fields]).fields
    language = get_language() or "zh-hans"
    seen = tuple(
        SeenField(
            one.name,
            one.label,
            decided[one.name].treatment,
            tuple(reason.text(language) for reason in decided[one.name].reasons),
        )
        for one in fields
    )
    decisions = [decided[one.name] for one in fields]
    turned = _turned_away(binding, look.peek, at)
    sound = [row for place, row in enumerate(look.peek.rows) if place not in turned]
    served = replace(look.peek, rows=sound)
    return Preview(
        seen,
        _rows(served, fields, columns, decisions),
        len(look.peek.rows),
        _left_out(turned, {one.name: one.label for one in fields}),
    )


def _turned_away(binding: Binding, peek: Peek, at: datetime) -> sampled.Broken:
    """Return the rule and field of each row that a run would turn away, by its place."""
    settled = plan.of(binding, now=at)
    names = [column.name for column in peek.columns]
    places = [
        names.index(name) if (name := str(binding.columns[str(column.field)])) in names else None
        for column in settled.columns
    ]
    cells = [[None if place is None else row[place] for place in places] for row in peek.rows]
    odd = {place: (rule, "") for place, rule in peek.odd.items()}
    return sampled.broken(settled, cells) | odd


def _left_out(turned: sampled.Broken, labels: Mapping[str, str]) -> tuple[LeftOut, ...]:
    counted = Counter(turned.values())
    return tuple(
        LeftOut(rule, labels.get(name, ""), count) for (rule, name), count in counted.most_common()
    )


def _case(
    eyes: Eyes, today: date, lines: tuple[Prohibition, ...], department: Organization | None
) -> Case:
    if eyes == Eyes.DEPARTMENT:
        consumer = None if department is None else str(department.pk)
        reader = Reader(ReaderKind.DEPARTMENT, consumer)
        return Case(Channel.SHARE, Mode.QUERY, reader, today, lines)
    reader = ANYBODY if eyes == Eyes.PUBLIC else Reader(ReaderKind.COMPANY)
    granted = eyes == Eyes.GRANTED
    return Case(Channel.OPEN, Mode.QUERY, reader, today, lines, as_if_granted=granted)


def _rows(
    peek: Peek, fields: Sequence[Field], columns: Sequence[str], decisions: Sequence[FieldDecision]
) -> tuple[tuple[str | None, ...], ...]:
    places = {column.name: place for place, column in enumerate(peek.columns)}
    shown = list(zip(fields, [places.get(name) for name in columns], decisions, strict=True))
    return tuple(
        tuple(
            _cell(None if place is None else row[place], one, decision)
            for one, place, decision in shown
        )
        for row in peek.rows
    )


def _cell(value: str | None, field: Field, decision: FieldDecision) -> str | None:
    if decision.treatment == Treatment.WITHHELD:
        return None
    if value is None:
        return ""
    return value if decision.mask is None else _masked(decision.mask, value, field)


def _masked(mask: Mask, value: str, field: Field) -> str:
    """Return a value as the zones would hold it; text that is no number there is starred."""
    if mask.kind == MaskKind.ROUND_COORDINATE and field.data_type in NUMBERS:
        try:
            shown = rounded(mask, Decimal(value), field.coordinate)
        except InvalidOperation:
            return STARS
        return f"{shown:f}" if isinstance(shown, Decimal) else shown
    return str(mask_value(mask, value))
