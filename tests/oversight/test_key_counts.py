"""How calls with a key went: counted cheaply, added once, told as what they are."""

from collections import Counter
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import keys
from exchange.sync import engine
from oversight import asides, key_counts
from oversight.models import KeyCount
from policy.terms import DataType
from tests.factories import accounts, exchange
from tests.factories.exchange import column


@pytest.fixture
def dataset(db):
    where = exchange.house()
    columns = (column("id", DataType.INTEGER, is_key=True), column("name"))
    binding = exchange.csv_binding(where, "id,name\n1,a\n2,b\n", columns)
    engine.sync(binding.pk)
    return exchange.publish(where, binding.resource)


@pytest.fixture
def issued(db):
    return accounts.api_key(at=exchange.now())


def call(issued, dataset, query="", **headers):
    place = f"/api/v1/datasets/{dataset.slug}/records{query}"
    return Client().get(place, headers={"X-API-Key": issued.raw} | headers)


def counted(issued, what):
    key_counts.drain(at=timezone.now())
    rows = KeyCount.objects.filter(key_id=issued.key.pk, what=what)
    return dict(rows.values_list("label", "count"))


def test_an_answered_call_is_counted_once_by_how_long_it_took(issued, dataset):
    for _ in range(3):
        assert call(issued, dataset).status_code == 200

    took = counted(issued, "took")

    assert sum(took.values()) == 3
    assert {int(edge) for edge in took} <= set(key_counts.EDGES)
    assert counted(issued, "refused") == {}


def test_each_refused_call_of_a_key_is_counted_by_its_reason(issued, dataset):
    answers = [
        call(issued, dataset, "?nope=1"),
        call(issued, dataset, "?nope=2"),
        call(issued, dataset, "?limit=0"),
        Client().get("/api/v1/datasets/nowhere", headers={"X-API-Key": issued.raw}),
    ]
    keys.revoke(issued.key.pk, by=issued.key.app.created_by, at=timezone.now())
    answers.append(call(issued, dataset))

    expected = Counter(answer.json()["code"] for answer in answers)
    assert counted(issued, "refused") == expected
    assert expected["key-revoked"] == 1
    assert sum(expected.values()) == 5


def test_a_flood_of_refused_calls_makes_a_number_larger_and_no_row(issued, dataset):
    for _ in range(40):
        call(issued, dataset, "?nope=1")

    with CaptureQueriesContext(connection) as asked:
        [(_code, count)] = counted(issued, "refused").items()

    assert count == 40
    assert KeyCount.objects.count() == 1
    assert len([one for one in asked if "INSERT INTO oversight_keycount" in one["sql"]]) == 1


def test_calls_without_a_key_are_nobodys(dataset):
    assert Client().get(f"/api/v1/datasets/{dataset.slug}/records").status_code == 200
    Client().get(f"/api/v1/datasets/{dataset.slug}/records", {"nope": "1"})

    assert key_counts.drain(at=timezone.now()) == 0


@pytest.mark.django_db
def test_a_batch_is_added_once_however_often_the_draining_is_killed(monkeypatch):
    now = timezone.now()
    for _ in range(5):
        key_counts.refused(7, "rate-exceeded", at=now)
    with redis.from_url(settings.REDIS_URL) as valkey, monkeypatch.context() as killed:
        killed.setattr(type(valkey), "delete", _killed)
        with pytest.raises(KeyboardInterrupt):
            key_counts.drain(at=now)

    assert key_counts.drain(at=now) == 0
    assert KeyCount.objects.get().count == 5


def _killed(*_args: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.django_db
def test_what_is_old_is_forgotten():
    now = timezone.now()
    key_counts.refused(7, "rate-exceeded", at=now)
    key_counts.drain(at=now)

    key_counts.drain(at=now + timedelta(days=key_counts.KEPT_DAYS + 1))

    assert not KeyCount.objects.exists()
    assert asides.KEPT_DAYS < key_counts.KEPT_DAYS


@given(st.lists(st.floats(0, 60_000), min_size=1, max_size=60))
def test_half_and_ninety_five_lie_where_the_calls_do(times):
    took = Counter(
        key_counts.EDGES[
            min(key_counts.bisect_left(key_counts.EDGES, one), len(key_counts.EDGES) - 1)
        ]
        for one in times
    )

    found = key_counts.pace(took)

    for share, value in ((0.5, found.median), (0.95, found.slow)):
        ordered = sorted(times)
        exact = ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)]
        place = min(key_counts.bisect_left(key_counts.EDGES, exact), len(key_counts.EDGES) - 1)
        assert (0, *key_counts.EDGES)[place] <= value <= key_counts.EDGES[place]
    assert found.median <= found.slow


def test_of_no_call_no_time_is_told():
    assert key_counts.pace({}) is None
