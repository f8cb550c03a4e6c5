"""Rows that are there and not for everybody: the open doors say so, and who may have them."""

from unittest import mock

import pytest
from django.test import Client

from exchange import rowless
from exchange.sync import engine
from policy.terms import DataType, Grade, OpenType
from tests.databases import as_open_door
from tests.factories import exchange
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db
ADDRESSES = ["records", "records.csv", "changes", "aggregate?measure=count"]
GRANTED = {"grade": Grade.L1, "open_type": OpenType.CONDITIONAL}
CLOSED = {"grade": Grade.L2, "open_type": OpenType.NOT_OPEN}


def served(terms, *, concealed=False, synced=True):
    """Publish a dataset whose every field has these terms; return its slug."""
    hidden = [column("ghost", **CLOSED, concealed=True)] if concealed else []
    columns = (column("id", DataType.INTEGER, is_key=True, **terms), column("name", **terms))
    columns = (*columns, *hidden)
    data = ",".join(one.name for one in columns) + "\n1,a" + ",g" * len(hidden) + "\n"
    where = exchange.house()
    binding = exchange.csv_binding(where, data, columns)
    if synced:
        engine.sync(binding.pk)
    return exchange.publish(where, binding.resource).slug


def asked(slug, address):
    return Client(headers={"Accept-Language": "en"}).get(f"/api/v1/datasets/{slug}/{address}")


@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_open_under_conditions_alone_says_who_may_apply(address, synced):
    slug = served(GRANTED, synced=synced)

    answer = asked(slug, address)

    told = answer.json()
    assert (answer.status_code, told["code"]) == (403, "conditional-only")
    assert f"/my/applications/new/{slug}/" in told["detail"]
    assert [one["code"] for one in told["reasons"]] == ["needs-grant"]
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize(("doors", "said"), [(["open"], True), (["open", "office"], False)])
def test_a_door_that_serves_no_grant_says_where_holders_of_one_ask(doors, said, settings):
    slug = served(GRANTED)
    settings.DOORS = doors

    told = asked(slug, "records").json()

    assert told["code"] == "conditional-only"
    assert ("at the address for holders of keys" in told["detail"]) is said


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_nobody_outside_may_have_says_so_and_why(address):
    answer = asked(served(CLOSED), address)

    told = answer.json()
    assert (answer.status_code, told["code"]) == (403, "nothing-open")
    assert "not-open" in {one["code"] for one in told["reasons"]}


def test_the_open_door_says_the_same_by_what_it_sees_of_the_catalogue():
    slug = served(GRANTED, concealed=True)

    before = asked(slug, "records").json()["code"]
    with as_open_door(), mock.patch("audit.deliveries.note"):
        inside = asked(slug, "records").json()["code"]

    assert before == inside == "conditional-only"


def test_fields_that_are_concealed_are_no_reason_and_do_not_count():
    told = asked(served(GRANTED, concealed=True), "records").json()

    assert "ghost" not in str(told)
    assert [one["code"] for one in told["reasons"]] == ["needs-grant"]


def test_one_open_field_is_enough_for_rows_to_be_awaited():
    columns = (column("id", DataType.INTEGER, is_key=True), column("name", **GRANTED))
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name\n1,a\n", columns)
    slug = exchange.publish(where, binding.resource).slug

    assert asked(slug, "records").json()["code"] == rowless.RowsNotReady.code
