"""Page views: counted without following anybody, and added to the counts once."""

from datetime import timedelta

import pytest
import redis
from django.test import Client

from audit import stream
from oversight import looks
from oversight.models import Daily, Door
from tests.factories import catalog, exchange

pytestmark = pytest.mark.django_db
NOW = exchange.NOW
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def views() -> dict[tuple[int, str], int]:
    return {(one.dataset_id, one.door): one.views for one in Daily.objects.all()}


def test_views_are_added_up_by_day_and_dataset():
    first, second = catalog.dataset(), catalog.dataset()
    for dataset, times in ((first, 3), (second, 1)):
        for _time in range(times):
            looks.seen(dataset.pk, BROWSER, at=NOW)
    looks.seen(first.pk, BROWSER, at=NOW - timedelta(days=1))

    assert looks.drain(at=NOW) == 5
    looks.seen(first.pk, BROWSER, at=NOW)
    assert looks.drain(at=NOW) == 1

    days = Daily.objects.filter(dataset=first).order_by("day").values_list("views", flat=True)
    assert list(days) == [1, 4]
    assert Daily.objects.get(dataset=second).door == Door.PORTAL


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"User-Agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"},
        {"User-Agent": "Googlebot/2.1"},
        {"User-Agent": "curl/8.5"},
        {"User-Agent": "python-requests/2.32"},
        BROWSER | {"Sec-Purpose": "prefetch;prerender"},
    ],
)
def test_what_is_no_person_is_not_counted(headers):
    looks.seen(catalog.dataset().pk, headers, at=NOW)

    assert looks.drain(at=NOW) == 0


def test_a_batch_that_was_added_before_the_worker_was_killed_is_not_added_again(monkeypatch):
    dataset = catalog.dataset()
    looks.seen(dataset.pk, BROWSER, at=NOW)
    with monkeypatch.context() as killed:
        killed.setattr(redis.Redis, "delete", _killed)
        with pytest.raises(KeyboardInterrupt):
            looks.drain(at=NOW)

    assert looks.drain(at=NOW) == 0
    assert views() == {(dataset.pk, "portal"): 1}


def test_a_batch_that_was_set_aside_before_the_worker_was_killed_is_added_later(monkeypatch):
    dataset = catalog.dataset()
    looks.seen(dataset.pk, BROWSER, at=NOW)
    with monkeypatch.context() as killed:
        killed.setattr("oversight.asides._add_once", _killed)
        with pytest.raises(KeyboardInterrupt):
            looks.drain(at=NOW)

    assert looks.drain(at=NOW) == 1
    assert looks.drain(at=NOW) == 0


def _killed(*_told):
    raise KeyboardInterrupt


def test_a_dataset_that_is_not_there_is_left_out():
    looks.seen(987654321, BROWSER, at=NOW)

    looks.drain(at=NOW)

    assert views() == {}


def test_a_page_is_shown_though_its_view_cannot_be_counted(monkeypatch):
    def down(*_words):
        raise redis.ConnectionError

    monkeypatch.setattr(stream, "tell", down)
    dataset = catalog.dataset()

    assert Client(headers=BROWSER).get(f"/datasets/{dataset.slug}").status_code == 200


def test_the_page_of_a_dataset_is_counted_and_keeps_nothing_of_its_reader():
    dataset = catalog.dataset()
    client = Client(headers=BROWSER)
    client.get(f"/datasets/{dataset.slug}")
    client.get(f"/datasets/{dataset.slug}/why")

    kept = {name: stream.client().hgetall(name) for name in stream.client().keys("views:*")}

    assert list(kept.values()) == [{str(dataset.pk).encode(): b"1"}]
    assert not client.cookies
