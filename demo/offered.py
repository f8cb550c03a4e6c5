"""What an entry of the demo offers besides its table: files, and addresses elsewhere."""

import io
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from catalog import resources
from catalog.models import Resource


@dataclass(frozen=True, slots=True)
class Link:
    """An address elsewhere; those of the demo lead nowhere, which their ending says."""

    title_zh: str
    title_en: str
    url: str
    api: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file that everybody is given: its name, and its text.

    `newer` is the text of a newer version, which waits for the head of the department.
    """

    title_zh: str
    title_en: str
    name: str
    text: str
    newer: str = ""


def offer(one: Link | File, dataset_id: int, *, by: User, at: datetime) -> Resource:
    """Add it to a draft."""
    titles = {"title_zh": one.title_zh, "title_en": one.title_en}
    if isinstance(one, File):
        return resources.add_file(
            dataset_id,
            name=one.name,
            stream=_bytes(one.text),
            is_public=True,
            by=by,
            at=at,
            **titles,
        )
    if one.api:
        return resources.add_api(dataset_id, url=one.url, by=by, at=at, **titles)
    return resources.add_link(dataset_id, url=one.url, by=by, at=at, **titles)


def renew(one: File, resource: Resource, *, by: User, at: datetime) -> None:
    """Add the newer version of a file whose entry is published."""
    resources.add_file_version(resource.pk, name=one.name, stream=_bytes(one.newer), by=by, at=at)


def _bytes(text: str) -> io.BytesIO:
    """Return a text as a spreadsheet programme recognises it."""
    return io.BytesIO(text.encode("utf-8-sig"))
