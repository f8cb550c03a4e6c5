"""Hold a few rows to the rules of a run, without a run: nothing is staged, nothing kept."""

from collections.abc import Iterable, Sequence

from psycopg import sql

from exchange.connectors.files import unsound
from exchange.records.statements import comma, rows
from exchange.sync import rules
from exchange.sync.plan import Plan

Cells = Sequence[str | None]
Numbered = tuple[int, Cells]
Broken = dict[int, tuple[str, str]]


def broken(settled: Plan, sample: Sequence[Cells]) -> Broken:
    """Return, by place, the rule and the field that each row breaks which a run would turn away.

    Each row has a text or None for each of `settled.columns`. Whether a row repeats another is not
    asked: a sample cannot tell.
    """
    numbered = list(enumerate(sample))
    found: Broken = {
        place: (rule, "")
        for place, cells in numbered
        if (rule := unsound([cell for cell in cells if cell is not None]))
    }
    found |= _misfits(settled, _without(found, numbered))
    return found | _violations(settled, _without(found, numbered))


def _without(found: Broken, numbered: Iterable[Numbered]) -> list[Numbered]:
    return [one for one in numbered if one[0] not in found]


def _misfits(settled: Plan, numbered: Sequence[Numbered]) -> Broken:
    """Return the rows with a cell that is not of its declared type's form."""
    condition = rules.first_misfit(settled.columns, settled.nulls)
    return _marked(_raw(settled, numbered), condition) if numbered else {}


def _violations(settled: Plan, numbered: Sequence[Numbered]) -> Broken:
    """Return the rows, each of which can be cast, that break a rule of the catalogue."""
    if not numbered:
        return {}
    casts = [
        sql.SQL("{} AS {}").format(rules.cast(column, settled.nulls), column.ident)
        for column in settled.columns
    ]
    typed = sql.SQL("(SELECT r._line, {} FROM {}) AS s").format(
        comma(casts), _raw(settled, numbered)
    )
    return _marked(typed, rules.first_violation(settled.rules))


def _raw(settled: Plan, numbered: Sequence[Numbered]) -> sql.Composed:
    """Return rows as the text that a run would stage, each with its place as `_line`."""
    values = [
        sql.SQL("({})").format(
            comma(
                [
                    sql.Literal(place),
                    *(sql.SQL("{}::text").format(sql.Literal(cell)) for cell in cells),
                ]
            )
        )
        for place, cells in numbered
    ]
    names = [sql.SQL("_line"), *(column.ident for column in settled.columns)]
    return sql.SQL("(VALUES {}) AS r({})").format(comma(values), comma(names))


def _marked(source: sql.Composable, condition: sql.Composable) -> Broken:
    marked = rows(
        sql.SQL(
            "SELECT _line, split_part(broken, ':', 1), split_part(broken, ':', 2)"
            " FROM (SELECT _line, {} AS broken FROM {}) marked WHERE broken IS NOT NULL"
        ).format(condition, source)
    )
    return {place: (rule, field) for place, rule, field in marked}
