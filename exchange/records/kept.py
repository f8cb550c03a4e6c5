"""Which groups of a dataset that is open by counts alone stand, and which are left out.

The rule names a few fields, days and moments in a unit of time, and a smallest group `k`. The
table is cut into atoms, one for each combination of their values, before any question is read:

- an atom of fewer than `k` rows is left out of every figure;
- where all those together are fewer than `k` rows, the smallest of the other atoms go with them,
  all of that size, so that number of all rows minus what is shown is no group below `k`;
- a sum or an average leaves out atoms in which fewer than `k` rows have a value, but some do, and
  atoms in which fewer than `k` rows lack one, but some do: sum by average is how many have one.

Every figure adds up atoms that stand. So whatever is asked, in whatever combination, an answer is
a function of those atoms and of the number of rows, and differences lead to sums of atoms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from accounts.wording import said as _
from exchange.access import Head, Seen
from exchange.problems import Problem
from exchange.records import areas
from exchange.records.aggregates import AggregateQuery, Kind, Measure, Unit
from exchange.records.compile import VisibleField
from exchange.records.statements import comma
from policy.terms import Treatment

DECIMALS = 6
COARSER = {
    Unit.HOUR: frozenset({Unit.HOUR, Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR}),
    Unit.DAY: frozenset({Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR}),
    Unit.WEEK: frozenset({Unit.WEEK}),
    Unit.MONTH: frozenset({Unit.MONTH, Unit.QUARTER, Unit.YEAR}),
    Unit.QUARTER: frozenset({Unit.QUARTER, Unit.YEAR}),
    Unit.YEAR: frozenset({Unit.YEAR}),
}
"""Units that a unit can be put together to."""

LEFT_OUT = sql.SQL(
    "(coalesce((SELECT sum(n) FROM atoms), 0) - coalesce((SELECT sum(n) FROM kept), 0))::bigint"
)


class OnlyCounted(Problem):
    """The dataset is open by counts in its own groups alone; the sentence says which."""

    code = "only-counted"
    status = 403


@dataclass(frozen=True, slots=True)
class Dimension:
    """A field that atoms are cut by, and in which unit where it holds days or moments."""

    field: VisibleField
    unit: Unit | None


def dimensions(head: Head, fields: Seen) -> list[Dimension]:
    """Return what a dataset is counted by.

    Raises OnlyCounted where one of them is not seen in clear any more: without it the same rows
    would be cut otherwise than they were.
    """
    columns = {one.column: one for one in fields.values() if one.treatment == Treatment.CLEAR}
    if any(f"f{field}" not in columns for field, _unit in head.counted_by):
        raise OnlyCounted(
            _(
                "“%(slug)s” is open by counts alone, and a field that it was counted by is not"
                " shown in clear any more. So nothing of it is counted."
            )
            % {"slug": head.slug}
        )
    return [
        Dimension(columns[f"f{field}"], Unit(unit) if unit else None)
        for field, unit in head.counted_by
    ]


def atoms(head: Head, fields: Seen, query: AggregateQuery) -> list[Dimension]:
    """Return what the atoms are cut by, if the query asks for no more. Raises OnlyCounted."""
    found = dimensions(head, fields)
    units = {one.field.name: one.unit for one in found}
    told = {
        "slug": head.slug,
        "by": ", ".join(filter(None, (_called(one) for one in found))) or "–",
        "smallest": head.smallest_group,
    }
    for name in [
        *(g.field for g in query.grouped),
        *(f.field for f in query.filters),
        *(areas.written(one)[0] for one in query.areas),
    ]:
        if name not in units:
            raise OnlyCounted(
                _(
                    "“%(slug)s” is open by counts in groups of %(smallest)s rows or more, by:"
                    " %(by)s. “%(name)s” cannot be grouped or filtered by."
                )
                % (told | {"name": name})
            )
    for group in query.grouped:
        own = units[group.field]
        if group.unit and own and group.unit not in COARSER[own]:
            raise OnlyCounted(
                _(
                    "“%(slug)s” is open by counts, by: %(by)s. “%(name)s” cannot be had by"
                    " %(unit)s."
                )
                % (told | {"name": group.field, "unit": str(group.unit)})
            )
    for one in query.measures:
        if one.kind not in (Kind.COUNT, Kind.SUM, Kind.AVERAGE):
            raise OnlyCounted(
                _(
                    "“%(slug)s” is open by counts alone: “%(name)s” would tell the value of a"
                    " single row. Numbers of rows, sums and averages can be had."
                )
                % (told | {"name": one.name})
            )
    return found


def _called(one: Dimension) -> str:
    return f"{one.field.name} ({one.unit})" if one.unit else one.field.name


def relations(
    *,
    table: sql.Composable,
    keys: Sequence[sql.Composable],
    values: Sequence[sql.Composable],
    smallest: int,
) -> sql.Composed:
    """Return the CTEs `atoms` and `kept`: columns d0, d1, …, n; c0 and s0, … of each value."""
    names = [sql.Identifier(f"d{place}") for place in range(len(keys))]
    columns = [
        *(sql.SQL("{} AS {}").format(*pair) for pair in zip(keys, names, strict=True)),
        sql.SQL("count(*) AS n"),
        *(
            sql.SQL("count({0}) AS {1}, sum({0}::numeric) AS {2}").format(
                value, sql.Identifier(f"c{place}"), sql.Identifier(f"s{place}")
            )
            for place, value in enumerate(values)
        ),
    ]
    grouped = sql.SQL(" GROUP BY {}").format(comma(keys)) if keys else sql.SQL("")
    return sql.SQL(
        "WITH atoms AS MATERIALIZED (SELECT {columns} FROM {table}{grouped}),"
        " small AS (SELECT coalesce(sum(n) FILTER (WHERE n < {k}), 0) AS held,"
        " min(n) FILTER (WHERE n >= {k}) AS least FROM atoms),"
        " kept AS (SELECT atoms.* FROM atoms, small WHERE n >= {k}"
        " AND NOT (held > 0 AND held < {k} AND n = least))"
    ).format(columns=comma(columns), table=table, grouped=grouped, k=sql.Literal(smallest))


def figure(measure: Measure, place: int | None, head: Head) -> sql.Composable:
    """Return a figure as an aggregate over atoms that stand."""
    if place is None:
        return sql.SQL("coalesce(sum(n), 0)::bigint")
    total, number = parts(place, head)
    if measure.kind == Kind.SUM:
        return total
    return sql.SQL("trim_scale(round({} / nullif({}, 0), {}))").format(
        total, number, sql.Literal(DECIMALS)
    )


def parts(place: int, head: Head) -> tuple[sql.Composed, sql.Composed]:
    """Return sum and number of values of atoms in which enough rows have one, and not few none."""
    number = sql.Identifier(f"c{place}")
    enough = sql.SQL("FILTER (WHERE {c} >= {k} AND (n = {c} OR n - {c} >= {k}))").format(
        c=number, k=sql.Literal(head.smallest_group)
    )
    return (
        sql.SQL("sum({}) {}").format(sql.Identifier(f"s{place}"), enough),
        sql.SQL("sum({}) {}").format(number, enough),
    )
