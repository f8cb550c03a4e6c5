"""动态更新: an entry follows within ten working days what changed around it (Order 809 art 17(2)).

The clock runs from the day of the change, of a law or of the department's duties, until an
amendment is with the data authority. What is noted here is a duty to look, not a change.
"""

from collections.abc import Iterable
from datetime import date, datetime, time

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog import alarms, deadlines
from catalog.alarms import Alarm
from catalog.drafting import locked
from catalog.models import Dataset, Revision
from catalog.refusals import EntryRefused, StepRefused
from catalog.states import Step, move
from catalog.terms import ClockStep, RevisionKind, RevisionState

KINDS = {
    Alarm.REMIND: "dataset.update_due",
    Alarm.LATE: "dataset.update_late",
    Alarm.CLIMB: "dataset.update_climbed",
}
"""The notices by which the alarms of a change are told, to whom: `accounts.notices.KINDS`."""
NOON = time(12)


def waiting() -> QuerySet[Dataset]:
    """Return published entries that have to follow a change, the earliest change first.

    One whose amendment is with the data authority is in time, and not among them.
    """
    submitted = Revision.objects.filter(
        dataset=OuterRef("pk"), kind=RevisionKind.AMEND, state=RevisionState.SIGNED
    ).filter(proposed_at__date__gte=OuterRef("update_from"))
    rows = Dataset.objects.published().filter(update_from__isnull=False)
    return rows.exclude(Exists(submitted)).order_by(F("update_from").asc(), "pk")


def due(dataset: Dataset, clocks: deadlines.Clocks, *, today: date) -> deadlines.Deadline | None:
    """Return until when an entry follows the change that was noted of it, None where none was."""
    if dataset.update_from is None:
        return None
    since = timezone.make_aware(datetime.combine(dataset.update_from, NOON))
    return clocks.due_for(
        ClockStep.CATALOGUE_UPDATE, since, today=today, extended=dataset.update_extended
    )


@transaction.atomic
def note(dataset_id: int, *, since: date, because: str, by: User, at: datetime) -> Dataset:
    """Say that something changed which a published entry has to follow, and on which day it did.

    Raises NotAllowed, StepRefused (not published, or following a change already), EntryRefused
    without a reason or for a day to come.
    """
    dataset = locked(dataset_id)
    require(by, "catalog.update_dataset", organization=dataset.owner)
    move(dataset.state, Step.REVISE, of=dataset)
    if dataset.update_from is not None:
        raise StepRefused(
            _(
                "“%(dataset)s” is to follow a change of %(day)s already (%(why)s). Propose a"
                " change of the entry, or let the head say that none is needed."
            )
            % {"dataset": dataset, "day": dataset.update_from, "why": dataset.update_because}
        )
    if not because.strip():
        raise EntryRefused(_("Say what changed: a law, or a duty of the department."))
    if since > timezone.localdate(at):
        raise EntryRefused(_("Give the day on which it changed; it lies in the future."))
    _start(dataset, since=since, because=because.strip(), by=by, at=at)
    return dataset


def follow(
    datasets: Iterable[int], *, since: date, because: str | Promise, by: User, at: datetime
) -> None:
    """Let published entries follow what a verb has just changed: an article, a duty.

    For verbs, which hold the entries' locks. An entry that follows a change already goes on with
    the earlier one.
    """
    rows = Dataset.objects.published().filter(pk__in=list(datasets), update_from=None)
    for dataset in rows.select_related("owner").order_by("pk"):
        _start(dataset, since=since, because=str(because), by=by, at=at)


def _start(dataset: Dataset, *, since: date, because: str, by: User, at: datetime) -> None:
    dataset.update_from, dataset.update_because = since, because
    dataset.update_extended = False
    _kept(dataset)
    deadline = due(dataset, deadlines.clocks(), today=timezone.localdate(at))
    assert deadline is not None  # noqa: S101 - it has just begun
    _tell("dataset.update_due", dataset, deadline, at=at)
    chain.record(
        "dataset.change_noted",
        dataset.address,
        by=by,
        at=at,
        since=str(since),
        reason=because,
        due=str(deadline.due_on),
    )


