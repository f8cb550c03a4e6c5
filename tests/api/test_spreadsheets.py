"""Downloads for spreadsheets: a BOM, no formula; without the parameter the values as they are."""

import csv
import io

import pytest
from django.test import Client

from catalog import exports
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind
from tests.api.conftest import Way
from tests.factories import accounts, exchange
from tests.factories.exchange import column

TEXTS = ["=1+1", " =1+1", "+86", "@x", "-1", "plain", "＝1", "a=b", "'=1", "中文", ""]
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("change", DataType.DECIMAL),
    column("phone", grade=Grade.L3, mask=Mask(MaskKind.KEEP_EDGES, keep_left=2)),
)


@pytest.fixture
def risky(live_database):
    out = io.StringIO()
    csv.writer(out).writerows(
        [
            ["id", "name", "change", "phone"],
            *([n, one, "-2.5", "=1234567"] for n, one in enumerate(TEXTS)),
        ]
    )
    where = exchange.house()
    binding = exchange.csv_binding(where, out.getvalue(), COLUMNS)
    dataset = exchange.publish(where, binding.resource)
    engine.sync(binding.pk)
    return Way(where, binding, dataset, accounts.api_key(at=exchange.now()), Client())


def read(answer):
    """Return the lines of a download, and whether a BOM stands before them."""
    body = b"".join(answer.streaming_content)
    bare = body.removeprefix(exports.BOM.encode())
    return [*csv.reader(io.StringIO(bare.decode()))][1:], bare != body


def test_a_download_is_as_it_was_unless_a_spreadsheet_is_to_open_it(risky):
    plain, begun = read(risky.get("records.csv"))
    said, begun_too = read(risky.get("records.csv", spreadsheet="false"))

    assert [row[1] for row in plain] == TEXTS
    assert plain == said
    assert not begun and not begun_too


def test_a_spreadsheet_gets_a_bom_and_no_formula_masked_values_too(risky):
    rows, begun = read(risky.get("records.csv", spreadsheet="true"))

    assert begun
    assert [row[1] for row in rows] == [exports.harmless(one) for one in TEXTS]
    assert {row[2] for row in rows} == {"-2.5"}
    assert {row[3] for row in rows} == {"'=1****"}


def test_filters_and_fields_hold_for_a_spreadsheet_too(risky):
    rows, _begun = read(
        risky.get("records.csv", spreadsheet="true", fields="name", **{"name.prefix": "="})
    )

    assert rows == [["'=1+1"]]


def test_anything_else_is_refused_with_what_can_be_said(risky):
    answer = risky.get("records.csv", spreadsheet="yes")

    assert (answer.status_code, answer.json()["code"]) == (400, "query-refused")
    assert "true, false" in answer.json()["detail"]
