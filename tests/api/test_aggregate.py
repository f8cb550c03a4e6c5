"""Figures of groups through the open API: what is counted, what is refused, and by which words."""

import csv
import io
from collections import Counter, defaultdict
from decimal import Decimal
from statistics import fmean, quantiles

import pytest
from django.test import Client

from exchange.sync import engine
from policy.terms import DataType
from tests.api.conftest import ROWS, Way
from tests.factories import accounts, exchange
from tests.factories.exchange import column

PRICES = [Decimal(row[2]) for row in ROWS]


def groups(answer):
    assert answer.status_code == 200, answer.content.decode()
    return [(tuple(one["by"].values()), one["values"]) for one in answer.json()["groups"]]


def test_rows_are_counted_by_a_field_the_largest_group_first(way):
    found = groups(way.get("aggregate", group="price"))

    wanted = Counter(float(price) for price in PRICES)
    assert {key: values["count"] for (key,), values in found} == wanted
    counts = [values["count"] for _key, values in found]
    assert counts == sorted(counts, reverse=True)


def test_without_a_group_there_is_one_total(way):
    body = way.get("aggregate", measure="count,sum:price,avg:price,min:price,max:price").json()

    assert body["groups"] == []
    assert body["total"] == {
        "count": 250,
        "sum:price": float(sum(PRICES)),
        "avg:price": round(float(sum(PRICES) / 250), 6),
        "min:price": 0.5,
        "max:price": 6.5,
    }


@pytest.mark.parametrize("more", ["", ",p50:id"], ids=["sums", "percentiles too"])
@pytest.mark.parametrize("least", ["0", "240", "1000"], ids=["all rows", "some", "none"])
def test_the_total_of_groups_is_the_total_of_all_rows(way, least, more):
    measures = {
        "measure": f"count,sum:price,avg:price,min:price,max:id,avg:id{more}",
        "id.gt": least,
    }

    grouped = way.get("aggregate", group="price,seen_on", bucket="week", **measures)
    whole = way.get("aggregate", **measures)

    assert grouped.json()["total"] == whole.json()["total"]
    assert list(grouped.json()["total"]) == measures["measure"].split(",")


def test_percentiles_lie_between_values_as_everywhere(way):
    total = way.get("aggregate", measure="p50:id,p90:id").json()["total"]

    cuts = quantiles(range(1, 251), n=100, method="inclusive")
    assert total == {"p50:id": cuts[49], "p90:id": pytest.approx(cuts[89])}


def test_days_are_grouped_in_units_of_time_and_go_on(way):
    by_week = groups(way.get("aggregate", group="seen_on", bucket="week"))
    by_year = groups(way.get("aggregate", group="seen_on", bucket="year"))

    assert [key for key, _values in by_week] == [
        ("2025-12-29",),
        ("2026-01-05",),
        ("2026-01-12",),
        ("2026-01-19",),
        ("2026-01-26",),
    ]
    assert sum(values["count"] for _key, values in by_week) == 250
    assert by_year == [(("2026-01-01",), {"count": 250})]


def test_two_fields_make_groups_of_each_pair(way):
    found = groups(way.get("aggregate", group="price,seen_on", bucket="month", measure="avg:id"))

    wanted = defaultdict(list)
    for row in ROWS:
        wanted[float(row[2])].append(row[0])
    assert {key[0]: values["avg:id"] for key, values in found} == {
        price: pytest.approx(fmean(ids), abs=1e-6) for price, ids in wanted.items()
    }


def test_filters_are_those_of_rows(way):
    params = {"id.lte": "20", "price.gt": "1.5"}

    counted = way.get("aggregate", **params).json()["total"]["count"]

    assert counted == way.get(limit=1000, **params).json()["count"]


def test_what_is_beyond_the_limit_is_put_together_in_others(way):
    measures = "count,sum:id,avg:id,min:id,max:id,p50:id"
    body = way.get("aggregate", group="price", measure=measures, limit=2, sort="price").json()

    rest = [row[0] for row in ROWS if Decimal(row[2]) > Decimal("1.5")]
    assert (body["count"], body["found"], len(body["groups"])) == (2, 7, 2)
    assert body["others"] == {
        "groups": 5,
        "values": {
            "count": len(rest),
            "sum:id": sum(rest),
            "avg:id": pytest.approx(fmean(rest), abs=1e-6),
            "min:id": min(rest),
            "max:id": max(rest),
            "p50:id": None,
        },
    }


