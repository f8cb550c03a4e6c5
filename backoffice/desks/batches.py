"""Batch jobs: which whole copies were written for whom, and what became of the files."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backoffice.desk import GrantPaperDesk
from exchange.models import BatchJob


@admin.register(BatchJob)
class BatchJobDesk(GrantPaperDesk):
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
        ("begun_at", "tries", "made_at", "expires_at"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the jobs without the keys of their files."""
        return super().get_queryset(request).defer("sealed_key")
