"""The chain: entries written with their verbs, and linked afterwards.

`record` takes no lock: it adds an entry in the verb's own transaction. One linker at a time chains
what has been committed, in the order in which it finds it; so a slow verb delays nobody, and two
verbs cannot deadlock over the chain's end. `verify` walks it. `audit.hashing` says what is hashed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from audit import hashing, months, trace
from audit.hashing import GENESIS
from audit.models import Entry, Link
from audit.verbs import VERBS

LOCK = 0x4155444954  # "AUDIT"
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
class Happened:
    """That a verb happened to a target, for `record_all`, which knows who and when."""

    verb: str
    target: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing that is wrong with the trail; `position` or `entry` is 0 where unknown."""

    position: int
    entry: int
    what: str


def record(verb: str, target: str, *, by: Actor | None, at: datetime, **details: Any) -> Entry:
    """Write down that a verb happened to a target (such as "dataset:12"), by whom and when.

    `by` None is the platform itself. `details` are JSON, dates and decimals too, and hold no
    personal data; characters that the database cannot hold are replaced. Raises VerbUnknown, and
    NotInTransaction outside of `atomic`.
    """
    entry = _entry(Happened(verb, target, details), by=by, at=at)
    entry.save(force_insert=True)
    return entry


def record_all(happened: Iterable[Happened], *, by: Actor | None, at: datetime) -> list[Entry]:
    """Write down many verbs of one transaction in their order, each as `record` would.

    One statement for each BATCH of them. Raises as `record` does.
    """
    entries = [_entry(one, by=by, at=at) for one in happened]
    return Entry.objects.bulk_create(entries, batch_size=BATCH)


def _entry(happened: Happened, *, by: Actor | None, at: datetime) -> Entry:
    if happened.verb not in VERBS:
        raise VerbUnknown(
            f"“{happened.verb}” is no verb of the audit trail. Add it to audit/verbs.py."
        )
    if not connection.in_atomic_block:
        raise NotInTransaction(
            f"“{happened.verb}” was to be recorded outside of transaction.atomic."
        )
    return Entry(
        at=at,
        verb=happened.verb,
        target=_text(happened.target),
        actor=_text(by.audit_name) if by else "system",
        organization=_text(by.audit_organization) if by else "",
        details=_holdable(_through(happened.details)),
        request_id=trace.request_id.get(),
        address=trace.address.get(),
    )


def _through(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return details with the app through which the person acts, if there is one."""
    app = trace.app.get()
    return {**details, "app": app} if app else details


def _holdable(details: Mapping[str, Any]) -> Any:
    """Return details as JSON that PostgreSQL can hold: an odd character must not fail a verb."""
    plain = json.loads(json.dumps(details, cls=DjangoJSONEncoder))
    return _clean(plain)


def _clean(value: Any) -> Any:
    match value:
        case str():
            return _text(value)
        case list():
            return [_clean(each) for each in value]
        case dict():
            return {_text(key): _clean(each) for key, each in value.items()}
    return value


def _text(value: str) -> str:
    """Return text without NUL and lone surrogates, which no PostgreSQL text can hold."""
    return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


@transaction.atomic
def link(*, whole: bool = False) -> int:
    """Chain every committed entry that is not linked yet; returns how many were.

    Returns 0 where another linker is at work. An entry that commits late is linked late: the
    chain's order is the order of linking. `whole` looks through all entries, not only those of
    transactions that were unsettled at the last link: once a day, to rest on nothing else.
    """
    if not alone(LOCK):
        return 0
    last = Link.objects.order_by("-position").first()
    position, previous = (last.position, last.hash) if last else (0, GENESIS)
    horizon = _horizon()  # taken before the entries are read: all below it will be seen
    since = last.horizon if last and not whole else 0
    if since > horizon:  # the database came from a dump: its transactions count anew
        since = 0
    linked = 0
    entries = unlinked().filter(written_in__gte=since).order_by("pk").iterator(chunk_size=BATCH)
    while links := list(_links(islice(entries, BATCH), position, previous, horizon)):
        Link.objects.bulk_create(links)
        position, previous = links[-1].position, links[-1].hash
        linked += len(links)
    return linked


def alone(lock: int) -> bool:
    """Take a lock until the transaction's end; False where another has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock])
        return bool(cursor.fetchone()[0])


def _horizon() -> int:
    """Return the number below which every transaction is settled."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return cursor.fetchone()[0]


def unlinked() -> QuerySet[Entry]:
    """Return the entries without a link. Time belongs to the match: an id could be used again."""
    its_link = Link.objects.filter(entry_id=OuterRef("pk"), recorded_at=OuterRef("recorded_at"))
    return Entry.objects.filter(~Exists(its_link))


def _links(entries: Iterable[Entry], position: int, previous: str, horizon: int) -> Iterator[Link]:
    algorithm = settings.AUDIT_ALGORITHM
    for number, entry in enumerate(entries, start=position + 1):
        made = hashing.chained(previous, entry, algorithm)
        yield Link(
            position=number,
            entry_id=entry.pk,
            recorded_at=entry.recorded_at,
            previous=previous,
            hash=made,
            algorithm=algorithm,
            horizon=horizon,
        )
        previous = made


def verify(*, at: datetime, noted: str = "") -> Break | None:
    """Walk the whole chain and return the first thing that is wrong with it, or None.

    Found are a changed entry, a deleted one, one that was slipped in, a link that is missing or
    was altered, and an entry older than a minute at `at` that was never linked. That the chain's
    end was cut off shows against a hash of it that was `noted` elsewhere. Months that were sealed
    are walked by their links alone.
    """
    sealed = months.sealed(months.Table.ENTRY)
    previous, expected = GENESIS, 1
    links = Link.objects.order_by("position").iterator(chunk_size=BATCH)
    while batch := list(islice(links, BATCH)):
        entries = _entries(batch)
        for one in batch:
            entry = entries.get((one.entry_id, one.recorded_at))
            wrong = _misplaced(one, previous, expected) or _altered(one, entry, sealed)
            if wrong:
                return wrong
            previous, expected = one.hash, expected + 1
    if noted and not Link.objects.filter(hash=noted).exists():
        return Break(expected, 0, _("the hash that was noted is no longer in the chain"))
    forgotten = unlinked().filter(recorded_at__lt=at - LINKED_WITHIN).order_by("pk").first()
    if forgotten is not None:
        return Break(0, forgotten.pk, _("entry was slipped in, or the linker does not run"))
    return None


def _entries(links: list[Link]) -> dict[tuple[int, datetime], Entry]:
    """Return the entries of links by id and time; the times also say which months to look in."""
    ids, times = [one.entry_id for one in links], [one.recorded_at for one in links]
    found = Entry.objects.filter(pk__in=ids, recorded_at__in=times)
    return {(entry.pk, entry.recorded_at): entry for entry in found}


def _misplaced(one: Link, previous: str, expected: int) -> Break | None:
    if one.position != expected:
        return Break(expected, 0, _("link is missing"))
    if one.previous != previous:
        return Break(one.position, one.entry_id, _("link does not follow the one before"))
    return None


def _altered(one: Link, entry: Entry | None, sealed: frozenset[str]) -> Break | None:
    if entry is None:
        if months.name(one.recorded_at) in sealed:
            return None
        return Break(one.position, one.entry_id, _("entry was deleted"))
    if one.hash != hashing.chained(one.previous, entry, one.algorithm):
        return Break(one.position, one.entry_id, _("entry was changed"))
    return None
