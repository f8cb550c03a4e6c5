"""Batch jobs: which whole copies were written for whom, and what became of the files."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from backoffice.desk import Desk
from exchange.models import BatchJob


@admin.register(BatchJob)
class BatchJobDesk(Desk):
    """Jobs are asked for and fetched at their grant's page; here both sides see that they were."""

    list_display = ["id", "grant", "state", "form", "rows", "asked_at", "expires_at"]
    list_filter = ["state", "form", "asked_at"]
    list_select_related = ["grant__organization", "grant__dataset"]
    search_fields = ["=id", "=grant__id", "grant__dataset__slug", "grant__dataset__title_zh"]
    ordering = ["-id"]
    fields = [
        ("grant", "state", "ended_because"),
        ("form", "packed", "mark"),
        ("rows", "bytes", "seq"),
        "sha256",
        ("asked_by", "app", "asked_at"),
        ("begun_at", "made_at", "expires_at"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the jobs of grants of which the person's departments are a side, without keys."""
        rows, places = super().get_queryset(request).defer("sealed_key"), self.places(request)
        if places is None:
            return rows
        return rows.filter(Q(grant__organization__in=places) | Q(grant__dataset__owner__in=places))
