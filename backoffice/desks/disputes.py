"""Disputes of departments, to look through; each is read and carried on at a page of its own."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from backoffice.desk import Desk
from backoffice.desks.beside import ShownOnly
from exchange.models import Dispute, DisputeEvent


class StepInline(ShownOnly):
    """The steps of a dispute, in their order."""

    model = DisputeEvent
    fields = ["at", "what", "state", "side", "by", "for_whom", "text", "document"]
    readonly_fields = fields
    ordering = ["at", "pk"]


@admin.register(Dispute)
class DisputeDesk(Desk):
    """Disputes of the own department on either side; all of them for the data authority."""

    list_display = ["place", "request", "about", "state", "opened_at", "settled_at"]
    list_display_links = None
    list_filter = ["state", "about", "opened_at"]
    list_select_related = [
        "request__dataset__owner",
        "request__organization",
    ]
    search_fields = ["=request__id", "claim", "request__dataset__title_zh", "document"]
    ordering = ["-id"]
    fields = [
        ("request", "about", "state"),
        "claim",
        ("opened_by", "opened_at"),
        ("settled_by", "settled_at"),
        "settlement",
        "document",
    ]
    inlines = [StepInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the disputes to which one of the person's departments is a party."""
        rows, places = super().get_queryset(request), self.places(request)
        return rows if places is None else rows.filter(pk__in=_parties(places))

    @admin.display(description=_("dispute"), ordering="id")
    def place(self, dispute: Dispute) -> str:
        """Lead to the dispute's page."""
        return format_html(
            '<a href="{}">#{}</a>', reverse("admin:dispute", args=[dispute.pk]), dispute.pk
        )


def _parties(places: Any) -> QuerySet:
    return Dispute.objects.of_places(places).values("pk")


@admin.register(DisputeEvent)
class DisputeEventDesk(Desk):
    """Steps of the disputes that the person may see."""

    list_display = ["at", "dispute", "what", "state", "side", "by", "for_whom"]
    list_filter = ["what", "side", "at"]
    list_select_related = [
        "dispute__request__dataset",
        "dispute__request__organization",
        "by",
        "for_whom",
    ]
    search_fields = ["=dispute__id", "text", "document"]
    ordering = ["-at", "-id"]
    fields = ["dispute", ("at", "by", "for_whom"), ("what", "state", "side"), "text", "document"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the steps of the disputes that this person sees."""
        rows, places = super().get_queryset(request), self.places(request)
        return rows if places is None else rows.filter(dispute__in=_parties(places))
