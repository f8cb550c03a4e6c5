"""The masks that PostgreSQL computes are those that `policy.masking` defines."""

from collections.abc import Iterator
from datetime import UTC, date
from decimal import Decimal

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from exchange.records import masks
from exchange.records.columns import SQL_TYPES
from policy.facts import Mask
from policy.masking import mask_value
from policy.terms import DataType, MaskKind
from tests import services

EDGES = st.integers(0, 6)
MASKS = st.one_of(
    st.builds(Mask, st.just(MaskKind.KEEP_EDGES), keep_left=EDGES, keep_right=EDGES),
    st.builds(Mask, st.just(MaskKind.ROUND_COORDINATE), digits=st.integers(0, 6)),
    st.sampled_from(
        [
            Mask(kind)
            for kind in MaskKind
            if kind not in (MaskKind.KEEP_EDGES, MaskKind.ROUND_COORDINATE)
        ]
    ),
)
STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
PLACES = st.lists(
    st.sampled_from(
        [
            "海湾省",
            "内蒙古自治区",
            "镇江市",
            "滨海",
            "新区",
            "小区",
            "街道",
            "市场路",
            "3号",
            "县",
            "镇",
            "市",
            " ",
            "\n",
            "１２",
            "a",
            "",
        ]
    ),
    max_size=8,
).map("".join)
YEARS = st.from_regex(r"[0-9０-９]{0,9}[-/.年]?[0-9]{0,4}\n?", fullmatch=True)
TEXTS = st.one_of(st.text(STORABLE, max_size=30), PLACES, YEARS)
VALUES = st.one_of(
    st.tuples(st.just(DataType.TEXT), TEXTS),
    st.tuples(st.just(DataType.INTEGER), st.integers(1 - (1 << 63), (1 << 63) - 1)),
    st.tuples(
        st.just(DataType.DECIMAL),
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40),
    ),
    st.tuples(st.just(DataType.DOUBLE), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just(DataType.DATE), st.dates()),
    st.tuples(st.just(DataType.DATETIME), st.datetimes(timezones=st.just(UTC))),
    st.tuples(st.just(DataType.BOOLEAN), st.booleans()),
)
ROUNDED = (DataType.INTEGER, DataType.DECIMAL, DataType.DOUBLE)


@pytest.fixture(scope="module")
def database(django_db_setup) -> Iterator[psycopg.Connection]:
    url = services.found().database_url(name=services.database())
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def shown(database, mask: Mask, data_type: str, value: object) -> tuple[str | None, str | None]:
    """Return the value's text, and what the zone would hold of it, as text."""
    masked = masks.expression(masks.as_json(mask), sql.Identifier("v"), data_type)
    statement = sql.SQL(
        "SELECT v::text, ({masked})::{kind}::text FROM (SELECT {value}::{type} AS v) AS one"
    ).format(
        masked=masked,
        kind=sql.SQL(SQL_TYPES[masks.result_type(mask, data_type)]),
        value=sql.Literal(value),
        type=sql.SQL(SQL_TYPES[data_type]),
    )
    return database.execute(statement).fetchone()


def as_text(masked: str | Decimal | None) -> str | None:
    return format(masked, "f") if isinstance(masked, Decimal) else masked


@given(mask=MASKS, typed=VALUES)
def test_the_database_masks_a_value_as_the_policy_does(database, mask, typed):
    data_type, value = typed
    rounds = mask.kind == MaskKind.ROUND_COORDINATE and data_type in ROUNDED

    text, masked = shown(database, mask, data_type, value)

    assert masked == as_text(mask_value(mask, value if rounds else text))


@pytest.mark.parametrize("kind", list(MaskKind))
@pytest.mark.parametrize("data_type", list(SQL_TYPES))
def test_nothing_stays_nothing(database, kind, data_type):
    assert shown(database, Mask(kind), data_type, None) == (None, None)


@pytest.mark.parametrize(
    ("mask", "data_type", "value", "expected"),
    [
        (Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=2), "text", "13800000001", "138****01"),
        (Mask(MaskKind.KEEP_EDGES, keep_left=1), "text", "王小明", "王****"),
        (Mask(MaskKind.KEEP_EDGES, keep_left=1), "text", "王", "****"),
        (Mask(MaskKind.YEAR_ONLY), "date", date(1990, 5, 1), "1990"),
        (Mask(MaskKind.COARSE_PLACE), "text", "海湾市滨海区一路3号", "海湾市滨海区"),
        (Mask(MaskKind.ROUND_COORDINATE, digits=2), "decimal", Decimal("113.995"), "114.00"),
        (Mask(MaskKind.ROUND_COORDINATE, digits=2), "text", "113.995", "****"),
        (Mask(MaskKind.PSEUDONYM), "text", "13800000001", "****"),
    ],
)
def test_masks_by_example(database, mask, data_type, value, expected):
    assert shown(database, mask, DataType(data_type), value)[1] == expected
