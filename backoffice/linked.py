"""What a page says of another row: a link only where the person may open it, else its name."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import quote
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey, Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

NOTHING = "–"


def linked(request: HttpRequest, row: Model) -> str:
    """Return a row's name, as a link to its page at its desk if this person may open that."""
    try:
        desk = admin.site.get_model_admin(type(row))
    except NotRegistered:
        return str(row)
    opens = getattr(desk, "opens", desk.has_view_permission)
    if not opens(request, row):
        return str(row)
    meta = row._meta  # noqa: SLF001 - Django's public-by-custom name
    place = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[quote(row.pk)])
    return format_html('<a href="{}" class="text-link">{}</a>', place, row)


@dataclass(frozen=True, slots=True)
class Named:
    """A column that names another row to this reader; Django's admin calls it with the page's row.

    Two of the same key and request are equal, as Django looks for a column among others.
    """

    key: ForeignKey
    request: HttpRequest

    def __call__(self, row: Model) -> str:
        """Return the other row as `linked` shows it."""
        other = getattr(row, self.key.name)
        return NOTHING if other is None else linked(self.request, other)

    def __str__(self) -> str:
        return self.key.name

    @property
    def __name__(self) -> str:
        """The column's name in the page's classes."""
        return self.key.name

    @property
    def short_description(self) -> Any:
        """The column's label."""
        return self.key.verbose_name


def asking(page: BaseModelAdmin, request: HttpRequest, row: Any, fieldsets: Any) -> Any:
    """Return a read-only page's fieldsets with each column that names another row as a `Named`.

    Django's own links ask nothing of the reader, and end in 403 for whoever has no right there.
    """
    if row is None or page.has_change_permission(request, row):
        return fieldsets
    return [
        (title, {**options, "fields": _asked(page, request, options["fields"])})
        for title, options in fieldsets
    ]


def _asked(page: BaseModelAdmin, request: HttpRequest, columns: Any) -> list[Any]:
    """Return columns, some of them side by side in a line, that ask who reads."""
    found: list[Any] = []
    for column in columns:
        if isinstance(column, list | tuple):
            found.append(_asked(page, request, column))
        else:
            key = _to_another(page, column)
            found.append(column if key is None else Named(key, request))
    return found


def _to_another(page: BaseModelAdmin, column: Any) -> ForeignKey | None:
    """Return the key behind a column that names another row than the one it stands beside."""
    try:
        field = page.model._meta.get_field(column)  # noqa: SLF001 - as above
    except FieldDoesNotExist:
        return None
    beside = getattr(page, "parent_model", None)
    if isinstance(field, ForeignKey) and field.related_model is not beside:
        return field
    return None
