"""Files as departments handed them in, as head and reviewer are shown them before they decide."""

from collections.abc import Iterator

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from catalog.models import Dataset, FileVersion, Resource

LINE = (
    '{}. <a class="text-primary-600 dark:text-primary-500" href="{}">{}</a> · {} ·'
    ' <code class="break-words">SHA-256 {}</code> · {} · {}'
)


def in_one_line(version: FileVersion) -> str:
    """Return number, name with the way to its bytes, size, digest, when and by whom, as HTML."""
    return format_html(
        LINE,
        version.number,
        reverse("admin:catalogue_file", args=[version.pk]),
        version.original_name,
        filesizeformat(version.size),
        version.sha256,
        localize(localtime(version.added_at)),
        version.added_by,
    )


def offers(dataset: Dataset) -> list[tuple[Resource, list[str]]]:
    """Return what an entry offers, each with the versions of its file in lines. Two queries."""
    rows = dataset.resources.live().prefetch_related("versions__added_by")
    return [(row, [in_one_line(one) for one in _in_order(row)]) for row in rows]


def told(dataset: Dataset) -> Iterator[str]:
    """Yield the files that an entry offers, a line a version below a line a file."""
    for row, versions in offers(dataset):
        if versions:
            yield " · ".join([str(row), *([_("Open to everyone")] if row.is_public else [])])
        yield from versions


def _in_order(resource: Resource) -> list[FileVersion]:
    return sorted(resource.versions.all(), key=lambda one: -one.number)
