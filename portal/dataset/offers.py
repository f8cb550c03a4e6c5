"""What a dataset offers beside its table: files that are given here, addresses that lead away."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.files import ending
from catalog.models import FileVersion, Resource
from catalog.terms import ResourceKind
from exchange import open_files
from portal.dataset.downloads import Download
from portal.dataset.facts import About, Opening


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that is offered: a file with its newest version, or an address elsewhere.

    `withheld` says why a file is not given; `host` whose server an address leads to.
    """

    resource: Resource
    address: str = ""
    version: FileVersion | None = None
    withheld: str = ""
    host: str = ""


def offers(about: About) -> list[Offer]:
    """Return what is offered, in catalogue order. One query, and three more where files are."""
    listed = list(about.dataset.resources.exclude(kind=ResourceKind.TABLE).live())
    files = {}
    if any(one.kind == ResourceKind.FILE for one in listed):
        whole = about.opening == Opening.WHOLE
        given = open_files.offered(about.dataset, whole=whole, today=timezone.localdate())
        files = {one.resource.pk: one for one in given}
    return [_offer(about, one, files.get(one.pk)) for one in listed]


def _offer(about: About, one: Resource, file: open_files.OfferedFile | None) -> Offer:
    if file is None:
        return Offer(one, one.url, host=urlsplit(one.url).hostname or "")
    if file.version is None:
        return Offer(one, withheld=file.withheld)
    address = reverse("api:dataset-file", args=[about.dataset.slug, one.name])
    return Offer(one, address, file.version)


def as_downloads(listed: list[Offer]) -> list[Download]:
    """Return the files that are given, as the list of downloads shows them."""
    return [
        Download(
            one.resource.title,
            ending(one.version.original_name).lstrip(".").upper(),
            one.address,
            size=one.version.size,
            note=_("a file, version %(number)s") % {"number": one.version.number},
            sha256=one.version.sha256,
        )
        for one in listed
        if one.version is not None
    ]
