"""What is hashed: fixed to the byte, so that anybody can check the chain from outside."""

import hashlib
import json
from datetime import datetime, timedelta, timezone

import pytest
from django.db import connection

from audit import chain, hashing, trace
from audit.models import Entry, Link
from tests.factories.audit import NOW, write


def test_what_is_hashed_of_an_entry_stays_as_it_is():
    entry = Entry(
        pk=7,
        at=NOW,
        verb="dataset.publish",
        target="dataset:1",
        actor="甲",
        organization="乙",
        details={"b": 1, "a": ["x"]},
        request_id="r",
        recorded_at=NOW,
    )

    assert hashing.canonical(entry).decode() == (
        '[7,"2026-03-02T02:00:00.000000+00:00","2026-03-02T02:00:00.000000+00:00",'
        '"dataset.publish","dataset:1","甲","乙",{"a":["x"],"b":1},"r"]'
    )


def test_an_address_is_hashed_after_all_the_rest():
    entry = Entry(pk=7, at=NOW, recorded_at=NOW, details={}, request_id="r")
    without = hashing.canonical(entry)

    entry.address = "203.0.113.7"

    assert hashing.canonical(entry) == without[:-1] + b',"203.0.113.7"]'


def test_a_moment_is_hashed_alike_in_every_time_zone():
    shanghai = datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=8)))

    assert hashing.instant(shanghai) == hashing.instant(NOW) == "2026-03-02T02:00:00.000000+00:00"


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        # GB/T 32905-2016, annex A.1
        ("sm3", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        # FIPS 180-4
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ],
)
def test_digests_are_those_of_the_standards(algorithm, expected):
    assert hashing.digest(algorithm, [b"a", b"", b"bc"]) == expected


@pytest.mark.django_db
def test_the_chain_can_be_checked_with_nothing_of_ours():
    write(2, note="说明")
    token = trace.address.set("203.0.113.7")
    write(note="from somewhere")
    trace.address.reset(token)
    chain.link()

    before = "0" * 64
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'")
        cursor.execute(
            'SELECT l.hash, e.id, to_char(e.recorded_at, \'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"\'),'
            ' to_char(e.at, \'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"\'), verb, target, actor,'
            " organization, details::text, request_id, address"
            " FROM audit_link l JOIN audit_entry e ON e.id = l.entry_id ORDER BY position"
        )
        for noted, *entry in cursor.fetchall():
            entry[7] = json.loads(entry[7])
            hashed = entry if entry[-1] else entry[:-1]  # an empty address is not
            text = json.dumps(hashed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            before = hashlib.sha256(f"{before}{text}".encode()).hexdigest()
            assert before == noted


@pytest.mark.django_db
@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_the_chain_may_change_its_algorithm_midway(settings, algorithm):
    write(2)
    chain.link()
    settings.AUDIT_ALGORITHM = algorithm
    write(2)
    chain.link()

    assert Link.objects.get(position=3).algorithm == algorithm
    assert chain.verify(at=NOW + timedelta(days=365)) is None
