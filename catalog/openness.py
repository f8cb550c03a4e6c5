"""Whether everybody is given a file: opened with four eyes, closed at once.

Nobody grades what is inside of a file. One that an entry holds closed is proposed to be opened by
the publisher, and released by the head of the department, never by the same person
(`catalog.versions`): looser needs four eyes. Doors call `exchange.file_verbs`, which brings the
folder of public files to it.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog import indexing, versions
from catalog.models import Dataset, Resource
from catalog.refusals import EntryRefused, StepRefused
from catalog.resources import check_live, with_dataset
from catalog.states import Step, move
from catalog.terms import ResourceKind, State

CLOSED = "file.closed"
"""The notice that says that a file was closed: `accounts.notices.KINDS`."""


@transaction.atomic
def open_file(resource_id: int, *, by: User, at: datetime, reason: str = "") -> Resource:
    """Offer a closed file to everybody.

    A draft's is open once the entry is published: head and data authority look at it before. A
    published entry's waits for the head, who is told; until it is released nobody is given it.
    Raises NotAllowed, StepRefused (in review, withdrawn, ended, open already), EntryRefused (no
    file, or no reason where the entry is published).
    """
    resource, dataset = with_dataset(resource_id)
    published = dataset.state == State.PUBLISHED
    require(by, "catalog.update_dataset", organization=dataset.owner)
    _check(resource, dataset)
    if resource.is_public:
        raise StepRefused(
            _(
                "“%(file)s” is open to everyone already, or waits for the head to release it. Look"
                " at the file as it stands."
            )
            % {"file": resource}
        )
    if published and not reason.strip():
        raise EntryRefused(_("Say why the file is opened: the head decides by it."))
    resource.is_public, resource.opening_proposed_by = True, by if published else None
    _written(resource, "resource.open", reason, by=by, at=at)
    if published:
        notices.settle(versions.address(resource), CLOSED, at=at)
        versions.tell_opening(resource, dataset, reason=reason.strip(), at=at)
    return resource


@transaction.atomic
def close_file(resource_id: int, *, by: User, at: datetime, reason: str = "") -> Resource:
    """Give a file to nobody any longer, or take back what waits to be opened. It stays offered.

    Opening it again takes four eyes again, so no version of it counts as released. Only for
    `exchange.file_verbs`. Raises NotAllowed, StepRefused (in review, withdrawn, ended, closed
    already), EntryRefused (no file, or no reason where the entry is published).
    """
    resource, dataset = with_dataset(resource_id)
    published = dataset.state == State.PUBLISHED
    right = "catalog.close_file" if published else "catalog.update_dataset"
    require(by, right, organization=dataset.owner)
    _check(resource, dataset)
    if not resource.is_public:
        raise StepRefused(
            _("“%(file)s” is closed already: everybody is told so in its place.")
            % {"file": resource}
        )
    if published and not reason.strip():
        raise EntryRefused(_("Say why the file is closed; the reason stays in the record."))
    if versions.given_before(resource):
        resource.closed_at = at
    resource.is_public, resource.opening_proposed_by = False, None
    resource.versions.update(released_at=None, released_by=None)
    versions.settled(resource, at=at)
    _written(resource, "resource.close", reason, by=by, at=at)
    if published:
        _tell_closed(resource, dataset, reason.strip(), at)
    return resource


def _check(resource: Resource, dataset: Dataset) -> None:
    """Return for a live file of a draft or of a published entry."""
    published = dataset.state == State.PUBLISHED
    move(dataset.state, Step.REVISE if published else Step.EDIT, of=dataset)
    check_live(resource)
    if resource.kind != ResourceKind.FILE:
        raise EntryRefused(
            _("“%(resource)s” is no file. Only files are opened and closed as a whole.")
            % {"resource": resource}
        )


def _written(resource: Resource, verb: str, reason: str, *, by: User, at: datetime) -> None:
    resource.save(update_fields=["is_public", "opening_proposed_by", "closed_at"])
    details = {"dataset": resource.dataset_id, "reason": reason.strip()}
    chain.record(verb, versions.address(resource), by=by, at=at, **details)
    indexing.index(resource.dataset_id, at=at)


def _tell_closed(resource: Resource, dataset: Dataset, reason: str, at: datetime) -> None:
    notices.tell(
        CLOSED,
        organization=dataset.owner,
        target=versions.address(resource),
        at=at,
        file=resource,
        dataset=dataset,
        reason=reason,
    )
