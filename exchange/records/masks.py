"""The policy's masks as SQL, so that a zone is filled without a row passing through Python.

`policy.masking` says what each mask means; a property test holds these expressions to it. A
pseudonym is keyed by consumer and dataset and made on the way out, so no zone can hold one: here
it comes out fully starred.
"""

from collections.abc import Mapping
from typing import Any

from psycopg import sql

from policy import places
from policy.facts import Mask
from policy.masking import PLACE_PATTERN, STARS, YEAR_PATTERN
from policy.terms import DataType, MaskKind

VERSION = 3
"""Which masks these are. Raise it with each change of what a mask leaves, here or in the policy:
what a zone holds by other masks is withheld from then on, until the clock has masked it anew."""

NUMBERS = (DataType.INTEGER, DataType.DECIMAL, DataType.DOUBLE)


def as_json(mask: Mask, coordinate: str = "") -> dict[str, Any]:
    """Return a mask as it stands in RecordTable.columns.

    Its `digits` are decimals of the number. Where the field declares a `coordinate` in metres, or
    none, they are fewer than the decimals of a degree that the law speaks of: `in_metres`, which
    also what is no degree is rounded to.
    """
    return {
        "kind": str(mask.kind),
        "keep_left": mask.keep_left,
        "keep_right": mask.keep_right,
        "digits": places.in_numbers(coordinate, mask.digits),
        "in_metres": places.in_metres(mask.digits),
        "version": VERSION,
    }


def is_of_today(column: Mapping[str, Any]) -> bool:
    """Whether what a zone's column holds is in clear, or masked as this release masks it."""
    mask = column.get("mask")
    return mask is None or mask.get("version") == VERSION


def result_type(mask: Mask, data_type: str) -> str:
    """Return the data type of masked values: text, but for rounded numbers."""
    if mask.kind == MaskKind.ROUND_COORDINATE and data_type in NUMBERS:
        return DataType.DECIMAL
    return DataType.TEXT


def expression(
    mask: Mapping[str, Any] | None, value: sql.Composable, data_type: str
) -> sql.Composable:
    """Return the masked value of a column of `data_type`; without a mask, the value itself."""
    if mask is None:
        return value
    return EXPRESSIONS[MaskKind(mask["kind"])](mask, value, data_type)


def _keep_edges(mask, value, _data_type) -> sql.Composable:
    left, right = sql.Literal(mask["keep_left"]), sql.Literal(mask["keep_right"])
    return sql.SQL(
        "CASE WHEN {value} IS NULL THEN NULL"
        " WHEN char_length({value}::text) <= {left} + {right} THEN {stars}"
        " ELSE left({value}::text, {left}) || {stars} || {tail} END"
    ).format(
        value=value,
        left=left,
        right=right,
        stars=sql.Literal(STARS),
        tail=sql.SQL("right({}::text, {})").format(value, right)
        if mask["keep_right"]
        else sql.SQL("''"),
    )


def _year_only(_mask, value, _data_type) -> sql.Composable:
    return _matched(YEAR_PATTERN, value)


def _coarse_place(_mask, value, _data_type) -> sql.Composable:
    return _matched(PLACE_PATTERN, value)


def _matched(pattern: str, value: sql.Composable) -> sql.Composable:
    return sql.SQL(
        "CASE WHEN {value} IS NULL THEN NULL"
        " ELSE coalesce(substring({value}::text FROM {pattern}), {stars}) END"
    ).format(value=value, pattern=sql.Literal(pattern), stars=sql.Literal(STARS))


def _round_coordinate(mask, value, data_type) -> sql.Composable:
    if data_type not in NUMBERS:
        return _blank(mask, value, data_type)
    number = sql.SQL("{}::numeric").format(value)
    as_metres = sql.SQL("round({}, {})").format(number, sql.Literal(mask["in_metres"]))
    if mask["digits"] == mask["in_metres"]:
        return as_metres
    return sql.SQL("CASE WHEN abs({0}) <= {1} THEN round({0}, {2}) ELSE {3} END").format(
        number, sql.Literal(places.MOST_DEGREES), sql.Literal(mask["digits"]), as_metres
    )


def _blank(_mask, value, _data_type) -> sql.Composable:
    return sql.SQL("CASE WHEN {} IS NULL THEN NULL ELSE {} END").format(value, sql.Literal(STARS))


EXPRESSIONS = {
    MaskKind.KEEP_EDGES: _keep_edges,
    MaskKind.YEAR_ONLY: _year_only,
    MaskKind.COARSE_PLACE: _coarse_place,
    MaskKind.ROUND_COORDINATE: _round_coordinate,
    MaskKind.BLANK: _blank,
    MaskKind.PSEUDONYM: _blank,
}
