"""What the catalogue says of a field, as conditions that PostgreSQL evaluates in one pass.

Declared types win: PostgreSQL's own input functions take `now`, `0x1F`, `1_000` and `NaN` and
round decimals, so text is held to a written form before it is cast.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from exchange.records.columns import Column
from policy.terms import DataType

FORMS: dict[str, str] = {
    DataType.INTEGER: r"^[+-]?[0-9]{1,19}$",
    DataType.DECIMAL: r"^[+-]?[0-9]{1,100}(\.[0-9]{1,100})?$",
    DataType.DOUBLE: r"^[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?$",
    DataType.DATE: r"^[0-9]{4}(-[0-9]{1,2}-[0-9]{1,2}|/[0-9]{1,2}/[0-9]{1,2}|[0-9]{4})$",
    DataType.DATETIME: (
        r"^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
        r"[ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
        r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)?$"
    ),
}
TRUE_WORDS = ("true", "t", "1", "yes", "y", "是")
FALSE_WORDS = ("false", "f", "0", "no", "n", "否")

RESIDENT_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


@dataclass(frozen=True, slots=True)
class Rule:
    """One field's column with all the catalogue demands of its values."""

    column: Column
    required: bool = False
    length: int | None = None
    scale: int | None = None
    code_list: int | None = None
    pattern: str = ""
    check: str = ""
    minimum: str | None = None
    maximum: str | None = None


Condition = tuple[str, sql.Composable]


def cell(column: Column, nulls: Sequence[str]) -> sql.Composable:
    """Return the raw text of a column, with the source's words for "nothing" made NULL."""
    text: sql.Composable = sql.SQL("r.{}").format(column.ident)
    for word in nulls:
        if word:
            text = sql.SQL("NULLIF({}, {})").format(text, sql.Literal(word))
    return text


def cast(column: Column, nulls: Sequence[str]) -> sql.Composable:
    """Return the raw text cast to the column's type; only for rows that pass `misfit`."""
    text = cell(column, nulls)
    if column.data_type == DataType.TEXT:
        return text
    if column.data_type == DataType.BOOLEAN:
        return sql.SQL("lower({}) = ANY({})").format(text, sql.Literal(list(TRUE_WORDS)))
    return sql.SQL("({})::{}").format(text, column.sql_type)


def misfit(column: Column, nulls: Sequence[str]) -> sql.Composable | None:
    """Return the condition under which raw text does not have the declared type's form."""
    text = cell(column, nulls)
    if column.data_type == DataType.TEXT:
        return None
    if column.data_type == DataType.BOOLEAN:
        words = sql.Literal([*TRUE_WORDS, *FALSE_WORDS])
        return sql.SQL("lower({}) <> ALL({})").format(text, words)
    return sql.SQL("({text} !~ {form} OR NOT pg_input_is_valid({text}, {kind}))").format(
        text=text,
        form=sql.Literal(FORMS[column.data_type]),
        kind=sql.Literal(column.sql_type.as_string()),
    )


def first_misfit(columns: Sequence[Column], nulls: Sequence[str]) -> sql.Composable:
    """Return `rule:field` of a raw row's first cell that does not fit, or NULL."""
    found: list[Condition] = []
    for column in columns:
        condition = misfit(column, nulls)
        if condition is not None:
            found.append((f"type:{column.name}", condition))
    return _first(found)


def first_violation(rules: Sequence[Rule]) -> sql.Composable:
    """Return `rule:field` of a typed row's first broken rule, or NULL."""
    return _first(
        [
            (f"{name}:{rule.column.name}", condition)
            for rule in rules
            for name, condition in _violations(rule)
        ]
    )


def _first(found: Sequence[Condition]) -> sql.Composable:
    if not found:
        return sql.SQL("NULL::text")
    branches = [
        sql.SQL("WHEN {} THEN {}").format(condition, sql.Literal(label))
        for label, condition in found
    ]
    return sql.SQL("CASE {} END").format(sql.SQL(" ").join(branches))


def _violations(rule: Rule) -> Iterator[Condition]:
    """Yield each condition under which a value breaks the rule, the cheap ones first."""
    value = sql.SQL("s.{}").format(rule.column.ident)
    if rule.required:
        yield "required", sql.SQL("{} IS NULL").format(value)
    yield from _misshapen(rule, value)
    yield from _outside(rule, value)
    if rule.check:
        yield rule.check, CHECKS[rule.check](value)


