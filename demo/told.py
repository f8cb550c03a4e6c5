"""A company's webhook with a past: what was delivered, tried again, given up, and still waits.

Nothing is sent for that: each try is answered here, on its day, as a receiver would have. What the
city tells of later goes to an address of this machine, at which nobody answers.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from accounts.models import App, User
from catalog.models import Dataset
from exchange.hook_flow import DeliveryState, EventKind
from exchange.hooks import events, registering, sending, spreading
from exchange.hooks.posting import Answer, NoAnswer
from exchange.models import Webhook, WebhookDelivery

URL = "http://127.0.0.1:8999/hooks"
BUSY = Answer(503, "Service Unavailable: restarting", 41)
SILENT = NoAnswer("too-slow", 10_000)
FIRST, GIVEN_UP, AGAIN = 17, 12, 8
"""How many days ago it was registered, told in vain, and told at the second try."""
JUST_NOW = timedelta(minutes=12)


def listen(app: App, datasets: Iterable[Dataset], *, by: User, at: datetime) -> Webhook:
    """Register the webhook of an app FIRST days before, and let its receiver answer the ping."""
    then = at - timedelta(days=FIRST)
    issued = registering.register(
        app.pk,
        url=URL,
        kinds=EventKind.values,
        datasets=[one.pk for one in datasets],
        by=by,
        at=then,
    )
    deliver(at=then)
    return issued.webhook


def deliver(*answers: Answer | NoAnswer, at: datetime) -> None:
    """Let what happened until a moment be told, to a receiver that is well or gives `answers`.

    Each of these is one try, made when it is due; what they leave waiting is the worker's.
    """
    spreading.spread(at=at)
    if not answers:
        sending.send_due(clock=lambda: at, post=_well)
    for answer in answers:
        _tried(answer, at=at)


def _tried(answer: Answer | NoAnswer, *, at: datetime) -> None:
    waiting = WebhookDelivery.objects.filter(state=DeliveryState.WAITING)
    due = waiting.order_by("due_at").values_list("due_at", flat=True)[0]
    sending.send_due(clock=lambda: max(at, due), post=lambda *_sent: answer)


def _well(_url: str, body: bytes, _headers: dict[str, str]) -> Answer:
    """Answer as a receiver that is well: it says back what it was sent, a challenge with it."""
    return Answer(200, body.decode(), 23)


def happen(dataset: Dataset, *, at: datetime) -> None:
    """Let a dataset be told of three times: in vain, at the second try, and just now."""
    long_ago, later = at - timedelta(days=GIVEN_UP), at - timedelta(days=AGAIN)
    events.changed(dataset.pk, at=long_ago)
    deliver(*[BUSY] * (len(sending.WAITS) + 1), at=long_ago)
    events.policy_changed(dataset.pk, at=later)
    deliver(SILENT, Answer(204, "", 19), at=later)
    events.changed(dataset.pk, at=at - JUST_NOW)
    deliver(BUSY, SILENT, BUSY, at=at - JUST_NOW)
