"""What programs outside are told of: webhooks, events, and each event's way to each webhook."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from exchange.hook_flow import DeliveryState, HookState

LONGEST_URL = 500


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Phrases about webhooks."""

    def standing(self):
        """Not ended, of an open app."""
        return self.exclude(state=HookState.ENDED).filter(app__closed_at=None)


class Webhook(models.Model):
    """An address of an app that is told of events.

    `kinds` are those of `exchange.hook_flow.EventKind`. `resting_until`: its last try failed, and
    nothing is sent to it before then. `failing_since`: no try has gone well since.
    """

    app = models.ForeignKey(
        "accounts.App", models.PROTECT, related_name="webhooks", verbose_name=_("app")
    )
    url = models.CharField(_("address"), max_length=LONGEST_URL)
    kinds = models.JSONField(_("events"), default=list)
    state = models.CharField(
        _("state"), max_length=6, choices=HookState.choices, default=HookState.NEW
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"))
    confirmed_at = models.DateTimeField(_("address confirmed at"), null=True, blank=True)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    resting_until = models.DateTimeField(_("rests until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            models.CheckConstraint(
                name="exchange_webhook_live_is_confirmed",
                condition=~Q(state=HookState.LIVE) | Q(confirmed_at__isnull=False),
                violation_error_message=_("Only an address that answered is told of events."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.url}"

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"webhook:{self.pk}"


class WebhookSecret(models.Model):
    """What a webhook's deliveries are signed with, sealed; two of them while one replaces another.

    `until` is None of the one that stays.
    """

    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="secrets", verbose_name=_("webhook")
    )
    sealed = models.BinaryField(_("sealed"))
    made_at = models.DateTimeField(_("made at"))
    until = models.DateTimeField(_("signs until"), null=True, blank=True)

    class Meta:
        verbose_name = _("secret of a webhook")
        verbose_name_plural = _("secrets of webhooks")

    def __str__(self) -> str:
        return f"#{self.pk}"


class WebhookSubscription(models.Model):
    """A dataset whose events a webhook is told of."""

    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="subscriptions", verbose_name=_("webhook")
    )
    dataset = models.ForeignKey(
        "catalog.Dataset", models.PROTECT, related_name="+", verbose_name=_("dataset")
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("subscription of a webhook")
        verbose_name_plural = _("subscriptions of webhooks")
        constraints = [
            # dataset first: an event looks for its webhooks
            models.UniqueConstraint(
                name="exchange_webhook_subscribes_once", fields=["dataset", "webhook"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.webhook_id} ← {self.dataset_id}"


class WebhookEvent(models.Model):
    """Something that happened, as it is told: written in the transaction in which it happened.

    Its number is told to nobody; its sequence is its moment, and one may become visible after a
    later one. `data` is what is told, the same to everybody and at each try. Of `webhook` is a
    ping alone; `grant` is told to whose it is, as is what changed in the `conditional` zone.
    """

    kind = models.CharField(_("kind"), max_length=20)
    dataset = models.ForeignKey(
        "catalog.Dataset",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("dataset"),
    )
    grant = models.ForeignKey(
        "exchange.Grant",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("grant"),
    )
    webhook = models.ForeignKey(
        Webhook,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("webhook"),
    )
    zone = models.CharField(_("zone"), max_length=11, blank=True)
    data = models.JSONField(_("what is told"), default=dict)
    at = models.DateTimeField(_("at"))
    spread_at = models.DateTimeField(_("given out at"), null=True, blank=True)

    class Meta:
        verbose_name = _("event for webhooks")
        verbose_name_plural = _("events for webhooks")
        indexes = [
            models.Index(
                name="exchange_event_to_spread", fields=["id"], condition=Q(spread_at=None)
            ),
            models.Index(name="exchange_event_at", fields=["at"]),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind}"


class WebhookDelivery(models.Model):
    """An event on its way to a webhook, and how its last try went.

    A worker that has it in hand holds it until `leased_until`. `status` is the code of the answer,
    None where none came; `problem` says why a try failed; `answer` is how the answer's body began.
    A delivery that somebody asked for once more names the one it `repeats`.
    """

    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    event = models.ForeignKey(
        WebhookEvent, models.CASCADE, related_name="deliveries", verbose_name=_("event")
    )
    repeats = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("repeats"),
    )
    state = models.CharField(
        _("state"),
        max_length=7,
        choices=DeliveryState.choices,
        default=DeliveryState.WAITING,
    )
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    made_at = models.DateTimeField(_("made at"))
    due_at = models.DateTimeField(_("due at"))
    leased_until = models.DateTimeField(_("in hand until"), null=True, blank=True)
    tried_at = models.DateTimeField(_("tried at"), null=True, blank=True)
    status = models.PositiveSmallIntegerField(_("answered with"), null=True, blank=True)
    took_ms = models.PositiveIntegerField(_("took (ms)"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=30, blank=True)
    answer = models.TextField(_("how the answer began"), blank=True)

    class Meta:
        verbose_name = _("delivery to a webhook")
        verbose_name_plural = _("deliveries to webhooks")
        constraints = [
            models.UniqueConstraint(
                name="exchange_event_laid_once",
                fields=["event", "webhook"],
                condition=Q(repeats=None),
            ),
            models.CheckConstraint(
                name="exchange_webhookdelivery_due_after_made",
                condition=Q(due_at__gte=F("made_at")),
            ),
        ]
        indexes = [
            models.Index(
                name="exchange_delivery_due",
                fields=["due_at", "id"],
                condition=Q(state=DeliveryState.WAITING),
            ),
            models.Index(name="exchange_delivery_made", fields=["made_at"]),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