@pytest.mark.parametrize("sort", ["-count", "price", "-price", "max:id,price"])
def test_groups_come_in_the_order_asked_for(way, sort):
    found = groups(way.get("aggregate", group="price", measure="count,max:id", sort=sort))

    def place(one):
        (price,), values = one
        return [
            (-1 if part.startswith("-") else 1)
            * {"price": price, **values}[part.removeprefix("-")]
            for part in sort.split(",")
        ] + [price]

    assert found == sorted(found, key=place)


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"group": "phone"}, 403, "field-masked"),
        ({"group": "secret"}, 403, "field-withheld"),
        ({"group": "extra"}, 403, "field-withheld"),
        ({"group": "ghost"}, 400, "field-unknown"),
        ({"group": "nothing"}, 400, "field-unknown"),
        ({"group": "_id"}, 400, "field-unknown"),
        ({"measure": "sum:secret"}, 403, "field-withheld"),
        ({"measure": "max:phone"}, 403, "field-masked"),
        ({"phone.prefix": "138"}, 403, "field-masked"),
        ({"measure": "sum"}, 400, "query-refused"),
        ({"measure": "count:id"}, 400, "query-refused"),
        ({"measure": "p100:id"}, 400, "query-refused"),
        ({"measure": "median:id"}, 400, "query-refused"),
        ({"measure": ",".join(f"p{n}:id" for n in range(1, 13))}, 400, "query-refused"),
        ({"measure": "sum:name"}, 400, "measure-refused"),
        ({"measure": "avg:seen_on"}, 400, "measure-refused"),
        ({"group": "name", "bucket": "month"}, 400, "measure-refused"),
        ({"group": "seen_on", "bucket": "hour"}, 400, "measure-refused"),
        ({"group": "seen_on", "bucket": "decade"}, 400, "query-refused"),
        ({"group": "seen_on", "bucket": "name:month"}, 400, "query-refused"),
        ({"group": "id,name,price,seen_on"}, 400, "query-refused"),
        ({"group": "name", "sort": "price"}, 400, "query-refused"),
        ({"group": "name", "limit": "0"}, 400, "query-refused"),
        ({"group": "name", "limit": "1001"}, 400, "query-refused"),
        ({"id": "x"}, 400, "query-refused"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_its_reason(way, params, status, code):
    answer = way.get("aggregate", **params)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]


def test_an_answer_that_is_known_already_is_not_sent_again(way):
    first = way.get("aggregate", group="price")
    path = f"/api/v1/datasets/{way.dataset.slug}/aggregate?group=price"

    again = way.client.get(
        path,
        headers={
            "X-API-Key": way.key.raw,
            "Accept-Language": "en",
            "If-None-Match": first.headers["ETag"],
        },
    )

    assert (again.status_code, again.content) == (304, b"")


def test_moments_are_grouped_by_the_clocks_of_the_city(db):
    where = exchange.house()
    columns = (column("id", DataType.INTEGER, is_key=True), column("at", DataType.DATETIME))
    data = io.StringIO()
    writer = csv.writer(data)
    writer.writerow(["id", "at"])
    moments = [
        "2026-01-31T23:30:00+08:00",
        "2026-01-31T16:30:00+00:00",
        "2026-02-01T00:59:59+08:00",
        "2025-12-31T16:00:00+00:00",
    ]
    writer.writerows(enumerate(moments, 1))
    binding = exchange.csv_binding(where, data.getvalue(), columns)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    made = Way(where, binding, dataset, accounts.api_key(at=exchange.now()), Client())

    by_month = groups(made.get("aggregate", group="at", bucket="month"))
    by_hour = made.get("aggregate", group="at", bucket="at:hour", limit=1, sort="-count").json()

    assert by_month == [(("2026-01-01",), {"count": 2}), (("2026-02-01",), {"count": 2})]
    assert by_hour["groups"][0]["values"] == {"count": 2}
    assert by_hour["groups"][0]["by"]["at"].startswith(("2026-01-31T16:00:00", "2026-02-01T00"))
