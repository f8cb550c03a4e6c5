"""What a department sees of a dataset, field by field: as things stand, and under a grant.

The same question that every door asks (`policy.decide`), put for a reader who has not called yet.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from catalog import facts
from catalog.models import Dataset, Field
from exchange.models import Grant
from policy.decision import FieldDecision, decide
from policy.facts import Case, GrantFacts, Prohibition, Reader, RowScope
from policy.terms import Channel, Grade, Mode, ReaderKind, ScopeOperator, Treatment

PROPOSED = 0
"""The number of a grant that is only thought of; real ones begin at 1."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a grant would hold: fields (permanent ids), rows, way of use, grade, period, quota."""

    fields: tuple[int, ...]
    mode: Mode
    clear_up_to: Grade
    valid_from: date
    valid_until: date
    rows: tuple[dict[str, Any], ...] = ()
    daily_quota: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One field of the matrix: what is seen of it now, and what would be under the offer.

    `asked` says whether the offer names it.
    """

    field: Field
    asked: bool
    now: FieldDecision
    proposed: FieldDecision

    @property
    def withheld(self) -> bool:
        """Whether the offer shows nothing of the field."""
        return self.proposed.treatment == Treatment.WITHHELD

    @property
    def gains(self) -> bool:
        """Whether the offer shows more of the field than is seen now."""
        return self.proposed.treatment < self.now.treatment


def matrix(
    dataset: Dataset,
    organization_id: int,
    offer: Offer,
    *,
    today: date,
    besides: int | None = None,
    channel: Channel = Channel.SHARE,
) -> list[Line]:
    """Return every live field of a dataset as a department sees it, now and under an offer.

    On the channel `OPEN` as a company does.

    `besides` is a grant that is not counted: the one that the offer replaces. Three queries.
    """
    fields = list(Field.objects.filter(resource__dataset=dataset).live())
    names = {one.pk: one.name for one in fields}
    held = held_grants(
        dataset.pk, organization_id, names, today=today, besides=besides, channel=channel
    )
    lines = facts.prohibitions(dataset)
    about = [facts.field_facts(one) for one in fields]
    proposed = as_facts(offer, names, consumer=organization_id, channel=channel)
    reader = _reader(dataset, organization_id, channel)
    day = max(today, offer.valid_from)

    def decided(grants: Iterable[GrantFacts], on: date) -> Mapping[str, FieldDecision]:
        return decide(_case(reader, offer.mode, on, lines, grants, channel), about).fields

    now, then = decided(held, today), decided((*held, proposed), day)
    return [Line(one, one.pk in offer.fields, now[one.name], then[one.name]) for one in fields]


def needs_no_answer(
    lines: Sequence[Line],
    *,
    without: Mapping[str, FieldDecision],
    rows: Iterable[Mapping[str, Any]] = (),
) -> bool:
    """Return whether the law gives all that is asked for to any department, unconditionally.

    `without` is what is seen without any grant (`unconditionally`). What is withheld either way
    is not given at once: somebody has to say so. Nor is it where a condition on rows leans on
    what is not seen in clear: which rows come would tell it.
    """
    asked = [line for line in lines if line.asked]
    leaned = leaned_on(rows)
    return (
        bool(asked)
        and all(
            without[line.field.name].treatment != Treatment.WITHHELD
            and without[line.field.name].treatment <= line.proposed.treatment
            for line in asked
        )
        and all(
            without[line.field.name].treatment == Treatment.CLEAR
            for line in lines
            if line.field.pk in leaned
        )
    )


def leaned_on(rows: Iterable[Mapping[str, Any]]) -> frozenset[int]:
    """Return the permanent ids of the fields that conditions on rows lean on."""
    return frozenset(int(one["field"]) for one in rows)


def told_by_rows(
    dataset: Dataset,
    organization_id: int,
    offer: Offer,
    *,
    today: date,
    channel: Channel = Channel.SHARE,
) -> list[Field]:
    """Return the fields whose values an offer's conditions on rows would tell, though hidden.

    A condition leans only on what the offer would show in clear if it named it (design.md §4.6).
    Two queries; none where there is no condition.
    """
    leaned = leaned_on(offer.rows)
    if not leaned:
        return []
    fields = list(Field.objects.filter(resource__dataset=dataset).live())
    wide = replace(offer, fields=(*offer.fields, *leaned))
    names = {one.pk: one.name for one in fields}
    seen = decided_now(
        dataset,
        organization_id,
        fields,
        offer.mode,
        lines=facts.prohibitions(dataset),
        grants=[as_facts(wide, names, consumer=organization_id, channel=channel)],
        today=max(today, offer.valid_from),
        channel=channel,
    )
    return [
        one for one in fields if one.pk in leaned and seen[one.name].treatment != Treatment.CLEAR
    ]


def unconditionally(
    dataset: Dataset, organization_id: int, mode: Mode, *, today: date
) -> Mapping[str, FieldDecision]:
    """Return what a department sees of each field without any grant, by name."""
    about, lines = facts.dataset_facts(dataset)
    return decide(_case(_reader(dataset, organization_id), mode, today, lines, ()), about).fields


def decided_now(
    dataset: Dataset,
    organization_id: int,
    fields: Iterable[Field],
    mode: Mode,
    *,
    lines: tuple[Prohibition, ...],
    grants: Iterable[GrantFacts],
    today: date,
    channel: Channel = Channel.SHARE,
) -> Mapping[str, FieldDecision]:
    """Return what a department sees of fields today, with these lines and grants. No query."""
    about = [facts.field_facts(one) for one in fields]
    reader = _reader(dataset, organization_id, channel)
    return decide(_case(reader, mode, today, lines, grants, channel), about).fields


def barred(
    dataset: Dataset,
    fields: Collection[int],
    *,
    today: date,
    channel: Channel = Channel.SHARE,
) -> list[Prohibition]:
    """Return the live lines of the negative list that bar giving any of these fields."""
    named = set(Field.objects.filter(pk__in=fields).values_list("name", flat=True))
    return [
        line
        for line in facts.prohibitions(dataset)
        if line.counts(channel)
        and line.in_force(today)
        and (not line.fields or line.fields & named)
    ]


def as_facts(
    offer: Offer,
    names: Mapping[int, str],
    *,
    consumer: int,
    channel: Channel = Channel.SHARE,
) -> GrantFacts:
    """Return an offer as the law would see the grant. Fields that are gone fall out."""
    return GrantFacts(
        id=PROPOSED,
        consumer=str(consumer),
        fields=frozenset(names[pk] for pk in offer.fields if pk in names),
        clear_up_to=offer.clear_up_to,
        modes=frozenset({offer.mode}),
        channel=channel,
        valid_from=offer.valid_from,
        valid_until=offer.valid_until,
        rows=scopes(offer.rows, names),
    )


def scopes(rows: Iterable[Mapping[str, Any]], names: Mapping[int, str]) -> tuple[RowScope, ...]:
    """Return stored row scopes with field names in place of ids.

    One on a field that is gone lets no row through: without it the grant would cover all.
    """
    return tuple(
        RowScope(
            names.get(int(one["field"]), ""),
            ScopeOperator(one["operator"]),
            frozenset(map(str, one["values"])),
        )
        for one in rows
    )


def held_grants(
    dataset_id: int,
    organization_id: int,
    names: Mapping[int, str],
    *,
    today: date,
    besides: int | None = None,
    channel: Channel = Channel.SHARE,
) -> tuple[GrantFacts, ...]:
    """Return a consumer's live grants on a dataset as the law sees them. One query."""
    rows = Grant.objects.live(today).filter(
        dataset=dataset_id, organization=organization_id, channel=channel
    )
    return tuple(as_held(grant, names) for grant in rows.exclude(pk=besides).order_by("pk"))


