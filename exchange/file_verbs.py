"""Verbs on files of entries: the catalogue and the folder of public files change together."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from catalog import openness, resources, versions
from catalog.models import FileVersion, Resource
from exchange import public_files


@transaction.atomic
def release_version(version_id: int, *, by: User, at: datetime) -> FileVersion:
    """Let everybody have the newest version of a file. Raises as `versions.release_version`."""
    version = versions.release_version(version_id, by=by, at=at)
    public_files.follow(version.resource.dataset_id, at=at)
    return version


@transaction.atomic
def open_file(resource_id: int, *, by: User, at: datetime, reason: str = "") -> Resource:
    """Offer a closed file to everybody, for the head to release. Raises as `openness.open_file`.

    Nothing of it is public yet.
    """
    return openness.open_file(resource_id, by=by, at=at, reason=reason)


@transaction.atomic
def close_file(resource_id: int, *, by: User, at: datetime, reason: str = "") -> Resource:
    """Close a file: no door can read it when this returns. Raises as `openness.close_file`."""
    resource = openness.close_file(resource_id, by=by, at=at, reason=reason)
    public_files.follow(resource.dataset_id, at=at)
    return resource


@transaction.atomic
def end_resource(resource_id: int, *, by: User, at: datetime, reason: str = "") -> Resource:
    """End an offer: of a file no door can read it when this returns. Raises as
    `resources.end_resource`."""
    resource = resources.end_resource(resource_id, by=by, at=at, reason=reason)
    public_files.follow(resource.dataset_id, at=at)
    return resource
