"""The policy's masks as SQL, so that a zone is filled without a row passing through Python.

`policy.masking` says what each mask means; a property test holds these expressions to it. A
pseudonym is keyed by consumer and dataset, so no zone can hold one: policy withholds such fields
from zones, and asking for one here is a fault.
"""

from collections.abc import Mapping
from typing import Any

from psycopg import sql

from policy.facts import Mask
from policy.masking import PLACE_PATTERN, STARS
from policy.terms import DataType, MaskKind


def as_json(mask: Mask) -> dict[str, Any]:
    """Return a mask as it stands in RecordTable.columns."""
    return {
        "kind": str(mask.kind),
        "keep_left": mask.keep_left,
        "keep_right": mask.keep_right,
        "digits": mask.digits,
    }


def result_type(mask: Mask, data_type: str) -> str:
    """Return the data type of masked values: text, but for rounded numbers."""
    if mask.kind == MaskKind.ROUND_COORDINATE and data_type in (
        DataType.DECIMAL,
        DataType.DOUBLE,
    ):
        return DataType.DECIMAL
    return DataType.TEXT


def expression(
    mask: Mapping[str, Any] | None, value: sql.Composable, *, numeric: bool = True
) -> sql.Composable:
    """Return the masked value; without a mask, the value itself.

    `numeric` says whether a value to be rounded is a number (else it is returned fully starred).
    """
    if mask is None:
        return value
    return EXPRESSIONS[MaskKind(mask["kind"])](mask, value, numeric)


def _keep_edges(mask, value, _numeric) -> sql.Composable:
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


def _year_only(_mask, value, _numeric) -> sql.Composable:
    return sql.SQL("left({}::text, 4)").format(value)


def _coarse_place(_mask, value, _numeric) -> sql.Composable:
    return sql.SQL(
        "CASE WHEN {value} IS NULL THEN NULL"
        " ELSE coalesce(substring({value}::text FROM {pattern}), {stars}) END"
    ).format(value=value, pattern=sql.Literal(PLACE_PATTERN), stars=sql.Literal(STARS))


def _round_coordinate(mask, value, numeric) -> sql.Composable:
    if not numeric:
        return _blank(mask, value, numeric)
    return sql.SQL("round({}::numeric, {})").format(value, sql.Literal(mask["digits"]))


def _blank(_mask, value, _numeric) -> sql.Composable:
    return sql.SQL("CASE WHEN {} IS NULL THEN NULL ELSE {} END").format(value, sql.Literal(STARS))


def _pseudonym(_mask, _value, _numeric) -> sql.Composable:
    raise AssertionError("A pseudonym is made for one consumer; no zone can hold it.")


EXPRESSIONS = {
    MaskKind.KEEP_EDGES: _keep_edges,
    MaskKind.YEAR_ONLY: _year_only,
    MaskKind.COARSE_PLACE: _coarse_place,
    MaskKind.ROUND_COORDINATE: _round_coordinate,
    MaskKind.BLANK: _blank,
    MaskKind.PSEUDONYM: _pseudonym,
}
