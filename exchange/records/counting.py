"""Counting rows in groups: from an AggregateQuery to SQL, and what comes of it.

Everything leans on what the reader sees in clear, as with rows (`compile`). Where a dataset is
open by counts alone, every figure is made of the groups that `kept` lets stand, and of nothing
else: docs/policy.md says what that promises.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import LiteralString

from django.conf import settings
from django.utils.translation import gettext_lazy
from psycopg import sql

from accounts.wording import said as _
from exchange.access import Head, Seen
from exchange.problems import Problem
from exchange.records import kept, located, reading
from exchange.records.aggregates import (
    DISTRICT,
    AggregateQuery,
    Grouped,
    Kind,
    Measure,
    Unit,
)
from exchange.records.compile import Compiled, Scope, VisibleField, compiled, place_of
from exchange.records.query import RecordQuery, Sort
from exchange.records.statements import comma
from policy.terms import DataType

NUMBERS = frozenset({DataType.INTEGER, DataType.DECIMAL, DataType.DOUBLE})
TIMES = frozenset({DataType.DATE, DataType.DATETIME})
DECIMALS = 6
TOGETHER: Mapping[Kind, LiteralString] = {
    Kind.COUNT: "coalesce(sum({}), 0)",
    Kind.SUM: "sum({})",
    Kind.AVERAGE: "NULL",
    Kind.LEAST: "min({})",
    Kind.MOST: "max({})",
}
"""How one figure of several groups comes of theirs; an average comes of its sums and numbers."""


class MeasureRefused(Problem):
    """A figure or a unit of time that the field, or the dataset's rule of counting, has not."""

    code = "measure-refused"
    status = 400


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted. `groups` is a JSON array of {"by", "values"}, `total` the values of all.

    `others` are number and values of the groups beyond the limit, "" where there are none;
    percentiles of others are null: they cannot be put together from those of groups. `left_out`
    is the number of rows in no figure, None where all are counted. `units` are those of the
    grouped fields that have one.
    """

    groups: str
    given: int
    found: int
    total: str
    others: str
    left_out: int | None
    units: Mapping[str, Unit]


def count(
    head: Head, fields: Seen, query: AggregateQuery, scopes: Sequence[Scope] = ()
) -> Counted:
    """Count a dataset's rows as `fields` allow.

    Raises NoTable, RowsNotReady, QueryRefused, MeasureRefused, FieldUnknown, FieldMasked,
    FieldWithheld, NoPlace, AreaRefused, kept.OnlyCounted, TooSlow.
    """
    reading.there(head)
    compiled(RecordQuery(sort=tuple(map(Sort, query.leaned_on))), fields)
    query = _fitted(query, fields)
    source = _limited(head, fields, query) if head.smallest_group > 1 else None
    if source is None:
        source = _all_rows(head, fields, query, scopes)
    found = reading.timed(_statement(query, source))[0]
    groups, given, number, total, others, left_out = found
    units = {one.field: one.unit for one in query.grouped if one.unit}
    return Counted(groups, given, number, total, others or "", left_out, units)


@dataclass(frozen=True, slots=True)
class Source:
    """What is grouped: the CTEs that make relation `s`, and each figure as an aggregate over it.

    `s` has a column k0, k1, … for each grouped field. `parts` are the sum and number of values
    behind each average. `left_out` is a number or NULL.
    """

    ctes: sql.Composable
    figures: Sequence[sql.Composable]
    parts: Sequence[tuple[sql.Composable, sql.Composable]]
    left_out: sql.Composable


def _all_rows(head: Head, fields: Seen, query: AggregateQuery, scopes: Sequence[Scope]) -> Source:
    """Return the rows themselves: who may count them may read them one by one."""
    asked = RecordQuery(filters=query.filters, areas=query.areas)
    settled: Compiled = compiled(asked, fields, scopes)
    values = _measured(query)
    columns = [
        *(
            sql.SQL("{} AS {}").format(_grouped(one, fields), key(place))
            for place, one in enumerate(query.grouped)
        ),
        *(
            sql.SQL("{} AS {}").format(fields[name].ident, sql.Identifier(f"v{place}"))
            for place, name in enumerate(values)
        ),
    ]
    where = {name: sql.Identifier(f"v{place}") for place, name in enumerate(values)}
    return Source(
        ctes=sql.SQL("WITH s AS (SELECT {} FROM {}{})").format(
            comma(columns or [sql.SQL("1")]), reading.relation(head), settled.where()
        ),
        figures=[_figure(one, where) for one in query.measures],
        parts=[
            (_sum(where[one.field]), sql.SQL("count({})").format(where[one.field]))
            for one in query.measures
            if one.kind == Kind.AVERAGE
        ],
        left_out=sql.SQL("NULL::bigint"),
    )


def _grouped(one: Grouped, fields: Seen) -> sql.Composable:
    if one.field == DISTRICT:
        return located.district(place_of(fields).point)
    return in_unit(fields[one.field], one.unit)


def _limited(head: Head, fields: Seen, query: AggregateQuery) -> Source:
    """Return the groups that a dataset open by counts alone lets stand; raises OnlyCounted."""
    atoms = kept.atoms(head, fields, query)
    where = {name: place for place, name in enumerate(_measured(query))}
    renamed = {
        one.field.name: replace(
            one.field, column=f"d{place}", data_type=_type_in(one.field, one.unit)
        )
        for place, one in enumerate(atoms)
    }
    settled = compiled(RecordQuery(filters=query.filters), renamed)
    keys = [
        sql.SQL("{} AS {}").format(in_unit(renamed[one.field], one.unit), key(place))
        for place, one in enumerate(query.grouped)
    ]
    whole = kept.relations(
        table=reading.relation(head),
        keys=[in_unit(one.field, one.unit) for one in atoms],
        values=[fields[name].ident for name in where],
        smallest=head.smallest_group,
    )
    return Source(
        ctes=sql.SQL("{}, s AS (SELECT {} FROM kept{})").format(
            whole, comma([*keys, sql.SQL("kept.*")]), settled.where()
        ),
        figures=[kept.figure(one, where.get(one.field), head) for one in query.measures],
        parts=[
            kept.parts(where[one.field], head)
            for one in query.measures
            if one.kind == Kind.AVERAGE
        ],
        left_out=kept.LEFT_OUT,
    )


def _statement(query: AggregateQuery, source: Source) -> sql.Composed:
    """Return the one statement: groups in order, their number, all, and the rest."""
    keys = [key(place) for place in range(len(query.grouped))]
    figures = [_m(place) for place in range(len(query.measures))]
    parts = [(_name("a", place), _name("b", place)) for place in range(len(source.parts))]
    made = [
        *(sql.SQL("{} AS {}").format(*pair) for pair in zip(source.figures, figures, strict=True)),
        *(
            sql.SQL("{} AS {}, {} AS {}").format(total, names[0], number, names[1])
            for (total, number), names in zip(source.parts, parts, strict=True)
        ),
    ]
    listed = comma(keys)
    values = _object([(one.name, _m(place)) for place, one in enumerate(query.measures)])
    rest = _put_together(query, parts)
    total = sql.SQL("(SELECT {}::text FROM g WHERE whole = 1)").format(values)
    whole: sql.Composable = sql.SQL("1")
    sets: sql.Composable = sql.SQL("")
    if keys and any(one.percentile for one in query.measures):
        whole = sql.SQL("grouping({})").format(keys[0])
        sets = sql.SQL("GROUP BY GROUPING SETS (({}), ())").format(listed)
    elif keys:  # every row is added up once, not a second time for all of them
        whole, sets = sql.SQL("0"), sql.SQL("GROUP BY {}").format(listed)
        total = sql.SQL("(SELECT {}::text FROM g)").format(rest)
    return sql.SQL(
        "{ctes}, g AS (SELECT {whole} AS whole, {keys}{made} FROM s {sets}),"
        " ranked AS (SELECT *, row_number() OVER (ORDER BY {order}) AS place FROM g"
        " WHERE whole = 0)"
        " SELECT coalesce((SELECT '[' || string_agg(j, ',' ORDER BY place) || ']' FROM"
        " (SELECT place, json_build_object('by', {by}, 'values', {values})::text AS j"
        " FROM ranked WHERE place <= {limit}) given), '[]'),"
        " (SELECT least(count(*), {limit}) FROM ranked), (SELECT count(*) FROM ranked),"
        " {total},"
        " (SELECT json_build_object('groups', count(*), 'values', {rest})::text FROM ranked"
        " WHERE place > {limit} HAVING count(*) > 0), {left_out}"
    ).format(
        ctes=source.ctes,
        whole=whole,
        keys=listed + sql.SQL(", ") if keys else sql.SQL(""),
        made=comma(made),
        sets=sets,
        order=_order(query),
        by=_object([(one.field, key(place)) for place, one in enumerate(query.grouped)]),
        values=values,
        rest=rest,
        total=total,
        limit=sql.Literal(query.limit),
        left_out=source.left_out,
    )


def _order(query: AggregateQuery) -> sql.Composable:
    """Return the order of groups: as asked, NULLs last, ties by what they are of."""
    names = {one.field: key(place) for place, one in enumerate(query.grouped)}
    names |= {one.name: _m(place) for place, one in enumerate(query.measures)}
    asked = [
        sql.SQL("{} {} NULLS LAST").format(
            names[one.field], sql.SQL("DESC" if one.descending else "ASC")
        )
        for one in query.order
    ]
    return comma([*asked, *(key(place) for place in range(len(query.grouped)))])


def _put_together(
    query: AggregateQuery, parts: Sequence[tuple[sql.Composable, sql.Composable]]
) -> sql.Composable:
    """Return the figures of several groups, or of none, from theirs; percentiles are NULL."""
    behind = iter(parts)
    found: list[tuple[str, sql.Composable]] = []
    for place, one in enumerate(query.measures):
        whole = "NULL" if one.percentile else TOGETHER[Kind(one.kind)]
        made: sql.Composable = sql.SQL(whole).format(_m(place))
        if one.kind == Kind.AVERAGE:
            total, number = next(behind)
            made = rounded(sql.SQL("sum({}) / nullif(sum({}), 0)").format(total, number))
        found.append((one.name, made))
    return _object(found)


def _object(pairs: Sequence[tuple[str, sql.Composable]]) -> sql.Composed:
    return sql.SQL("json_build_object({})").format(
        comma(part for name, value in pairs for part in (sql.Literal(name), value))
    )


def key(place: int) -> sql.Identifier:
    """Return the column of `s` that holds a grouped field."""
    return _name("k", place)


def _m(place: int) -> sql.Identifier:
    return _name("m", place)


def _name(letter: str, place: int) -> sql.Identifier:
    return sql.Identifier(f"{letter}{place}")


def _measured(query: AggregateQuery) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.field for one in query.measures if one.field))


def in_unit(field: VisibleField, unit: Unit | None) -> sql.Composable:
    """Return a field's value, or where the unit of time that holds it begins, in the city."""
    if unit is None or field.data_type not in TIMES:
        return field.ident
    if field.data_type == DataType.DATE:
        return sql.SQL("date_trunc({}, {}::timestamp)::date").format(
            sql.Literal(str(unit)), field.ident
        )
    begun = sql.SQL("date_trunc({}, {}, {})").format(
        sql.Literal(str(unit)), field.ident, sql.Literal(settings.TIME_ZONE)
    )
    if unit == Unit.HOUR:
        return begun
    return sql.SQL("({} AT TIME ZONE {})::date").format(begun, sql.Literal(settings.TIME_ZONE))


