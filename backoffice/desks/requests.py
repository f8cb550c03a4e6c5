"""What departments ask each other for, and what happened to it: to read, beside the own pages."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from backoffice import words
from backoffice.buttons import Button, person_of, way_to
from backoffice.desk import Desk, labelled
from backoffice.desks.beside import ShownOnly
from backoffice.scopes import conditions, field_names
from exchange.models import RequestAttachment, RequestEvent, RequestReference, ShareRequest
from exchange.sharing import disputes
from exchange.sharing.requests import offered


class EventInline(ShownOnly):
    """Everything that happened to a request, in its order."""

    model = RequestEvent
    fields = ["at", "what", "state", "by", "for_whom", "text"]
    readonly_fields = fields
    ordering = ["at", "pk"]


def _ways(asked: ShareRequest, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the ways to a request's disputes: to open one, and to the latest."""
    opening = [asked] if told["can_dispute"] else []
    ways = [way_to(_("Open a dispute"), "admin:request_dispute", one) for one in opening]
    return ways + [way_to(_("dispute"), "admin:dispute", one) for one in told["disputes"][:1]]


class AttachmentInline(ShownOnly):
    """The files that were handed in; they are opened on the request's page, on record."""

    model = RequestAttachment
    fields = ["name", "size", "added_by", "added_at"]
    readonly_fields = fields
    ordering = ["pk"]


@admin.register(ShareRequest)
class ShareRequestDesk(Desk):
    """Requests as the own department asked them, or as they were received for its datasets."""

    list_display = [
        "id",
        "dataset",
        "organization",
        "state",
        labelled(words.MODES, "mode", _("way of use")),
        "received_at",
        "due_on",
    ]
    list_filter = ["state", "purpose_class", "due_on", "received_at"]
    list_select_related = ["dataset__owner", "organization"]
    search_fields = [
        "dataset__slug",
        "dataset__title_zh",
        "dataset__title_en",
        "organization__name_zh",
        "organization__name_en",
        "purpose",
    ]
    ordering = ["-id"]
    fields = [
        ("dataset", "organization", "state"),
        ("purpose_class", "scene"),
        "purpose",
        ("basis", "basis_text"),
        "asked_fields",
        "asked_rows",
        ("way", "clear_up_to"),
        ("system", "calls_average", "calls_peak"),
        "safeguards",
        ("wanted_from", "wanted_until"),
        "renews",
        ("drafted_by", "drafted_at"),
        ("signed_by", "received_at"),
        ("due_on", "due_step"),
        ("extended_at", "extended_because"),
        "lacking",
        "assigned_to",
        ("answer", "ground"),
        "answer_reason",
        "offer",
        ("proposed_by", "answered_by", "answered_at"),
    ]
    readonly_fields = ["asked_fields", "asked_rows", "way", "lacking", "offer"]
    inlines = [AttachmentInline, EventInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return what the person's departments asked for, and what was received."""
        places = self.places(request)
        rows = super().get_queryset(request)
        return rows.filter(pk__in=ShareRequest.objects.seen_at(places).values("pk"))

    def _drawn(self, request: HttpRequest, buttons: Iterable[Button], row: Any) -> list[dict]:
        drawn = super()._drawn(request, buttons, row)
        if row is None:
            return drawn
        told = disputes.of_request(row, person_of(request), at=timezone.now())
        return drawn + _ways(row, told)

    @admin.display(description=_("fields"))
    def asked_fields(self, asked: ShareRequest) -> str:
        """Name the fields that are asked for."""
        return field_names(asked.fields)

    @admin.display(description=_("conditions on rows"))
    def asked_rows(self, asked: ShareRequest) -> str:
        """Say which rows are asked for."""
        return conditions(asked.rows)

    @admin.display(description=_("way of use"))
    def way(self, asked: ShareRequest) -> str:
        """Say in which way data is to go."""
        return str(words.MODES[asked.mode])

    @admin.display(description=_("what was found missing"))
    def lacking(self, asked: ShareRequest) -> str:
        """List what was found missing, one on a line."""
        return "\n".join(asked.missing) or "–"

    @admin.display(description=_("what is offered"))
    def offer(self, asked: ShareRequest) -> str:
        """Say what the provider offers."""
        if not asked.offered:
            return "–"
        terms = offered(asked)
        parts = (
            (_("fields"), field_names(terms.fields)),
            (_("conditions on rows"), conditions(terms.rows)),
            (_("way of use"), words.MODES[str(terms.mode)]),
            (_("clear up to"), words.GRADES[int(terms.clear_up_to)]),
            (_("valid from"), terms.valid_from),
            (_("valid until"), terms.valid_until),
            (_("daily quota"), terms.daily_quota or "–"),
        )
        told = format_html_join("", "<dt>{}</dt><dd>{}</dd>", parts)
        return format_html('<dl class="kept">{}</dl>', told)


@admin.register(RequestEvent)
class RequestEventDesk(Desk):
    """What happened to the requests that the person may see. It is read beside its request."""

    list_display = ["at", "request", "what", "state", "by", "for_whom"]
    list_filter = ["what", "at"]
    list_select_related = ["request__dataset", "request__organization", "by", "for_whom"]
    search_fields = ["=request__id", "text"]
    ordering = ["-at", "-id"]
    fields = ["request", ("at", "by", "for_whom"), ("what", "state"), "text"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the events of the requests that this person sees."""
        seen = ShareRequest.objects.seen_at(self.places(request))
        return super().get_queryset(request).filter(request__in=seen)


@admin.register(RequestAttachment)
class RequestAttachmentDesk(Desk):
    """Which files were handed in with the requests that the person may see."""

    list_display = ["name", "request", "size", "added_by", "added_at"]
    list_filter = ["added_at"]
    list_select_related = ["request__dataset", "request__organization", "added_by"]
    search_fields = ["name", "=request__id"]
    ordering = ["-id"]
    fields = ["request", "name", "size", "digest", ("added_by", "added_at")]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the files of the requests that this person sees, without their content."""
        seen = ShareRequest.objects.seen_at(self.places(request))
        return super().get_queryset(request).filter(request__in=seen).defer("content")


@admin.register(RequestReference)
class RequestReferenceDesk(Desk):
    """Under which names a department's own systems asked."""

    owner_path = "app__organization"
    list_display = ["reference", "app", "made_at"]
    list_filter = ["made_at"]
    list_select_related = ["app__organization"]
    search_fields = ["reference", "app__name"]
    ordering = ["-id"]
    fields = [("reference", "app"), "digest", "made_at"]
