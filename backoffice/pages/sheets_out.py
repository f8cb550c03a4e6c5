"""A table as a file to take away."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from catalog import exports

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def sheet(
    kind: str, name: str, title: str, head: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> HttpResponse:
    """Return rows as a CSV or XLSX called `name`; no cell of it is a formula."""
    if kind == "xlsx":
        content: bytes | str = exports.xlsx(title, head, rows)
    else:
        content = "".join(exports.csv_lines(head, rows))
    response = HttpResponse(content, content_type=TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
