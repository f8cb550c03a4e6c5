"""The catalogue's rows as the values that the law decides on; a model never enters `policy`."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Max, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.models import Dataset, Field, FieldTerms, NegativeLine, NegativeLineField
from catalog.terms import LineState
from policy.facts import FieldFacts, Mask, Prohibition
from policy.terms import (
    BasisTier,
    Certainty,
    Channel,
    DataType,
    Grade,
    MaskKind,
    OpenType,
    Secrecy,
    ShareType,
)


def dataset_facts(
    dataset: Dataset,
) -> tuple[tuple[FieldFacts, ...], tuple[Prohibition, ...]]:
    """Return a dataset's live fields in catalogue order, and its lines. Two queries, and a third
    where it has lines."""
    fields = Field.objects.filter(resource__dataset=dataset).live()
    return tuple(field_facts(field) for field in fields), prohibitions(dataset)


def field_facts(field: Field | FieldTerms) -> FieldFacts:
    """Return a field, or the terms it once stood under, as the law sees it. Asks no query."""
    return FieldFacts(
        name=field.name,
        grade=None if field.grade is None else Grade(field.grade),
        share_type=ShareType(field.share_type),
        open_type=OpenType(field.open_type),
        data_type=DataType(field.data_type),
        mask=mask_of(field),
        concealed=field.concealed,
        ended=field.ended_at is not None,
        secrecy=Secrecy(field.secrecy),
    )


def mask_of(field: Field | FieldTerms) -> Mask | None:
    """Return the declared mask. Raises TypeError or ValueError where its settings do not fit."""
    if not field.mask_kind:
        return None
    return Mask(MaskKind(field.mask_kind), **field.mask_params)


def as_params(mask: Mask | None) -> dict[str, int]:
    """Return the settings of a mask as `Field.mask_params` keeps them."""
    if mask is None:
        return {}
    if mask.kind == MaskKind.KEEP_EDGES:
        return {"keep_left": mask.keep_left, "keep_right": mask.keep_right}
    if mask.kind == MaskKind.ROUND_COORDINATE:
        return {"digits": mask.digits}
    return {}


def prohibitions(
    dataset: Dataset, *, then: Sequence[FieldTerms] | None = None
) -> tuple[Prohibition, ...]:
    """Return every line that was ever published for a dataset; the law asks which hold on a day.

    One query where there is none, else two. Ended lines and lapsed bases stay in, so that past
    decisions can be replayed: with `then`, the terms of the fields of that day
    (`catalog.history.on`), by which they were called and graded.
    """
    ever = (LineState.PUBLISHED, LineState.ENDED)
    published = NegativeLine.objects.filter(dataset=dataset, state__in=ever)
    if not published.exists():  # as for most: what follows is dear to ask
        return ()
    lines = (
        published.select_related("basis")
        # subqueries, since the open door reads through views, over which SQL cannot group by a key
        .annotate(
            field_names=ArraySubquery(_named().values("field__name")),
            field_ids=ArraySubquery(_named().values("field_id")),
            first_graded=_graded(dataset, Min),
            last_graded=_graded(dataset, Max),
        )
        .order_by("number")
    )
    told = [(line, _named_as(line, then)) for line in lines]
    # a line whose fields are all hidden from this door is not one on the whole dataset
    return tuple(_prohibition(line, named) for line, named in told if named or not line.field_ids)


def _named_as(line: Any, then: Sequence[FieldTerms] | None) -> frozenset[str]:
    """Return the fields of a line by name; with `then`, put the line to how they stood then."""
    if then is None:
        return frozenset(line.field_names)
    named = [one for one in then if one.field_id in line.field_ids]
    graded = [_graded_then(one) for one in (named if line.field_ids else then)]
    known = [at for at in graded if at is not None]
    line.first_graded, line.last_graded = min(known, default=None), max(known, default=None)
    return frozenset(one.name for one in named)


def _graded_then(terms: FieldTerms) -> datetime | None:
    """Return when a field had been graded; terms of before that was kept say it of today."""
    return terms.graded_at or terms.field.graded_at


def _named() -> QuerySet[NegativeLineField]:
    return NegativeLineField.objects.filter(line=OuterRef("pk"))


def _graded(dataset: Dataset, how: type[Min | Max]) -> Coalesce:
    """Return when the first or last of a line's fields was graded; no field named means all."""
    live = _named().filter(field__ended_at=None).order_by()
    named = live.values("line").annotate(at=how("field__graded_at")).values("at")
    everything = (
        Field.objects.filter(resource__dataset=dataset, ended_at=None)
        .order_by()
        .values("resource__dataset")
        .annotate(at=how("graded_at"))
        .values("at")
    )
    return Coalesce(Subquery(named), Subquery(everything))


def _prohibition(line: Any, named: frozenset[str]) -> Prohibition:
    published = timezone.localdate(line.published_at)
    until = _last_decided(line, published)
    return Prohibition(
        number=line.number,
        fields=named,
        channels=channels(line),
        basis=line.basis.citation,
        tier=BasisTier(line.basis.tier),
        certainty=Certainty(line.basis.certainty),
        in_force_from=max(line.from_on, line.basis.in_force_from, published),
        in_force_until=until,
        published=True,
        review_on=line.review_on,
        substitute=line.substitute,
        settled_on=_settled_on(line, until),
    )


def _last_decided(line: NegativeLine, published: date) -> date | None:
    """Return the last day on which a line was decided by; None where no end is in sight.

    Nothing lapsed before the line was published, nor before the end of its article was entered.
    """
    until = last_day(line)
    if until is None:
        return None
    known = [published]
    noted, ends = line.basis.end_noted_at, line.basis.in_force_until
    if noted is not None and until == ends:
        known.append(timezone.localdate(noted))
    return max(until, *(day - timedelta(days=1) for day in known))


def as_if_published(line: NegativeLine, day: date) -> Prohibition:
    """Return a line not published yet as it would be if it were published on a day.

    Its basis is taken as verified: what stands in the way is another question. Two queries.
    """
    return Prohibition(
        number=line.number or 0,
        fields=frozenset(line.fields.values_list("name", flat=True)),
        channels=channels(line),
        basis=line.basis.citation,
        tier=BasisTier(line.basis.tier),
        certainty=Certainty.VERIFIED,
        in_force_from=max(line.from_on, line.basis.in_force_from, day),
        in_force_until=last_day(line),
        published=True,
        review_on=line.review_on,
        substitute=line.substitute,
    )


def channels(line: NegativeLine) -> frozenset[Channel]:
    """Return the channels a line bars."""
    barred = {Channel.SHARE: line.bars_share, Channel.OPEN: line.bars_open}
    return frozenset(channel for channel, bars in barred.items() if bars)


def last_day(line: NegativeLine) -> date | None:
    """Return the last day on which both line and basis hold; None where no end is in sight.

    A line ended by a person does not hold any more on the day it was ended.
    """
    ended = line.ended_at and timezone.localdate(line.ended_at) - timedelta(days=1)
    ends = [day for day in (line.until_on, line.basis.in_force_until, ended) if day]
    return min(ends, default=None)


def _settled_on(line: Any, until: date | None) -> date | None:
    """Return the day by which every field of a lapsed line had been graded anew, if that came."""
    if until is None or line.first_graded is None:
        return None
    if timezone.localdate(line.first_graded) <= until:
        return None
    # on the day itself the hour tells whether a grade was given in view of the ended line
    if line.ended_at is not None and line.first_graded <= line.ended_at:
        return None
    return timezone.localdate(line.last_graded)