def as_held(grant: Grant, names: Mapping[int, str]) -> GrantFacts:
    """Return a grant as the law sees it, whatever it was given for."""
    offer = Offer(
        fields=tuple(grant.fields),
        mode=Mode(grant.modes[0]),
        clear_up_to=Grade(grant.clear_up_to),
        valid_from=grant.valid_from,
        valid_until=grant.valid_until,
        rows=tuple(grant.rows),
    )
    channel = Channel(grant.channel)
    made = as_facts(offer, names, consumer=grant.organization_id, channel=channel)
    return replace(made, id=grant.pk, modes=frozenset(Mode(mode) for mode in grant.modes))


def under(grant: Grant, fields: Sequence[Field], *, today: date) -> Mapping[str, FieldDecision]:
    """Decide on a dataset's fields under one grant alone, on a day on which it holds, by name.

    `fields` are all of the dataset's; an ended one is decided on where the grant names it. One
    query.
    """
    day = min(max(today, grant.valid_from), grant.valid_until)
    held = as_held(grant, {one.pk: one.name for one in fields})
    channel = Channel(grant.channel)
    kind = ReaderKind.COMPANY if channel == Channel.OPEN else ReaderKind.DEPARTMENT
    reader = Reader(kind, str(grant.organization_id))
    lines = facts.prohibitions(grant.dataset)
    case = _case(reader, Mode(grant.modes[0]), day, lines, (held,), channel)
    live = [one for one in fields if one.ended_at is None or one.pk in grant.fields]
    return decide(case, [facts.field_facts(one) for one in live]).fields


def _reader(dataset: Dataset, organization_id: int, channel: Channel = Channel.SHARE) -> Reader:
    if channel == Channel.OPEN:
        return Reader(ReaderKind.COMPANY, str(organization_id))
    own = dataset.owner_id == organization_id
    kind = ReaderKind.OWNER if own else ReaderKind.DEPARTMENT
    return Reader(kind, str(organization_id))


def _case(
    reader: Reader,
    mode: Mode,
    today: date,
    lines: tuple[Prohibition, ...],
    grants: Iterable[GrantFacts],
    channel: Channel = Channel.SHARE,
) -> Case:
    return Case(channel, mode, reader, today, lines, tuple(grants))