def _type_in(field: VisibleField, unit: Unit | None) -> str:
    """Return the type that `in_unit` gives a field."""
    whole_days = unit is not None and unit != Unit.HOUR and field.data_type == DataType.DATETIME
    return str(DataType.DATE) if whole_days else field.data_type


def _sum(value: sql.Composable) -> sql.Composed:
    # as numeric, so that the same rows give the same bytes in whatever order they are added up
    return sql.SQL("sum({}::numeric)").format(value)


def rounded(value: sql.Composable) -> sql.Composed:
    """Return a quotient with as many decimals as are told."""
    return sql.SQL("trim_scale(round({}, {}))").format(value, sql.Literal(DECIMALS))


def _figure(measure: Measure, where: Mapping[str, sql.Identifier]) -> sql.Composable:
    """Return a figure as an aggregate over rows."""
    if measure.kind == Kind.COUNT:
        return sql.SQL("count(*)")
    value = where[measure.field]
    if measure.percentile is not None:
        found = sql.SQL("percentile_cont({}) WITHIN GROUP (ORDER BY {}::double precision)").format(
            sql.Literal(measure.percentile / 100), value
        )
        return rounded(sql.SQL("{}::numeric").format(found))
    if measure.kind == Kind.SUM:
        return _sum(value)
    if measure.kind == Kind.AVERAGE:
        return rounded(sql.SQL("avg({}::numeric)").format(value))
    return sql.SQL("min({})" if measure.kind == Kind.LEAST else "max({})").format(value)


