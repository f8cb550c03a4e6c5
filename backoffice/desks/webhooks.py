"""Webhooks of companies and citizens, to look through: which fail, and what was sent."""

from django.contrib import admin

from backoffice.desk import Desk
from backoffice.desks.beside import ShownOnly
from exchange.models import (
    Webhook,
    WebhookDelivery,
    WebhookEvent,
    WebhookSecret,
    WebhookSubscription,
)


class SubscriptionsOf(ShownOnly):
    """The datasets of a webhook."""

    model = WebhookSubscription
    fields = ["dataset", "created_at"]


@admin.register(Webhook)
class WebhookDesk(Desk):
    """Addresses outside that are told of events; their owners keep them below /my/."""

    list_display = ["id", "url", "app", "state", "failing_since", "confirmed_at"]
    list_filter = ["state", "failing_since"]
    list_select_related = ["app"]
    search_fields = ["url", "app__name", "=id"]
    ordering = ["-id"]
    inlines = [SubscriptionsOf]
    fields = [
        ("app", "state"),
        "url",
        "kinds",
        ("created_by", "created_at"),
        ("confirmed_at", "ended_at"),
        ("failing_since", "resting_until"),
    ]


@admin.register(WebhookDelivery)
class WebhookDeliveryDesk(Desk):
    """What was sent where, and how it went."""

    list_display = ["id", "webhook", "event", "state", "tries", "status", "problem", "tried_at"]
    list_filter = ["state", "problem", "made_at"]
    list_select_related = ["webhook", "event"]
    search_fields = ["=webhook__id", "=event__id"]
    ordering = ["-id"]
    fields = [
        ("webhook", "event", "repeats"),
        ("state", "tries"),
        ("made_at", "due_at", "leased_until"),
        ("tried_at", "took_ms"),
        ("status", "problem"),
        "answer",
    ]


@admin.register(WebhookEvent)
class WebhookEventDesk(Desk):
    """What happened that somebody listens for."""

    list_display = ["id", "kind", "dataset", "at", "spread_at"]
    list_filter = ["kind", "at"]
    list_select_related = ["dataset"]
    search_fields = ["=id", "dataset__slug"]
    ordering = ["-id"]
    fields = [("kind", "zone"), ("dataset", "grant", "webhook"), ("at", "spread_at"), "data"]


@admin.register(WebhookSubscription)
class WebhookSubscriptionDesk(Desk):
    """Which webhook is told of which dataset."""

    list_display = ["id", "webhook", "dataset", "created_at"]
    list_select_related = ["webhook", "dataset"]
    search_fields = ["=webhook__id", "dataset__slug"]
    ordering = ["-id"]
    fields = ["webhook", "dataset", "created_at"]


@admin.register(WebhookSecret)
class WebhookSecretDesk(Desk):
    """Since and until when a secret signs; the secret itself is sealed, and not shown."""

    list_display = ["id", "webhook", "made_at", "until"]
    list_select_related = ["webhook"]
    search_fields = ["=webhook__id"]
    ordering = ["-id"]
    fields = ["webhook", "made_at", "until"]
