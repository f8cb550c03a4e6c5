"""The chain: entries written with their verbs, linked afterwards, verified at any time.

`record` takes no lock: it adds an entry in the verb's own transaction. One linker at a time chains
what has been committed, in the order in which it finds it; so a slow verb delays nobody, and two
verbs cannot deadlock over the chain's end.

What is hashed is written out in `canonical`; it may never change for entries that exist.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from django.conf import settings
from django.db import connection, transaction

from audit.models import Entry, Link
from audit.trace import request_id
from audit.verbs import VERBS

LOCK = 0x4155444954  # "AUDIT"
GENESIS = "0" * 64
LOOK_BACK = timedelta(days=1)  # the longest a verb's transaction may stay open
LINKED_WITHIN = timedelta(minutes=1)
BATCH = 5000


class Actor(Protocol):
    """Who acts: names as text, so that the trail reads the same when people have gone."""

    @property
    def audit_name(self) -> str:
        """The person's name."""

    @property
    def audit_organization(self) -> str:
        """The organisations they act for."""


class NotInTransaction(Exception):
    """An entry was to be written outside its verb's transaction, where it could stand alone."""


class VerbUnknown(Exception):
    """The verb is not in `audit.verbs`, where each stands with its sentence."""


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing that is wrong with the trail. `entry` is 0 where it is a missing link."""

    position: int
    entry: int
    what: str


def record(verb: str, target: str, *, by: Actor | None, at: datetime, **details: Any) -> Entry:
    """Write down that a verb happened to a target (such as "dataset:12"), by whom and when.

    `by` None is the platform itself. `details` must be JSON and hold no personal data. Raises
    VerbUnknown, and NotInTransaction outside of `atomic`.
    """
    if verb not in VERBS:
        raise VerbUnknown(verb)
    if not connection.in_atomic_block:
        raise NotInTransaction(verb)
    return Entry.objects.create(
        at=at,
        verb=verb,
        target=target,
        actor=by.audit_name if by else "system",
        organization=by.audit_organization if by else "",
        details=details,
        request_id=request_id.get(),
    )


@transaction.atomic
def link() -> int:
    """Chain every committed entry that is not linked yet; returns how many were.

    Returns 0 where another linker is at work. An entry that commits late is linked late: the
    chain's order is the order of linking.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    last = Link.objects.order_by("-position").first()
    position, previous = (last.position, last.hash) if last else (0, GENESIS)
    linked = 0
    entries = _unlinked(last.recorded_at - LOOK_BACK if last else None)
    while batch := list(islice(entries, BATCH)):
        links = []
        for entry in batch:
            position += 1
            made = _hash(previous, entry, settings.AUDIT_ALGORITHM)
            links.append(
                Link(
                    position=position,
                    entry_id=entry.pk,
                    recorded_at=entry.recorded_at,
                    previous=previous,
                    hash=made,
                    algorithm=settings.AUDIT_ALGORITHM,
                )
            )
            previous = made
        Link.objects.bulk_create(links)
        linked += len(links)
    return linked


def _unlinked(since: datetime | None) -> Iterator[Entry]:
    """Yield entries without a link in the order of their ids, from partitions since an instant."""
    entries = Entry.objects.extra(
        where=["NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.entry_id = audit_entry.id)"]
    ).order_by("pk")
    if since is not None:
        entries = entries.filter(recorded_at__gte=since)
    return entries.iterator(chunk_size=BATCH)


def canonical(entry: Entry) -> bytes:
    """Return the bytes of an entry that are hashed: a JSON array, keys sorted, times in UTC."""
    return json.dumps(
        [
            entry.pk,
            _instant(entry.recorded_at),
            _instant(entry.at),
            entry.verb,
            entry.target,
            entry.actor,
            entry.organization,
            entry.details,
            entry.request_id,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    ).encode()


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _hash(previous: str, entry: Entry, algorithm: str) -> str:
    digest = hashlib.new(algorithm, usedforsecurity=True)
    digest.update(previous.encode())
    digest.update(canonical(entry))
    return digest.hexdigest()


def verify(*, at: datetime) -> Break | None:
    """Walk the whole chain and return the first thing that is wrong with it, or None.

    Found are a changed entry, a deleted one, one that was slipped in, a link that is missing or
    was altered, and an entry older than a minute at `at` that was never linked.
    """
    previous, expected = GENESIS, 1
    links = Link.objects.order_by("position").iterator(chunk_size=BATCH)
    while batch := list(islice(links, BATCH)):
        entries = Entry.objects.in_bulk([one.entry_id for one in batch])
        for one in batch:
            wrong = _wrong(one, entries.get(one.entry_id), previous, expected)
            if wrong:
                return wrong
            previous, expected = one.hash, expected + 1
    forgotten = next(_unlinked(None), None)
    if forgotten is not None and forgotten.recorded_at < at - LINKED_WITHIN:
        return Break(0, forgotten.pk, "entry was slipped in, or the linker does not run")
    return None


def _wrong(one: Link, entry: Entry | None, previous: str, expected: int) -> Break | None:
    if one.position != expected:
        return Break(expected, 0, "link is missing")
    if one.previous != previous:
        return Break(one.position, one.entry_id, "link does not follow the one before")
    if entry is None:
        return Break(one.position, one.entry_id, "entry was deleted")
    if one.hash != _hash(previous, entry, one.algorithm):
        return Break(one.position, one.entry_id, "entry was changed")
    return None