def _fitted(query: AggregateQuery, fields: Mapping[str, VisibleField]) -> AggregateQuery:
    """Return the query with units where there is time to part. Raises MeasureRefused."""
    for one in query.measures:
        ordered = one.kind in (Kind.LEAST, Kind.MOST)
        fitting = NUMBERS | TIMES if ordered else NUMBERS
        if one.field and fields[one.field].data_type not in fitting:
            raise MeasureRefused(
                _("“%(measure)s” does not fit: “%(field)s” is not %(wanted)s.")
                % {
                    "measure": one.name,
                    "field": one.field,
                    "wanted": str(NUMBER_OR_TIME if ordered else NUMBER),
                }
            )
    named = [one for one in query.grouped if one.field != DISTRICT]
    timed = [one for one in named if fields[one.field].data_type in TIMES]
    for group in timed or query.grouped:
        _unit_fits(group, fields.get(group.field))
    grouped = (one if one in timed else Grouped(one.field) for one in query.grouped)
    return replace(query, grouped=tuple(grouped))


NUMBER = gettext_lazy("a number")
NUMBER_OR_TIME = gettext_lazy("a number, a day or a time")


def _unit_fits(group: Grouped, field: VisibleField | None) -> None:
    """Moments have every unit, days all but hours, other values and districts none."""
    kind = None if field is None else field.data_type
    if group.unit is None or kind == DataType.DATETIME:
        return
    if kind == DataType.DATE and group.unit != Unit.HOUR:
        return
    raise MeasureRefused(
        _("Groups by %(unit)s do not fit “%(field)s”, which has no such part.")
        % {"unit": str(group.unit), "field": group.field}
    )
