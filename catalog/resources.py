"""What an entry offers beside its table: files in versions, interfaces, links.

A draft takes all of them; a published file takes new versions, since its data goes on. What ends
stays in the catalogue with its day. Everybody is given a file where it was offered as public and
nothing of the entry is kept back (`exchange.open_files`).
"""

import json
from datetime import datetime
from typing import IO, Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog import files, indexing, versions
from catalog.drafting import locked
from catalog.models import ApiDescription, Dataset, FileVersion, Resource
from catalog.refusals import EntryRefused, StepRefused
from catalog.states import Step, move
from catalog.terms import ApiAuth, ApiMethod, ResourceKind, State


@transaction.atomic
def add_file(
    dataset_id: int,
    *,
    title_zh: str,
    name: str,
    stream: IO[bytes],
    by: User,
    at: datetime,
    title_en: str = "",
    note: str = "",
    is_public: bool = False,
) -> Resource:
    """Offer a file, which is kept as its version 1. `name` is what the sender calls the file.

    `is_public` opens it to everybody once the entry is published. A newer version of it is given
    when a second person has released it (`catalog.versions`).
    Raises NotAllowed, StepRefused (not a draft), FileRefused, ValidationError.
    """
    dataset = _draft(dataset_id, by)
    data = files.examined(stream, files.plain_name(name))
    return put_file(
        dataset,
        data,
        title_zh=title_zh,
        title_en=title_en,
        name=name,
        note=note,
        is_public=is_public,
        by=by,
        at=at,
    )


def put_file(
    dataset: Dataset,
    data: bytes,
    *,
    title_zh: str,
    title_en: str,
    name: str,
    note: str,
    by: User,
    at: datetime,
    is_public: bool = False,
) -> Resource:
    """Write a file that was looked at; right and state are the caller's to see to.

    What is put into a published entry was signed and reviewed as it is: it needs no release.
    """
    resource = _new(
        dataset, ResourceKind.FILE, title_zh, title_en, "", by, at, is_public=is_public
    )
    released = is_public and dataset.state == State.PUBLISHED
    _new_version(resource, data, name=name, note=note, by=by, at=at, released=released)
    return resource


@transaction.atomic
def add_file_version(
    resource_id: int, *, name: str, stream: IO[bytes], by: User, at: datetime, note: str = ""
) -> FileVersion:
    """Add a newer version of a file, to a draft or a published entry. Older ones stay.

    Where everybody is given the file, the head is told: it is given once they have released it.
    Raises NotAllowed, StepRefused (in review, withdrawn, ended), EntryRefused (no file, or the
    same bytes as the latest version), FileRefused.
    """
    resource, dataset = with_dataset(resource_id)
    require(by, "catalog.update_dataset", organization=dataset.owner)
    if dataset.state != State.PUBLISHED:
        move(dataset.state, Step.EDIT, of=dataset)
    check_live(resource)
    if resource.kind != ResourceKind.FILE:
        raise EntryRefused(
            _("“%(resource)s” is no file, so it has no versions. Add a file to the entry.")
            % {"resource": resource}
        )
    data = files.examined(stream, files.plain_name(name))
    version = _new_version(resource, data, name=name, note=note, by=by, at=at)
    if resource.is_public and dataset.state == State.PUBLISHED:
        versions.tell(resource, dataset, at=at)
    return version


def _new_version(
    resource: Resource,
    data: bytes,
    *,
    name: str,
    note: str,
    by: User,
    at: datetime,
    released: bool = False,
) -> FileVersion:
    digest = files.keep(data)
    latest = resource.versions.order_by("-number").first()
    if latest is not None and latest.sha256 == digest:
        raise EntryRefused(
            _("“%(file)s” is the same as version %(number)s. Nothing was added.")
            % {"file": files.plain_name(name), "number": latest.number}
        )
    version = FileVersion(
        resource=resource,
        number=latest.number + 1 if latest else 1,
        original_name=files.plain_name(name),
        size=len(data),
        sha256=digest,
        note=note,
        added_at=at,
        added_by=by,
        released_at=at if released else None,
        released_by=by if released else None,
    )
    version.full_clean()
    version.save()
    chain.record(
        "resource.version",
        f"resource:{resource.pk}",
        by=by,
        at=at,
        number=version.number,
        name=version.original_name,
        sha256=digest,
    )
    indexing.index(resource.dataset_id, at=at)
    return version


@transaction.atomic
def add_api(
    dataset_id: int, *, title_zh: str, url: str, by: User, at: datetime, **described: str
) -> Resource:
    """Register an interface that the department runs, with its description (see `put_api`).

    Raises NotAllowed, StepRefused, EntryRefused (addresses that are not http or https, a document
    that is no OpenAPI description), ValidationError.
    """
    dataset = _draft(dataset_id, by)
    return put_api(dataset, title_zh=title_zh, url=url, by=by, at=at, **described)


def put_api(
    dataset: Dataset,
    *,
    title_zh: str,
    url: str,
    by: User,
    at: datetime,
    title_en: str = "",
    method: str = ApiMethod.GET,
    auth: str = ApiAuth.KEY,
    document_url: str = "",
    document: str = "",
    description_zh: str = "",
    description_en: str = "",
) -> Resource:
    """Write an interface and its description; right and state are the caller's to see to."""
    check_address(url)
    check_description(document_url, document)
    resource = _new(dataset, ResourceKind.API, title_zh, title_en, url, by, at)
    described = ApiDescription(
        resource=resource,
        method=method,
        auth=auth,
        document_url=document_url,
        document=document,
        description_zh=description_zh,
        description_en=description_en,
    )
    described.full_clean()
    described.save()
    return resource


