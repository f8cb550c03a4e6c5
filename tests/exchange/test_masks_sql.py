"""The masks that PostgreSQL computes are those that `policy.masking` defines."""

from collections.abc import Iterator
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from exchange.records import masks
from exchange.records.columns import SQL_TYPES
from policy.facts import Mask
from policy.masking import PLACE_PATTERN, YEAR_PATTERN, mask_value
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
KEPT = Path(__file__).parent / f"masked_{masks.VERSION}.txt"
BY_EDGES = [
    Mask(MaskKind.KEEP_EDGES, keep_left=left, keep_right=right)
    for left, right in ((3, 4), (1, 0), (0, 4), (0, 0))
]
ROUNDING = [Mask(MaskKind.ROUND_COORDINATE, digits=digits) for digits in (0, 3, 6)]
BY_SHAPE = [Mask(kind) for kind in (MaskKind.YEAR_ONLY, MaskKind.COARSE_PLACE)]
STARRED = [Mask(kind) for kind in (MaskKind.BLANK, MaskKind.PSEUDONYM)]
WORDS = (
    *("13800000001", "王小明", "王", "", "a@b.example"),
    *("1990-05-01", "19900501", "1990年5月", "199005", "90-5-1"),
    *("海湾市滨海区一路3号", "海湾省镇江市滨海区前海街道", "滨海小区3栋", "一路3号"),
)
SPOTS = ("113.9955555", "-22.5", "505903.171", "2493950", "0")
SYSTEMS = ("", "wgs84.x", "gcj02.y", "epsg4547.x", "epsg3857.y")


@pytest.fixture(scope="module")
def database(django_db_setup) -> Iterator[psycopg.Connection]:
    url = services.found().database_url(name=services.database())
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def shown(
    database, mask: Mask, data_type: str, value: object, coordinate: str = "wgs84.x"
) -> tuple[str | None, str | None]:
    """Return the value's text, and what the zone would hold of it, as text."""
    masked = masks.expression(masks.as_json(mask, coordinate), sql.Identifier("v"), data_type)
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


def samples():
    """Yield invented values of all types, with each mask that they can have."""
    for mask in (*BY_EDGES, *BY_SHAPE, *ROUNDING, *STARRED):
        for text in WORDS:
            yield mask, "", DataType.TEXT, text
    for mask in (*BY_EDGES, *BY_SHAPE, *STARRED):
        yield mask, "", DataType.DECIMAL, Decimal("1990.05")
    for mask in ROUNDING:
        for system in SYSTEMS:
            for number in SPOTS:
                yield mask, system, DataType.DECIMAL, Decimal(number)
        yield mask, "epsg4547.x", DataType.DOUBLE, 505903.171
        yield mask, "epsg4547.x", DataType.INTEGER, 505950


def left(database) -> str:
    """Return what masks leave of the samples, a line each, below the patterns that some go by."""
    lines = [f"{YEAR_PATTERN}\n", f"{PLACE_PATTERN.encode('unicode_escape').decode()}\n"]
    for mask, system, kind, value in samples():
        how = f"{mask.kind} {mask.keep_left}+{mask.keep_right} {mask.digits}"
        text, masked = shown(database, mask, kind, value, system)
        lines.append(f"{how} | {kind} {system or '-'} | {text} | {masked}\n")
    return "".join(lines)


def test_masks_leave_what_their_version_says(database):
    assert KEPT.exists(), f"Look at what the masks leave now, and keep it as {KEPT.name}."
    kept = KEPT.read_text(encoding="utf-8").splitlines()
    assert set(left(database).splitlines()) ^ set(kept) == set(), (
        "The masks leave something else than before. Zones keep what the old ones left until they"
        " are masked anew: raise VERSION in exchange/records/masks.py, rename the file of samples"
        " with it, and write the new lines into it."
    )
