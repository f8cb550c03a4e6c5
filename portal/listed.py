"""What the lists for everybody have in common: their frame, and their files."""

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.utils.functional import Promise

from catalog import exports, lists


@dataclass(frozen=True, slots=True)
class Listed:
    """How a list is introduced; `file` names the address of its files, `anchor` its place."""

    name: Promise
    about: Promise
    lead: Promise
    skip: Promise
    sought: Promise
    file: str
    anchor: str


def file_of(kind: str, name: str, title: str, table: lists.Table) -> HttpResponse:
    """Return a list as CSV or XLSX; no cell of it is a formula."""
    if kind not in exports.TYPES:
        raise Http404
    response = HttpResponse(
        exports.content(kind, title, table.head, table.rows), content_type=exports.TYPES[kind]
    )
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
