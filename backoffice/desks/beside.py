"""Rows that are shown beside another row."""

from typing import Any

from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest
from unfold.admin import TabularInline

from backoffice.linked import Named, asking


class ShownOnly(TabularInline):
    """Rows beside another row, to read. `fields` names its columns."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False
    hide_title = True

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the columns; what names another row is a link only where the person may go."""
        return asking(self, request, obj, super().get_fieldsets(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what is only shown, the names of other rows among it: no form is made of them."""
        columns: list[Any] = [*flatten_fieldsets(self.get_fieldsets(request, obj))]
        named = [column for column in columns if isinstance(column, Named)]
        return [*super().get_readonly_fields(request, obj), *named]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Rows are made by verbs."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Rows are changed by verbs."""
        return False
