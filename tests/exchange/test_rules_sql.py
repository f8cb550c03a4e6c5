"""The checks that PostgreSQL runs on a million rows are those of the written rules."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from stdnum.iso7064 import mod_11_2

from exchange.records.columns import Column
from exchange.sync import rules
from policy.identifiers import USCC_ALPHABET, is_resident_id, is_uscc
from policy.terms import DataType
from tests import services

DAYS = st.integers(-40_000, 80_000).map(lambda days: date(1950, 1, 1) + timedelta(days=days))
VALID_IDS = st.builds(
    lambda region, day, order: _checked(f"{region}{day:%Y%m%d}{order:03d}"),
    st.integers(100_000, 999_999),
    DAYS,
    st.integers(0, 999),
)
ODD_DAYS = st.sampled_from(
    [
        "00000101",
        "00010101",
        "17991231",
        "22000101",
        "99991231",
        "20260230",
        "19000229",
        "2026 101",
    ]
)
ODD_IDS = st.builds(
    lambda region, day, order: _checked(f"{region}{day}{order:03d}"),
    st.integers(100_000, 999_999),
    ODD_DAYS,
    st.integers(0, 999),
)
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def _checked(head: str) -> str:
    return head + (mod_11_2.calc_check_digit(head) if head.isdigit() else "0")


def _uscc(head: str) -> str:
    total = sum(USCC_ALPHABET.index(one) * pow(3, n, 31) for n, one in enumerate(head))
    return head + USCC_ALPHABET[(31 - total % 31) % 31]


def code(digits: str, size: int):
    return st.text(digits, min_size=size, max_size=size)


VALID_CODES = st.builds(
    lambda kind, region, rest: _uscc(kind + region + rest),
    code(USCC_ALPHABET, 2),
    code("0123456789", 6),
    code(USCC_ALPHABET, 9),
)


@st.composite
def spoiled(draw, valid: st.SearchStrategy[str]) -> str:
    """A valid one with one place changed, doubled, dropped or put among other text."""
    text = draw(valid)
    place = draw(st.integers(0, len(text) - 1))
    other = draw(st.sampled_from("0129XxZOI aＡ１\n١"))
    return draw(
        st.sampled_from(
            [
                text,
                text.lower(),
                text[:place] + other + text[place + 1 :],
                text[:place] + other + text[place:],
                text[:place] + text[place + 1 :],
                text + "\n",
                " " + text,
            ]
        )
    )


@pytest.fixture(scope="module")
def database(django_db_setup) -> Iterator[psycopg.Connection]:
    url = services.found().database_url(name=services.database())
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def breaks(database, rule, text: str | None) -> bool:
    """Whether PostgreSQL holds that the text breaks the rule; NULL counts as no, as in a run."""
    statement = sql.SQL("SELECT {} FROM (SELECT {}::text AS v) AS one").format(
        rule(sql.Identifier("v")), sql.Literal(text)
    )
    return bool(database.execute(statement).fetchone()[0])


@given(text=st.one_of(VALID_IDS, ODD_IDS, spoiled(VALID_IDS), ANY))
def test_a_resident_id_is_the_same_to_database_and_policy(database, text):
    assert breaks(database, rules.not_resident_id, text) == (not is_resident_id(text))


@given(text=st.one_of(VALID_CODES, spoiled(VALID_CODES), ANY))
def test_a_credit_code_is_the_same_to_database_and_policy(database, text):
    assert breaks(database, rules.not_uscc, text) == (not is_uscc(text))


@given(text=st.one_of(spoiled(st.from_regex(r"1[2-9][0-9]{9}", fullmatch=True)), ANY))
def test_a_mobile_number_is_eleven_ascii_digits_from_13(database, text):
    valid = re.fullmatch(r"1[3-9][0-9]{9}", text, re.ASCII) is not None

    assert breaks(database, rules.not_mobile, text) == (not valid)


@pytest.mark.parametrize("rule", [rules.not_resident_id, rules.not_uscc, rules.not_mobile])
def test_nothing_breaks_no_check(database, rule):
    assert not breaks(database, rule, None)


def read(database, data_type: str, text: str) -> object:
    """Return a raw cell as a run would cast it, or "misfit"."""
    column = Column(1, "cell", data_type)
    condition = rules.misfit(column, ())
    source = sql.SQL("(SELECT {}::text AS f1) AS r").format(sql.Literal(text))
    if condition is not None:
        found = database.execute(sql.SQL("SELECT {} FROM {}").format(condition, source))
        if found.fetchone()[0]:
            return "misfit"
    value = rules.cast(column, ())
    return database.execute(sql.SQL("SELECT {} FROM {}").format(value, source)).fetchone()[0]


ODD = {
    DataType.INTEGER: [
        "0x1F",
        "0b1",
        "1_000",
        "1,000",
        "1.0",
        "1e3",
        " 1",
        "1 ",
        "",
        "NaN",
        "１２",
        "١٢",
        "9223372036854775808",
        "--1",
        "1\n",
    ],
    DataType.DECIMAL: [
        "NaN",
        "Infinity",
        "-inf",
        "1_000",
        "1e400",
        "1.",
        ".5",
        "0x1F",
        "１２",
        "١٢",
        "1,5",
        "",
        " 1",
    ],
    DataType.DOUBLE: [
        "NaN",
        "inf",
        "1e400",
        "-1e400",
        "1e-400",
        "0x1F",
        "1_0",
        "１２",
        "١٢",
        "1.e3",
    ],
    DataType.DATE: [
        "now",
        "today",
        "epoch",
        "infinity",
        "2026-02-30",
        "2026-2-29",
        "30 Feb 2026",
        "0000-01-01",
        "2026-13-01",
        "1/2/2026",
        "2026-01-01 BC",
        "２０２６-01-01",
        "2026-01/02",
        "J1",
    ],
    DataType.DATETIME: [
        "now",
        "yesterday",
        "allballs",
        "2026-02-30 10:00",
        "2026-01-01",
        "2026-01-01 25:00",
        "2026-01-01 10:61",
        "2026-01-01 10:00 PST",
        "infinity",
        "2026-01-01T10",
    ],
    DataType.BOOLEAN: ["maybe", "", "2", "on ", "真", "tr"],
}


@pytest.mark.parametrize(
    ("data_type", "text"), [(kind, text) for kind, texts in ODD.items() for text in texts]
)
def test_a_form_that_postgresql_would_guess_at_does_not_pass(database, data_type, text):
    assert read(database, data_type, text) == "misfit"


@pytest.mark.parametrize(
    ("data_type", "text", "value"),
    [
        (DataType.TEXT, "00123", "00123"),
        (DataType.TEXT, "１２", "１２"),
        (DataType.INTEGER, "0012", 12),
        (DataType.INTEGER, "-9223372036854775808", -(1 << 63)),
        (DataType.DECIMAL, "0012.50", Decimal("12.50")),
        (DataType.DOUBLE, "1e3", 1000.0),
        (DataType.DATE, "2026-3-1", date(2026, 3, 1)),
        (DataType.DATE, "2026/03/01", date(2026, 3, 1)),
        (DataType.DATE, "20260301", date(2026, 3, 1)),
        (DataType.BOOLEAN, "是", True),
        (DataType.BOOLEAN, "N", False),
    ],
)
def test_a_written_form_is_read_as_written(database, data_type, text, value):
    found = read(database, data_type, text)

    assert found == value
    assert type(found) is type(value)


@given(data_type=st.sampled_from(list(ODD)), text=ANY)
def test_what_passes_the_form_never_stops_the_cast(database, data_type, text):
    read(database, data_type, text)  # an error of the cast would stop a run of a million rows


@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_decimals_come_through_digit_by_digit(database, value):
    assert read(database, DataType.DECIMAL, format(value, "f")) == value