def _misshapen(rule: Rule, value: sql.Composable) -> Iterator[Condition]:
    """Yield what a value of the column's type may not be: infinite, too long, too fine."""
    kind = rule.column.data_type
    if kind in (DataType.DECIMAL, DataType.DOUBLE):
        odd = sql.SQL("{0} = 'NaN' OR {0} = 'Infinity' OR {0} = '-Infinity'")
        yield "type", odd.format(value)
    if kind in (DataType.DATE, DataType.DATETIME):
        yield "type", sql.SQL("NOT isfinite({})").format(value)
    if rule.length is not None and kind == DataType.TEXT:
        yield "length", sql.SQL("char_length({}) > {}").format(value, sql.Literal(rule.length))
    if rule.scale is not None and kind == DataType.DECIMAL:
        scale = sql.SQL("scale(trim_scale({})) > {}")
        yield "scale", scale.format(value, sql.Literal(rule.scale))


def _outside(rule: Rule, value: sql.Composable) -> Iterator[Condition]:
    """Yield where a value leaves the declared range, list or pattern."""
    if rule.minimum is not None:
        least = sql.SQL("{} < {}::numeric")
        yield "minimum", least.format(value, sql.Literal(rule.minimum))
    if rule.maximum is not None:
        most = sql.SQL("{} > {}::numeric")
        yield "maximum", most.format(value, sql.Literal(rule.maximum))
    if rule.code_list is not None:
        codes = sql.SQL("{} NOT IN (SELECT code FROM catalog_code WHERE list_id = {})")
        yield "code", codes.format(value, sql.Literal(rule.code_list))
    if rule.pattern:
        yield "pattern", sql.SQL("{} !~ {}").format(value, sql.Literal(f"^(?:{rule.pattern})$"))


def not_resident_id(value: sql.Composable) -> sql.Composable:
    """Return the condition that a text is no resident ID (18 characters, ISO 7064 MOD 11-2).

    The text is converted once and its bytes are summed: 2.5 times as quick as `substr`.
    """
    terms = [
        sql.SQL("(get_byte(b, {}) - 48) * {}").format(sql.Literal(place), sql.Literal(weight))
        for place, weight in enumerate(RESIDENT_ID_WEIGHTS)
    ]
    return sql.SQL(
        "CASE WHEN {value} IS NULL THEN false"
        " WHEN {value} !~ '^[1-9][0-9]{{5}}(18|19|20|21)[0-9]{{9}}[0-9Xx]$' THEN true"
        " WHEN NOT pg_input_is_valid(substr({value}, 7, 8), 'date') THEN true"
        " ELSE (SELECT ({total} + CASE WHEN get_byte(b, 17) IN (88, 120) THEN 10"
        " ELSE get_byte(b, 17) - 48 END) % 11 <> 1"
        " FROM (SELECT convert_to({value}, 'UTF8') AS b) AS bytes) END"
    ).format(value=value, total=sql.SQL(" + ").join(terms))


def not_uscc(value: sql.Composable) -> sql.Composable:
    """Return the condition that a text is no unified social credit code (MOD 31-3)."""
    terms = [
        sql.SQL("(strpos({}, substr({}, {}, 1)) - 1) * {}").format(
            sql.Literal(USCC_ALPHABET), value, sql.Literal(place + 1), sql.Literal(weight)
        )
        for place, weight in enumerate(USCC_WEIGHTS)
    ]
    last = sql.SQL("(strpos({}, substr({}, 18, 1)) - 1)").format(sql.Literal(USCC_ALPHABET), value)
    return sql.SQL(
        "CASE WHEN {value} IS NULL THEN false"
        " WHEN {value} !~ '^[0-9A-HJ-NPQRTUWXY]{{2}}[0-9]{{6}}[0-9A-HJ-NPQRTUWXY]{{10}}$'"
        " THEN true"
        " ELSE ({total} + {last}) % 31 <> 0 END"
    ).format(value=value, total=sql.SQL(" + ").join(terms), last=last)


def not_mobile(value: sql.Composable) -> sql.Composable:
    """Return the condition that a text is no mainland mobile number."""
    return sql.SQL("{} !~ '^1[3-9][0-9]{{9}}$'").format(value)


CHECKS = {
    "resident_id": not_resident_id,
    "uscc": not_uscc,
    "mobile": not_mobile,
}