@transaction.atomic
def extend(dataset_id: int, *, reason: str, by: User, at: datetime) -> Dataset:
    """Consent, as the data authority, to the longer term that the clock allows; once.

    Raises NotAllowed, StepRefused where nothing is to follow or it is extended already.
    """
    dataset = locked(dataset_id)
    require(by, "catalog.review_dataset", organization=dataset.owner)
    _running(dataset)
    if dataset.update_extended:
        raise StepRefused(_("The term is extended already, and that is done once."))
    dataset.update_extended = True
    _kept(dataset)
    deadline = due(dataset, deadlines.clocks(), today=timezone.localdate(at))
    assert deadline is not None  # noqa: S101 - `_running` has looked
    notices.settle(dataset.address, *KINDS.values(), at=at)
    _tell("dataset.update_due", dataset, deadline, at=at)
    chain.record(
        "dataset.change_extended",
        dataset.address,
        by=by,
        at=at,
        reason=reason,
        due=str(deadline.due_on),
    )
    return dataset


@transaction.atomic
def close(dataset_id: int, *, reason: str, by: User, at: datetime) -> Dataset:
    """Say, as the head, why an entry needs no amendment after all.

    Raises NotAllowed, StepRefused where nothing is to follow, EntryRefused without a reason.
    """
    dataset = locked(dataset_id)
    require(by, "catalog.sign_dataset", organization=dataset.owner)
    _running(dataset)
    if not reason.strip():
        raise EntryRefused(_("Say why nothing of the entry has to change."))
    done(dataset, at=at)
    chain.record("dataset.change_closed", dataset.address, by=by, at=at, reason=reason.strip())
    return dataset


def done(dataset: Dataset, *, at: datetime) -> None:
    """Stop the clock: an amendment holds, or none is needed. For verbs, which hold the lock."""
    if dataset.update_from is None:
        return
    dataset.update_from, dataset.update_because, dataset.update_extended = None, "", False
    _kept(dataset)
    notices.settle(dataset.address, *KINDS.values(), at=at)


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Tell of entries that have to follow a change soon, did not, or still have not, each once.

    Returns how many were told of.
    """
    clocks, today = deadlines.clocks(), timezone.localdate(at)
    entries = {one.address: one for one in waiting().select_related("owner")}
    running = [one for entry in entries.values() if (one := _term(entry, clocks, today))]
    return alarms.ring(
        running, lambda one, alarm: _ring(entries[one.target], one, alarm, at), at=at
    )


def _term(dataset: Dataset, clocks: deadlines.Clocks, today: date) -> alarms.Running | None:
    deadline = due(dataset, clocks, today=today)
    if deadline is None:
        return None
    more = "extended" if dataset.update_extended else ""
    return alarms.Running(
        target=dataset.address,
        term=f"change of {dataset.update_from} {more}".strip(),
        deadline=deadline,
        limit=clocks.limit(ClockStep.CATALOGUE_UPDATE),
    )


def _ring(dataset: Dataset, one: alarms.Running, alarm: Alarm, at: datetime) -> None:
    notices.settle(dataset.address, KINDS[Alarm.REMIND], at=at)
    _tell(KINDS[alarm], dataset, one.deadline, at=at)


def _running(dataset: Dataset) -> None:
    if dataset.update_from is None:
        raise StepRefused(
            _("“%(dataset)s” has no change to follow, so there is no term.") % {"dataset": dataset}
        )


def _kept(dataset: Dataset) -> None:
    dataset.save(update_fields=["update_from", "update_because", "update_extended"])


def _tell(kind: str, dataset: Dataset, deadline: deadlines.Deadline, *, at: datetime) -> None:
    notices.tell(
        kind,
        organization=dataset.owner,
        target=dataset.address,
        at=at,
        due_on=deadline.due_on,
        dataset=dataset,
        owner=dataset.owner,
        day=deadline.due_on,
        why=dataset.update_because,
    )


__all__ = ["close", "done", "due", "extend", "follow", "note", "remind", "waiting"]
