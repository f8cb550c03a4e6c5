"""Catalogues that came as workbooks: what became of each, and how their columns are read."""

from django.contrib import admin

from backoffice.desk import Desk
from catalog.models import SheetImport, SheetMapping


@admin.register(SheetImport)
class SheetImportDesk(Desk):
    """Workbooks that were sent, and what was made of them."""

    owner_path = "owner"
    list_display = ["name", "sheet", "owner", "sent_at", "sent_by", "applied_at"]
    list_select_related = ["owner", "sent_by"]
    search_fields = ["name", "sheet"]
    ordering = ["-id"]


@admin.register(SheetMapping)
class SheetMappingDesk(Desk):
    """Which column means what, by header."""

    owner_path = "organization"
    list_display = ["organization", "columns", "kept_at", "kept_by"]
    list_select_related = ["organization", "kept_by"]
    ordering = ["-id"]
