"""Counts of the APIs: made of the deliveries, whole days at a time, as often as one likes."""

from datetime import UTC, datetime, timedelta

import pytest

from audit import deliveries, draining
from oversight import daily, figures, looks
from oversight.models import Daily, Door
from tests.factories import catalog
from tests.oversight.test_looks import BROWSER

pytestmark = pytest.mark.django_db
NOW = datetime.now(tz=UTC)


def deliver(dataset, *, at=NOW, channel="open", mode="query", app="", rows=10, **more):
    told = {"reader": "public", "dataset": f"dataset:{dataset.pk}", "rows": rows, "app": app}
    deliveries.deliver(at=at, channel=channel, mode=mode, **told, **more)


def counts(dataset) -> dict[str, tuple[int, int, int, int]]:
    found = Daily.objects.filter(dataset=dataset)
    return {one.door: (one.downloads, one.calls, one.rows, one.apps) for one in found}


def test_calls_and_downloads_are_counted_by_door():
    dataset = catalog.dataset()
    deliver(dataset)
    deliver(dataset, app="maps", organization="a", key_id=1)
    deliver(dataset, app="maps", organization="b", key_id=2)
    deliver(dataset, mode="bulk", rows=1000)
    deliver(dataset, channel="share", app="desk", organization="c")
    deliver(dataset, status=500)
    deliver(dataset, app="portal")  # rows on a page

    daily.count(at=NOW)

    assert counts(dataset) == {Door.OPEN: (1, 3, 1030, 2), Door.OFFICE: (0, 1, 10, 1)}


def test_counting_again_changes_nothing_and_takes_in_what_came_since():
    dataset = catalog.dataset()
    deliver(dataset)
    daily.count(at=NOW)
    daily.count(at=NOW)
    assert counts(dataset) == {Door.OPEN: (0, 1, 10, 0)}

    deliver(dataset)
    daily.count(at=NOW)
    assert counts(dataset) == {Door.OPEN: (0, 2, 20, 0)}


def test_a_day_is_a_day_of_the_city():
    dataset = catalog.dataset()
    noon = NOW.replace(hour=4, minute=0)  # noon in Asia/Shanghai
    deliver(dataset, at=noon.replace(hour=15, minute=59) - timedelta(days=1))
    deliver(dataset, at=noon.replace(hour=16, minute=1) - timedelta(days=1))

    daily.count(at=noon)

    assert Daily.objects.filter(dataset=dataset).count() == 2


def test_notes_of_open_calls_are_counted_once_they_are_drained():
    dataset = catalog.dataset()
    deliveries.note(
        at=NOW, channel="open", mode="query", reader="public", dataset=f"dataset:{dataset.pk}"
    )
    draining.drain()

    daily.count(at=NOW)

    assert counts(dataset) == {Door.OPEN: (0, 1, 0, 0)}


def test_page_views_and_calls_of_a_day_do_not_overwrite_each_other(django_assert_num_queries):
    dataset = catalog.dataset()
    deliver(dataset)
    looks.seen(dataset.pk, BROWSER, at=NOW)
    looks.drain(at=NOW)
    daily.count(at=NOW)
    looks.seen(dataset.pk, BROWSER, at=NOW)
    looks.drain(at=NOW)

    with django_assert_num_queries(1):
        use = figures.of(dataset, today=daily.timezone.localdate(NOW))

    assert use == figures.Use(views=2, downloads=0, calls=1, rows=10)
