"""Notes of open reads: drained once, gaps counted, quotas rebuilt from them."""

import pytest
from django.utils import timezone

from audit import deliveries, draining, stream
from audit.models import Delivery, Entry

pytestmark = pytest.mark.django_db


def told(**over):
    return {
        "at": timezone.now(),
        "channel": "open",
        "mode": "query",
        "reader": "company",
        "app": "App",
        "key_id": 5,
        "organization": "Company",
        "dataset": "dataset:1",
        "fields_digest": "f",
        "rows": 100,
        "bytes": 1000,
        "zone_seq": 3,
    } | over


def test_notes_come_into_the_table_once():
    for _number in range(3):
        deliveries.note(**told())

    assert draining.drain() == draining.Drained(3, 0)
    assert draining.drain() == draining.Drained(0, 0)
    assert Delivery.objects.filter(key_id=5, rows=100).count() == 3


def test_a_drain_killed_before_it_cleared_the_stream_writes_nothing_twice(monkeypatch):
    deliveries.note(**told())
    kept = stream.client().xrange(deliveries.STREAM)
    draining.drain()
    for key, fields in kept:
        stream.client().xadd("again", fields, id=key)
    stream.client().rename("again", deliveries.STREAM)

    draining.drain()

    assert Delivery.objects.count() == 1


def test_a_lost_note_shows_as_a_gap():
    deliveries.note(**told())
    draining.drain()
    deliveries.note(**told())
    stream.client().delete(deliveries.STREAM)
    deliveries.note(**told())

    assert draining.drain().gaps == 1


def test_a_days_calls_are_counted_drained_or_not():
    deliveries.note(**told())
    draining.drain()
    deliveries.note(**told())
    deliveries.note(**told(key_id=6))
    deliveries.deliver(**told(), grant_id=9)

    assert deliveries.counted_today(5, timezone.localdate()) == 3
