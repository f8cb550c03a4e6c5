"""Versions of files that everybody is given: a second person lets each of them out.

Nobody grades what is inside of a file, so four eyes see the bytes themselves. Those that an entry
has when it is published, or that an amendment brings, were seen by head and data authority. A
newer version of a published one is added by the publisher alone; everybody is still given the one
before it until the head of the department has released it: looser needs four eyes. A file that
was closed is opened likewise (`catalog.openness`).
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import NotAllowed, require
from audit import chain
from catalog import indexing
from catalog.drafting import locked
from catalog.models import Dataset, FileVersion, Resource
from catalog.refusals import StepRefused
from catalog.states import Step, move
from catalog.terms import State

WAITS, OPENS = "file.releasable", "file.openable"
"""The notices by which the head is told of what waits: a newer version, or a file that is to be
opened. `accounts.notices.KINDS`."""


def waiting() -> QuerySet[FileVersion]:
    """Return the versions that wait to be released. One that a newer one replaced does not."""
    newer = FileVersion.objects.filter(
        resource=OuterRef("resource"), number__gt=OuterRef("number")
    )
    return FileVersion.objects.filter(
        ~Exists(newer),
        released_at=None,
        resource__is_public=True,
        resource__ended_at=None,
        resource__dataset__state=State.PUBLISHED,
    )


def release_all(dataset: Dataset, *, by: User, at: datetime) -> None:
    """Release what is published with an entry. Only for `catalog.publishing.accept`."""
    rows = FileVersion.objects.filter(resource__in=dataset.resources.live(), released_at=None)
    rows.filter(resource__is_public=True).update(released_at=at, released_by=by)


def given_before(resource: Resource) -> bool:
    """Whether a version of a file was released, so that it is open already."""
    return resource.versions.filter(released_at__isnull=False).exists()


def tell(resource: Resource, dataset: Dataset, *, at: datetime) -> None:
    """Tell the head of the department that a newer version of a public file waits.

    Of one that waits to be opened they are told already.
    """
    if given_before(resource):
        _tell(WAITS, resource, dataset, at)


def tell_opening(resource: Resource, dataset: Dataset, *, reason: str, at: datetime) -> None:
    """Tell the head of the department that a file is to be opened, and why."""
    _tell(OPENS, resource, dataset, at, reason=reason)


def _tell(kind: str, resource: Resource, dataset: Dataset, at: datetime, **words: Any) -> None:
    notices.tell(
        kind,
        organization=dataset.owner,
        target=address(resource),
        at=at,
        file=resource,
        dataset=dataset,
        **words,
    )


def settled(*resources: Resource, at: datetime) -> None:
    """Close what was told of files and versions that wait no longer."""
    for one in resources:
        notices.settle(address(one), WAITS, OPENS, at=at)


def address(resource: Resource) -> str:
    """Return what audit entries and notices call a resource."""
    return f"resource:{resource.pk}"


@transaction.atomic
def release_version(version_id: int, *, by: User, at: datetime) -> FileVersion:
    """Let everybody have the newest version of a public file from now on, as the head.

    Only for `exchange.file_verbs`, which puts it where the doors can read it. Raises NotAllowed
    (also for who added it, or proposed to open the file: four eyes), StepRefused (not published,
    ended, not open to everyone, released before, replaced by a newer one),
    FileVersion.DoesNotExist.
    """
    of = FileVersion.objects.values_list("resource__dataset_id", flat=True).get(pk=version_id)
    dataset = locked(of)
    version = FileVersion.objects.select_related("resource").get(pk=version_id)
    require(by, "catalog.release_version", organization=dataset.owner)
    _check_waits(version, dataset)
    if by.stands_for(version.added_by_id):
        raise NotAllowed(
            _("You added this version, so another person has to release it. Ask a colleague.")
        )
    if by.stands_for(version.resource.opening_proposed_by_id):
        raise NotAllowed(
            _(
                "You proposed to open this file, so another person has to release it. Ask a"
                " colleague."
            )
        )
    version.released_at, version.released_by = at, by
    version.save(update_fields=["released_at", "released_by"])
    version.resource.opening_proposed_by = None
    version.resource.save(update_fields=["opening_proposed_by"])
    settled(version.resource, at=at)
    chain.record(
        "resource.release",
        address(version.resource),
        by=by,
        at=at,
        number=version.number,
        sha256=version.sha256,
    )
    indexing.index(dataset.pk, at=at)
    return version


def _check_waits(version: FileVersion, dataset: Dataset) -> None:
    move(dataset.state, Step.REVISE, of=dataset)
    if waiting().filter(pk=version.pk).exists():
        return
    newest = version.resource.versions.order_by("-number").first()
    raise StepRefused(
        _(
            "Version %(number)s of “%(file)s” does not wait to be released: only the newest"
            " version (%(newest)s) of a file that is offered to everyone does, until it is"
            " released. Look at the file as it stands."
        )
        % {
            "number": version.number,
            "file": version.resource,
            "newest": newest.number if newest else version.number,
        }
    )
