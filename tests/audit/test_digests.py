"""Each hour's deliveries are told by a digest in the chain, and no hour is left out."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audit import chain, deliveries, digests, draining, tasks
from audit.models import Delivery, Entry
from tests.factories.audit import tamper, told

HOUR = timedelta(hours=1)


def this_hour() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def told_digests() -> list[dict]:
    entries = Entry.objects.filter(verb="delivery.digest").order_by("pk")
    return list(entries.values_list("details", flat=True))


@pytest.mark.django_db
def test_before_the_first_delivery_there_is_nothing_to_digest():
    assert tasks.digest_deliveries() == 0
    assert digests.missing() == 0


@pytest.mark.django_db
def test_an_hour_is_digested_once_and_only_when_it_is_settled():
    deliveries.deliver(**told())
    hour = Delivery.objects.get().recorded_at.replace(minute=0, second=0, microsecond=0)

    assert digests.digest_due(at=hour + HOUR + timedelta(minutes=4)) == 0
    assert digests.digest_due(at=hour + HOUR + timedelta(minutes=5)) == 1
    assert digests.digest_due(at=hour + HOUR + timedelta(minutes=59)) == 0

    (told_of,) = told_digests()
    (month,) = told_of["months"].values()
    assert month["rows"] == 1
    assert datetime.fromisoformat(told_of["hour"]) == hour
    assert digests.verify(since=hour) is None


@pytest.mark.django_db
def test_hours_in_which_the_clockwork_stood_still_are_made_up_for():
    deliveries.deliver(**told())
    start = this_hour()

    digests.digest_due(at=start + 5 * HOUR + timedelta(minutes=5))

    hours = [datetime.fromisoformat(each["hour"]) for each in told_digests()]
    assert hours == [start + number * HOUR for number in range(5)]
    assert [len(each["months"]) for each in told_digests()] == [1, 0, 0, 0, 0]


@pytest.mark.django_db
def test_each_month_of_an_hours_deliveries_has_a_digest_of_its_own():
    for month in (9, 10, 10):
        deliveries.deliver(**told(at=datetime.fromisoformat(f"2026-{month:02}-15T10:00:00+08:00")))

    digests.digest_due(at=this_hour() + 2 * HOUR)

    assert {month: of["rows"] for month, of in told_digests()[0]["months"].items()} == {
        "2026-09": 1,
        "2026-10": 2,
    }


@pytest.mark.django_db
def test_a_digest_says_how_many_notes_are_missing():
    deliveries._ours.start()
    deliveries.note(**told())
    next(deliveries._ours.numbers)
    deliveries.note(**told())
    draining.drain()

    digests.digest_due(at=this_hour() + 2 * HOUR)

    assert told_digests()[0]["missing"] == 1
    assert digests.missing() == 1


def test_a_late_note_is_taken_off_the_missing_again_in_its_own_hour(live_database):
    deliveries._ours.start()
    start = this_hour()
    for number in (1, 3):
        deliveries.note(**told())
        if number == 1:
            late = next(deliveries._ours.numbers)
    draining.drain()
    tamper(f"UPDATE audit_delivery SET recorded_at = recorded_at - interval '{2} hours'")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_delivery (at, channel, mode, reader, app, organization, dataset,"
            " fields_digest, rows, bytes, zone_seq, request_id, sender, number)"
            " VALUES (now(), '', '', '', '', '', '', '', 0, 0, 0, '', %s, %s)",
            [deliveries._ours.sender, late],
        )

    digests.digest_due(at=start + HOUR + timedelta(minutes=10))

    assert [each["missing"] for each in told_digests()] == [1, 0, -1]
    assert digests.missing() == 0


def test_a_second_digest_leaves_the_work_to_the_first(live_database):
    deliveries.deliver(**told())
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [digests.LOCK])

        assert digests.digest_due(at=this_hour() + 2 * HOUR) == 0

        other.commit()
    other.close()


@pytest.mark.parametrize("column", ["rows = 0", "app = 'x'", "at = at + interval '1 s'"])
def test_a_changed_delivery_shows_in_its_hour(live_database, column):
    deliveries.deliver(**told())
    start = this_hour()
    digests.digest_due(at=start + 2 * HOUR)
    assert digests.verify(since=start) is None

    tamper(f"UPDATE audit_delivery SET {column}")

    hour = digests.verify(since=start - HOUR)
    assert hour is not None
    assert datetime.fromisoformat(hour) == start
    assert digests.verify(since=start + HOUR) is None  # hours before are not looked at


@pytest.mark.django_db
@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_a_digest_is_verified_by_the_algorithm_that_made_it(settings, algorithm):
    settings.AUDIT_ALGORITHM = algorithm
    deliveries.deliver(**told())
    digests.digest_due(at=this_hour() + 2 * HOUR)
    settings.AUDIT_ALGORITHM = "sha256"

    assert told_digests()[0]["algorithm"] == algorithm
    assert digests.verify(since=this_hour() - HOUR) is None


@pytest.mark.django_db
def test_digests_are_entries_of_the_chain():
    deliveries.deliver(**told())
    digests.digest_due(at=this_hour() + 2 * HOUR)

    assert tasks.link_chain() == 1
    assert tasks.sweep_chain() == 0
    assert chain.verify(at=timezone.now()) is None