@transaction.atomic
def add_link(
    dataset_id: int, *, title_zh: str, url: str, by: User, at: datetime, title_en: str = ""
) -> Resource:
    """Offer an address elsewhere. Raises as `add_api` does."""
    dataset = _draft(dataset_id, by)
    return put_link(dataset, title_zh=title_zh, url=url, by=by, at=at, title_en=title_en)


def put_link(
    dataset: Dataset, *, title_zh: str, url: str, by: User, at: datetime, title_en: str = ""
) -> Resource:
    """Write a link; right and state are the caller's to see to."""
    check_address(url)
    return _new(dataset, ResourceKind.LINK, title_zh, title_en, url, by, at)


@transaction.atomic
def end_resource(resource_id: int, *, by: User, at: datetime, reason: str = "") -> Resource:
    """Take a file, interface or link off an entry; it stays in the catalogue as ended.

    Off a published entry it goes at once too, since that shows less, but with a reason. Only for
    `exchange.file_verbs`. Raises NotAllowed, StepRefused (in review, withdrawn, ended already),
    EntryRefused for the table, or without a reason.
    """
    resource, dataset = with_dataset(resource_id)
    require(by, "catalog.update_dataset", organization=dataset.owner)
    published = dataset.state == State.PUBLISHED
    move(dataset.state, Step.REVISE if published else Step.EDIT, of=dataset)
    check_live(resource)
    if resource.kind == ResourceKind.TABLE:
        raise EntryRefused(_("The table of an entry stays. End its fields, or draft a new entry."))
    if published and not reason.strip():
        raise EntryRefused(_("Say why it ends; the reason stays in the record."))
    if published and dataset.resources.live().count() == 1:
        raise EntryRefused(
            _(
                "“%(resource)s” is all that the entry offers. Propose another offer first, or"
                " withdraw the entry."
            )
            % {"resource": resource}
        )
    resource.ended_at = at
    resource.save(update_fields=["ended_at"])
    versions.settled(resource, at=at)
    details = {"dataset": dataset.pk, "reason": reason.strip()}
    chain.record("resource.end", f"resource:{resource.pk}", by=by, at=at, **details)
    indexing.index(dataset.pk, at=at)
    return resource


@transaction.atomic
def fetch(version_id: int, *, by: User, at: datetime) -> tuple[FileVersion, bytes]:
    """Give out the bytes of a version to a colleague of the provider, and write that down.

    Raises NotAllowed, FileVersion.DoesNotExist, FileRefused where the store has lost them.
    """
    version = FileVersion.objects.select_related("resource__dataset__owner").get(pk=version_id)
    require(by, "catalog.read_file", organization=version.resource.dataset.owner)
    data = files.kept(version.sha256)
    target = f"resource:{version.resource_id}"
    chain.record("resource.download", target, by=by, at=at, number=version.number)
    return version, data


def _draft(dataset_id: int, by: User) -> Dataset:
    dataset = locked(dataset_id)
    require(by, "catalog.update_dataset", organization=dataset.owner)
    move(dataset.state, Step.EDIT, of=dataset)
    return dataset


def with_dataset(resource_id: int) -> tuple[Resource, Dataset]:
    """Return an offer and its entry, which is locked. Raises Resource.DoesNotExist."""
    dataset_id = Resource.objects.values_list("dataset_id", flat=True).get(pk=resource_id)
    dataset = locked(dataset_id)
    return Resource.objects.get(pk=resource_id), dataset


def check_live(resource: Resource) -> None:
    """Raise StepRefused for an offer that has ended."""
    if resource.ended_at is not None:
        raise StepRefused(
            _("“%(resource)s” has ended. Add a new one to the entry.") % {"resource": resource}
        )


def _new(
    dataset: Dataset,
    kind: ResourceKind,
    title_zh: str,
    title_en: str,
    url: str,
    by: User,
    at: datetime,
    *,
    is_public: bool = False,
) -> Resource:
    number = dataset.resources.filter(kind=kind).count() + 1
    last = dataset.resources.aggregate(last=Max("position"))["last"]
    resource = Resource(
        dataset=dataset,
        kind=kind,
        name=f"{kind}_{number}",
        title_zh=title_zh,
        title_en=title_en,
        url=url,
        is_public=is_public,
        position=0 if last is None else last + 1,
    )
    resource.full_clean()
    resource.save()
    details: dict[str, Any] = {"dataset": dataset.pk, "name": resource.name, "kind": str(kind)}
    details |= {"is_public": True} if is_public else {}
    chain.record("resource.create", f"resource:{resource.pk}", by=by, at=at, **details)
    indexing.index(dataset.pk, at=at)
    return resource


def check_address(url: str) -> None:
    """Raise EntryRefused for what is no address that people can open."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise EntryRefused(
            _(
                "“%(url)s” is no address that people can open. Give one that begins with https://"
                " or http:// and holds no user name."
            )
            % {"url": url}
        )


def check_description(document_url: str, document: str) -> None:
    """Raise EntryRefused for a description that cannot be opened, or is no OpenAPI document."""
    if document_url:
        check_address(document_url)
    _check_document(document)


def _check_document(document: str) -> None:
    """Refuse what does not look like an OpenAPI document, in JSON or in YAML."""
    text = document.strip()
    if not text:
        return
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except ValueError:
            found = {}
        named = isinstance(found, dict) and bool({"openapi", "swagger"} & set(found))
    else:
        named = any(line.startswith(("openapi:", "swagger:")) for line in text.splitlines())
    if not named:
        raise EntryRefused(
            _(
                "The description is no OpenAPI document: it names no “openapi” version. Paste the"
                " whole document in JSON or YAML, or give its address."
            )
        )
