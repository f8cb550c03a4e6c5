"""The chart builder: a table of figures that says all, drawn where charts were fetched."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit import deliveries
from exchange import counted
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType
from portal import assets, chart_words
from portal.dataset.noted import READ_AS
from tests.databases import as_open_door
from tests.factories import exchange
from tests.factories.exchange import NOW, column

COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("district"),
    column("price", DataType.DECIMAL),
    column("seen_on", DataType.DATE),
    column("phone", grade=Grade.L3, mask=Mask(MaskKind.KEEP_EDGES, keep_left=3)),
    column("secret", grade=Grade.L4, open_type=OpenType.NOT_OPEN),
)
HOSTILE = "<script>alert(1)</script>"
ROWS = [
    f"{n},{HOSTILE if n % 3 == 0 else f'd{n % 3}'},{n}.5,2026-0{n % 2 + 1}-05,138{n:08d},s\n"
    for n in range(30)
]
DATA = "id,district,price,seen_on,phone,secret\n" + "".join(ROWS)


@pytest.fixture
def served(db):
    """Return a published dataset with thirty rows in three districts and two months."""
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, COLUMNS)
    engine.sync(binding.pk)
    return exchange.publish(where, binding.resource)


def page(dataset, language="en", **params):
    client = Client(headers={"Accept-Language": language})
    return client.get(f"/datasets/{dataset.slug}/chart", params)


def table(answer):
    """Return the rows of the table as text, its head first."""
    found = re.search(r"<table.*?</table>", answer.content.decode(), re.DOTALL)
    rows = re.findall(r"<tr.*?</tr>", found[0], re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[cell for cell in row if "<meter" not in cell and cell] for row in cells]


def test_a_first_look_goes_by_time(served):
    answer = page(served)

    assert answer.status_code == 200
    assert table(answer) == [
        ["seen_on (months)", "number of rows"],
        ["2026-01", "15"],
        ["2026-02", "15"],
        ["All rows counted", "30"],
    ]
    assert 'data-kind="line"' in answer.content.decode() or not assets.present(assets.CHARTS)


def test_the_address_has_the_parameters_of_the_api(served):
    params = {"group": "district", "measure": "sum:price", "seen_on.lt": "2026-02-01"}

    answer = page(served, **params)
    told = Client().get(f"/api/v1/datasets/{served.slug}/aggregate", params).json()

    figures = [f"{one['values']['sum:price']:,}" for one in told["groups"]]
    assert [row[-1] for row in table(answer)[1:-1]] == figures
    assert "seen_on.lt = 2026-02-01" in answer.content.decode()
    assert f"/api/v1/datasets/{served.slug}/aggregate?group=district" in answer.content.decode()


def test_a_chart_is_noted_as_a_read_of_the_portal_and_is_no_call(served):
    page(served)

    [note] = [one.told for one in deliveries.waiting()]
    assert (note["app"], note["key_id"], note["rows"]) == (READ_AS, None, 2)


def test_values_of_rows_are_text_and_nothing_else(served):
    text = page(served, group="district", **{"district.ne": HOSTILE + "x"}).content.decode()

    assert HOSTILE not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_as_many_times_as_the_builder_offers_are_drawn_at_first(served):
    by_time, by_words = (
        page(served).content.decode(),
        page(served, group="district").content.decode(),
    )

    assert '<option value="100" selected>' in by_time
    assert '<option value="20" selected>' in by_words


def test_groups_beyond_the_limit_stand_in_one_row(served):
    rows = table(page(served, group="district", limit="1", sort="district"))

    assert rows[2] == ["2 other groups", "20"]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"group": "phone"}, 403),
        ({"group": "secret"}, 403),
        ({"group": "nothing"}, 400),
        ({"measure": "sum:district"}, 400),
        ({"price.gt": "dear"}, 400),
        ({"limit": "99999"}, 400),
        ({"group": "a" * 5000}, 400),
    ],
)
def test_what_cannot_be_counted_is_said_beside_the_choices(served, params, status):
    answer = page(served, **params)

    assert answer.status_code == status
    assert 'class="note warm"' in answer.content.decode()
    assert "<table" not in answer.content.decode()
    assert 'name="group"' in answer.content.decode()


def test_nothing_that_is_not_seen_in_clear_can_be_chosen(served):
    text = page(served).content.decode()

    options = set(re.findall(r'<option value="([^"]*)"', text))
    assert {"district", "price", "sum:price", "p50:price"} <= options
    assert not [one for one in options if "phone" in one or "secret" in one]


def test_without_the_assets_there_is_the_table_and_no_script(served, monkeypatch):
    monkeypatch.setattr(assets, "present", lambda _name: False)

    text = page(served).content.decode()

    assert text.count("<script") == text.count("portal/menu.js") == 1
    assert "<meter" in text


def test_with_the_assets_the_script_draws_the_table(served, monkeypatch):
    monkeypatch.setattr(assets, "present", lambda _name: True)

    text = page(served, group="district", kind="pie").content.decode()

    assert "vendor/echarts.js" in text
    assert 'data-kind="pie"' in text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", text)


def test_a_pie_of_many_parts_is_drawn_as_bars(served, monkeypatch):
    monkeypatch.setattr(assets, "present", lambda _name: True)

    assert 'data-kind="bar"' in page(served, group="price", kind="pie").content.decode()


def test_the_table_can_be_taken_away(served):
    answer = Client().get(
        f"/datasets/{served.slug}/chart.csv", {"group": "district", "measure": "count,max:price"}
    )

    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert {line.split(",")[1] for line in lines[1:]} == {"10"}


@pytest.mark.parametrize("path", ["chart.csv", "chart.exe"])
def test_a_file_of_what_is_not_there_is_not_found(served, path):
    params = {"group": "secret"} if path.endswith("csv") else {}

    assert Client().get(f"/datasets/{served.slug}/{path}", params).status_code == 404


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_an_average_is_rounded_on_the_page_and_exact_in_the_file_and_by_the_api(served, language):
    params = {"group": "seen_on", "bucket": "year", "measure": "avg:price,p90:price,sum:price"}
    params |= {"price.lt": "4", "price.ne": "2.5"}  # 0.5, 1.5 and 3.5

    shown = page(served, language, **params)
    file = Client().get(f"/datasets/{served.slug}/chart.csv", params).content.decode("utf-8-sig")
    told = Client().get(f"/api/v1/datasets/{served.slug}/aggregate", params).json()

    assert table(shown)[1] == ["2026", "1.833", "3.1", "5.5"]
    assert table(shown)[-1][1:] == ["1.833", "3.1", "5.5"]
    assert 'data-value="1.833"' in shown.content.decode()
    assert file.splitlines()[1] == "2026,1.833333,3.1,5.5"
    assert told["groups"][0]["values"]["avg:price"] == 1.833333


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        (12.333333, 12.33),
        (0.012346, 0.01235),
        (1234567.891234, 1234568),
        (-2.666667, -2.667),
        (99.999999, 100),
        (13.0, 13),
        (0, 0),
        (None, None),
    ],
)
def test_an_average_has_four_digits_and_never_less_than_its_whole(exact, shown):
    rounded = chart_words.rounded(exact)

    assert str(rounded) == str(shown)


def test_a_dataset_open_by_counts_alone_says_what_is_left_out(served):
    district = served.resources.get().fields.get(name="district")
    head = served.owner.memberships.get(role="head").user
    counted.count_only(served.pk, [(district.pk, "")], smallest=11, reason="x", by=head, at=NOW)

    text = page(served).content.decode()

    assert "groups of fewer than 11 rows are not told, and with them 30 rows" in text


@pytest.mark.parametrize("path", ["", "/why", "/history", "/chart", "/talk"])
def test_every_page_of_a_dataset_open_by_counts_alone_opens(served, path):
    district = served.resources.get().fields.get(name="district")
    head = served.owner.memberships.get(role="head").user
    counted.count_only(served.pk, [(district.pk, "")], smallest=5, reason="x", by=head, at=NOW)

    assert Client().get(f"/datasets/{served.slug}{path}").status_code == 200


def test_the_page_is_in_chinese_too_and_asks_a_bounded_number_of_queries(served):
    page(served)
    with CaptureQueriesContext(connection) as asked:
        answer = page(served, "zh-CN", group="district")

    assert "记录数" in answer.content.decode()
    assert len(asked) <= 14, [one["sql"][:90] for one in asked]


def test_the_page_works_as_the_open_doors_role(served):
    with as_open_door():
        answer = page(served)

    assert answer.status_code == 200
    assert len(table(answer)) == 4


def test_no_such_dataset(db):
    assert Client().get("/datasets/nothing/chart").status_code == 404
