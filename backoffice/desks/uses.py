"""Use records, to look through: of the own department's grants, and of grants on its data."""

from django.contrib import admin

from backoffice.desk import GrantPaperDesk
from exchange.models import UseRecord


@admin.register(UseRecord)
class UseRecordDesk(GrantPaperDesk):
    """What consumers wrote down; a record is written and corrected at its grant's page."""

    list_display = ["id", "grant", "first_on", "last_on", "written_at", "corrects"]
    list_filter = ["first_on", "written_at"]
    list_select_related = ["grant__organization", "grant__dataset", "corrects"]
    search_fields = ["=grant__id", "scene", "result", "grant__dataset__title_zh"]
    ordering = ["-id"]
    fields = [
        ("grant", "corrects"),
        ("first_on", "last_on"),
        "scene",
        "process",
        "result",
        "stored",
        ("disposed_on", "disposal"),
        ("written_by", "app", "written_at"),
    ]
