"""What verification finds: whatever somebody with all rights does to the trail is named."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from audit import chain, deliveries, digests, hashing
from audit.models import Delivery, Entry, Link
from tests.factories.audit import tamper, told, write

INTRUDER = (
    "INSERT INTO audit_entry (id, at, verb, target, actor, organization, details, request_id,"
    " recorded_at, written_in) SELECT {id}, now(), 'x', 'x', 'x', '', '{{}}', '',"
    " now() - interval '{age}', 1 FROM audit_entry WHERE target = 'dataset:2'"
)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


TWICE = (
    "INSERT INTO audit_delivery (at, channel, mode, reader, app, organization, dataset,"
    " fields_digest, rows, bytes, zone_seq, request_id, recorded_at) SELECT at, channel, mode,"
    " reader, app, organization, dataset, fields_digest, rows, bytes, zone_seq, request_id,"
    " recorded_at FROM audit_delivery"
)


@pytest.mark.parametrize(
    ("tampering", "position", "what"),
    [
        ("UPDATE audit_entry SET actor = 'other' WHERE target = 'dataset:2'", 3, "changed"),
        ("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE id = 2", 2, "changed"),
        ("UPDATE audit_entry SET details = '{\"a\": 1}' WHERE target = 'dataset:4'", 5, "changed"),
        (
            "UPDATE audit_entry SET recorded_at = recorded_at + interval '1 s' WHERE id = 3",
            3,
            "deleted",
        ),
        ("DELETE FROM audit_entry WHERE target = 'dataset:2'", 3, "deleted"),
        ("DELETE FROM audit_link WHERE position = 3", 3, "missing"),
        ("UPDATE audit_link SET previous = 'x' WHERE position = 3", 3, "does not follow"),
        ("UPDATE audit_link SET hash = 'x' WHERE position = 3", 3, "changed"),
        ("UPDATE audit_link SET algorithm = 'sm3' WHERE position = 3", 3, "changed"),
        (INTRUDER.format(id="id + 1000", age="1 hour"), 0, "slipped in"),
        # under the id of an entry that is linked
        (INTRUDER.format(id="id", age="1 hour"), 0, "slipped in"),
    ],
)
def test_tampering_is_named(live_database, tampering, position, what):
    write(5)
    chain.link()

    tamper(tampering)

    broken = chain.verify(at=timezone.now())
    assert broken is not None
    assert (broken.position, what in broken.what) == (position, True)


def test_an_intruder_is_named_although_younger_entries_wait(live_database):
    write(3)
    chain.link()
    write(1)

    tamper(INTRUDER.format(id="id + 1000", age="1 hour"))

    broken = chain.verify(at=timezone.now())
    assert broken is not None
    assert broken.entry == Entry.objects.latest("pk").pk


def test_an_entry_forgotten_by_the_linker_is_told_after_a_minute(live_database):
    write()

    assert chain.verify(at=timezone.now()) is None
    broken = chain.verify(at=timezone.now() + timedelta(minutes=2))
    assert broken is not None
    assert "linker does not run" in broken.what


def test_an_end_that_was_cut_off_shows_against_a_noted_hash(live_database):
    write(5)
    chain.link()
    noted = Link.objects.get(position=5).hash
    assert chain.verify(at=timezone.now(), noted=noted) is None

    tamper(
        "DELETE FROM audit_entry WHERE target = 'dataset:4'",
        "DELETE FROM audit_link WHERE position = 5",
    )

    assert chain.verify(at=timezone.now()) is None
    broken = chain.verify(at=timezone.now(), noted=noted)
    assert broken is not None
    assert "noted" in broken.what


@pytest.mark.django_db
def test_the_command_says_that_an_empty_trail_is_whole(capsys):
    call_command("verify_audit")

    assert capsys.readouterr().out == (
        "The trail is whole: 0 entries, one chain. Notes of open reads lost: 0.\n"
    )


@pytest.mark.django_db
def test_the_command_gives_the_hash_to_note(capsys):
    write(3)
    chain.link()
    last = Link.objects.get(position=3).hash

    call_command("verify_audit", noted=last)

    said = capsys.readouterr().out
    assert "whole: 3 entries" in said
    assert f"to be noted elsewhere: {last}" in said


def test_the_command_fails_and_names_what_is_broken(live_database):
    write(3)
    chain.link()
    tamper("DELETE FROM audit_entry WHERE target = 'dataset:1'")

    with pytest.raises(CommandError, match=r"broken at position 2, entry \d+: entry was deleted"):
        call_command("verify_audit")


def test_the_command_does_not_link_the_intruder_that_it_looks_for(live_database):
    write(3)
    chain.link()
    tamper(INTRUDER.format(id="id + 1000", age="1 hour"))

    with pytest.raises(CommandError, match=r"position –, entry \d+: entry was slipped in"):
        call_command("verify_audit")

    assert Link.objects.count() == 3


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_delivery SET rows = 1",
        "DELETE FROM audit_delivery",
        TWICE,
    ],
)
def test_the_command_names_the_hour_whose_deliveries_differ(live_database, tampering):
    deliveries.deliver(**told())
    hour = Delivery.objects.get().recorded_at.replace(minute=0, second=0, microsecond=0)
    digests.digest_due(at=hour + timedelta(hours=2))
    chain.link()
    call_command("verify_audit")

    tamper(tampering)

    with pytest.raises(CommandError, match=f"hour from {hashing.instant(hour)[:13]}"):
        call_command("verify_audit")
