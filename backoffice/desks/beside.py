"""Rows that are shown beside another row."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import TabularInline


class ShownOnly(TabularInline):
    """Rows beside another row, to read."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Rows are made by verbs."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Rows are changed by verbs."""
        return False
