"""A table as a file to take away."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from catalog import exports


def sheet(
    kind: str, name: str, title: str, head: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> HttpResponse:
    """Return rows as a CSV or XLSX called `name`; no cell of it is a formula."""
    content = exports.content(kind, title, head, rows)
    response = HttpResponse(content, content_type=exports.TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
