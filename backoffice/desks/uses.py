"""Use records, to look through: of the own department's grants, and of grants on its data."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from backoffice.desk import Desk
from exchange.models import UseRecord


@admin.register(UseRecord)
class UseRecordDesk(Desk):
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

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the records of grants of which the person's departments are a side."""
        rows, places = super().get_queryset(request), self.places(request)
        if places is None:
            return rows
        return rows.filter(Q(grant__organization__in=places) | Q(grant__dataset__owner__in=places))
