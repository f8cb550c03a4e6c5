"""Files that a published entry offers: which everybody is given, and why the others are not.

Nobody grades what is inside of a file, so a file is closed until its department opened it, which
the head signs and the data authority publishes with the entry. Even then it is given only where
nothing of the entry is kept back. Of its versions the newest that a second person released is
given (`catalog.versions`): one that replaced another for a reason takes it away.
The bytes are read from the folder of public files alone (`exchange.public_folder`), which is all
that the doors facing strangers have of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.utils import timezone

from accounts import bounds
from accounts.wording import said as _
from catalog import facts
from catalog.models import Dataset, Field, FileVersion, Resource
from catalog.terms import ResourceKind
from exchange import access, explaining, public_folder
from exchange.access import Caller, Head
from exchange.models import CountingRule
from exchange.problems import Problem
from policy.comparison import Viewpoint
from policy.facts import Prohibition
from policy.terms import Channel, Treatment


class FileUnknown(Problem):
    """The dataset offers no file of this name."""

    code = "file-unknown"
    status = 404


class FileWithheld(Problem):
    """The file is not for everybody; the sentence says why."""

    code = "file-withheld"
    status = 403


class FileUnreadable(Problem):
    """The file is in the catalogue, and its bytes cannot be read by this door."""

    code = "file-unreadable"
    status = 503


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """A file of an entry: its newest released version if everybody is given it, else why not."""

    resource: Resource
    version: FileVersion | None
    withheld: str = ""


def offered(dataset: Dataset, *, today: date, whole: bool | None = None) -> list[OfferedFile]:
    """Return the live files of a published entry in catalogue order. At most seven queries.

    `whole` is what `is_whole` would say, from who knows it already. A concealed field keeps a file
    back without being told of: the open door is shown no version then (exchange.database_roles),
    and every other door gives the same answer.
    """
    listed = list(dataset.resources.live().filter(kind=ResourceKind.FILE))
    opened = [one for one in listed if one.is_public]
    if opened and whole is None:
        whole = is_whole(dataset, today)
    entire = bool(opened and whole and not _only_counted(dataset))
    newest = _newest(opened) if entire and not _conceals(dataset) else {}
    lines = [one for one in facts.prohibitions(dataset) if not one.fields] if newest else []
    return [_offered(one, newest.get(one.pk), entire, lines, today) for one in listed]


def fetch(slug: str, name: str, caller: Caller, *, today: date) -> tuple[Head, FileVersion, Path]:
    """Return what everybody is given of a file: its newest released version, and its place.

    Raises DatasetUnknown, DatasetWithdrawn, KeyNotForDataset, FileUnknown, FileWithheld,
    FileUnreadable.
    """
    head = access.head(slug)
    bounds.check_dataset(caller.only, head.dataset_id, caller.key_id)
    dataset = Dataset.objects.get(pk=head.dataset_id)
    for one in offered(dataset, today=today):
        if one.resource.name == name:
            return head, *_given(one)
    raise FileUnknown(
        _("“%(slug)s” offers no file “%(name)s”. Its files stand at /api/v1/datasets/%(slug)s.")
        % {"slug": slug, "name": name[:80]}
    )


def _given(one: OfferedFile) -> tuple[FileVersion, Path]:
    if one.version is None:
        raise FileWithheld(one.withheld)
    path = public_folder.place(one.version.sha256)
    if not path.is_file() or path.stat().st_size != one.version.size:
        raise FileUnreadable(
            _("“%(file)s” cannot be read here just now. Try again later, or ask its provider.")
            % {"file": one.resource}
        )
    return one.version, path


def is_whole(dataset: Dataset, today: date) -> bool:
    """Whether everybody sees every field of an entry that they may know of in clear, or it has
    none. Two queries."""
    listed = list(Field.objects.filter(resource__dataset=dataset, concealed=False).live())
    return all(
        one.decided[Viewpoint.PUBLIC].treatment == Treatment.CLEAR
        for one in explaining.explained(listed, dataset, day=today)
    )


def _only_counted(dataset: Dataset) -> bool:
    """Whether it is open by counts alone: a file would hold its rows."""
    return CountingRule.objects.filter(dataset=dataset, smallest_group__gt=1).exists()


def _conceals(dataset: Dataset) -> bool:
    return Field.objects.filter(resource__dataset=dataset, concealed=True).live().exists()


def _newest(resources: Sequence[Resource]) -> dict[int, FileVersion]:
    released = FileVersion.objects.filter(released_at__isnull=False)
    versions = released.filter(resource__in=resources).order_by("number")
    return {one.resource_id: one for one in versions}


def _offered(
    one: Resource,
    version: FileVersion | None,
    is_whole: bool,  # noqa: FBT001 - as `offered` has it
    lines: Sequence[Prohibition],
    today: date,
) -> OfferedFile:
    """Return the version where nothing keeps it back; `lines` stand against the whole entry."""
    if not one.is_public or (is_whole and version is None):
        told = _("Its department has not opened this file. Ask for it at the contact named.")
        return OfferedFile(one, None, told)
    if version is None:
        told = _(
            "This dataset is not given whole: fields are masked, withheld or given under a grant,"
            " or rows are told by counts alone. Its files may tell the same, so they are not given"
            " to everyone."
        )
        return OfferedFile(one, None, told)
    for line in lines:
        if _bars(line, version, today):
            told = _("Line %(number)s of the negative list bars this dataset, files too.")
            return OfferedFile(one, None, told % {"number": line.number})
    return OfferedFile(one, version)


def _bars(line: Prohibition, version: FileVersion, today: date) -> bool:
    """Whether a line keeps a file back: while it holds, and what came before it ran out also
    afterwards, until the department hands in a version anew."""
    if not line.counts(Channel.OPEN) or line.in_force_from > today:
        return False
    until = line.in_force_until
    return line.in_force(today) or until is None or timezone.localdate(version.added_at) <= until
