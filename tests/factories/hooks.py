"""Webhooks for tests: registered by the verb, confirmed as a receiver would, told of events."""

from collections.abc import Collection
from datetime import timedelta

from accounts.models import App, User
from catalog.models import Dataset
from exchange.hook_flow import EventKind
from exchange.hooks import registering, sending, spreading
from exchange.hooks.posting import Answer, NoAnswer
from exchange.models import Webhook, WebhookDelivery, WebhookEvent
from tests.factories import accounts, exchange

NOW = exchange.NOW
EVERY = tuple(EventKind.values)


class Receiver:
    """A program outside: answers as it is told to, and keeps what came."""

    def __init__(self, *answers: Answer | NoAnswer) -> None:
        self.answers = list(answers)
        self.came: list[tuple[str, bytes, dict[str, str]]] = []

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> Answer | NoAnswer:
        self.came.append((url, body, headers))
        # a good one says back what it was sent, the challenge of a ping with it
        return self.answers.pop(0) if self.answers else Answer(200, body.decode(), 12)


def published() -> Dataset:
    """Make a published dataset without rows."""
    where = exchange.house()
    return exchange.publish(where, exchange.table(where))


def registered(
    *datasets: Dataset,
    kinds: Collection[str] = EVERY,
    app: App | None = None,
    url: str = "https://example.org/hooks",
) -> Webhook:
    """Make a webhook that has not answered yet."""
    owner = app or accounts.app()
    issued = registering.register(
        owner.pk,
        url=url,
        kinds=kinds,
        datasets=[one.pk for one in datasets],
        by=owner.created_by,
        at=NOW,
    )
    return issued.webhook


def live(*datasets: Dataset, **over) -> Webhook:
    """Make a webhook that has answered its ping."""
    made = registered(*datasets, **over)
    sent(Receiver(), at=NOW)
    made.refresh_from_db()
    return made


def sent(receiver: Receiver, *, at=NOW) -> int:
    """Give events out and post what is due at a moment."""
    spreading.spread(at=at)
    return sending.send_due(clock=lambda: at, post=receiver)


def told(webhook: Webhook) -> list[str]:
    """Return the kinds of events that were laid for a webhook, pings aside."""
    rows = WebhookDelivery.objects.filter(webhook=webhook).exclude(event__kind="ping")
    return list(rows.order_by("event_id").values_list("event__kind", flat=True))


def delivered(webhook: Webhook, **over) -> WebhookDelivery:
    """Lay an event for a webhook as spreading does."""
    event = WebhookEvent.objects.create(
        kind=EventKind.ROWS_CHANGED,
        dataset=webhook.subscriptions.get().dataset,
        data={"seq": 2},
        at=NOW,
        spread_at=NOW,
    )
    values = {"webhook": webhook, "event": event, "made_at": NOW, "due_at": NOW}
    return WebhookDelivery.objects.create(**values | over)


def keeper(webhook: Webhook) -> User:
    """Return who registered it."""
    return webhook.created_by


MINUTE = timedelta(minutes=1)
