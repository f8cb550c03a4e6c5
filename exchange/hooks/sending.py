"""Sending what is due: taken in hand, posted, and written down; retried, given up, switched off.

A delivery is taken by one worker for LEASE; nothing is locked while it is posted. Whoever dies
with it in hand leaves it to the next after that time, so a receiver may be told twice, and knows
it by the same `webhook-id`. One address that does not answer rests between tries with all that
waits for it, so that it costs one try and not as many as it has events.
"""

import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from psycopg import sql

from accounts import notices
from audit import chain
from exchange.hook_flow import PING, DeliveryState, HookState, HookStep, move_hook
from exchange.hooks import events, posting, signing
from exchange.hooks.posting import Answer, NoAnswer
from exchange.models import Webhook, WebhookDelivery, WebhookEvent, WebhookSecret
from exchange.records.statements import rows

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Post = Callable[[str, bytes, dict[str, str]], Answer | NoAnswer]

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long after a failed try the next one comes; after the last of them it is given up.

The first waits are those that standardwebhooks.com proposes."""

FAILING_FOR = timedelta(days=5)
"""An address that has failed for so long is switched off."""

LEASE = timedelta(minutes=2)
"""Longer than any try takes, the question for a name with its own retries included."""

AT_ONCE = 8
EACH_AT_ONCE = 2
"""Of these to one address, so that a slow one does not take every hand there is."""
LOOKED_AT = 1000
A_TURN = 2000
GONE = 410

TAKE = sql.SQL("""
WITH due AS (
    SELECT d.id, d.webhook_id, d.due_at
    FROM exchange_webhookdelivery d
    JOIN exchange_webhook w ON w.id = d.webhook_id
    JOIN exchange_webhookevent e ON e.id = d.event_id
    JOIN accounts_app a ON a.id = w.app_id
    JOIN accounts_organization o ON o.id = a.organization_id
    WHERE d.state = 'waiting' AND d.due_at <= %(at)s
      AND (d.leased_until IS NULL OR d.leased_until <= %(at)s)
      AND a.closed_at IS NULL AND o.closed_at IS NULL
      AND (e.kind = 'ping' AND w.state <> 'ended'
           OR w.state = 'live' AND coalesce(w.resting_until <= %(at)s, true))
    ORDER BY d.due_at, d.id
    LIMIT %(looked_at)s
), placed AS (
    SELECT id, due_at, row_number() OVER (PARTITION BY webhook_id ORDER BY due_at, id) AS place
    FROM due
), mine AS (
    SELECT d.id
    FROM exchange_webhookdelivery d JOIN placed p ON p.id = d.id
    WHERE p.place <= %(each)s AND d.state = 'waiting'
      AND (d.leased_until IS NULL OR d.leased_until <= %(at)s)
    ORDER BY p.due_at, d.id
    LIMIT %(most)s
    FOR UPDATE OF d SKIP LOCKED
)
UPDATE exchange_webhookdelivery t
SET leased_until = %(until)s, tries = t.tries + 1
FROM mine WHERE t.id = mine.id
RETURNING t.id
""")


@dataclass(frozen=True, slots=True)
class _InHand:
    """A delivery that this worker holds: what is posted where, and which try it is."""

    number: int
    tries: int
    url: str
    name: str
    body: bytes
    headers: dict[str, str]


def send_due(*, clock: Clock = timezone.now, post: Post = posting.post) -> int:
    """Post what is due and write down how it went; returns how many were tried, at most A_TURN."""
    tried = 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        while tried < A_TURN and (held := _take(AT_ONCE, at=clock())):
            answers = pool.map(lambda one: post(one.url, one.body, one.headers), held)
            for one, answer in zip(held, answers, strict=True):
                settle(one.number, one.tries, answer, at=clock())
            tried += len(held)
    return tried


@transaction.atomic
def _take(most: int, *, at: datetime) -> list[_InHand]:
    """Take deliveries that are due in hand, the one that is longest due first."""
    asked = {"most": most, "each": EACH_AT_ONCE, "looked_at": LOOKED_AT}
    taken = rows(TAKE, {"at": at, "until": at + LEASE, **asked})
    found = WebhookDelivery.objects.filter(pk__in=[number for (number,) in taken])
    found = found.select_related("event", "webhook").order_by("due_at", "pk")
    return [_in_hand(delivery, at) for delivery in found]


def _in_hand(delivery: WebhookDelivery, at: datetime) -> _InHand:
    body, name = events.body_of(delivery.event), events.name_of(delivery.event)
    signed = signing.headers(_secrets(delivery.webhook, at), name, int(at.timestamp()), body)
    return _InHand(delivery.pk, delivery.tries, delivery.webhook.url, name, body, dict(signed))


def _secrets(webhook: Webhook, at: datetime) -> list[bytes]:
    """Return what signs at a moment, the newest first."""
    kept = WebhookSecret.objects.filter(webhook=webhook).order_by("-pk")
    return [bytes(one.sealed) for one in kept if one.until is None or one.until > at]


@transaction.atomic
def settle(number: int, tries: int, answer: Answer | NoAnswer, *, at: datetime) -> None:
    """Write down how a try went. One that another worker took over is left to it."""
    delivery = (
        WebhookDelivery.objects.select_for_update(of=("self", "webhook"))
        .select_related("webhook__app__organization", "event")
        .filter(pk=number, tries=tries, state=DeliveryState.WAITING)
        .first()
    )
    if delivery is None:
        return
    delivery.tried_at, delivery.leased_until, delivery.took_ms = at, None, answer.took_ms
    delivery.status = answer.status if isinstance(answer, Answer) else None
    delivery.answer = answer.body if isinstance(answer, Answer) else ""
    delivery.problem = _problem(delivery.event, answer)
    if not delivery.problem:
        _went_well(delivery, at)
    elif delivery.event.kind == PING:
        delivery.state = DeliveryState.DEAD  # who asked for it looks at it now
    else:
        _failed(delivery, at)
    delivery.save()


def _problem(event: WebhookEvent, answer: Answer | NoAnswer) -> str:
    """Return what is wrong with an answer, as a code; nothing if nothing is."""
    if isinstance(answer, NoAnswer):
        return answer.problem
    if not answer.good:
        return "redirect" if 300 <= answer.status < 400 else "refused"
    if event.kind == PING and event.data["challenge"] not in answer.body:
        return "challenge"
    return ""


def _went_well(delivery: WebhookDelivery, at: datetime) -> None:
    delivery.state = DeliveryState.DONE
    webhook = delivery.webhook
    if delivery.event.kind == PING and webhook.state in (HookState.NEW, HookState.OFF):
        webhook.state = move_hook(webhook.state, HookStep.CONFIRM, of=webhook.pk)
        webhook.confirmed_at = at
        chain.record("webhook.confirm", webhook.address, by=None, at=at)
        notices.settle(webhook.address, "webhook.off", at=at)
    elif webhook.failing_since is None and webhook.resting_until is None:
        return
    webhook.failing_since = webhook.resting_until = None
    webhook.save(update_fields=["state", "confirmed_at", "failing_since", "resting_until"])


def _failed(delivery: WebhookDelivery, at: datetime) -> None:
    """Wait longer, or give up; an address that fails for days is not asked any more."""
    webhook = delivery.webhook
    webhook.failing_since = webhook.failing_since or at
    if delivery.tries > len(WAITS):
        delivery.state = DeliveryState.DEAD
        webhook.resting_until = None
    else:
        delivery.due_at = at + WAITS[delivery.tries - 1] + _jitter(WAITS[delivery.tries - 1])
        webhook.resting_until = delivery.due_at
    webhook.save(update_fields=["failing_since", "resting_until"])
    if delivery.status == GONE or at - webhook.failing_since >= FAILING_FOR:
        _switch_off(webhook, delivery, at)


def _jitter(wait: timedelta) -> timedelta:
    """Return up to a tenth of a wait, so that a receiver that comes back is not run over."""
    return wait * secrets.randbelow(1000) / 10_000


def _switch_off(webhook: Webhook, last: WebhookDelivery, at: datetime) -> None:
    """Stop telling a webhook, give up what waits for it, and tell its owner by mail."""
    if webhook.state != HookState.LIVE:
        return
    webhook.state = move_hook(webhook.state, HookStep.SWITCH_OFF, of=webhook.pk)
    webhook.save(update_fields=["state"])
    last.state = DeliveryState.DEAD
    WebhookDelivery.objects.filter(
        webhook=webhook, state=DeliveryState.WAITING, leased_until=None
    ).exclude(pk=last.pk).update(state=DeliveryState.DEAD, problem="switched-off")
    chain.record("webhook.switch_off", webhook.address, by=None, at=at, problem=last.problem)
    notices.tell(
        "webhook.off",
        organization=webhook.app.organization,
        target=webhook.address,
        at=at,
        url=webhook.url,
        app=webhook.app.name,
        since=f"{timezone.localtime(webhook.failing_since or at):%Y-%m-%d %H:%M}",
    )
    log.warning("webhook %s is switched off: %s", webhook.pk, last.problem)
