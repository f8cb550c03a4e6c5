"""A sample is held to the same rules as a run holds the whole source to."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.terms import Check
from exchange import profiling
from exchange.connectors.files import unsound
from exchange.models import Binding, RejectedRow
from exchange.sync import engine, plan, sampled
from policy.terms import DataType
from tests.factories import exchange, sheets

pytestmark = pytest.mark.django_db
COLUMNS = (
    exchange.column("id", DataType.INTEGER, is_key=True),
    exchange.column("name", DataType.TEXT, required=True, length=3),
    exchange.column("price", DataType.DECIMAL, scale=2),
    exchange.column("phone", DataType.TEXT, value_check=Check.MOBILE),
    exchange.column("day", DataType.DATE),
)
ROWS = (
    "1,a,2.50,13800000001,2026-01-31",
    "x,a,2,,2026-01-31",
    "3,,2,,",
    "4,long name,2,,",
    "5,a,2.555,,",
    "6,a,N/A,,",
    "7,a,2,999,",
    "8,a,2,,2026-02-30",
    "9,a,2,,31.01.2026",
    "10,a,,,",
)


def looked_at(binding: Binding) -> sampled.Broken:
    settled = plan.of(binding, now=exchange.NOW)
    found = profiling.peek(binding, rows=20)
    return sampled.broken(settled, found.rows)


def test_a_sample_finds_what_a_trial_turns_away_with_the_same_rule_and_field():
    where = exchange.house()
    data = "\n".join(["id,name,price,phone,day", *ROWS]) + "\n"
    binding = exchange.csv_binding(where, data, COLUMNS)

    found = looked_at(binding)
    engine.trial(binding.pk, by=where.publisher)

    turned = RejectedRow.objects.values_list("line", "rule", "field")
    assert {(place + 2, *told) for place, told in found.items()} == set(turned)
    assert len(found) == 8


@pytest.fixture
def settled():
    binding = exchange.csv_binding(exchange.house(), "id,name,price\n1,a,1\n")
    return plan.of(binding, now=exchange.NOW)


@pytest.mark.parametrize("cell", ["a\0b", "a\udc80b"])
def test_a_cell_that_postgresql_cannot_hold_is_found_before_it_is_asked(settled, cell):
    found = sampled.broken(settled, [("1", cell, "1"), ("2", "b", "2")])

    assert found == {0: (unsound([cell]), "")}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(st.text(max_size=12), max_size=4))
def test_whatever_a_cell_says_it_stays_a_value(settled, found):
    rows = [(str(place), text, "1") for place, text in enumerate(found)]

    told = sampled.broken(settled, rows)

    assert set(told) == {place for place, text in enumerate(found) if unsound([text])}


def test_a_day_kept_as_a_number_is_looked_at_as_a_run_writes_it():
    columns = (exchange.column("id", is_key=True), exchange.column("day", DataType.DATE))
    data = sheets.workbook((("id", "day"), ("a", 46023), ("b", "soon")))
    binding = exchange.csv_binding(exchange.house(), data, columns, suffix=".xlsx")

    found = profiling.peek(binding, rows=20, types={"day": DataType.DATE})

    assert [row[1] for row in found.rows] == ["2026-01-01", "soon"]
    told = sampled.broken(plan.of(binding, now=exchange.NOW), found.rows)
    assert told == {1: ("type", "day")}
