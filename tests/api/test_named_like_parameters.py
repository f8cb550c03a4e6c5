"""Fields that are named like a parameter, or like a key, are filtered with their operator."""

import pytest

from exchange.sync import engine
from policy.terms import DataType
from tests.api.conftest import Way
from tests.factories import accounts, exchange
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("limit", DataType.INTEGER),
    column("token"),
)


@pytest.fixture
def odd(client):
    where = exchange.house()
    data = "id,limit,token\n1,50,a\n2,60,b\n3,70,b\n"
    binding = exchange.csv_binding(where, data, COLUMNS)
    dataset = exchange.publish(where, binding.resource)
    engine.sync(binding.pk)
    return Way(where, binding, dataset, accounts.api_key(at=exchange.now()), client)


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"token.eq": "b"}, [2, 3]),
        ({"limit.gte": "60", "limit": "1"}, [2]),
        ({"id": "1"}, [1]),
        ({"limit.in": "50,70", "token.eq": "a"}, [1]),
    ],
)
def test_a_field_named_like_a_parameter_or_a_key_is_filtered_with_its_operator(odd, params, ids):
    page = odd.get(sort="id", **params).json()

    assert [row["id"] for row in page["rows"]] == ids


def test_a_key_as_the_value_of_a_filter_is_still_a_key_in_the_address(odd):
    answer = odd.get(**{"token.eq": odd.key.raw})

    assert (answer.status_code, answer.json()["code"]) == (400, "key-in-url")


def test_the_next_link_keeps_such_a_filter(odd):
    first = odd.get(**{"token.eq": "b", "limit": "1"}).json()

    second = odd.client.get(first["next"], headers={"X-API-Key": odd.key.raw}).json()

    assert [row["id"] for row in [*first["rows"], *second["rows"]]] == [2, 3]
