"""What came after an agreement was signed: an annex to it, dated line by line, outside its digest.

The document stays as it was signed. What was done with the grant since then, and by whom, stands
in the audit trail; here it is told in Chinese, as the agreement is, for the page, paper and apps.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from audit.models import Entry
from catalog.terms import State
from exchange.agreements import words
from exchange.agreements.layout import NONE, Section
from exchange.models import Agreement, Ending, Grant


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that came after: when, what in words, why; `verb` is the trail's, "" a day's."""

    at: datetime
    what: str
    why: str = ""
    verb: str = ""


def of(kept: Agreement, *, today: date, trail: Iterable[Entry] | None = None) -> list[Event]:
    """Return what came after an agreement was signed, the earliest first. Three queries at most.

    `trail` are the entries of the grant where the audit trail itself may not be read
    (`members_rights.entries_of`). That its last day is over is told from the day after it on.
    Months of the trail that were set apart are not read: where the grant stands then stands with
    the grant.
    """
    grant, kind = kept.grant, str(kept.document.get("kind", ""))
    if trail is None:
        trail = Entry.objects.filter(target=grant.address, verb__in=words.afterwards(kind))
    entries = sorted(trail, key=lambda one: (one.at, one.pk))
    found = [*_told(entries, kind), *_of_dataset(grant)]
    if grant.revoked_at is None and grant.valid_until < today:
        over = datetime.combine(grant.valid_until, datetime.max.time())
        found.append(Event(timezone.make_aware(over), words.LAST_DAY_OVER))
    return sorted(found, key=lambda one: one.at)


def section(events: Sequence[Event]) -> Section | None:
    """Return the annex in the order in which people read it, None where nothing came after."""
    if not events:
        return None
    return Section(
        words.ANNEX,
        tuple((_minute(one.at), one.what, one.why or NONE) for one in events),
        ("时间", "事项", "说明"),
        (20, 32, 48),
        note=words.ANNEX_NOTE,
    )


def _told(entries: Sequence[Entry], kind: str) -> Iterable[Event]:
    days = {
        one.details["stop"]: one.details["from_day"]
        for one in entries
        if one.verb == "grant.stop_ask"
    }
    for one in entries:
        what = words.afterwards(kind)[one.verb]
        if one.verb == "grant.end":
            what = words.endings(kind)[one.details["ending"]]
        elif one.verb == "grant.stop_decide" and not one.details["ends"]:
            what = words.SERVICE_GOES_ON
        yield Event(one.at, what, _why(one, days), one.verb)


def _why(entry: Entry, days: Mapping[int, str]) -> str:
    """Return what was said, with the day, the notice or the document that belongs to it."""
    told = entry.details
    if told.get("ending") == Ending.REPLACED:
        last_day = told.get("last_day")
        holds = [] if last_day is None else [words.UNTIL_THEN.format(last_day)]
        return "\n".join([_successor(told["reason"]), *holds])
    said = [str(told.get(name) or "") for name in ("reason", "text", "receipt")]
    if entry.verb in words.NAME_THE_DAY and told.get("ends", True):
        told = told | {"from_day": days.get(told["stop"], "")}
    said += [f"{label}{told[name]}" for name, label in words.BESIDE.items() if told.get(name)]
    return "\n".join(filter(None, said))


def _successor(request: str) -> str:
    """Return which grant stands for one that a request ("request:12") replaced."""
    number = request.partition(":")[2]
    held = Grant.objects.filter(request=int(number)).values_list("pk", flat=True).first()
    return words.BY_REQUEST.format(number) if held is None else words.BY_GRANT.format(held)


def _of_dataset(grant: Grant) -> Iterable[Event]:
    dataset = grant.dataset
    if dataset.state == State.WITHDRAWN and dataset.withdrawn_at is not None:
        yield Event(dataset.withdrawn_at, words.DATASET_WITHDRAWN, dataset.withdrawn_reason)


def _minute(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def as_json(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return the annex for apps: moment, words and reason of each line."""
    return [{"at": timezone.localtime(one.at), "what": one.what, "why": one.why} for one in events]
